/// The n-grams of one order (2 or more) in a mapped file.
///
/// Nothing but the header has been checked, so whatever a record says is forced into bounds when it is read:
/// damage gives wrong numbers, never a wrong address.
struct NGramLevelView {
  let records: UnsafeRawPointer
  let recordWidth: Int
  let keys: UnsafeRawPointer
  let keyStride: Int
  let keyMask: UInt64
  let hasRanks: Bool

  let probabilityOffset: Int
  let probabilityMask: UInt64
  let probabilityMinimum: Float
  let probabilityStep: Float
  let backoffOffset: Int
  let backoffMask: UInt64
  let backoffMinimum: Float
  let backoffStep: Float
  /// 256 floats for ln P, then 256 for ln backoff; nil where values are linear in their codes.
  let codebook: UnsafeRawPointer?

  let pointerOffset: Int
  let pointerMask: UInt64
  let linkOffset: Int
  let linkMask: UInt64
  let unary: UnsafeRawPointer?
  let unaryBits: Int
  let samples: UnsafeRawPointer?

  let directory: BucketDirectory
  let maxima: UnsafeRawPointer
  /// How many n-grams there are.
  let count: UInt32
  /// How many there are of the next order, and of the order before.
  let nextCount: UInt32
  let previousCount: UInt32

  init(_ level: NGramLevelHeader, file: UnsafeRawPointer, previousCount: UInt64, nextCount: UInt64) {
    records = file + Int(level.recordsOffset)
    recordWidth = Int(level.recordWidth)
    let isSeparate = level.keysOffset != 0
    keys = isSeparate ? file + Int(level.keysOffset) : records
    keyStride = isSeparate ? Int(level.keyWidth) : recordWidth
    keyMask = lowMask(Int(level.keyWidth))
    hasRanks = level.hasRanks == 1
    probabilityOffset = isSeparate ? 0 : Int(level.keyWidth)
    probabilityMask = lowMask(Int(level.probabilityWidth))
    probabilityMinimum = Float(level.probabilityMinimum)
    probabilityStep = Float(level.probabilityStep)
    backoffOffset = probabilityOffset + Int(level.probabilityWidth)
    backoffMask = lowMask(Int(level.backoffWidth))
    backoffMinimum = Float(level.backoffMinimum)
    backoffStep = Float(level.backoffStep)
    codebook = level.codebookOffset == 0 ? nil : file + Int(level.codebookOffset)
    pointerOffset = backoffOffset + Int(level.backoffWidth)
    pointerMask = lowMask(Int(level.pointerWidth))
    linkOffset = pointerOffset + Int(level.pointerWidth)
    linkMask = lowMask(Int(level.linkWidth))
    unary = level.unaryOffset == 0 ? nil : file + Int(level.unaryOffset)
    unaryBits = Int(level.unaryBits)
    samples = level.samplesOffset == 0 ? nil : file + Int(level.samplesOffset)
    directory = BucketDirectory(
      entries: file + Int(level.directoryOffset), isWide: level.directoryWidth == 32)
    maxima = file + Int(level.maximaOffset)
    count = UInt32(level.count)
    self.nextCount = UInt32(nextCount)
    self.previousCount = UInt32(previousCount)
  }

