import CKernels

/// The kernels for one instruction set; see CKernels.h.
public struct KernelSet: Sendable {
  nonisolated(unsafe) let table: UnsafePointer<inkling_kernels>

  public var name: String { String(cString: table.pointee.name) }

  /// The fastest that this processor runs.
  public static let best = KernelSet(table: inkling_kernels_best())

  /// All that this processor runs, the plain ones first.
  public static var available: [KernelSet] {
    (0..<INKLING_ISA_COUNT.rawValue).compactMap {
      inkling_kernels_for(inkling_isa(rawValue: $0)).map { KernelSet(table: $0) }
    }
  }
}

/// Zeroed memory aligned for the kernels, freed with its last reference.
///
/// Whoever shares one between threads writes it before and only reads it after.
final class KernelMemory<Element: BitwiseCopyable>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
  let count: Int
  private let byteCount: Int

  init(_ count: Int) {
    self.count = count
    byteCount = max(count, 1) * MemoryLayout<Element>.stride
    guard let memory = inkling_allocate(byteCount) else { fatalError("out of memory: \(byteCount) bytes") }
    base = memory.bindMemory(to: Element.self, capacity: max(count, 1))
  }

  deinit { inkling_free(base, byteCount) }
}

/// Helper threads for a step's products, sleeping when there is nothing to do. See `inkling_team` in CKernels.h.
final class KernelTeam: @unchecked Sendable {
  let handle: OpaquePointer?
  /// The caller included.
  let threadCount: Int

  init(threadCount: Int) {
    handle = threadCount > 1 ? inkling_team_create(min(threadCount, 16)) : nil
    self.threadCount = handle == nil ? 1 : min(threadCount, 16)
  }

  deinit { if let handle { inkling_team_destroy(handle) } }

  /// Calls `task` once for each piece, from any of the threads; returns when all are done.
  ///
  /// - Parameter task: takes a pointer to `context`, the worker and the piece.
  @inline(__always)
  func run<Context>(
    pieces: Int, _ context: inout Context, _ task: @convention(c) (UnsafeMutableRawPointer?, Int, Int) -> Void
  ) {
    withUnsafeMutablePointer(to: &context) { inkling_team_run(handle, task, $0, pieces) }
  }
}
