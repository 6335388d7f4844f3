import JSON
import LanguageModeling
import LanguageServerProtocol
import Platform

/// Has the models of workspaces trained, by the trainer that is installed beside the server.
final class WorkspaceTrainer: Sendable {
  let queue = TrainingQueue()
  let connection: Connection
  let settings: SettingsStore
  let models: ModelUpkeep
  let scheduler: any Scheduler
  /// The program that trains models; nil where there is none.
  private let trainerPath: String?

  init(
    connection: Connection, settings: SettingsStore, models: ModelUpkeep, scheduler: any Scheduler,
    trainerPath: String?
  ) {
    self.connection = connection
    self.settings = settings
    self.models = models
    self.scheduler = scheduler
    self.trainerPath = trainerPath
  }

  /// The trainer is installed beside the server; nil if it is not.
  static func installedTrainerPath() -> String? {
    guard let program = executablePath(), let slash = program.lastIndex(of: "/") else { return nil }
    return program[..<slash] + "/inkling-train"
  }

  /// Queues a training, and sees to it that somebody works on the queue.
  func train(_ job: TrainingQueue.Job) {
    switch queue.enqueue(job) {
    case .queued: break
    case .refused: job.finished?("the folder's model is being trained already")
    case .needsThread:
      do throws(Failure) {
        try startThread(stackByteCount: 1 << 20) { [self] in
          while let job = queue.takeNext() { run(job) }
        }
      } catch { connection.log(.error, error.description) }
    }
  }

  /// Trains one model, with progress where the client shows it.
  private func run(_ job: TrainingQueue.Job) {
    let name = job.folder.split(separator: "/").last.map(String.init) ?? job.folder
    let progress = Progress(
      connection: connection, queue: queue, title: "Inkling learns \(name)", token: job.token)
    var outcome = Outcome.begunAnew
    while case .begunAnew = outcome { outcome = runOnce(job, progress) }
    progress.end()
    switch outcome {
    case .trained:
      connection.log(.info, "trained \(job.output)")
      models.check(atOnce: true)
      job.finished?(nil)
    case .failed(let why):
      // A folder with nothing to learn in it is no news, unless somebody asked.
      if job.isExplicit { connection.show(.error, why) } else { connection.log(.info, why) }
      job.finished?(why)
    case .cancelled, .begunAnew: job.finished?("cancelled")
    }
  }

  /// How long a trainer has to end whose server is gone, in quarters of a second.
  private static let lockAttempts = 48

  /// What keeps others from training the same model: held by the trainer too, so that a server that is started again does
  /// not begin a second training beside the first.
  ///
  /// - Returns: nil if it was not to be had.
  private func lock(_ job: TrainingQueue.Job) throws(Failure) -> FileLock? {
    if let slash = job.output.lastIndex(of: "/") { try createDirectories(String(job.output[..<slash])) }
    for attempt in 0..<Self.lockAttempts {
      if let lock = try FileLock.take(job.output + ".lock") { return lock }
      if attempt + 1 == Self.lockAttempts || queue.state.withLock({ $0.isCancelled || $0.isStopped }) {
        break
      }
      usleep(250_000)
    }
    return nil
  }

  private enum Outcome: Sendable {
    case trained, cancelled, begunAnew
    case failed(String)
  }

  private func runOnce(_ job: TrainingQueue.Job, _ progress: Progress) -> Outcome {
    do throws(Failure) {
      guard let trainerPath, access(trainerPath, X_OK) == 0 else {
        throw Failure("inkling-train", why: "not found beside inkling", remedy: "install both programs")
      }
      var arguments = [job.folder, "--output", job.output, "--json", "--memory", "512M"]
      if let minutes = job.networkMinutes { arguments += ["--time", "\(minutes)m"] }
      connection.log(
        .info, "training \(job.output)" + (job.networkMinutes.map { ", a network for \($0) minutes" } ?? ""))
      guard let lock = try lock(job) else {
        if queue.takeInterruption() == .cancelled { return .cancelled }
        throw Failure(job.output, why: "is being trained by another server", remedy: "wait for its end")
      }
      let child = try ChildProcess(trainerPath, arguments: arguments, lock: lock)
      queue.note(child)
      var why = ""
      let status = child.run { line in
        if job.isCancelled?.isRaised == true {
          queue.state.withLock { $0.isCancelled = true }
          child.terminate()
        }
        guard let event = try? JSON.parse(line) else { return }
        if let fraction = event["fraction"]?.doubleValue {
          progress.report(event["stage"]?.stringValue ?? "", fraction)
        }
        if event["event"] == "error" { why = event["message"]?.stringValue ?? "" }
      }
      switch queue.takeInterruption() {
      case .begunAnew: return .begunAnew
      case .cancelled where status != 0: return .cancelled
      case .cancelled, .none: break
      }
      if status == 0 { return .trained }
      return .failed(
        "no model of \(job.folder): inkling-train ended with \(status.map(String.init) ?? "a signal") \(why)")
    } catch { return .failed(error.description) }
  }
}
