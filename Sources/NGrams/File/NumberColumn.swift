import Platform

/// A long list of 32-bit numbers that several threads write, each its own part, and read at random places: in memory
/// while short, else in a mapped file.
final class NumberColumn: @unchecked Sendable {
  let count: Int
  /// Valid while this object lives.
  let numbers: UnsafePointer<UInt32>
  private let memory: UnsafeMutablePointer<UInt32>?
  private let file: SpillFile?
  private let mapping: SpillMapping?

  /// - Parameter memoryByteCount: what it may take of memory.
  init(count: Int, memoryByteCount: Int, temporaryDirectory: String) throws(Failure) {
    self.count = count
    if count * 4 > max(memoryByteCount, 1 << 14) {
      let file = try SpillFile(inDirectory: temporaryDirectory)
      try file.setByteCount(count * 4)
      if let mapping = try file.map(), let base = mapping.bytes.baseAddress {
        self.file = file
        self.mapping = mapping
        memory = nil
        numbers = base.assumingMemoryBound(to: UInt32.self)
        return
      }
    }
    let memory = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, count))
    memory.initialize(repeating: 0, count: max(1, count))
    self.memory = memory
    numbers = UnsafePointer(memory)
    file = nil
    mapping = nil
  }

  deinit { memory?.deallocate() }

  /// Writes numbers from `index` on.
  func write(_ part: UnsafePointer<UInt32>, count partCount: Int, at index: Int) throws(Failure) {
    precondition(index >= 0 && partCount >= 0 && index + partCount <= count)
    if let memory {
      (memory + index).update(from: part, count: partCount)
    } else {
      try file?.write(UnsafeRawBufferPointer(start: part, count: partCount * 4), atByteOffset: index * 4)
    }
  }

  /// Gives pages back to the system that can be read again from the file.
  func releasePages() { mapping?.releasePages() }
}
