import JSON
import Synchronization

/// An answer of two servers: whichever of them comes second makes it whole, unless the first has waited too long.
///
/// Nobody waits for it meanwhile: other messages overtake it.
final class JointAnswer: Sendable {
  struct Other: Sendable {
    /// With its header, as it came.
    var bytes: [UInt8]
    var message: ProxiedMessage
  }

  private enum State: Sendable {
    case nothing
    case own(JSON)
    case other(Other)
    case delivered
  }

  private let state = Mutex(State.nothing)

  /// Takes Inkling's result.
  ///
  /// - Returns: the other server's answer, if that has waited for it; and whether it had gone without.
  func take(own: JSON) -> (other: Other?, isLate: Bool) {
    state.withLock { state in
      switch state {
      case .other(let other):
        state = .delivered
        return (other, false)
      case .delivered: return (nil, true)
      case .nothing, .own:
        state = .own(own)
        return (nil, false)
      }
    }
  }

  /// Takes the other server's answer.
  ///
  /// - Returns: Inkling's result; nil if it has to be waited for.
  func take(other: Other) -> JSON? {
    state.withLock { state in
      if case .own(let own) = state {
        state = .delivered
        return own
      }
      state = .other(other)
      return nil
    }
  }

  /// The other server's answer, if it still waits; it waits no longer.
  func expire() -> Other? {
    state.withLock { state in
      guard case .other(let other) = state else { return nil }
      state = .delivered
      return other
    }
  }
}
