import JSON
import LanguageModeling
import Platform
import Prediction
import Synchronization

/// Training of workspaces' models in child processes, one at a time.
final class WorkspaceTraining: Sendable {
  struct Job: Sendable {
    var folder: String
    var output: String
    /// Whether somebody asked for it.
    var isExplicit: Bool
    /// How long a network is trained; nil for the n-grams alone.
    var networkMinutes: Int?
    /// The client's own token for the progress (LSP 3.17, "Work Done Progress", client initiated).
    var token: JSON?
    /// Raised when the request that asked for it is cancelled.
    var isCancelled: CancellationFlag?
    /// Called with the end of the training: nil, or what went wrong.
    var finished: (@Sendable (String?) -> Void)?
  }

  struct State: Sendable {
    var queue: [Job] = []
    var running: Job?
    var child: ChildProcess?
    var isCancelled = false
    /// Saves since a folder's model was begun.
    var savedCounts: [String: Int] = [:]
    var lastStarts: [String: ContinuousClock.Instant] = [:]
    var tokenNumber = 0
    /// The token of the progress that is shown.
    var token: JSON?
  }

  let state = Mutex(State())

  /// After so many saved files a workspace's own model is made anew,
  static let savesBeforeRefresh = 20
  /// but not sooner than this.
  static let leastInterval = Duration.seconds(600)
  /// A model found in the cache is made anew once it is older than this, in seconds.
  static let mostAge = 86_400
  /// How long nothing has to be said before networks are trained.
  static let idleTime = Duration.seconds(300)

  /// Ends what runs and forgets what waits.
  func stop() {
    let forgotten = state.withLock { state in
      defer { state.queue = [] }
      state.isCancelled = true
      state.child?.terminate()
      return state.queue
    }
    for job in forgotten { job.finished?("cancelled") }
  }

  /// Ends what runs under a progress token.
  func cancel(token: JSON) {
    state.withLock { state in
      guard state.token == token else { return }
      state.isCancelled = true
      state.child?.terminate()
    }
  }

  /// Queues a job unless the folder has one; true if a thread has to start it.
  func enqueue(_ job: Job) -> Bool {
    state.withLock { state in
      if state.running?.folder == job.folder || state.queue.contains(where: { $0.folder == job.folder }) {
        return false
      }
      state.queue.append(job)
      return state.running == nil && state.queue.count == 1
    }
  }

  /// Ends a training of the folder that is going on: it may have read what must not be learned any more. The next one
  /// is queued by the caller.
  func endRunning(of folder: String) {
    state.withLock { state in
      guard state.running?.folder == folder else { return }
      state.isCancelled = true
      state.child?.terminate()
      state.running?.folder = ""
    }
  }

  func takeNext() -> Job? {
    state.withLock { state in
      state.running = state.queue.isEmpty ? nil : state.queue.removeFirst()
      state.isCancelled = false
      state.child = nil
      if let folder = state.running?.folder {
        state.savedCounts[folder] = 0
        state.lastStarts[folder] = .now
      }
      return state.running
    }
  }
}

extension Session {
  /// Trains models for workspace folders that have none, or an old one in the cache.
  func trainWorkspaces(_ folders: [WorkspaceFolder]) {
    let settings = state.withLock { $0.settings }
    guard settings.trainsWorkspaces, settings.model == nil else { return }
    for folder in folders {
      guard let path = Self.trimmed(filePath(ofURI: folder.uri)), isDirectory(path),
        !WorkspaceModels.isTooLarge(path), projectSettings(inFolder: path).trainsWorkspaces,
        ModelLocator.locate(documentPath: path, environment: { _ in nil }) == nil,
        let output = WorkspaceModels.modelPath(forFolder: path), !Self.isFresh(output),
        !Self.hasNetwork(output)
      else { continue }
      train(WorkspaceTraining.Job(folder: path, output: output, isExplicit: false))
    }
  }

  /// The settings of a folder's project.
  private func projectSettings(inFolder path: String) -> Settings {
    let base = state.withLock { $0.settings }
    guard fileExists(path + "/" + ProjectFiles.configurationPath) else { return base }
    var project = ProjectFiles(root: path)
    _ = project.lay(over: base)
    return project.settings
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
    var status = stat()
    guard stat(output + "/model.json", &status) == 0 else { return false }
    #if canImport(Darwin)
      let modified = status.st_mtimespec.tv_sec
    #else
      let modified = status.st_mtim.tv_sec
    #endif
    return time(nil) - modified < WorkspaceTraining.mostAge
  }

