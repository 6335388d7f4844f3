import DequeModule
import Dispatch
import Platform
import Synchronization

/// Threads that run lanes: interactive lanes first, in turn, so that no busy document starves another.
///
/// Background jobs never hold all threads at once. Idle threads sleep.
public final class WorkerPool: Scheduler {
  private struct State {
    var interactive: Deque<Lane> = []
    var background: Deque<Lane> = []
    var runningBackgroundCount = 0
  }

  private let state = Mutex(State())
  private let available = DispatchSemaphore(value: 0)
  private let backgroundLimit: Int
  private let timers = DispatchQueue(label: "inkling.timers")

  /// - Parameter threadCount: at least 2, so that there is always one for interactive jobs.
  public init(threadCount: Int) throws(Failure) {
    let threadCount = max(2, threadCount)
    backgroundLimit = threadCount - 1
    for _ in 0..<threadCount { try startThread { [self] in work() } }
  }

  public func submit(_ urgency: Urgency, in lane: Lane, _ job: @escaping @Sendable () -> JobOutcome) {
    if lane.append(urgency, job) { enqueue(lane, urgency) } else if urgency == .interactive { promote(lane) }
  }

  public func schedule(afterMilliseconds delay: Int, _ body: @escaping @Sendable () -> Void) {
    timers.asyncAfter(deadline: .now() + .milliseconds(delay), execute: body)
  }

  private func enqueue(_ lane: Lane, _ urgency: Urgency) {
    state.withLock { state in
      switch urgency {
      case .interactive: state.interactive.append(lane)
      case .background: state.background.append(lane)
      }
    }
    available.signal()
  }

  /// Moves a lane that waits for background work among the interactive ones.
  private func promote(_ lane: Lane) {
    state.withLock { state in
      guard let index = state.background.firstIndex(where: { $0 === lane }) else { return }
      state.background.remove(at: index)
      state.interactive.append(lane)
    }
    // The limit on background work may have left its signal unanswered.
    available.signal()
  }

  private func work() {
    while true {
      available.wait()
      while let (lane, isBackground) = takeLane() {
        let next = lane.runNext()
        if isBackground { state.withLock { $0.runningBackgroundCount -= 1 } }
        if let next { enqueue(lane, next) }
      }
    }
  }

  private func takeLane() -> (Lane, isBackground: Bool)? {
    state.withLock { state in
      if let lane = state.interactive.popFirst() { return (lane, false) }
      guard state.runningBackgroundCount < backgroundLimit, let lane = state.background.popFirst() else {
        return nil
      }
      state.runningBackgroundCount += 1
      return (lane, true)
    }
  }
}
