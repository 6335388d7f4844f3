import CSystem
import Synchronization

/// Keeps a process that reads mapped files within a bound of memory: a thread looks, every millisecond or more often where the
/// bound is near, how much is in memory, and gives the pages of mapped files back where it is nearly too much. What is read
/// again comes from the system's cache.
///
/// What the process has allocated is for its plans to bound.
package final class MemoryBound: Sendable {
  private let isOver = Atomic<Bool>(false)
  private static let programByteCount = 24 << 20

  /// Begins now, and ends with this object. From here on the C library gives large pieces of memory back as soon as they are freed,
  /// in the whole process.
  ///
  /// - Parameter byteCount: nil bounds nothing.
  package init(_ byteCount: Int?) {
    guard let byteCount else { return }
    inkling_return_large_memory()
    // Between two looks some megabytes are read.
    let limit = max(byteCount / 2, min(byteCount / 8 * 7, byteCount - (24 << 20)))
    // Without a thread to spare nothing is given back.
    try? startThread { [weak self] in
      Self.watch(limit) { self.map { !$0.isOver.load(ordering: .relaxed) } ?? false }
    }
  }

  /// What it began is over.
  package func end() { isOver.store(true, ordering: .relaxed) }

  private static func watch(_ limit: Int, while goesOn: () -> Bool) {
    while goesOn() {
      // Without pages of files beside the program's own there is nothing to give.
      let resident = residentByteCount() ?? 0
      if resident > limit, residentFileByteCount().map({ $0 > programByteCount }) ?? true {
        MappedPages.release()
      }
      // Two threads that read at random places bring some 64 kB in with every fault.
      usleep(resident > limit / 4 * 3 ? 500 : 1000)
    }
  }
}
