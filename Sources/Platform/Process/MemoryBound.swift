import CSystem
import Synchronization

/// Keeps a process that reads mapped files within a bound of memory: a thread looks, every millisecond or more often where the
/// bound is near, how much is in memory, and gives the pages of mapped files back where it is nearly too much. What is read
/// again comes from the system's cache. Where all processors are taken that thread comes too late, so those that read at random
/// places look themselves, too (`look()`, `MemoryPace`).
///
/// What the process has allocated is for its plans to bound.
package final class MemoryBound: Sendable {
  private let isOver = Atomic<Bool>(false)
  private static let programByteCount = 24 << 20
  /// With so much in memory pages are given back; 0 without a bound.
  private static let limit = Atomic<Int>(0)

  /// Begins now, and ends with this object. From here on the C library gives large pieces of memory back as soon as they are freed,
  /// in the whole process.
  ///
  /// - Parameter byteCount: nil bounds nothing.
  package init(_ byteCount: Int?) {
    guard let byteCount else { return }
    inkling_return_large_memory()
    // Between two looks some megabytes are read.
    let limit = max(byteCount / 2, min(byteCount / 8 * 7, byteCount - (24 << 20)))
    Self.limit.store(limit, ordering: .relaxed)
    // Without a thread to spare nothing is given back.
    try? startThread { [weak self] in
      Self.watch(limit) { self.map { !$0.isOver.load(ordering: .relaxed) } ?? false }
    }
  }

  /// What it began is over.
  package func end() {
    isOver.store(true, ordering: .relaxed)
    Self.limit.store(0, ordering: .relaxed)
  }

  /// Into so many parts the room that is left is divided, of which each thread that looks may take one.
  private static let shares = max(4, 2 * Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

  /// Looks now, in some microseconds; without a bound in none. For between two pieces of work that each bring a few megabytes of
  /// mapped files in at most.
  ///
  /// - Returns: how many bytes this thread may bring in before it has to look again; none or less means at once.
  @discardableResult
  package static func look() -> Int {
    let limit = limit.load(ordering: .relaxed)
    guard limit > 0 else { return .max }
    // Others read as well.
    return (limit - keepResident(to: limit)) / shares
  }

  private static func watch(_ limit: Int, while goesOn: () -> Bool) {
    while goesOn() {
      let resident = keepResident(to: limit)
      // Two threads that read at random places bring some 64 kB in with every fault.
      usleep(resident > limit / 4 * 3 ? 500 : 1000)
    }
  }

  /// - Returns: how much was in memory.
  private static func keepResident(to limit: Int) -> Int {
    let resident = residentByteCount() ?? 0
    // Without pages of files beside the program's own there is nothing to give.
    if resident > limit, residentFileByteCount().map({ $0 > programByteCount }) ?? true {
      MappedPages.release()
    }
    return resident
  }
}
