import Synchronization

/// Raised when the answer to a request is no longer wanted; looked at between steps of the work.
public final class CancellationFlag: Sendable {
  private let raised = Atomic(false)

  public init() {}
  public var isRaised: Bool { raised.load(ordering: .relaxed) }
  public func raise() { raised.store(true, ordering: .relaxed) }
}
