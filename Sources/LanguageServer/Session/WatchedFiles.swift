import JSON
import LanguageServerProtocol
import Synchronization

extension Services {
  /// `workspace/didChangeWatchedFiles`.
  static func didChangeWatchedFiles(_ params: DidChangeWatchedFilesParams, _ services: Services) {
    var isOurs = false
    var others: [String] = []
    for path in params.uris.compactMap({ filePath(ofURI: $0) }) {
      if path.contains("/.inkling/") || path.hasSuffix("/.inkling") {
        isOurs = true
      } else if !path.contains("/.git/") {
        others.append(path)
      }
    }
    if isOurs { services.models.check(atOnce: true) }
    if !others.isEmpty { services.lookAtFiles(others) }
  }

  /// Another branch checked out, or a build, is thousands of files.
  private func lookAtFiles(_ paths: [String]) {
    let rest = Mutex(paths[...])
    scheduler.submit(.background, in: models.lane) { [self] in
      let changed = rest.withLock { rest in
        defer { rest = rest.dropFirst(16) }
        return rest.prefix(16)
      }
      for path in changed {
        documents.engines.didChangeFile(path)
        trainer.noteSave(ofPath: path)
      }
      guard changed.isEmpty else { return .unfinished }
      models.prepareNearby()
      return .done
    }
  }
}
