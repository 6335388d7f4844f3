import Corpora
import JSON
import LanguageModeling
import Platform
import Prediction

/// What has workspaces' models trained: opening a folder, changed files, idleness, and the command.
extension Session {
  /// The settings of a workspace folder and its project.
  func folderSettings(_ uri: String) -> Settings {
    let base = state.withLock { $0.layer(ofFolder: uri) }
    guard let path = Self.trimmed(filePath(ofURI: uri)), base.settings.trust.refusal(ofProject: path) == nil,
      fileExists(path + "/" + ProjectFiles.configurationPath)
    else { return base.settings }
    return ProjectFiles(root: path, trust: base.settings.trust).settings(over: base).settings
  }

  /// Trains models for workspace folders that have none, or an old one in the cache.
  func trainWorkspaces(_ folders: [WorkspaceFolder]) {
    for folder in folders {
      let settings = folderSettings(folder.uri)
      guard settings.trainsWorkspaces, settings.model == nil,
        let path = Self.trimmed(filePath(ofURI: folder.uri)), isDirectory(path),
        !WorkspaceModels.isTooLarge(path),
        ModelLocator.locate(documentPath: path, environment: { _ in nil }, trust: settings.trust) == nil,
        let output = WorkspaceModels.modelPath(forFolder: path), !Self.isFresh(output),
        !Self.hasNetwork(output)
      else { continue }
      train(WorkspaceTraining.Job(folder: path, output: output, isExplicit: false))
    }
  }

  /// A model with a network is not replaced by one without: its network is trained by command or when idle.
  private static func hasNetwork(_ output: String) -> Bool {
    fileExists(output + "/" + ModelDirectory.recurrentName)
  }

  static func trimmed(_ path: String?) -> String? {
    guard var path else { return nil }
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    return path
  }

  private static func isFresh(_ output: String) -> Bool {
    guard let version = FileVersion(output + "/model.json") else { return false }
    return Int64(time(nil)) - version.modifiedSeconds < WorkspaceTraining.mostAge
  }

  // MARK: Changed files

  /// Counts a changed file; after enough of them its workspace's own model is made anew.
  func noteSave(ofPath path: String) {
    let folders = state.withLock { $0.folders }.compactMap { folder in
      Self.trimmed(filePath(ofURI: folder.uri)).map { (uri: folder.uri, path: $0) }
    }
    guard let folder = folders.first(where: { path.hasPrefix($0.path + "/") }),
      let output = WorkspaceModels.modelPath(forFolder: folder.path), fileExists(output + "/model.json"),
      // What a build writes is not learned from.
      training.hasManySaves(inFolder: folder.path) || !CorpusPrivacy.isLeftOut(path, below: folder.path)
    else { return }
    guard training.noteSave(inFolder: folder.path), !Self.hasNetwork(output),
      folderSettings(folder.uri).trainsWorkspaces
    else { return }
    train(WorkspaceTraining.Job(folder: folder.path, output: output, isExplicit: false))
  }

  // MARK: Idleness

  /// Looks once a minute whether nothing was said for long enough to train networks, as long as any folder wants it.
  func watchIdleness() {
    let isNew = training.state.withLock { state in
      defer { state.watchesIdleness = true }
      return !state.watchesIdleness
    }
    if isNew { scheduleIdleTraining() }
  }

  private func scheduleIdleTraining() {
    scheduler.schedule(afterMilliseconds: 60_000) { [self] in
      let (folders, phase) = state.withLock { ($0.folders.map(\.uri), $0.phase) }
      let wanted = folders.filter { uri in
        state.withLock { $0.settings(ofFolder: uri).recurrentTraining == .idle }
      }
      guard !wanted.isEmpty, phase == .initialized else {
        return training.state.withLock { $0.watchesIdleness = false }
      }
      scheduleIdleTraining()
      if lastMessage.withLock({ .now - $0 }) >= WorkspaceTraining.idleTime {
        for uri in wanted { trainWhenIdle(uri) }
      }
    }
  }

  private func trainWhenIdle(_ uri: String) {
    // One that was trained since files changed enough stays as it is.
    guard let folder = Self.trimmed(filePath(ofURI: uri)),
      let output = WorkspaceModels.modelPath(forFolder: folder), fileExists(output + "/model.json"),
      !Self.hasNetwork(output) || training.hasManySaves(inFolder: folder)
    else { return }
    train(
      WorkspaceTraining.Job(
        folder: folder, output: output, isExplicit: false,
        networkMinutes: folderSettings(uri).recurrentMinutes))
  }

  // MARK: The command

  /// `workspace/executeCommand`.
  func executeCommand(_ params: JSONDecoding, _ context: RequestContext, _ answer: @escaping Answer) {
    do throws(JSONError) {
      let arguments = params["arguments"]
      switch try params["command"].string() {
      case "inkling.train": try trainOnCommand(params, context, answer)
      case "inkling.explain": explain(arguments, context, answer)
      case "inkling.forget": forget(arguments, answer)
      case "inkling.accept": accept(arguments, answer)
      case let other:
        answer(.failure(ResponseError(.invalidParams, "command: there is no command \(other)")))
      }
    } catch { answer(.failure(.invalidParams(error))) }
  }

  /// `inkling.train`: trains the models of folders, or of every workspace folder, the network with them. Arguments are
  /// folders' URIs, or objects of `folder` and `recurrent`.
  private func trainOnCommand(
    _ params: JSONDecoding, _ context: RequestContext, _ answer: @escaping Answer
  ) throws(JSONError) {
    var wanted: [(uri: String, isRecurrent: Bool)] = []
    for argument in try params["arguments"].optional?.elements() ?? [] {
      if argument.value?.objectValue != nil {
        wanted.append((try argument["folder"].string(), try argument["recurrent"].optional?.bool() ?? true))
      } else {
        wanted.append((try argument.string(), true))
      }
    }
    if wanted.isEmpty { wanted = state.withLock { $0.folders.map { ($0.uri, true) } } }
    var jobs: [WorkspaceTraining.Job] = []
    for (uri, isRecurrent) in wanted {
      guard let folder = Self.trimmed(filePath(ofURI: uri)), isDirectory(folder),
        let output = WorkspaceModels.modelPath(forFolder: folder)
      else { continue }
      jobs.append(
        WorkspaceTraining.Job(
          folder: folder, output: output, isExplicit: true,
          networkMinutes: isRecurrent ? folderSettings(uri).recurrentMinutes : nil))
    }
    let started: JSON = [
      "training": .array(jobs.map { ["folder": .string($0.folder), "model": .string($0.output)] })
    ]
    // A token of the client's lives as long as its request: the answer comes with the end of the training.
    if let token = params["workDoneToken"].value, token != .null, jobs.count == 1 {
      jobs[0].token = token
      jobs[0].isCancelled = context.isCancelled
      jobs[0].finished = { problem in
        answer(problem.map { .failure(ResponseError(.requestFailed, $0)) } ?? .success(started))
      }
      train(jobs[0])
    } else {
      for job in jobs { train(job) }
      answer(.success(started))
    }
  }
}
