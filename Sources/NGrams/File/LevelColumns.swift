import Platform

/// What the levels above need to know of a level: columns by the n-grams' indices.
struct LevelColumns: Sendable {
  /// The last word of each n-gram; from order 2 on.
  var words: NumberColumn?
  /// Where the n-grams of the next order begin that begin with each one, and after the last where they end.
  var begins: NumberColumn?
  /// The index, one order below, of each n-gram without its first word; from order 3 on.
  var suffixes: NumberColumn?

  func releasePages() {
    words?.releasePages()
    begins?.releasePages()
    suffixes?.releasePages()
  }
}

/// The greatest of each 64 values in a row, and of each 4096, filled by several threads in parts of 4096 values.
final class BlockMaxima: @unchecked Sendable {
  private let count: Int
  private let values: UnsafeMutableBufferPointer<Float>

  init(count: Int) {
    self.count = count
    values = .allocate(capacity: (count + 63) / 64 + (count + 4095) / 4096)
    values.initialize(repeating: -.infinity)
  }

  deinit { values.deallocate() }

  @inline(__always)
  func note(_ value: Float, _ index: Int) {
    if value > values[index >> 6] { values[index >> 6] = value }
  }

  /// Makes those of 4096 once those of 64 are there.
  func finish() -> [UInt32] {
    let fineCount = (count + 63) / 64
    for fine in 0..<fineCount {
      let coarse = fineCount + fine >> 6
      values[coarse] = max(values[coarse], values[fine])
    }
    return values.map(\.bitPattern.littleEndian)
  }
}

/// Where each node's children begin, in unary: a one for each node, then a zero for each of its children, and one
/// more one; see `NGramLevelView.children`.
struct UnaryCode {
  private(set) var words: [UInt64]
  /// The place of each 64th one; one more number follows, so that there is always one.
  private(set) var samples: [UInt32] = []
  let bitCount: Int

  init(begins: NumberColumn, nodeCount: Int, childCount: Int) {
    bitCount = nodeCount + childCount + 1
    words = [UInt64](repeating: 0, count: (bitCount + 63) / 64)
    for node in 0..<nodeCount {
      let bit = node + Int(begins.numbers[node])
      words[bit >> 6] |= 1 << UInt64(bit & 63)
      if node % 64 == 0 { samples.append(UInt32(bit).littleEndian) }
    }
    let last = bitCount - 1
    words[last >> 6] |= 1 << UInt64(last & 63)
    samples.append(UInt32(last).littleEndian)
    for index in words.indices { words[index] = words[index].littleEndian }
  }
}
