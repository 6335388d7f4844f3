import Synchronization

/// Something that is to be done once nothing has put it off for a while.
///
/// However often it is put off, one timer is under way, and another one only where it is put forward: threads are woken for what is done, not for every keystroke.
package final class Alarm: Sendable {
  private struct Setting {
    var due: ContinuousClock.Instant
    var body: @Sendable () -> Void
  }

  private let setting = Mutex<Setting?>(nil)

  package init() {}

  /// - Returns: whether no timer is under way for it yet that comes in time.
  func set(_ due: ContinuousClock.Instant, _ body: @escaping @Sendable () -> Void) -> Bool {
    setting.withLock { setting in
      defer { setting = Setting(due: due, body: body) }
      return setting.map { due < $0.due } ?? true
    }
  }

  enum Ringing {
    case isDue(@Sendable () -> Void)
    case isPutOff(until: ContinuousClock.Instant)
    /// It has been done.
    case isOver
  }

  /// What becomes of it when a timer rings; what is due is somebody else's to do from then on.
  ///
  /// - Parameter now: nil for whenever it is due.
  func take(at now: ContinuousClock.Instant?) -> Ringing {
    setting.withLock { setting in
      guard let waiting = setting else { return .isOver }
      if let now, waiting.due > now { return .isPutOff(until: waiting.due) }
      setting = nil
      return .isDue(waiting.body)
    }
  }
}
