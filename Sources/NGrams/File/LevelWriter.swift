import Platform

/// Writes the records of one order, in parts that several threads may work on at once.
///
/// A part has as many n-grams as keep the parts' bits apart in words, and is linked on its own: `LevelLinker` finds its
/// place by bisection. What is written does not depend on how the work is shared.
final class LevelWriter: @unchecked Sendable {
  /// A multiple of 4096, so that no two parts share a word of bits or a block of maxima.
  static let partCount = 1 << 15

  typealias Codings = (probability: ValueCoding, backoff: ValueCoding)

  let order: Int
  private let table: NGramTable
  private let header: NGramLevelHeader
  private let codings: Codings
  private let records: LevelRecords
  private let children: LevelRecords?
  private let previous: LevelColumns
  private let beforePrevious: LevelColumns
  private let output: OutputFile
  private let releasesPages: Bool
  /// Of all ids; see `KeyPosition`.
  private let positions: [UInt32]
  /// What is made for the levels above.
  let columns: LevelColumns
  let maxima: BlockMaxima
  let directory: BucketDirectoryBuilder
  private let parts: UnsafeMutableBufferPointer<Part>

  /// What is known of one part once it is written.
  private struct Part {
    var firstChild = 0
    var endChild = 0
    var fanOut: UInt32 = 0
    var squaredError = 0.0
    var squaredBackoffError = 0.0
  }

  init(
    order: Int, table: NGramTable, records: LevelRecords, children: LevelRecords?, header: NGramLevelHeader,
    codings: Codings, previous: LevelColumns, beforePrevious: LevelColumns, greatestChildCount: UInt32,
    positions: [UInt32], output: OutputFile, options: NGramFileOptions
  ) throws(Failure) {
    self.order = order
    self.table = table
    self.records = records
    self.children = children
    self.header = header
    self.codings = codings
    self.previous = previous
    self.beforePrevious = beforePrevious
    self.output = output
    self.positions = positions
    releasesPages = options.memoryByteCount < 1 << 30
    let count = records.count
    func column(_ count: Int) throws(Failure) -> NumberColumn {
      try NumberColumn(
        count: count, memoryByteCount: options.memoryByteCount / 16,
        temporaryDirectory: options.temporaryDirectory)
    }
    var columns = LevelColumns()
    if order < table.order {
      columns.begins = try column(count + 1)
      if order >= 2 { columns.words = try column(count) }
      if order >= 3 { columns.suffixes = try column(count) }
    }
    self.columns = columns
    maxima = BlockMaxima(count: count)
    directory = BucketDirectoryBuilder(
      childCount: order == 1 ? 0 : count, greatestChildCount: greatestChildCount)
    parts = .allocate(capacity: max(1, (count + Self.partCount - 1) / Self.partCount))
    parts.initialize(repeating: Part())
  }

  deinit { parts.deallocate() }

  var taskCount: Int { parts.count }
  /// The most children that an n-gram of this order has.
  var fanOut: UInt32 { parts.reduce(0) { max($0, $1.fanOut) } }

  var loss: NGramFileSummary.Loss {
    guard order > 1, records.count > 0 else {
      return NGramFileSummary.Loss(logProbability: 0, logBackoff: 0)
    }
    let count = Double(records.count)
    return NGramFileSummary.Loss(
      logProbability: (parts.reduce(0) { $0 + $1.squaredError } / count).squareRoot(),
      logBackoff: (parts.reduce(0) { $0 + $1.squaredBackoffError } / count).squareRoot())
  }

  /// Checks what no part can see alone: that every n-gram of the next order has its prefix here.
  func checkPrefixes() throws(Failure) {
    var next = 0
    for (index, part) in parts.enumerated() {
      guard part.firstChild == next else { throw failure(.missingPrefix, index * Self.partCount) }
      next = part.endChild
    }
    guard next == children?.count ?? 0 else { throw failure(.missingPrefix, records.count - 1) }
  }

  private func failure(_ fault: LevelLinker.Fault, _ index: Int) -> Failure {
    let why =
      switch fault {
      case .missingUnigram: "a unigram is missing"
      case .missingPrefix: "a prefix is missing"
      case .missingSuffix: "a suffix is missing"
      case .outOfOrder: "is out of order"
      }
    return Failure(
      "the n-grams of order \(order), near number \(index + 1)", why: why,
      remedy: "sort the n-grams, and add the prefix and the suffix of each")
  }