  /// Counts a changed file; after enough of them its workspace's own model is made anew.
  func noteSave(ofPath path: String) {
    guard state.withLock({ $0.settings.trainsWorkspaces }) else { return }
    let folders = state.withLock { $0.folders }.compactMap { Self.trimmed(filePath(ofURI: $0.uri)) }
    guard let folder = folders.first(where: { path.hasPrefix($0 + "/") }),
      let output = WorkspaceModels.modelPath(forFolder: folder), fileExists(output + "/model.json")
    else { return }
    let isDue = training.state.withLock { state in
      state.savedCounts[folder, default: 0] += 1
      guard state.savedCounts[folder, default: 0] >= WorkspaceTraining.savesBeforeRefresh else {
        return false
      }
      return state.lastStarts[folder].map { .now - $0 >= WorkspaceTraining.leastInterval } ?? true
    }
    if isDue && !Self.hasNetwork(output) {
      train(WorkspaceTraining.Job(folder: folder, output: output, isExplicit: false))
    }
  }

  /// Looks once a minute whether nothing was said for long enough to train networks; ends when the setting does.
  func scheduleIdleTraining() {
    scheduler.schedule(afterMilliseconds: 60_000) { [self] in
      let (settings, folders, phase) = state.withLock { ($0.settings, $0.folders, $0.phase) }
      guard settings.recurrentTraining == .idle, phase == .initialized else { return }
      scheduleIdleTraining()
      guard lastMessage.withLock({ .now - $0 }) >= WorkspaceTraining.idleTime else { return }
      for folder in folders.compactMap({ Self.trimmed(filePath(ofURI: $0.uri)) }) {
        // One that was trained since files changed enough stays as it is.
        guard let output = WorkspaceModels.modelPath(forFolder: folder), fileExists(output + "/model.json"),
          !Self.hasNetwork(output)
            || training.state.withLock({
              $0.savedCounts[folder, default: 0] >= WorkspaceTraining.savesBeforeRefresh
            })
        else { continue }
        train(
          WorkspaceTraining.Job(
            folder: folder, output: output, isExplicit: false, networkMinutes: settings.recurrentMinutes))
      }
    }
  }

  func train(_ job: WorkspaceTraining.Job) {
    guard training.enqueue(job) else {
      if training.state.withLock({ state in
        state.running?.folder == job.folder
          || !state.queue.contains { $0.folder == job.folder && $0.finished != nil }
      }) {
        job.finished?("the folder's model is being trained already")
      }
      return
    }
    do throws(Failure) {
      try startThread(stackByteCount: 1 << 20) { [self] in
        while let job = training.takeNext() { run(job) }
      }
    } catch { log(.error, error.description) }
  }

  /// Trains one model, with progress where the client shows it.
  private func run(_ job: WorkspaceTraining.Job) {
    let name = job.folder.split(separator: "/").last.map(String.init) ?? job.folder
    let progress = Progress(session: self, title: "Inkling learns \(name)", token: job.token)
    var problem: String?
    defer {
      progress.end()
      job.finished?(problem)
    }
    do throws(Failure) {
      guard let program = Self.trainerPath() else {
        throw Failure("inkling-train", why: "not found beside inkling", remedy: "install both programs")
      }
      var arguments = [job.folder, "--output", job.output, "--json", "--memory", "512M"]
      if let minutes = job.networkMinutes { arguments += ["--time", "\(minutes)m"] }
      log(
        .info, "training \(job.output)" + (job.networkMinutes.map { ", a network for \($0) minutes" } ?? ""))
      let child = try ChildProcess(program, arguments: arguments)
      if training.state.withLock({ state in
        state.child = child
        return state.isCancelled
      }) {
        child.terminate()
      }
      var why = ""
      let status = child.run { line in
        if job.isCancelled?.isRaised == true {
          training.state.withLock { $0.isCancelled = true }
          child.terminate()
        }
        guard let event = try? JSON.parse(line) else { return }
        if let fraction = event["fraction"]?.doubleValue {
          progress.report(event["stage"]?.stringValue ?? "", fraction)
        }
        if event["event"] == "error" { why = event["message"]?.stringValue ?? "" }
      }
      if status == 0 {
        log(.info, "trained \(job.output)")
        checkModels(atOnce: true)
        return
      }
      problem = training.state.withLock { $0.isCancelled } ? "cancelled" : "inkling-train failed: \(why)"
      if !training.state.withLock({ $0.isCancelled }) {
        // A folder with nothing to learn in it is no news, unless somebody asked.
        let text =
          "no model of \(job.folder): inkling-train ended with \(status.map(String.init) ?? "a signal") \(why)"
        if job.isExplicit { show(.error, text) } else { log(.info, text) }
      }
    } catch {
      problem = error.description
      if job.isExplicit { show(.error, error.description) } else { log(.warning, error.description) }
    }
  }

  /// The trainer is installed beside the server.
  private static func trainerPath() -> String? {
    guard let program = executablePath(), let slash = program.lastIndex(of: "/") else { return nil }
    let path = program[..<slash] + "/inkling-train"
    return access(String(path), X_OK) == 0 ? String(path) : nil
  }

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
          networkMinutes: isRecurrent ? context.settings.recurrentMinutes : nil))
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
