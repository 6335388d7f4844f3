import Platform

/// The contexts whose last word is in one range of ids.
struct ContextPartition: Sendable {
  /// The ids of the last word; `TokenStream.sequenceEnd` there stands for `<s>`, as the token before a
  /// sequence's first is the end of the one before.
  let words: Range<UInt32>
  /// How many tokens of the corpus follow such a word.
  let tokenCount: Int

  /// Cuts the vocabulary into partitions of about `target` tokens; a single word may have more.
  static func plan(counts: UnsafeBufferPointer<UInt32>, target: Int) -> [ContextPartition] {
    var partitions: [ContextPartition] = []
    var lower = Int(TokenStream.sequenceEnd)
    var tokenCount = 0
    for word in lower..<counts.count {
      let here = Int(counts[word])
      if tokenCount > 0 && tokenCount + here > target {
        partitions.append(ContextPartition(words: UInt32(lower)..<UInt32(word), tokenCount: tokenCount))
        lower = word
        tokenCount = 0
      }
      tokenCount += here
    }
    if tokenCount > 0 {
      partitions.append(ContextPartition(words: UInt32(lower)..<UInt32(counts.count), tokenCount: tokenCount))
    }
    return partitions
  }
}

/// Takes distinct n-grams of the highest order with their counts, in ascending order of the keys.
protocol NGramSink<Key> {
  associatedtype Key: PackedKey

  mutating func add(_ key: Key, count: UInt32) throws(Failure)
}

/// Collects the n-grams of one partition from the token stream and hands them over sorted, equal ones counted.
final class ContextGatherer<Key: PackedKey>: @unchecked Sendable {
  private let layout: KeyLayout
  private let stream: TokenStream
  private let store: ChunkStore
  /// The most keys sorted at once; a partition of more is sorted in runs, which are merged.
  private let runCapacity: Int
  private let keys = Scratch<Key>()
  private let scratch = Scratch<Key>()

  init(layout: KeyLayout, stream: TokenStream, store: ChunkStore, runCapacity: Int) {
    self.layout = layout
    self.stream = stream
    self.store = store
    self.runCapacity = runCapacity
  }

  func gather<Sink: NGramSink<Key>>(_ partition: ContextPartition, into writer: inout Sink) throws(Failure) {
    let capacity = min(partition.tokenCount, runCapacity)
    let keys = keys.ensure(capacity)
    let scratch = scratch.ensure(capacity)
    var count = 0
    var runs: [Spool] = []
    try stream.forEachBlock { (ids, blockCount) throws(Failure) in
      let lower = partition.words.lowerBound
      let span = UInt32(truncatingIfNeeded: partition.words.count)
      var index = TokenStream.overlap
      let end = TokenStream.overlap + blockCount
      while index < end {
        if ids[index - 1] &- lower < span {
          if count == capacity {
            runs.append(try spillRun(keys, scratch, count: count))
            count = 0
          }
          keys[count] = key(at: ids + index)
          count += 1
        }
        index += 1
      }
    }
    let rest = UnsafeMutableBufferPointer(rebasing: keys[..<count])
    radixSort(rest, scratch: scratch, bits: layout.keyBits)
    if runs.isEmpty {
      try addDistinct(rest, to: &writer)
    } else {
      if count > 0 { runs.append(try spillSorted(rest)) }
      try merge(runs, into: &writer)
    }
  }

  /// The n-gram that ends at `place`: the words before it, nearest first, then the word itself; zeros after `<s>`.
  @inline(__always)
  private func key(at place: UnsafePointer<UInt32>) -> Key {
    var key = Key.zero
    let bits = layout.idBits
    let order = layout.order
    var distance = 1
    while distance < order {
      let word = place[-distance]
      if word == TokenStream.sequenceEnd {
        key = key.inserting(1, shift: (order - distance) * bits)
        break
      }
      key = key.inserting(word, shift: (order - distance) * bits)
      distance += 1
    }
    return key.inserting(place[0], shift: 0)
  }

  private func addDistinct<Sink: NGramSink<Key>>(
    _ keys: UnsafeMutableBufferPointer<Key>, to writer: inout Sink
  ) throws(Failure) {
    var index = 0
    while index < keys.count {
      let key = keys[index]
      let start = index
      repeat { index += 1 } while index < keys.count && keys[index] == key
      try writer.add(key, count: UInt32(truncatingIfNeeded: index - start))
    }
  }

  // MARK: Runs

  private func spillRun(
    _ keys: UnsafeMutableBufferPointer<Key>, _ scratch: UnsafeMutableBufferPointer<Key>, count: Int
  ) throws(Failure) -> Spool {
    let part = UnsafeMutableBufferPointer(rebasing: keys[..<count])
    radixSort(part, scratch: scratch, bits: layout.keyBits)
    return try spillSorted(part)
  }

  private func spillSorted(_ keys: UnsafeMutableBufferPointer<Key>) throws(Failure) -> Spool {
    var sink = SpoolSink<Key>(Spool(store, unit: SpoolSink<Key>.unit))
    try addDistinct(keys, to: &sink)
    try sink.spool.seal()
    return sink.spool
  }

  private func merge<Sink: NGramSink<Key>>(_ runs: [Spool], into writer: inout Sink) throws(Failure) {
    var cursors: [SpoolCursor<Key>] = []
    for run in runs {
      let cursor = SpoolCursor<Key>(run)
      if try cursor.advance() { cursors.append(cursor) }
    }
    while !cursors.isEmpty {
      var least = cursors[0].key
      for cursor in cursors.dropFirst() where cursor.key < least { least = cursor.key }
      var total: UInt32 = 0
      var index = 0
      while index < cursors.count {
        if cursors[index].key == least {
          total &+= cursors[index].count
          if try !cursors[index].advance() {
            cursors.remove(at: index)
            continue
          }
        }
        index += 1
      }
      try writer.add(least, count: total)
    }
  }
}

/// Writes n-grams with their counts into a spool.
struct SpoolSink<Key: PackedKey>: NGramSink {
  static var unit: Int { MemoryLayout<Key>.size + 4 }
  let spool: Spool

  init(_ spool: Spool) { self.spool = spool }

  func add(_ key: Key, count: UInt32) throws(Failure) {
    let room = try spool.room(Self.unit)
    room.storeBytes(of: key, as: Key.self)
    room.storeBytes(of: count, toByteOffset: MemoryLayout<Key>.size, as: UInt32.self)
  }
}

/// Where the reading of a spool that a `SpoolSink` has filled stands.
final class SpoolCursor<Key: PackedKey> {
  private let spool: Spool
  private let buffer = Scratch<UInt64>(count: ChunkStore.chunkByteCount / 8)
  private var chunk = UnsafeRawBufferPointer(start: nil, count: 0)
  private var position = 0
  private var nextChunk = 0
  private(set) var key = Key.zero
  private(set) var count: UInt32 = 0

  init(_ spool: Spool) { self.spool = spool }

  /// Goes to the next n-gram; false if there is none.
  func advance() throws(Failure) -> Bool {
    if position >= chunk.count {
      if nextChunk > 0 { spool.release(nextChunk - 1) }
      let raw = UnsafeMutableRawBufferPointer(buffer.buffer)
      guard let bytes = try spool.takeChunk(nextChunk, buffer: raw), bytes.count > 0 else { return false }
      chunk = bytes
      position = 0
      nextChunk += 1
    }
    key = chunk.loadUnaligned(fromByteOffset: position, as: Key.self)
    count = chunk.loadUnaligned(fromByteOffset: position + MemoryLayout<Key>.size, as: UInt32.self)
    position += SpoolSink<Key>.unit
    return true
  }
}
