import Dispatch
import Synchronization

/// Runs `body` for every task 0 ..< `taskCount`, each on whichever of `threadCount` threads is free; rethrows the
/// first failure once all threads have stopped.
///
/// - Parameter body: gets the number of its thread and the task. Never called twice at once with the same thread.
@inlinable
package func forEachTask(
  _ taskCount: Int, threadCount: Int, _ body: @Sendable (_ thread: Int, _ task: Int) throws(Failure) -> Void
) throws(Failure) {
  let threadCount = max(1, min(threadCount, taskCount))
  let next = Atomic<Int>(0)
  let failure = Mutex<Failure?>(nil)
  @Sendable func work(_ thread: Int) {
    while true {
      let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if task >= taskCount { return }
      do throws(Failure) { try body(thread, task) } catch {
        failure.withLock { if $0 == nil { $0 = error } }
        next.store(taskCount, ordering: .relaxed)
        return
      }
    }
  }
  if threadCount == 1 {
    work(0)
  } else {
    DispatchQueue.concurrentPerform(iterations: threadCount, execute: work)
  }
  if let failure = failure.withLock({ $0 }) { throw failure }
}
