import Synchronization

/// Runs every job at once on the caller's thread, and timers when told: the same answers in the same order every
/// time, for scripts and tests.
package final class ImmediateScheduler: Scheduler {
  private let timers = Mutex<[@Sendable () -> Void]>([])

  package init() {}

  package func submit(_ urgency: Urgency, in lane: Lane, _ job: @escaping @Sendable () -> JobOutcome) {
    while job() == .unfinished {}
  }

  package func schedule(afterMilliseconds delay: Int, _ body: @escaping @Sendable () -> Void) {
    timers.withLock { $0.append(body) }
  }

  package func set(_ alarm: Alarm, afterMilliseconds delay: Int, _ body: @escaping @Sendable () -> Void) {
    guard alarm.set(.now, body) else { return }
    schedule(afterMilliseconds: delay) { if case .isDue(let body) = alarm.take(at: nil) { body() } }
  }

  package func renewThreads() {}

  /// Runs what was scheduled so far, whatever its delay.
  package func runTimers() {
    let due = timers.withLock { timers in
      defer { timers = [] }
      return timers
    }
    for body in due { body() }
  }
}
