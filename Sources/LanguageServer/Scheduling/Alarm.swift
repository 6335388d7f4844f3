import Synchronization

/// Something that is to be done once nothing has put it off for a while.
///
/// However often it is put off, one timer is under way: threads are woken for what is done, not for every keystroke.
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

  /// What is to be done now; nil if it was put off beyond `now`.
  ///
  /// - Parameter now: nil for whenever that may be.
  func take(at now: ContinuousClock.Instant?) -> (@Sendable () -> Void)? {
    setting.withLock { setting in
      guard let waiting = setting else { return nil }
      if let now, waiting.due > now { return nil }
      setting = nil
      return waiting.body
    }
  }

  /// Until when it was put off.
  var due: ContinuousClock.Instant? { setting.withLock { $0?.due } }
}