  /// The id of the last word, or the rank of the suffix, of an n-gram. `index` is below `count`.
  @inline(__always)
  func key(_ index: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: loadBits(keys, Int(index) &* keyStride, keyMask))
  }

  /// ln P of the last word after the others.
  @inline(__always)
  func logProbability(_ index: UInt32) -> Float {
    let code = loadBits(records, Int(index) &* recordWidth &+ probabilityOffset, probabilityMask)
    if let codebook { return codebook.loadUnaligned(fromByteOffset: Int(code) &* 4, as: Float.self) }
    return probabilityMinimum + probabilityStep * Float(UInt32(truncatingIfNeeded: code))
  }

  /// ln of the backoff weight of the n-gram as a context.
  @inline(__always)
  func logBackoff(_ index: UInt32) -> Float {
    let code = loadBits(records, Int(index) &* recordWidth &+ backoffOffset, backoffMask)
    if let codebook { return codebook.loadUnaligned(fromByteOffset: 1024 &+ Int(code) &* 4, as: Float.self) }
    return backoffMinimum + backoffStep * Float(UInt32(truncatingIfNeeded: code))
  }

  /// Linked, orders between 2 and the highest: the node of the n-gram without its first word.
  @inline(__always)
  func link(_ index: UInt32) -> UInt32 {
    // The suffix of a pair is the word itself.
    if linkMask == 0 { return min(key(index), previousCount &- 1) }
    let link = loadBits(records, Int(index) &* recordWidth &+ linkOffset, linkMask)
    return min(UInt32(truncatingIfNeeded: link), previousCount &- 1)
  }

  /// The n-grams of the next order that begin with this one.
  @inline(__always)
  func children(_ index: UInt32) -> (begin: UInt32, end: UInt32) {
    if unary != nil { return unaryChildren(index) }
    let bitOffset = Int(index) &* recordWidth &+ pointerOffset
    let begin = min(UInt32(truncatingIfNeeded: loadBits(records, bitOffset, pointerMask)), nextCount)
    let end = UInt32(truncatingIfNeeded: loadBits(records, bitOffset &+ recordWidth, pointerMask))
    return (begin, min(max(end, begin), nextCount))
  }

  /// In the unary code a one stands for each node, and after it a zero for each of its children; one more one
  /// ends it.
  private func unaryChildren(_ index: UInt32) -> (begin: UInt32, end: UInt32) {
    guard let unary, let samples else { return (0, 0) }
    let sample = samples.loadUnaligned(fromByteOffset: Int(index / 64) &* 4, as: UInt32.self)
    let first = nextOne(unary, from: Int(UInt32(littleEndian: sample)), skipping: Int(index % 64))
    let second = nextOne(unary, from: first &+ 1, skipping: 0)
    let begin = min(UInt32(truncatingIfNeeded: max(0, first &- Int(index))), nextCount)
    let end = UInt32(truncatingIfNeeded: max(0, second &- Int(index) &- 1))
    return (begin, min(max(end, begin), nextCount))
  }

  /// The place of the one after `skipping` others, from the bit `from` on; `unaryBits` if there is none.
  private func nextOne(_ unary: UnsafeRawPointer, from: Int, skipping: Int) -> Int {
    guard from < unaryBits else { return unaryBits }
    var left = skipping
    var wordIndex = from / 64
    var word = UInt64(littleEndian: unary.loadUnaligned(fromByteOffset: wordIndex &* 8, as: UInt64.self))
    word &= ~0 &<< UInt64(from % 64)
    while true {
      let ones = word.nonzeroBitCount
      if left < ones { break }
      left &-= ones
      wordIndex &+= 1
      guard wordIndex &* 64 < unaryBits else { return unaryBits }
      word = UInt64(littleEndian: unary.loadUnaligned(fromByteOffset: wordIndex &* 8, as: UInt64.self))
    }
    while left > 0 {
      word &= word &- 1
      left &-= 1
    }
    return min(wordIndex &* 64 &+ word.trailingZeroBitCount, unaryBits)
  }

  /// The n-gram with the given key between `begin` and `end`, or `UInt32.max`.
  @inline(__always)
  func find(_ key: UInt32, _ begin: UInt32, _ end: UInt32) -> UInt32 {
    var low = begin
    var length = end &- begin
    while length > 1 {
      let half = length &>> 1
      // Without a branch, which would be taken every other time at random: all ones if the middle is not above.
      let isNotAbove = (Int64(self.key(low &+ half)) &- Int64(key) &- 1) &>> 63
      low = low &+ (half & UInt32(truncatingIfNeeded: isNotAbove))
      length &-= half
    }
    return length == 1 && self.key(low) == key ? low : .max
  }

  /// The child with the given key of a node whose children are all those between `begin` and `end`, or `UInt32.max`.
  ///
  /// - Parameter position: the key's; see `KeyPosition`.
  @inline(__always)
  func findChild(_ key: UInt32, _ position: UInt32, _ begin: UInt32, _ end: UInt32) -> UInt32 {
    let count = end &- begin
    guard count >= BucketDirectory.leastChildCount else { return find(key, begin, end) }
    let bucket = KeyPosition.bucket(position, log2EntryCount: BucketDirectory.log2EntryCount(count))
    let range = directory.range(bucket: bucket, begin, end)
    return find(key, range.begin, range.end)
  }

  /// The child of a node whose suffix is the n-gram `suffix` of the order below (for order 2, and where keys are ids,
  /// the id), or `UInt32.max`.
  ///
  /// - Parameter suffixes: all children of the node's suffix.
  @inline(__always)
  func findBySuffix(
    _ suffix: UInt32, isRank: Bool, idPosition: UInt32, suffixes: (begin: UInt32, end: UInt32),
    _ begin: UInt32, _ end: UInt32
  ) -> UInt32 {
    guard isRank else { return findChild(suffix, idPosition, begin, end) }
    let rank = suffix &- suffixes.begin
    let count = end &- begin
    guard count >= BucketDirectory.leastChildCount else { return find(rank, begin, end) }
    return findChild(
      rank, KeyPosition.ofRank(rank, among: suffixes.end &- suffixes.begin), begin, end)
  }

  /// The first n-gram between `begin` and `end` whose key is not below `key`; `end` if all are.
  func lowerBound(_ key: UInt32, _ begin: UInt32, _ end: UInt32) -> UInt32 {
    var low = begin
    var high = end
    while low < high {
      let middle = low &+ (high &- low) / 2
      if self.key(middle) < key { low = middle &+ 1 } else { high = middle }
    }
    return low
  }
}

