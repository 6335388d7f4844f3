import Platform

/// Counts of counts and n-gram totals of every order.
struct CountStatistics: Sendable {
  /// `countsOfCounts[k][r]`: n-grams of order k with the count r (adjusted or raw, as the smoothing counts), r ≤ 6.
  private(set) var countsOfCounts: [[UInt64]]
  /// N-grams of order k.
  var ngramCounts: [UInt64]
  /// N-grams of order k that pruning keeps.
  var keptCounts: [UInt64]

  init(order: Int) {
    countsOfCounts = Array(repeating: Array(repeating: 0, count: 7), count: order + 1)
    ngramCounts = Array(repeating: 0, count: order + 1)
    keptCounts = ngramCounts
  }

  mutating func note(order: Int, count: UInt32, isPruned: Bool) {
    if count < 7 { countsOfCounts[order][Int(count)] += 1 }
    ngramCounts[order] += 1
    if !isPruned { keptCounts[order] += 1 }
  }

  /// Counts an n-gram by its occurrences where it was counted by its adjusted count.
  mutating func move(_ last: LastNGram) {
    if last.adjusted < 7 { countsOfCounts[last.order][last.adjusted] -= 1 }
    if last.occurrences < 7 { countsOfCounts[last.order][last.occurrences] += 1 }
  }

  mutating func add(_ tally: CountTally) {
    for order in ngramCounts.indices {
      let row = tally.row(order)
      for count in 0..<7 { countsOfCounts[order][count] += row[count] }
      ngramCounts[order] += (0..<8).reduce(0) { $0 + row[$1] }
      keptCounts[order] += row[CountTally.keptPlace]
    }
  }
}

/// The same while it is being counted, in one flat piece of memory.
struct CountTally {
  static let keptPlace = 8
  private static let rowCount = 9
  private let numbers: UnsafeMutablePointer<UInt64>

  init(order: Int) {
    numbers = .allocate(capacity: (order + 1) * Self.rowCount)
    numbers.initialize(repeating: 0, count: (order + 1) * Self.rowCount)
  }

  func deallocate() { numbers.deallocate() }

  /// Counts 0 … 6, then all above, then how many are kept.
  func row(_ order: Int) -> UnsafeMutablePointer<UInt64> { numbers + order * Self.rowCount }

  @inline(__always)
  func note(order: Int, count: UInt32, isPruned: Bool) {
    let row = row(order)
    row[Int(min(count, 7))] &+= 1
    if !isPruned { row[Self.keptPlace] &+= 1 }
  }
}

/// Turns n-grams of the highest order, sorted by context read backwards, into the contexts of all orders with the
/// words that follow them and their counts.
///
/// Contexts form a tree: the children of a context are the contexts with one more word before it. Its leaves have
/// N − 1 words, or begin with `<s>`, before which there is nothing; only they are followed in the text itself. A
/// context further up is followed by what follows its children. A word's count there is the number of children
/// that it follows (the distinct words before: the adjusted count of Kneser–Ney), or the sum of its counts there.
/// All that belongs to one last word of the context lies together, so that parts of the tree are made apart.
///
/// Levels are written as streams of words, contexts of d words to `spools[d - 1]`, in the order of the tree.
struct ContextLevelWriter<Key: PackedKey>: NGramSink {
  private let layout: KeyLayout
  private let countsContinuations: Bool
  /// Whether keys come in another order than that of their ids; those of one context together all the same.
  private let sortsFollowers: Bool
  /// N-grams of order k that occur at most `thresholds[k]` times are pruned.
  private let thresholds: [UInt32]
  private let isPruning: Bool
  let tally: CountTally
  /// The number of distinct words before each word.
  let unigramAdjusted: UnsafeMutableBufferPointer<UInt32>

  private var spools: [Spool] = []
  private var output: [Unmanaged<Spool>] = []
  /// By depth: what follows the open context so far, as `word << 32 | occurrences`.
  private var followers: [GrowingBuffer]
  private var childCounts: [UInt32]
  private var previous = Key.zero
  private var leafDepth = 0
  private let sortScratch = Scratch<UInt64>()
  /// `fieldAtBit[n]`: the id in which a key's n-th highest bit lies; bits above all ids belong to the first.
  private let fieldAtBit: [UInt8]

  init(
    layout: KeyLayout, vocabularyCount: Int, countsContinuations: Bool, thresholds: [UInt32],
    sortsFollowers: Bool = false
  ) {
    self.layout = layout
    self.sortsFollowers = sortsFollowers
    self.countsContinuations = countsContinuations
    self.thresholds = thresholds
    isPruning = thresholds.contains { $0 > 0 }
    tally = CountTally(order: layout.order)
    unigramAdjusted = .allocate(capacity: vocabularyCount)
    unigramAdjusted.initialize(repeating: 0)
    followers = (0..<layout.order).map { _ in GrowingBuffer() }
    childCounts = Array(repeating: 0, count: layout.order)
    let unused = Key.bitWidth - layout.keyBits
    fieldAtBit = (0...Key.bitWidth).map { UInt8(max(0, $0 - unused) / layout.idBits) }
  }

