import DequeModule
import Synchronization

/// The jobs of one document, or of the session: run one at a time.
package final class Lane: Sendable {
  /// A function in a box: put into a generic collection as it is, a function would be wrapped once more each time
  /// it goes back into the queue.
  private final class Job: Sendable {
    let run: @Sendable () -> JobOutcome
    let isAwaited: Bool
    init(isAwaited: Bool, _ run: @escaping @Sendable () -> JobOutcome) {
      self.run = run
      self.isAwaited = isAwaited
    }
  }

  private struct State {
    /// Awaited jobs and interactive ones, in their order.
    var interactive: Deque<Job> = []
    var background: Deque<Job> = []
    /// How many of the interactive jobs are awaited.
    var awaitedCount = 0
    /// Whether a worker has the lane, or it waits for one.
    var isQueued = false

    var next: Urgency? {
      if awaitedCount > 0 { return .awaited }
      if !interactive.isEmpty { return .interactive }
      return background.isEmpty ? nil : .background
    }
  }

  private let state = Mutex(State())
  /// How many interactive jobs wait, awaited ones among them.
  private let urgentCount = Atomic(0)
  /// Where the lane waits; kept by the pool, under its lock.
  nonisolated(unsafe) var waiting: Waiting?

  /// A place in one of the pool's queues. The number tells the entry that counts from those that the lane has left for
  /// a more urgent queue.
  struct Waiting {
    var urgency: Urgency
    var number: Int
  }

  package init() {}

  /// Adds a job; true if the lane has to be handed to the workers.
  func append(_ urgency: Urgency, _ body: @escaping @Sendable () -> JobOutcome) -> Bool {
    let job = Job(isAwaited: urgency == .awaited, body)
    return state.withLock { state in
      switch urgency {
      case .awaited:
        state.awaitedCount += 1
        state.interactive.append(job)
      case .interactive: state.interactive.append(job)
      case .background: state.background.append(job)
      }
      if urgency != .background { urgentCount.add(1, ordering: .relaxed) }
      defer { state.isQueued = true }
      return !state.isQueued
    }
  }

  /// Whether something waits that goes before background work. For slices of such work to ask again and again: it takes no lock.
  var hasUrgentJob: Bool { urgentCount.load(ordering: .relaxed) > 0 }

  /// Of what it has to do next; nil if that is nothing.
  var urgency: Urgency? { state.withLock { $0.next } }

  /// Runs the next job. Afterwards: what comes next, or nil, and then the lane is no longer queued.
  func runNext() -> Urgency? {
    let job: (isBackground: Bool, Job)? = state.withLock { state in
      if let job = state.interactive.popFirst() {
        urgentCount.subtract(1, ordering: .relaxed)
        return (false, job)
      }
      return state.background.popFirst().map { (true, $0) }
    }
    let outcome = job?.1.run()
    return state.withLock { state in
      if let (isBackground, job) = job {
        if outcome == .unfinished {
          if isBackground {
            state.background.append(job)
          } else {
            urgentCount.add(1, ordering: .relaxed)
            state.interactive.prepend(job)
          }
        } else if job.isAwaited {
          state.awaitedCount -= 1
        }
      }
      if let next = state.next { return next }
      // The room of the queues is not kept by every document for the rest of its life.
      state.interactive = []
      state.background = []
      state.isQueued = false
      return nil
    }
  }
}
