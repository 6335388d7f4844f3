import Platform

/// Numbers in pieces, one piece after the other: in memory up to a bound, beyond it in a file without a name.
package struct SpillableNumbers: Sendable {
  /// Of the first pieces.
  private var head: [UInt32] = []
  private let headLimit: Int
  /// Of the others.
  private var file: SpillFile?
  /// Of the piece that has not ended.
  private var open: [UInt32] = []
  private let temporaryDirectory: String

  package init(memoryByteCount: Int = .max, temporaryDirectory: String) {
    headLimit = memoryByteCount / MemoryLayout<UInt32>.stride
    self.temporaryDirectory = temporaryDirectory
  }

  /// Numbers so far.
  package var count: Int {
    head.count + (file?.byteCount ?? 0) / MemoryLayout<UInt32>.stride + open.count
  }

  /// Whether there is nothing in a file.
  package var isInMemory: Bool { file == nil }

  package mutating func append(_ number: UInt32) { open.append(number) }

  /// Ends a piece, whose numbers are in one place.
  package mutating func endPiece() throws(Failure) {
    if file == nil, head.count + open.count <= headLimit {
      head += open
    } else {
      let spilled: SpillFile
      if let file { spilled = file } else { spilled = try SpillFile(inDirectory: temporaryDirectory) }
      file = spilled
      try spilled.append(open)
    }
    open.removeAll(keepingCapacity: true)
  }

  /// - Parameter range: within a piece that has ended, or pieces that are all on one side of the bound.
  package subscript(range: Range<Int>) -> [UInt32] {
    get throws(Failure) {
      if range.upperBound <= head.count { return Array(head[range]) }
      var numbers = [UInt32](repeating: 0, count: range.count)
      guard let file, !range.isEmpty else { return [] }
      try file.read(
        into: &numbers, atByteOffset: (range.lowerBound - head.count) * MemoryLayout<UInt32>.stride)
      return numbers
    }
  }
}
