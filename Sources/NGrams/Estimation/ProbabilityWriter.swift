import Platform

/// What the smoothing needs to know of one order.
struct OrderSmoothing: Sendable {
  var discounts: Discounts
  var katz: KatzDiscounts

  init(countsOfCounts: [UInt64]) {
    discounts = Discounts(countsOfCounts: countsOfCounts)
    katz = KatzDiscounts(countsOfCounts: countsOfCounts)
  }
}

/// A context's followers while their probabilities are made; freed by hand.
struct FollowerTable {
  private(set) var count = 0
  private var capacity: Int
  private(set) var words: UnsafeMutablePointer<UInt32>
  /// With `ContextLevel.prunedFlag` where the n-gram is pruned.
  private(set) var counts: UnsafeMutablePointer<UInt32>
  private(set) var probabilities: UnsafeMutablePointer<Float>

  init() {
    capacity = 16
    words = .allocate(capacity: capacity)
    counts = .allocate(capacity: capacity)
    probabilities = .allocate(capacity: capacity)
  }

  func deallocate() {
    words.deallocate()
    counts.deallocate()
    probabilities.deallocate()
  }

  /// Empties the table and makes room for `count` followers.
  mutating func reset(count: Int) {
    self.count = count
    if count <= capacity { return }
    deallocate()
    capacity = max(count, capacity * 2)
    words = .allocate(capacity: capacity)
    counts = .allocate(capacity: capacity)
    probabilities = .allocate(capacity: capacity)
  }
}

/// Walks the context tree from the shortest contexts to the longest, makes every n-gram's probability from its
/// counts and from the shorter context's probability of the same word, and sends it, with the words in their
/// forward order, to the bucket where it will be sorted.
struct ProbabilityWriter<Key: PackedKey> {
  private let layout: KeyLayout
  private let vocabularyCount: Int
  private let smoothing: Smoothing
  /// By order.
  private let orders: [OrderSmoothing]
  private let buckets: BucketPlan
  private let isPruning: Bool
  /// `outputs[order - 2][bucket]`.
  let outputs: [[Spool]]

  private let output: [Unmanaged<Spool>]
  private let readers: UnsafeMutablePointer<SpoolReader>
  private var tables: [FollowerTable]
  /// `probabilityOf[d][w]`: P(w) after the open context of d words, for the words that follow it; of d = 0 for all.
  private var probabilityOf: [UnsafeMutablePointer<Float>]
  private let unigramProbability: UnsafePointer<Float>
  /// By last word: the weight of the unigrams after it. Each partition has its own words.
  private let unigramBackoff: UnsafeMutablePointer<Float>
  /// The open context of d words, in forward order, from `contextKeys[d]`'s lowest bits up.
  private var contextKeys: [Key]
  private var contextWords: [UInt32]

  init(
    layout: KeyLayout, vocabularyCount: Int, smoothing: Smoothing, orders: [OrderSmoothing], isPruning: Bool,
    buckets: BucketPlan, store: ChunkStore, unigramProbability: UnsafePointer<Float>,
    unigramBackoff: UnsafeMutablePointer<Float>
  ) {
    self.layout = layout
    self.vocabularyCount = vocabularyCount
    self.smoothing = smoothing
    self.orders = orders
    self.isPruning = isPruning
    self.buckets = buckets
    self.unigramProbability = unigramProbability
    self.unigramBackoff = unigramBackoff
    outputs = (2...layout.order).map { _ in
      (0..<buckets.count).map { _ in Spool(store, unit: BucketRecord<Key>.byteCount) }
    }
    output = outputs.flatMap { $0.map { Unmanaged.passUnretained($0) } }
    readers = .allocate(capacity: layout.order)
    tables = (0..<layout.order).map { _ in FollowerTable() }
    contextKeys = Array(repeating: Key.zero, count: layout.order)
    contextWords = Array(repeating: 0, count: layout.order)
    probabilityOf = (0..<max(0, layout.order - 2)).map { _ in
      let dense = UnsafeMutablePointer<Float>.allocate(capacity: vocabularyCount)
      dense.initialize(repeating: 0, count: vocabularyCount)
      return dense
    }
  }

