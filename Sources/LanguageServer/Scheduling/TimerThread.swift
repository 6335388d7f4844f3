import Dispatch
import HeapModule
import Platform
import Synchronization

/// One thread that calls functions when they are due, and sleeps in between.
///
/// A dispatch queue would do the same, but keeps a record of each timer for its next ones: of the thousands that a burst of
/// opened documents asks for, as many pages of memory that cannot be given back to the system.
final class TimerThread: Sendable {
  private struct Timer: Comparable, Sendable {
    var due: ContinuousClock.Instant
    /// Those that are due together are called in the order in which they were scheduled.
    var number: Int
    var body: @Sendable () -> Void

    static func < (a: Timer, b: Timer) -> Bool { (a.due, a.number) < (b.due, b.number) }
    static func == (a: Timer, b: Timer) -> Bool { a.number == b.number }
  }

  private struct State {
    var timers = Heap<Timer>()
    var lastNumber = 0
  }

  private let state = Mutex(State())
  private let isEarlier = DispatchSemaphore(value: 0)

  init() throws(Failure) { try startThread { [self] in run() } }

  func schedule(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
    let due = ContinuousClock.now + delay
    let isFirst = state.withLock { state in
      state.lastNumber += 1
      state.timers.insert(Timer(due: due, number: state.lastNumber, body: body))
      return state.timers.min?.number == state.lastNumber
    }
    if isFirst { isEarlier.signal() }
  }

  private func run() {
    while true {
      let (timer, wait) = takeDue()
      if let timer {
        timer.body()
      } else if let wait {
        let (seconds, attoseconds) = wait.components
        let nanoseconds = min(seconds, 1 << 30) * 1_000_000_000 + attoseconds / 1_000_000_000
        // One more, so that it is not woken just before.
        _ = isEarlier.wait(timeout: .now() + .nanoseconds(Int(nanoseconds) + 1))
      } else {
        isEarlier.wait()
      }
    }
  }

  /// The next timer if it is due, else how long it is until then; neither where there is none.
  private func takeDue() -> (Timer?, Duration?) {
    state.withLock { state in
      guard let next = state.timers.min else {
        // The room of thousands is not kept.
        state.timers = Heap()
        return (nil, nil)
      }
      let wait = ContinuousClock.now.duration(to: next.due)
      if wait > .zero { return (nil, wait) }
      return (state.timers.popMin(), nil)
    }
  }
}