  /// Frees what the value holds; it is of no use afterwards.
  func deallocate() {
    unigramAdjusted.deallocate()
    tally.deallocate()
    for list in followers { list.deallocate() }
  }

  mutating func begin(_ spools: [Spool]) {
    self.spools = spools
    output = spools.map { Unmanaged.passUnretained($0) }
    leafDepth = 0
  }

  /// The next distinct key (c1 … c(N−1), w), c1 the word just before w, and how often it occurs.
  @inline(__always)
  mutating func add(_ key: Key, count: UInt32) throws(Failure) {
    let contextLength = layout.order - 1
    if leafDepth > 0 {
      let common = Int(fieldAtBit[key.commonPrefixBits(previous)])
      if common < contextLength { try close(downTo: common) }
    }
    if leafDepth == 0 {
      let unusedFields = key.shiftedDown(layout.idBits).trailingZeroBitCount / layout.idBits
      leafDepth = contextLength - unusedFields
    }
    previous = key
    followers[leafDepth].append(UInt64(key.word(shift: 0) & layout.idMask) << 32 | UInt64(count))
  }

  mutating func end() throws(Failure) {
    if leafDepth > 0 { try close(downTo: 0) }
    for spool in spools { try spool.seal() }
    spools = []
    output = []
  }

  /// Closes the open contexts of more than `depth` words.
  private mutating func close(downTo depth: Int) throws(Failure) {
    var open = leafDepth
    while open > depth {
      try closeContext(depth: open)
      open -= 1
    }
    leafDepth = 0
  }

  private mutating func closeContext(depth: Int) throws(Failure) {
    let isLeaf = depth == leafDepth
    let list = followers[depth]
    let word = previous.word(shift: (layout.order - depth) * layout.idBits) & layout.idMask
    let children = childCounts[depth]
    if isLeaf ? sortsFollowers : children > 1 { sortByWord(list) }
    if list.count == 1 && children <= 1 {
      try closeChain(depth: depth, word: word, entry: list[0], isLeaf: isLeaf)
    } else if isLeaf || children == 1 {
      try writeDistinct(depth: depth, word: word, children: children, list, isLeaf: isLeaf)
    } else {
      try writeMerged(depth: depth, word: word, children: children, list)
    }
    followers[depth].count = 0
    childCounts[depth] = 0
    childCounts[depth - 1] += 1
  }

  /// The count that smoothing uses where a word follows one child only.
  @inline(__always)
  private func countInOneChild(_ entry: UInt64, isLeaf: Bool) -> UInt32 {
    isLeaf || !countsContinuations ? UInt32(truncatingIfNeeded: entry) : 1
  }

  /// A context with one follower and at most one child: two words of the stream, as a rule.
  private mutating func closeChain(depth: Int, word: UInt32, entry: UInt64, isLeaf: Bool) throws(Failure) {
    try put(word | ContextLevel.chainFlag, depth: depth)
    try writeFollower(
      depth: depth, entry, count: countInOneChild(entry, isLeaf: isLeaf),
      occurrences: UInt32(truncatingIfNeeded: entry))
  }

  private mutating func writeHeader(depth: Int, word: UInt32, children: UInt32, count: Int) throws(Failure) {
    try put(word, depth: depth)
    try put(children, depth: depth)
    try put(UInt32(truncatingIfNeeded: count), depth: depth)
  }

  private mutating func writeDistinct(
    depth: Int, word: UInt32, children: UInt32, _ list: GrowingBuffer, isLeaf: Bool
  ) throws(Failure) {
    try writeHeader(depth: depth, word: word, children: children, count: list.count)
    for index in 0..<list.count {
      let entry = list[index]
      try writeFollower(
        depth: depth, entry, count: countInOneChild(entry, isLeaf: isLeaf),
        occurrences: UInt32(truncatingIfNeeded: entry))
    }
  }

  /// Sorted followers of several children, those of the same word taken together.
  private mutating func writeMerged(depth: Int, word: UInt32, children: UInt32, _ list: GrowingBuffer)
    throws(Failure)
  {
    var distinct = 0
    for index in 0..<list.count where index == 0 || list[index] >> 32 != list[index - 1] >> 32 {
      distinct += 1
    }
    try writeHeader(depth: depth, word: word, children: children, count: distinct)
    var index = 0
    while index < list.count {
      let follower = list[index] >> 32
      var occurrences: UInt32 = 0
      var inChildren: UInt32 = 0
      while index < list.count && list[index] >> 32 == follower {
        occurrences &+= UInt32(truncatingIfNeeded: list[index])
        inChildren &+= 1
        index += 1
      }
      try writeFollower(
        depth: depth, follower << 32, count: countsContinuations ? inChildren : occurrences,
        occurrences: occurrences)
    }
  }

