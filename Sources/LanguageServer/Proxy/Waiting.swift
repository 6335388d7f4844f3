import Dispatch
import Synchronization

/// What somebody waits for while somebody else finds it out.
final class Waiting<Value: Sendable>: Sendable {
  private let found = Mutex<Value?>(nil)
  private let isFinished = DispatchSemaphore(value: 0)

  func finish(_ value: Value?) {
    found.withLock { $0 = value }
    isFinished.signal()
  }

  /// Nil if there is none, or not in time.
  func value(until deadline: ContinuousClock.Instant) -> Value? {
    let left = (deadline - .now).components
    let nanoseconds = max(0, Int(left.seconds) * 1_000_000_000 + Int(left.attoseconds / 1_000_000_000))
    guard isFinished.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success else { return nil }
    return found.withLock { $0 }
  }
}