/// The unigrams, by id, in a mapped file.
struct UnigramView {
  let records: UnsafeRawPointer
  let maxima: UnsafeRawPointer
  /// The size of the vocabulary.
  let count: UInt32
  let nextCount: UInt32

  init(_ level: NGramLevelHeader, file: UnsafeRawPointer, nextCount: UInt64) {
    records = file + Int(level.recordsOffset)
    maxima = file + Int(level.maximaOffset)
    count = UInt32(level.count)
    self.nextCount = UInt32(nextCount)
  }

  @inline(__always)
  func logProbability(_ id: UInt32) -> Float {
    records.loadUnaligned(fromByteOffset: Int(id) &* NGramFileHeader.unigramByteCount, as: Float.self)
  }

  @inline(__always)
  func logBackoff(_ id: UInt32) -> Float {
    records.loadUnaligned(fromByteOffset: Int(id) &* NGramFileHeader.unigramByteCount &+ 4, as: Float.self)
  }

  /// Where the id lies among all; see `KeyPosition`. `id` is below `count`.
  @inline(__always)
  func position(_ id: UInt32) -> UInt32 {
    let offset = Int(id) &* NGramFileHeader.unigramByteCount &+ 12
    return UInt32(littleEndian: records.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The bigrams that begin with `id`.
  @inline(__always)
  func children(_ id: UInt32) -> (begin: UInt32, end: UInt32) {
    let offset = Int(id) &* NGramFileHeader.unigramByteCount &+ 8
    let first = UInt32(littleEndian: records.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    let second = records.loadUnaligned(
      fromByteOffset: offset &+ NGramFileHeader.unigramByteCount, as: UInt32.self)
    let begin = min(first, nextCount)
    return (begin, min(max(UInt32(littleEndian: second), begin), nextCount))
  }
}