  /// Links and writes one part.
  func write(_ task: Int) throws(Failure) {
    let lower = task * Self.partCount
    let upper = min(records.count, lower + Self.partCount)
    let columnCount = upper - lower + 1
    var buffers = PartBuffers(
      count: columnCount,
      recordWidth: order == 1 ? NGramFileHeader.unigramByteCount * 8 : Int(header.recordWidth),
      keyWidth: Int(header.keyWidth))
    var linker = makeLinker(lower)
    var part = Part()
    part.firstChild = linker.childIndex
    var lastBucket: (siblings: UInt32, bucket: UInt32) = (.max, 0)
    if order >= 2, lower > 0 { lastBucket = try bucketBefore(lower) }
    var index = lower
    var pace = MemoryPace()
    while index < upper {
      pace.willRead(atPlaces: 5)
      do throws(LevelLinker.Fault) { try linker.advance(index) } catch { throw failure(error, index) }
      let node = linker.node
      let record = records[index]
      if order == 1 {
        let probability = clampedLog(Float(bitPattern: record[1]))
        maxima.note(probability, index)
        buffers.bits.append(UInt64(probability.bitPattern), width: 32)
        buffers.bits.append(UInt64(clampedLog(Float(bitPattern: record[2])).bitPattern), width: 32)
        buffers.bits.append(UInt64(node.firstChild), width: 32)
        buffers.bits.append(UInt64(positions[index]), width: 32)
      } else {
        encode(node, record, index, &buffers, &part)
        fillDirectory(node, index, &lastBucket)
      }
      part.fanOut = max(part.fanOut, UInt32(truncatingIfNeeded: linker.childIndex) &- node.firstChild)
      buffers.begins[index &- lower] = node.firstChild
      buffers.words[index &- lower] = node.word
      buffers.suffixes[index &- lower] = node.suffix
      index &+= 1
    }
    part.endChild = linker.childIndex
    parts[task] = part
    try flush(&buffers, lower, upper)
  }

  private func makeLinker(_ index: Int) -> LevelLinker {
    LevelLinker(
      order: order, vocabularyCount: table.vocabularyCount, records: records, children: children,
      previous: previous, beforePrevious: beforePrevious, index: index)
  }

  @inline(__always)
  private func encode(
    _ node: LevelLinker.Node, _ record: UnsafePointer<UInt32>, _ index: Int, _ buffers: inout PartBuffers,
    _ part: inout Part
  ) {
    let key = header.hasRanks == 1 ? node.suffix &- node.suffixBegin : node.word
    if header.keysOffset == 0 {
      buffers.bits.append(UInt64(key), width: Int(header.keyWidth))
    } else {
      buffers.keys.append(UInt64(key), width: Int(header.keyWidth))
    }
    let logProbability = clampedLog(Float(bitPattern: record[order]))
    let probability = codings.probability.code(logProbability)
    buffers.bits.append(probability, width: Int(header.probabilityWidth))
    let stored = codings.probability.value(probability)
    maxima.note(stored, index)
    let logBackoff = clampedLog(Float(bitPattern: record[order &+ 1]))
    var storedBackoff = Float(header.backoffMinimum)
    if header.backoffWidth > 0 {
      let backoff = codings.backoff.code(logBackoff)
      buffers.bits.append(backoff, width: Int(header.backoffWidth))
      storedBackoff = codings.backoff.value(backoff)
    }
    if header.pointerWidth > 0 {
      buffers.bits.append(UInt64(node.firstChild), width: Int(header.pointerWidth))
    }
    if header.linkWidth > 0 { buffers.bits.append(UInt64(node.suffix), width: Int(header.linkWidth)) }
    let error = Double(stored - logProbability)
    let backoffError = Double(storedBackoff - logBackoff)
    part.squaredError += error * error
    part.squaredBackoffError += backoffError * backoffError
  }

  @inline(__always)
  private func bucket(_ node: LevelLinker.Node) -> UInt32 {
    let log2EntryCount = BucketDirectory.log2EntryCount(node.siblingsEnd &- node.siblingsBegin)
    if header.hasRanks == 1 {
      let position = KeyPosition.ofRank(
        node.suffix &- node.suffixBegin, among: node.suffixEnd &- node.suffixBegin)
      return KeyPosition.bucket(position, log2EntryCount: log2EntryCount)
    }
    return KeyPosition.bucket(positions[Int(node.word)], log2EntryCount: log2EntryCount)
  }

