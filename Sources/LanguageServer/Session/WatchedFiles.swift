import JSON
import Platform
import Synchronization

extension Session {
  /// What the client is asked to watch: projects' own files, and text that neighbours' counts are made of.
  static let watchedGlobs = [
    "**/.inkling/config.json", "**/.inkling/dictionary.txt", "**/.inkling/model/model.json",
    "**/.inkling/model.forgotten", "**/*",
  ]

  /// `workspace/didChangeWatchedFiles`.
  func didChangeWatchedFiles(_ params: JSONDecoding) throws(JSONError) {
    var isOurs = false
    var others: [String] = []
    for change in try params["changes"].elements() {
      guard let path = filePath(ofURI: try change["uri"].string()) else { continue }
      if path.contains("/.inkling/") || path.hasSuffix("/.inkling") {
        isOurs = true
      } else if !path.contains("/.git/") {
        others.append(path)
      }
    }
    if isOurs { checkModels(atOnce: true) }
    guard !others.isEmpty else { return }
    // Another branch checked out, or a build, is thousands of files.
    let rest = Mutex(others[...])
    scheduler.submit(.background, in: modelCheck.lane) { [self] in
      let changed = rest.withLock { rest in
        defer { rest = rest.dropFirst(16) }
        return rest.prefix(16)
      }
      for path in changed {
        engines.didChangeFile(path)
        noteSave(ofPath: path)
      }
      guard changed.isEmpty else { return .unfinished }
      prepareNearby()
      return .done
    }
  }
}
