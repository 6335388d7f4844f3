import DequeModule
import Synchronization

/// The jobs of one document, or of the session: run one at a time.
public final class Lane: Sendable {
  /// A function in a box: put into a generic collection as it is, a function would be wrapped once more each time
  /// it goes back into the queue.
  private final class Job: Sendable {
    let run: @Sendable () -> JobOutcome
    init(_ run: @escaping @Sendable () -> JobOutcome) { self.run = run }
  }

  private struct State {
    var interactive: Deque<Job> = []
    var background: Deque<Job> = []
    /// Whether a worker has the lane, or it waits for one.
    var isQueued = false
  }

  private let state = Mutex(State())

  public init() {}

  /// Adds a job; true if the lane has to be handed to the workers.
  func append(_ urgency: Urgency, _ body: @escaping @Sendable () -> JobOutcome) -> Bool {
    let job = Job(body)
    return state.withLock { state in
      switch urgency {
      case .interactive: state.interactive.append(job)
      case .background: state.background.append(job)
      }
      defer { state.isQueued = true }
      return !state.isQueued
    }
  }

  /// Runs the next job. Afterwards: what comes next, or nil, and then the lane is no longer queued.
  func runNext() -> Urgency? {
    let job: (Urgency, Job)? = state.withLock { state in
      if let job = state.interactive.popFirst() { return (.interactive, job) }
      return state.background.popFirst().map { (.background, $0) }
    }
    if let (urgency, job) = job, job.run() == .unfinished {
      state.withLock { state in
        switch urgency {
        case .interactive: state.interactive.prepend(job)
        case .background: state.background.append(job)
        }
      }
    }
    return state.withLock { state in
      if !state.interactive.isEmpty { return .interactive }
      if !state.background.isEmpty { return .background }
      state.isQueued = false
      return nil
    }
  }
}
