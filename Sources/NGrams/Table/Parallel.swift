import Dispatch
import Platform
import Synchronization

/// Runs `body` for every task 0 ..< `taskCount`, each on whichever of `threadCount` threads is free; rethrows the
/// first failure once all threads have stopped.
///
/// - Parameter body: gets the number of its thread and the task. Never called twice at once with the same thread.
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

/// Memory for the scratch work of one thread, freed with it.
final class Scratch<Element: BitwiseCopyable>: @unchecked Sendable {
  private(set) var buffer: UnsafeMutableBufferPointer<Element>

  init(count: Int = 0) { buffer = .allocate(capacity: count) }
  deinit { buffer.deallocate() }

  /// At least `count` elements, with undefined content.
  func ensure(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
    if buffer.count < count {
      buffer.deallocate()
      buffer = .allocate(capacity: count)
    }
    return buffer
  }

  /// Frees the memory until it is needed again.
  func release() {
    buffer.deallocate()
    buffer = .allocate(capacity: 0)
  }
}

/// A value of one thread, reached through a pointer: the hot loops then cost no checks of exclusive access and no
/// reference counting, as properties of classes would.
final class Box<Value>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Value>

  init(_ value: Value) {
    pointer = .allocate(capacity: 1)
    pointer.initialize(to: value)
  }

  deinit {
    pointer.deinitialize(count: 1)
    pointer.deallocate()
  }
}