  /// Frees what the value holds; its outputs stay.
  func deallocate() {
    for dense in probabilityOf { dense.deallocate() }
    for table in tables { table.deallocate() }
    readers.deallocate()
  }

  /// All n-grams of a partition; its streams are empty afterwards.
  mutating func run(_ spools: [Spool]) throws(Failure) {
    for (index, spool) in spools.enumerated() { (readers + index).initialize(to: SpoolReader(spool)) }
    defer { readers.deinitialize(count: spools.count) }
    while try readers[0].hasMore() { try visit(depth: 1) }
    for spool in spools { spool.releaseAll() }
  }

  func end() throws(Failure) { for order in outputs { for spool in order { try spool.seal() } } }

  private mutating func visit(depth: Int) throws(Failure) {
    let (word, children, isLeaf) = try readContext(depth: depth)
    contextWords[depth] = word
    // Forward order: the word farthest back is the first.
    contextKeys[depth] = contextKeys[depth - 1].inserting(word, shift: (depth - 1) * layout.idBits)
    let lower = depth == 1 ? unigramProbability : UnsafePointer(probabilityOf[depth - 2])
    let backoff = smooth(depth: depth, lower: lower)
    if depth == 1 { unigramBackoff[Int(word)] = backoff }
    if !isLeaf {
      let dense = probabilityOf[depth - 1]
      let table = tables[depth]
      for index in 0..<table.count { dense[Int(table.words[index])] = table.probabilities[index] }
    }
    try send(depth: depth, backoff: backoff)
    for _ in 0..<children { try visit(depth: depth + 1) }
  }

  /// Fills `tables[depth]` with the next context of the level.
  private mutating func readContext(depth: Int) throws(Failure) -> (
    word: UInt32, children: UInt32, isLeaf: Bool
  ) {
    let reader = readers + (depth - 1)
    let header = try reader.pointee.next()
    let word = header & ~ContextLevel.chainFlag
    let isLeaf = depth == layout.order - 1 || word == 1
    var children: UInt32 = isLeaf ? 0 : 1
    var count = 1
    if header == word {
      children = try reader.pointee.next()
      count = Int(try reader.pointee.next())
    }
    tables[depth].reset(count: count)
    let table = tables[depth]
    for index in 0..<count {
      let follower = try reader.pointee.next()
      let id = follower & ~ContextLevel.onceFlag
      table.words[index] = id
      table.counts[index] = follower == id ? try reader.pointee.next() : 1
    }
    return (word, children, isLeaf)
  }

  private func send(depth: Int, backoff: Float) throws(Failure) {
    let bits = layout.idBits
    let context = contextKeys[depth]
    let first = contextWords[depth]
    let firstOutput = (depth - 1) * buckets.count
    let table = tables[depth]
    for index in 0..<table.count {
      if isPruning && table.counts[index] & ContextLevel.prunedFlag != 0 { continue }
      let word = table.words[index]
      let bucket = buckets.bucket(first: first, second: depth == 1 ? word : contextWords[depth - 1])
      let spool = output[firstOutput + bucket]
      let byteCount = BucketRecord<Key>.byteCount
      let room: UnsafeMutableRawPointer
      if let atHand = spool._withUnsafeGuaranteedRef({ $0.roomAtHand(byteCount) }) {
        room = atHand
      } else {
        room = try spool._withUnsafeGuaranteedRef { $0 }.room(byteCount)
      }
      BucketRecord<Key>.store(
        context.appending(word, bits: bits), probability: table.probabilities[index], backoff: backoff,
        at: room)
    }
  }

  // MARK: Smoothing

  /// Makes `tables[depth].probabilities`.
  ///
  /// - Returns: the weight with which the shorter context counts for words that are not in the table.
  private mutating func smooth(depth: Int, lower: UnsafePointer<Float>) -> Float {
    let table = tables[depth]
    switch smoothing {
    case .kneserNey: return table.smoothKneserNey(orders[depth + 1].discounts, lower: lower)
    case .maximumLikelihood: return table.smoothMaximumLikelihood(lower: lower)
    case .addDelta(let delta):
      return table.smoothAdditively(Double(vocabularyCount - 1) * delta, lower: lower)
    case .backoff: return table.smoothKatz(orders[depth + 1].katz, lower: lower)
    }
  }
}
