import JSON
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
  }

  let state = Mutex(State())

  /// After so many saved files a workspace's own model is made anew,
  static let savesBeforeRefresh = 20
  /// but not sooner than this.
  static let leastInterval = Duration.seconds(600)
  /// A model found in the cache is made anew once it is older than this, in seconds.
  static let mostAge = 86_400

  /// Ends what runs and forgets what waits.
  func stop() {
    state.withLock { state in
      state.queue = []
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
        !WorkspaceModels.isTooLarge(path),
        ModelLocator.locate(documentPath: path, environment: { _ in nil }) == nil,
        let output = WorkspaceModels.modelPath(forFolder: path), !Self.isFresh(output)
      else { continue }
      train(WorkspaceTraining.Job(folder: path, output: output, isExplicit: false))
    }
  }

  private static func trimmed(_ path: String?) -> String? {
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

  /// Counts a saved file; after enough of them its workspace's own model is made anew.
  func noteSave(of document: OpenDocument) {
    guard let path = document.identity.path, state.withLock({ $0.settings.trainsWorkspaces }) else { return }
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
    if isDue { train(WorkspaceTraining.Job(folder: folder, output: output, isExplicit: false)) }
  }

  func train(_ job: WorkspaceTraining.Job) {
    guard training.enqueue(job) else { return }
    do throws(Failure) {
      try startThread(stackByteCount: 1 << 20) { [self] in
        while let job = training.takeNext() { run(job) }
      }
    } catch { log(.error, error.description) }
  }

  /// Trains one model, with progress where the client shows it.
  private func run(_ job: WorkspaceTraining.Job) {
    let name = job.folder.split(separator: "/").last.map(String.init) ?? job.folder
    let progress = Progress(session: self, title: "Inkling learns \(name)")
    defer { progress.end() }
    do throws(Failure) {
      guard let program = Self.trainerPath() else {
        throw Failure("inkling-train", why: "not found beside inkling", remedy: "install both programs")
      }
      let child = try ChildProcess(
        program, arguments: [job.folder, "--output", job.output, "--json", "--memory", "512M"])
      if training.state.withLock({ state in
        state.child = child
        return state.isCancelled
      }) {
        child.terminate()
      }
      var why = ""
      let status = child.run { line in
        guard let event = try? JSON.parse(line) else { return }
        if let fraction = event["fraction"]?.doubleValue {
          progress.report(event["stage"]?.stringValue ?? "", fraction)
        }
        if event["event"] == "error" { why = event["message"]?.stringValue ?? "" }
      }
      if status == 0 {
        checkModels(atOnce: true)
      } else if !training.state.withLock({ $0.isCancelled }) {
        // A folder with nothing to learn in it is no news, unless somebody asked.
        let text =
          "no model of \(job.folder): inkling-train ended with \(status.map(String.init) ?? "a signal") \(why)"
        if job.isExplicit { show(.error, text) } else { log(.info, text) }
      }
    } catch {
      if job.isExplicit { show(.error, error.description) } else { log(.warning, error.description) }
    }
  }

  /// The trainer is installed beside the server.
  private static func trainerPath() -> String? {
    guard let program = executablePath(), let slash = program.lastIndex(of: "/") else { return nil }
    let path = program[..<slash] + "/inkling-train"
    return access(String(path), X_OK) == 0 ? String(path) : nil
  }

  /// `workspace/executeCommand`: `inkling.train`, with a folder's URI or without, and then for every folder.
  func executeCommand(_ params: JSONDecoding, _ answer: @escaping Answer) {
    do throws(JSONError) {
      let command = try params["command"].string()
      guard command == "inkling.train" else {
        return answer(.failure(ResponseError(.invalidParams, "there is no command \(command)")))
      }
      let uris: [String]
      if let arguments = params["arguments"].optional, try !arguments.elements().isEmpty {
        uris = try arguments.strings()
      } else {
        uris = state.withLock { $0.folders.map(\.uri) }
      }
      var started: [JSON] = []
      for uri in uris {
        guard let folder = Self.trimmed(filePath(ofURI: uri)), isDirectory(folder),
          let output = WorkspaceModels.modelPath(forFolder: folder)
        else { continue }
        started.append(["folder": .string(folder), "model": .string(output)])
        train(WorkspaceTraining.Job(folder: folder, output: output, isExplicit: true))
      }
      answer(.success(["training": .array(started)]))
    } catch { answer(.failure(.invalidParams(error))) }
  }
}
