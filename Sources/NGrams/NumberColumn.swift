import Platform

/// A long list of 32-bit numbers for reading at random places: in memory while short, else in a mapped file.
final class NumberColumn {
  private let memory: [UInt32]
  private let mapping: SpillMapping?
  let count: Int

  fileprivate init(memory: [UInt32]) {
    self.memory = memory
    mapping = nil
    count = memory.count
  }

  fileprivate init(mapping: SpillMapping) {
    memory = []
    self.mapping = mapping
    count = mapping.bytes.count / 4
  }

  subscript(_ index: Int) -> UInt32 {
    guard let mapping else { return memory[index] }
    precondition(index >= 0 && index < count)
    return mapping.bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
  }

  /// Gives pages back to the system that can be read again from the file.
  func releasePages() { mapping?.releasePages() }
}

/// Collects a column.
struct NumberColumnBuilder: ~Copyable {
  private var numbers: [UInt32] = []
  private var file: SpillFile?
  private let memoryCount: Int
  private let temporaryDirectory: String
  private(set) var count = 0

  init(memoryByteCount: Int, temporaryDirectory: String) {
    memoryCount = max(memoryByteCount / 4, 1 << 12)
    self.temporaryDirectory = temporaryDirectory
  }

  @inline(__always)
  mutating func append(_ number: UInt32) throws(Failure) {
    numbers.append(number)
    count += 1
    if numbers.count >= memoryCount || (file != nil && numbers.count >= 1 << 14) { try spill() }
  }

  private mutating func spill() throws(Failure) {
    let target: SpillFile
    if let file { target = file } else { target = try SpillFile(inDirectory: temporaryDirectory) }
    file = target
    try target.append(numbers)
    if numbers.capacity > 1 << 15 { numbers = [] } else { numbers.removeAll(keepingCapacity: true) }
  }

  consuming func finish() throws(Failure) -> NumberColumn {
    guard let file else { return NumberColumn(memory: numbers) }
    if !numbers.isEmpty { try spill() }
    guard let mapping = try file.map() else { return NumberColumn(memory: []) }
    return NumberColumn(mapping: mapping)
  }
}
