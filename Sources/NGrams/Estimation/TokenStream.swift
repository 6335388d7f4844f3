import Platform

/// The ids of a corpus, one after the other, each sequence ended by `TokenStream.sequenceEnd`: in memory up to a
/// bound, beyond it in a temporary file. Written once, read as often as need be, by several threads at once.
///
/// Kept in blocks, each preceded by a copy of the last ids before it, so that the tokens before any token are
/// found in its own block.
package final class TokenStream: @unchecked Sendable {
  /// `</s>`, in every numbering.
  package static let sequenceEnd: UInt32 = 2
  /// How many ids before its first one a block repeats: enough for the highest order.
  package static let overlap = 8
  static let blockCount = 1 << 18
  private static let blockByteCount = (blockCount + overlap) * 4

  private enum Place {
    case memory(UnsafeMutablePointer<UInt32>)
    case file(SpillFile, offset: Int)
  }

  private struct Block {
    var place: Place
    /// Ids without the repeated ones.
    var count: Int
  }

  private var blocks: [Block] = []
  private var current: UnsafeMutablePointer<UInt32>
  private var currentCount = 0
  private let temporaryDirectory: String
  private var memoryBlocks: Int
  private var file: SpillFile?
  /// Ids in the stream, sequence ends included.
  package private(set) var count = 0

  package init(memoryBytes: Int, temporaryDirectory: String) {
    memoryBlocks = max(memoryBytes / Self.blockByteCount - 1, 0)
    self.temporaryDirectory = temporaryDirectory
    current = Self.makeBlock()
    current.initialize(repeating: Self.sequenceEnd, count: Self.overlap)
  }

  deinit {
    for block in blocks { if case .memory(let pointer) = block.place { pointer.deallocate() } }
    current.deallocate()
  }

  private static func makeBlock() -> UnsafeMutablePointer<UInt32> {
    .allocate(capacity: blockCount + overlap)
  }

  @inline(__always)
  package func append(_ id: UInt32) throws(Failure) {
    if currentCount == Self.blockCount { try endBlock() }
    current[Self.overlap + currentCount] = id
    currentCount += 1
  }

  private func endBlock() throws(Failure) {
    let full = current
    count += currentCount
    if memoryBlocks > 0 {
      memoryBlocks -= 1
      blocks.append(Block(place: .memory(full), count: currentCount))
      current = Self.makeBlock()
      current.update(from: full + Self.blockCount, count: Self.overlap)
    } else {
      let target: SpillFile
      if let file { target = file } else { target = try SpillFile(inDirectory: temporaryDirectory) }
      file = target
      let offset = target.byteCount
      try target.append(UnsafeRawBufferPointer(start: full, count: (currentCount + Self.overlap) * 4))
      blocks.append(Block(place: .file(target, offset: offset), count: currentCount))
      current.update(from: full + Self.blockCount, count: Self.overlap)
    }
    currentCount = 0
  }

  /// Ends writing.
  package func seal() throws(Failure) {
    if currentCount > 0 { try endBlock() }
  }

  /// Halves the memory that this stream may still take.
  ///
  /// - Returns: the bytes of the other half.
  func giveHalfOfMemory() -> Int {
    let given = memoryBlocks / 2
    memoryBlocks -= given
    return (given + 1) * Self.blockByteCount
  }

  /// Appends all of `other`, which has ended its last sequence and is of no use afterwards.
  func absorb(_ other: TokenStream) throws(Failure) {
    try seal()
    try other.seal()
    blocks += other.blocks
    count += other.count
    memoryBlocks += other.memoryBlocks
    other.blocks = []
    current.update(repeating: Self.sequenceEnd, count: Self.overlap)
  }

  /// Replaces every id by its entry in `map`. Not while others read.
  private func renumber(_ map: UnsafeBufferPointer<UInt32>) throws(Failure) {
    for block in blocks {
      let total = block.count + Self.overlap
      switch block.place {
      case .memory(let ids):
        for index in 0..<total { ids[index] = map[Int(ids[index])] }
      case .file(let file, let offset):
        let ids = UnsafeMutableBufferPointer(start: current, count: total)
        try file.read(into: UnsafeMutableRawBufferPointer(ids), atByteOffset: offset)
        for index in 0..<total { ids[index] = map[Int(ids[index])] }
        try file.write(UnsafeRawBufferPointer(ids), atByteOffset: offset)
      }
    }
  }

  /// Replaces every id by its entry in `map`. Not while others read.
  func renumber(_ map: [UInt32]) throws(Failure) {
    let outcome: Result<Void, Failure> = map.withUnsafeBufferPointer { map in
      do throws(Failure) { return .success(try renumber(map)) } catch { return .failure(error) }
    }
    try outcome.get()
  }

  /// Calls `body` with every block: its ids, the repeated ones first (`overlap` of them).
  package func forEachBlock(
    _ body: (_ ids: UnsafePointer<UInt32>, _ count: Int) throws(Failure) -> Void
  ) throws(Failure) {
    var buffer: UnsafeMutablePointer<UInt32>?
    defer { buffer?.deallocate() }
    for block in blocks {
      switch block.place {
      case .memory(let ids): try body(UnsafePointer(ids), block.count)
      case .file(let file, let offset):
        let target = buffer ?? Self.makeBlock()
        buffer = target
        let bytes = UnsafeMutableRawBufferPointer(start: target, count: (block.count + Self.overlap) * 4)
        try file.read(into: bytes, atByteOffset: offset)
        try body(UnsafePointer(target), block.count)
      }
    }
  }
}
