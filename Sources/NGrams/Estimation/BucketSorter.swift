import Platform

/// Sorts the n-grams of one bucket after the other into lexicographic order, gives each the back-off weight that
/// its continuations carry, and writes them to their place in the table.
final class BucketSorter<Key: PackedKey>: @unchecked Sendable {
  private let layout: KeyLayout
  private let keys = Scratch<Key>()
  private let keyScratch = Scratch<Key>()
  private let values = Scratch<UInt64>()
  private let valueScratch = Scratch<UInt64>()
  /// The contexts of the order above, ascending, and their back-off weights.
  private let contexts = Scratch<Key>()
  private let contextBackoffs = Scratch<Float>()
  private var contextCount = 0
  private let chunkBuffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: ChunkStore.chunkByteCount, alignment: 64)
  private let records = Scratch<UInt32>(count: 1 << 14)

  /// Keys, values, room to sort both, and contexts with their weights.
  static var bytesPerRecord: Int { 3 * MemoryLayout<Key>.stride + 2 * MemoryLayout<UInt64>.stride + 4 }

  init(layout: KeyLayout) { self.layout = layout }
  deinit { chunkBuffer.deallocate() }

  /// - Parameters:
  ///   - spools: by order from 2, then by thread: the bucket's records.
  ///   - levels: by order from 2: where the table is written.
  ///   - starts: by order from 2: the index in the level of the bucket's first n-gram.
  func sort(_ spools: [[Spool]], into levels: [LevelOutput], starts: [Int]) throws(Failure) {
    contextCount = 0
    for order in stride(from: layout.order, through: 2, by: -1) {
      let count = try load(spools[order - 2])
      let keys = UnsafeMutableBufferPointer(rebasing: keys.buffer[..<count])
      radixSort(
        keys, scratch: keyScratch.ensure(count), values: values.buffer,
        valueScratch: valueScratch.ensure(count), bits: order * layout.idBits)
      try write(order: order, count: count, to: levels[order - 2], start: starts[order - 2])
      collectContexts(count: count)
    }
  }

  private func load(_ spools: [Spool]) throws(Failure) -> Int {
    let unit = BucketRecord<Key>.byteCount
    let total = spools.reduce(0) { $0 + $1.byteCount } / unit
    let keys = keys.ensure(total)
    let values = values.ensure(total)
    var count = 0
    for spool in spools {
      try spool.drain(buffer: chunkBuffer) { bytes in
        var offset = 0
        while offset + unit <= bytes.count && count < total {
          keys[count] = bytes.loadUnaligned(fromByteOffset: offset, as: Key.self)
          values[count] = bytes.loadUnaligned(
            fromByteOffset: offset + MemoryLayout<Key>.size, as: UInt64.self)
          count += 1
          offset += unit
        }
      }
    }
    return count
  }

  private func write(order: Int, count: Int, to level: LevelOutput, start: Int) throws(Failure) {
    let stride = NGramLevel.wordsPerRecord(order: order)
    let bits = layout.idBits
    let mask = layout.idMask
    let keys = keys.buffer
    let values = values.buffer
    let contexts = contexts.buffer
    let backoffs = contextBackoffs.buffer
    let batch = records.buffer.count / stride
    var context = 0
    var index = 0
    while index < count {
      let end = min(count, index + batch)
      let first = index
      var target = records.buffer.baseAddress!
      while index < end {
        let key = keys[index]
        for place in 0..<order { target[place] = key.word(shift: (order - 1 - place) * bits) & mask }
        while context < contextCount && contexts[context] < key { context += 1 }
        var backoff: Float = 0
        if context < contextCount && contexts[context] == key { backoff = backoffs[context] }
        target[order] =
          logOfProbability(Float(bitPattern: UInt32(truncatingIfNeeded: values[index] >> 32))).bitPattern
        target[order + 1] = backoff.bitPattern
        target += stride
        index += 1
      }
      try level.write(records.buffer.baseAddress!, recordCount: index - first, atRecord: start + first)
    }
  }

  /// The distinct contexts of the sorted n-grams with the logarithms of their weights, for the order below.
  private func collectContexts(count: Int) {
    let contexts = contexts.ensure(count)
    let backoffs = contextBackoffs.ensure(count)
    let keys = keys.buffer
    contextCount = 0
    for index in 0..<count {
      let context = keys[index].shiftedDown(layout.idBits)
      if contextCount > 0 && contexts[contextCount - 1] == context { continue }
      contexts[contextCount] = context
      backoffs[contextCount] = logOfWeight(
        Float(bitPattern: UInt32(truncatingIfNeeded: values.buffer[index])))
      contextCount += 1
    }
  }
}

/// ln P, at most 0.
@inline(__always)
func logOfProbability(_ probability: Float) -> Float {
  probability > 0 ? min(0, logf(probability)) : NGramTable.impossible
}

/// ln of a back-off weight.
@inline(__always)
func logOfWeight(_ weight: Float) -> Float { weight > 0 ? logf(weight) : NGramTable.impossible }

/// Where one order of the table is written, record by record at any place: memory, or a file if it is large.
final class LevelOutput: @unchecked Sendable {
  private let order: Int
  private let count: Int
  private let memory: LevelMemory?
  private let file: SpillFile?

  init(order: Int, count: Int, inMemory: Bool, temporaryDirectory: String) throws(Failure) {
    self.order = order
    self.count = count
    let wordCount = count * NGramLevel.wordsPerRecord(order: order)
    if inMemory {
      memory = LevelMemory(count: wordCount)
      file = nil
    } else {
      memory = nil
      let target = try SpillFile(inDirectory: temporaryDirectory)
      try target.setByteCount(wordCount * 4)
      file = target
    }
  }

  func write(_ records: UnsafePointer<UInt32>, recordCount: Int, atRecord index: Int) throws(Failure) {
    let stride = NGramLevel.wordsPerRecord(order: order)
    precondition(index >= 0 && index + recordCount <= count)
    if recordCount == 0 { return }
    if let memory {
      (memory.words.baseAddress! + index * stride).update(from: records, count: recordCount * stride)
    } else {
      try file!.write(
        UnsafeRawBufferPointer(start: records, count: recordCount * stride * 4),
        atByteOffset: index * stride * 4)
    }
  }

  /// The level, once all is written.
  func finish() -> NGramLevel {
    if let memory { return NGramLevel(order: order, memory: memory) }
    return NGramLevel(order: order, file: file!)
  }
}
