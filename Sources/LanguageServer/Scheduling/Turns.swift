import DequeModule
import Synchronization

/// Work that is done one piece after the other, so that no more than one is half done at a time.
final class Turns: Sendable {
  private struct State {
    var waiting: Deque<@Sendable () -> Void> = []
    var isTaken = false
  }

  private let state = Mutex(State())

  /// Starts a piece of work, now or when it is its turn. Each ends with `end`.
  func take(_ start: @escaping @Sendable () -> Void) {
    let isFree = state.withLock { state in
      if state.isTaken {
        state.waiting.append(start)
        return false
      }
      state.isTaken = true
      return true
    }
    if isFree { start() }
  }

  /// A piece of work is done, or was given up: the next one starts.
  func end() {
    let next = state.withLock { state in
      let next = state.waiting.popFirst()
      if next == nil { state = State() }
      return next
    }
    next?()
  }
}
