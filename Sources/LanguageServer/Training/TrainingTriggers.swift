import Corpora
import JSON
import LanguageModeling
import LanguageServerProtocol
import Platform
import Prediction

/// What has workspaces' models trained unasked: opening a folder, changed files, and idleness. All of it looks at the disk.
extension WorkspaceTrainer {
  /// Trains models for workspace folders that have none, or an old one in the cache.
  func trainWorkspaces(_ folders: [WorkspaceFolder]) {
    for folder in folders {
      let wanted = settings.settings(ofFolderAndProject: folder.uri)
      guard wanted.trainsWorkspaces, wanted.model == nil,
        let path = folderPath(ofURI: folder.uri), isDirectory(path),
        !WorkspaceModels.isTooLarge(path),
        ModelLocator.locate(documentPath: path, environment: { _ in nil }, trust: wanted.trust) == nil,
        let output = WorkspaceModels.modelPath(forFolder: path), !Self.isFresh(output),
        !Self.hasNetwork(output)
      else { continue }
      train(TrainingQueue.Job(folder: path, output: output, isExplicit: false))
    }
  }

  /// A model with a network is not replaced by one without: its network is trained by command or when idle.
  private static func hasNetwork(_ output: String) -> Bool {
    fileExists(output + "/" + ModelDirectory.recurrentName)
  }

  private static func isFresh(_ output: String) -> Bool {
    guard let version = FileVersion(output + "/model.json") else { return false }
    return Int64(time(nil)) - version.modifiedSeconds < TrainingQueue.mostAge
  }

  // MARK: Changed files

  /// Counts a changed file; after enough of them its workspace's own model is made anew.
  func noteSave(ofPath path: String) {
    let folders = settings.folders.compactMap { folder in
      folderPath(ofURI: folder.uri).map { (uri: folder.uri, path: $0) }
    }
    guard let folder = folders.first(where: { path.hasPrefix($0.path + "/") }),
      let output = WorkspaceModels.modelPath(forFolder: folder.path), fileExists(output + "/model.json"),
      // What a build writes is not learned from.
      queue.hasManySaves(inFolder: folder.path) || !CorpusPrivacy.isLeftOut(path, below: folder.path)
    else { return }
    guard queue.noteSave(inFolder: folder.path), !Self.hasNetwork(output),
      settings.settings(ofFolderAndProject: folder.uri).trainsWorkspaces
    else { return }
    train(TrainingQueue.Job(folder: folder.path, output: output, isExplicit: false))
  }

  // MARK: Idleness

  /// Looks once a minute whether nothing was said for long enough to train networks, as long as any folder wants it.
  func watchIdleness() {
    let isNew = queue.state.withLock { state in
      defer { state.watchesIdleness = true }
      return !state.watchesIdleness
    }
    if isNew { scheduleIdleTraining() }
  }

  private func scheduleIdleTraining() {
    scheduler.schedule(afterMilliseconds: 60_000) { [self] in
      let wanted = settings.folders.map(\.uri).filter {
        settings.settings(ofFolder: $0).recurrentTraining == .idle
      }
      guard !wanted.isEmpty, connection.isInitialized else {
        return queue.state.withLock { $0.watchesIdleness = false }
      }
      scheduleIdleTraining()
      guard .now - connection.lastMessage >= TrainingQueue.idleTime else { return }
      scheduler.submit(
        .background, in: models.lane, once: { [self] in for uri in wanted { trainWhenIdle(uri) } })
    }
  }

  private func trainWhenIdle(_ uri: String) {
    // One that was trained since files changed enough stays as it is.
    guard let folder = folderPath(ofURI: uri),
      let output = WorkspaceModels.modelPath(forFolder: folder), fileExists(output + "/model.json"),
      !Self.hasNetwork(output) || queue.hasManySaves(inFolder: folder)
    else { return }
    train(
      TrainingQueue.Job(
        folder: folder, output: output, isExplicit: false,
        networkMinutes: settings.settings(ofFolderAndProject: uri).recurrentMinutes))
  }
}
