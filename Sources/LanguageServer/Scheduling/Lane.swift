import DequeModule
import Synchronization

/// The jobs of one document, or of the session: run one at a time.
public final class Lane: Sendable {
  typealias Job = @Sendable () -> JobOutcome

  private struct State {
    var interactive: Deque<Job> = []
    var background: Deque<Job> = []
    /// Whether a worker has the lane, or it waits for one.
    var isQueued = false
  }

  private let state = Mutex(State())

  public init() {}

  /// Whether something more urgent than background work waits: a slice of it should end soon.
  var hasInteractiveJobs: Bool { state.withLock { !$0.interactive.isEmpty } }

  /// Adds a job; true if the lane has to be handed to the workers.
  func append(_ urgency: Urgency, _ job: @escaping Job) -> Bool {
    state.withLock { state in
      switch urgency {
      case .interactive: state.interactive.append(job)
      case .background: state.background.append(job)
      }
      defer { state.isQueued = true }
      return !state.isQueued
    }
  }

  /// What the lane has to do next; nil if nothing.
  var nextUrgency: Urgency? {
    state.withLock { $0.interactive.isEmpty ? ($0.background.isEmpty ? nil : .background) : .interactive }
  }

  /// Runs the next job. Afterwards: what comes next, or nil, and then the lane is no longer queued.
  func runNext() -> Urgency? {
    let job: (Urgency, Job)? = state.withLock { state in
      if let job = state.interactive.popFirst() { return (.interactive, job) }
      return state.background.popFirst().map { (.background, $0) }
    }
    if let (urgency, job) = job, job() == .unfinished {
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
