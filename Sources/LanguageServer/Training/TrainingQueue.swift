import JSON
import Platform
import Synchronization

/// Trainings of workspaces' models that wait or go on: one at a time, each in a child process.
final class TrainingQueue: Sendable {
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
    /// Whether a thread takes jobs from the queue.
    var hasThread = false
    /// Whether what runs is to end.
    var isCancelled = false
    /// Whether what runs is to end and to be begun again.
    var isBegunAnew = false
    /// Whether nothing is begun any more: the session ends.
    var isStopped = false
    /// Saves since a folder's model was begun.
    var savedCounts: [String: Int] = [:]
    var lastStarts: [String: ContinuousClock.Instant] = [:]
    var tokenNumber = 0
    /// The token of the progress that is shown.
    var token: JSON?
    /// Whether a timer looks for idleness.
    var watchesIdleness = false

    fileprivate mutating func endRunning() {
      isCancelled = true
      child?.terminate()
    }

    /// Takes waiting jobs out of the queue.
    fileprivate mutating func withdraw(where isWanted: (Job) -> Bool) -> [Job] {
      defer { queue.removeAll(where: isWanted) }
      return queue.filter(isWanted)
    }
  }

  let state = Mutex(State())

  /// After so many saved files a workspace's own model is made anew,
  static let savesBeforeRefresh = 20
  /// but not sooner than this.
  static let leastInterval = Duration.seconds(600)
  /// A model found in the cache is made anew once it is older than this, in seconds.
  static let mostAge: Int64 = 86_400
  /// How long nothing has to be said before networks are trained.
  static let idleTime = Duration.seconds(300)

  // MARK: Ending

  /// Ends what runs, forgets what waits, and begins nothing any more.
  func stop() {
    let forgotten = state.withLock { state in
      state.isStopped = true
      state.endRunning()
      return state.withdraw { _ in true }
    }
    for job in forgotten { job.finished?("cancelled") }
  }

  /// Ends what runs under a progress token, or waits with one of the client's.
  func cancel(token: JSON) {
    let forgotten = state.withLock { state in
      if state.running != nil && state.token == token { state.endRunning() }
      return state.withdraw { $0.token == token }
    }
    for job in forgotten { job.finished?("cancelled") }
  }

  /// Ends a folder's training that nobody asked for.
  func abandon(folder: String) {
    let forgotten = state.withLock { state in
      if let running = state.running, running.folder == folder, !running.isExplicit { state.endRunning() }
      return state.withdraw { $0.folder == folder && !$0.isExplicit }
    }
    for job in forgotten { job.finished?("cancelled") }
  }

  /// Begins a folder's training again that is going on: it has read what it must not learn any more.
  ///
  /// - Returns: whether there is one, or one waits that has read nothing yet.
  func beginAnew(folder: String) -> Bool {
    state.withLock { state in
      if let running = state.running, running.folder == folder, !state.isCancelled {
        state.isBegunAnew = true
        state.child?.terminate()
        return true
      }
      return state.queue.contains { $0.folder == folder }
    }
  }

  // MARK: The queue

  enum Admission: Sendable {
    /// The folder is being trained already, or is about to be.
    case refused
    case queued
    /// And the caller is to start a thread that takes it.
    case needsThread
  }

  /// Queues a job. One that somebody asked for takes the place of one that nobody did.
  func enqueue(_ job: Job) -> Admission {
    state.withLock { state in
      if state.isStopped { return .refused }
      let isSame: (Job) -> Bool = { $0.folder == job.folder }
      let running = state.isCancelled ? nil : state.running.flatMap { isSame($0) ? $0 : nil }
      let waiting = state.queue.firstIndex(where: isSame)
      for other in [running, waiting.map { state.queue[$0] }].compactMap(\.self)
      where !job.isExplicit || other.isExplicit {
        return .refused
      }
      if running != nil { state.endRunning() }
      if let waiting {
        state.queue[waiting] = job
      } else {
        state.queue.append(job)
      }
      if state.hasThread { return .queued }
      state.hasThread = true
      return .needsThread
    }
  }

  /// The next job; nil if there is none, and then the thread that asks is to end.
  func takeNext() -> Job? {
    state.withLock { state in
      state.running = state.queue.isEmpty ? nil : state.queue.removeFirst()
      state.hasThread = state.running != nil
      state.isCancelled = false
      state.isBegunAnew = false
      state.child = nil
      state.token = nil
      if let folder = state.running?.folder {
        state.savedCounts[folder] = 0
        state.lastStarts[folder] = .now
      }
      return state.running
    }
  }

  /// Notes the process that trains, and ends it at once if it came too late.
  func note(_ child: ChildProcess) {
    state.withLock { state in
      state.child = child
      if state.isCancelled || state.isBegunAnew { child.terminate() }
    }
  }

  /// How a job's process ended, as far as it was made to.
  enum Interruption: Sendable {
    case none, cancelled, begunAnew
  }

  func takeInterruption() -> Interruption {
    state.withLock { state in
      defer { state.isBegunAnew = false }
      state.child = nil
      return state.isCancelled ? .cancelled : state.isBegunAnew ? .begunAnew : .none
    }
  }

  /// Counts a changed file of a folder; true if its model is to be made anew.
  func noteSave(inFolder folder: String) -> Bool {
    state.withLock { state in
      state.savedCounts[folder, default: 0] += 1
      guard state.savedCounts[folder, default: 0] >= Self.savesBeforeRefresh else { return false }
      return state.lastStarts[folder].map { .now - $0 >= Self.leastInterval } ?? true
    }
  }

  /// Whether so many files have changed since a folder's model was made that it should be made anew.
  func hasManySaves(inFolder folder: String) -> Bool {
    state.withLock { $0.savedCounts[folder, default: 0] >= Self.savesBeforeRefresh }
  }
}
