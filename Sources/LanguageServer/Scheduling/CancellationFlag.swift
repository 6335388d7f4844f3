import Synchronization

/// Raised when the answer to a request is no longer wanted; looked at between steps of the work.
package final class CancellationFlag: Sendable {
  private let raised = Atomic(false)

  package init() {}
  package var isRaised: Bool { raised.load(ordering: .relaxed) }
  package func raise() { raised.store(true, ordering: .relaxed) }
}