  @inline(__always)
  private mutating func writeFollower(depth: Int, _ entry: UInt64, count: UInt32, occurrences: UInt32)
    throws(Failure)
  {
    let word = UInt32(truncatingIfNeeded: entry >> 32)
    let order = depth + 1
    let isPruned = isPruning && occurrences <= thresholds[order]
    tally.note(order: order, count: count, isPruned: isPruned)
    if depth == 1 {
      unigramAdjusted[Int(word)] &+= 1
    } else {
      followers[depth - 1].append(UInt64(word) << 32 | UInt64(occurrences))
    }
    if count == 1 && !isPruned { return try put(word | ContextLevel.onceFlag, depth: depth) }
    try put(word, depth: depth)
    try put(isPruned ? count | ContextLevel.prunedFlag : count, depth: depth)
  }

  @inline(__always)
  private func put(_ word: UInt32, depth: Int) throws(Failure) {
    let spool = output[depth - 1]
    if let room = spool._withUnsafeGuaranteedRef({ $0.roomAtHand(4) }) {
      room.storeBytes(of: word, as: UInt32.self)
    } else {
      try spool._withUnsafeGuaranteedRef { $0 }.append(word)
    }
  }

  private func sortByWord(_ list: GrowingBuffer) {
    if list.count < 2 { return }
    let buffer = list.buffer
    if list.count < 128 {
      var index = 1
      while index < list.count {
        let entry = buffer[index]
        var hole = index
        while hole > 0 && entry < buffer[hole - 1] {
          buffer[hole] = buffer[hole - 1]
          hole -= 1
        }
        buffer[hole] = entry
        index += 1
      }
      return
    }
    radixSortByWord(
      UnsafeMutableBufferPointer(rebasing: buffer[..<list.count]), scratch: sortScratch.ensure(list.count),
      idBits: layout.idBits)
  }
}

/// The stream of one level: for each context its first word, the number of its children and of its followers, then
/// for each follower the word and its count. Short forms for what is most frequent.
enum ContextLevel {
  /// On a context's word: one follower, and one child if it is no leaf; neither number is written.
  static let chainFlag: UInt32 = 1 << 31
  /// On a follower's word: the count is 1 and not written.
  static let onceFlag: UInt32 = 1 << 31
  /// On a follower's count: the n-gram is pruned.
  static let prunedFlag: UInt32 = 1 << 31
}

/// An array of numbers that only grows; freed by hand.
struct GrowingBuffer {
  private(set) var buffer: UnsafeMutableBufferPointer<UInt64>
  var count = 0

  init() { buffer = .allocate(capacity: 64) }
  func deallocate() { buffer.deallocate() }

  @inline(__always)
  subscript(index: Int) -> UInt64 { buffer[index] }

  @inline(__always)
  mutating func append(_ value: UInt64) {
    if count == buffer.count { grow() }
    buffer[count] = value
    count += 1
  }

  @inline(never)
  private mutating func grow() {
    let larger = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: buffer.count * 2)
    larger.baseAddress!.update(from: buffer.baseAddress!, count: count)
    buffer.deallocate()
    buffer = larger
  }
}

/// Sorts `word << 32 | anything` by the word, stably.
func radixSortByWord(
  _ values: UnsafeMutableBufferPointer<UInt64>, scratch: UnsafeMutableBufferPointer<UInt64>, idBits: Int
) {
  var source = values
  var target = UnsafeMutableBufferPointer(rebasing: scratch[..<values.count])
  let offsets = UnsafeMutablePointer<UInt32>.allocate(capacity: 256)
  defer { offsets.deallocate() }
  var shift: UInt64 = 32
  while shift < UInt64(32 + idBits) {
    offsets.initialize(repeating: 0, count: 256)
    for value in source { offsets[Int(truncatingIfNeeded: value &>> shift & 0xFF)] &+= 1 }
    var sum: UInt32 = 0
    for place in 0..<256 {
      let here = offsets[place]
      offsets[place] = sum
      sum &+= here
    }
    for value in source {
      let place = Int(truncatingIfNeeded: value &>> shift & 0xFF)
      target[Int(offsets[place])] = value
      offsets[place] &+= 1
    }
    swap(&source, &target)
    shift += 8
  }
  if source.baseAddress != values.baseAddress {
    values.baseAddress!.update(from: source.baseAddress!, count: values.count)
  }
}
