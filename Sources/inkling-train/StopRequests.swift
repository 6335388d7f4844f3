import Console
import Platform
import Synchronization

/// Signals that ask a network's training to end: the model gets what was learned so far, and whoever asks again gives it up.
final class StopRequests: Sendable {
  /// When it was asked for first, in seconds of the monotonic clock, as bits; 0 before.
  private let firstRequest = Atomic<UInt64>(0)

  var isStopped: Bool { firstRequest.load(ordering: .relaxed) != 0 }

  /// Takes signals from here on, until `Interruption.setHandler` says otherwise.
  func listen() {
    Interruption.setHandler { _ in
      // Whoever asks twice does not want to wait for the end of a step.
      switch self.request() {
      case .first:
        Interruption.say("stopping: the model gets what was learned so far (once more to give it up)")
      case .repeated: break
      case .impatient: return false
      }
      return true
    }
  }

  private enum Request {
    case first
    /// Within a second of the first: `timeout` and shells send a signal both to the program and to its group.
    case repeated
    case impatient
  }

  private func request() -> Request {
    let now = monotonicSeconds()
    let (isFirst, original) = firstRequest.compareExchange(
      expected: 0, desired: max(now, 1e-9).bitPattern, ordering: .relaxed)
    if isFirst { return .first }
    return now - Double(bitPattern: original) >= 1 ? .impatient : .repeated
  }
}