  /// Of the last n-gram of the part before, which may be a sibling of this part's first.
  private func bucketBefore(_ lower: Int) throws(Failure) -> (siblings: UInt32, bucket: UInt32) {
    var linker = makeLinker(lower - 1)
    do throws(LevelLinker.Fault) { try linker.advance(lower - 1) } catch { throw failure(error, lower - 1) }
    let node = linker.node
    guard node.siblingsEnd - node.siblingsBegin >= BucketDirectory.leastChildCount else { return (.max, 0) }
    return (node.siblingsBegin, bucket(node))
  }

  @inline(__always)
  private func fillDirectory(
    _ node: LevelLinker.Node, _ index: Int, _ last: inout (siblings: UInt32, bucket: UInt32)
  ) {
    let count = node.siblingsEnd &- node.siblingsBegin
    guard count >= BucketDirectory.leastChildCount else { return }
    let bucket = bucket(node)
    let from = last.siblings == node.siblingsBegin ? last.bucket : 0
    if bucket > from {
      directory.fill(
        node.siblingsBegin, from..<bucket, UInt32(truncatingIfNeeded: index) &- node.siblingsBegin)
    }
    last = (node.siblingsBegin, bucket)
    if UInt32(truncatingIfNeeded: index) &+ 1 == node.siblingsEnd {
      let end = 1 &<< BucketDirectory.log2EntryCount(count)
      directory.fill(node.siblingsBegin, bucket..<end, count)
    }
  }

  private func flush(_ buffers: inout PartBuffers, _ lower: Int, _ upper: Int) throws(Failure) {
    let isLast = upper == records.count
    let end = UInt32(children?.count ?? 0)
    if isLast { appendEnd(&buffers, end: end) }
    let recordWidth = order == 1 ? NGramFileHeader.unigramByteCount * 8 : Int(header.recordWidth)
    let recordsOffset = Int(header.recordsOffset) + lower * recordWidth / 8
    try buffers.bits.take(isLast: isLast) { bytes throws(Failure) in
      try output.write(bytes, at: recordsOffset)
    }
    if header.keysOffset != 0 {
      let keysOffset = Int(header.keysOffset) + lower * Int(header.keyWidth) / 8
      try buffers.keys.take(isLast: isLast) { bytes throws(Failure) in
        try output.write(bytes, at: keysOffset)
      }
    }
    let count = upper - lower
    buffers.begins[count] = end
    try columns.begins?.write(buffers.begins, count: isLast ? count + 1 : count, at: lower)
    try columns.words?.write(buffers.words, count: count, at: lower)
    try columns.suffixes?.write(buffers.suffixes, count: count, at: lower)
    guard releasesPages else { return }
    records.releasePages(lower..<upper)
    if let children {
      children.releasePages(parts[lower / Self.partCount].firstChild..<parts[lower / Self.partCount].endChild)
    }
    previous.releasePages()
    beforePrevious.releasePages()
  }

  /// One more record, which says where the children of the last one end.
  private func appendEnd(_ buffers: inout PartBuffers, end: UInt32) {
    if order == 1 {
      buffers.bits.append(0, width: 32)
      buffers.bits.append(0, width: 32)
      buffers.bits.append(UInt64(end), width: 32)
      return buffers.bits.append(0, width: 32)
    }
    if header.keysOffset == 0 {
      buffers.bits.append(0, width: Int(header.keyWidth))
    } else {
      buffers.keys.append(0, width: Int(header.keyWidth))
    }
    buffers.bits.append(0, width: Int(header.probabilityWidth))
    buffers.bits.append(0, width: Int(header.backoffWidth))
    buffers.bits.append(header.pointerWidth > 0 ? UInt64(end) : 0, width: Int(header.pointerWidth))
    buffers.bits.append(0, width: Int(header.linkWidth))
  }
}

/// What one part fills before it is written.
private struct PartBuffers: ~Copyable {
  var bits: BitWriter
  var keys: BitWriter
  let begins: UnsafeMutablePointer<UInt32>
  let words: UnsafeMutablePointer<UInt32>
  let suffixes: UnsafeMutablePointer<UInt32>

  init(count: Int, recordWidth: Int, keyWidth: Int) {
    bits = BitWriter(bitCapacity: count * recordWidth)
    keys = BitWriter(bitCapacity: count * keyWidth)
    begins = .allocate(capacity: count)
    words = .allocate(capacity: count)
    suffixes = .allocate(capacity: count)
  }

  deinit {
    begins.deallocate()
    words.deallocate()
    suffixes.deallocate()
  }
}
