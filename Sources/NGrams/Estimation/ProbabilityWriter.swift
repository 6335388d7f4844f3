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

/// A context's followers while their probabilities are made.
struct FollowerTable {
  var words: [UInt32] = []
  /// With `ContextLevel.prunedFlag` where the n-gram is pruned.
  var counts: [UInt32] = []
  var probabilities: [Float] = []
}

/// Walks the context tree from the shortest contexts to the longest, makes every n-gram's probability from its
/// counts and from the shorter context's probability of the same word, and sends it, with the words in their
/// forward order, to the bucket where it will be sorted.
final class ProbabilityWriter<Key: PackedKey>: @unchecked Sendable {
  private let layout: KeyLayout
  private let vocabularyCount: Int
  private let smoothing: Smoothing
  /// By order.
  private let orders: [OrderSmoothing]
  private let buckets: BucketPlan
  private let isPruning: Bool
  /// `outputs[order - 2][bucket]`.
  let outputs: [[Spool]]

  private var readers: LevelReaders
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
    readers = LevelReaders()
    tables = Array(repeating: FollowerTable(), count: layout.order)
    contextKeys = Array(repeating: Key.zero, count: layout.order)
    contextWords = Array(repeating: 0, count: layout.order)
    probabilityOf = (0..<max(0, layout.order - 2)).map { _ in
      let dense = UnsafeMutablePointer<Float>.allocate(capacity: vocabularyCount)
      dense.initialize(repeating: 0, count: vocabularyCount)
      return dense
    }
  }

  deinit { for dense in probabilityOf { dense.deallocate() } }

  /// All n-grams of a partition; its streams are empty afterwards.
  func run(_ spools: [Spool]) throws(Failure) {
    readers = LevelReaders(spools)
    while try readers.hasMore() { try visit(depth: 1) }
    readers = LevelReaders()
  }

  func end() { for order in outputs { for spool in order { spool.seal() } } }

  private func visit(depth: Int) throws(Failure) {
    let (word, children, isLeaf) = try readContext(depth: depth)
    contextWords[depth] = word
    // Forward order: the word farthest back is the first.
    contextKeys[depth] = contextKeys[depth - 1].inserting(word, shift: (depth - 1) * layout.idBits)
    let lower = depth == 1 ? unigramProbability : UnsafePointer(probabilityOf[depth - 2])
    let backoff = smooth(depth: depth, lower: lower)
    if depth == 1 { unigramBackoff[Int(word)] = backoff }
    if !isLeaf {
      let dense = probabilityOf[depth - 1]
      for index in tables[depth].words.indices {
        dense[Int(tables[depth].words[index])] = tables[depth].probabilities[index]
      }
    }
    try send(depth: depth, backoff: backoff)
    for _ in 0..<children { try visit(depth: depth + 1) }
  }

  /// Fills `tables[depth]` with the next context of the level.
  private func readContext(depth: Int) throws(Failure) -> (word: UInt32, children: UInt32, isLeaf: Bool) {
    let header = try readers.next(depth)
    let word = header & ~ContextLevel.chainFlag
    let isLeaf = depth == layout.order - 1 || word == 1
    var children: UInt32 = isLeaf ? 0 : 1
    var count = 1
    if header == word {
      children = try readers.next(depth)
      count = Int(try readers.next(depth))
    }
    tables[depth].words.removeAll(keepingCapacity: true)
    tables[depth].counts.removeAll(keepingCapacity: true)
    for _ in 0..<count {
      let follower = try readers.next(depth)
      let id = follower & ~ContextLevel.onceFlag
      tables[depth].words.append(id)
      tables[depth].counts.append(follower == id ? try readers.next(depth) : 1)
    }
    return (word, children, isLeaf)
  }

  private func send(depth: Int, backoff: Float) throws(Failure) {
    let bits = layout.idBits
    let context = contextKeys[depth]
    let first = contextWords[depth]
    let spools = outputs[depth - 1]
    let table = tables[depth]
    for index in table.words.indices {
      if isPruning && table.counts[index] & ContextLevel.prunedFlag != 0 { continue }
      let word = table.words[index]
      let bucket = buckets.bucket(first: first, second: depth == 1 ? word : contextWords[depth - 1])
      let room = try spools[bucket].room(BucketRecord<Key>.byteCount)
      BucketRecord<Key>.store(
        context.appending(word, bits: bits), probability: table.probabilities[index], backoff: backoff,
        at: room)
    }
  }

  // MARK: Smoothing

  /// Makes `tables[depth].probabilities`.
  ///
  /// - Returns: the weight with which the shorter context counts for words that are not in the table.
  private func smooth(depth: Int, lower: UnsafePointer<Float>) -> Float {
    tables[depth].probabilities.removeAll(keepingCapacity: true)
    switch smoothing {
    case .kneserNey: return tables[depth].smoothKneserNey(orders[depth + 1].discounts, lower: lower)
    case .maximumLikelihood: return tables[depth].smoothMaximumLikelihood(lower: lower)
    case .addDelta(let delta):
      return tables[depth].smoothAdditively(Double(vocabularyCount - 1) * delta, lower: lower)
    case .backoff: return tables[depth].smoothKatz(orders[depth + 1].katz, lower: lower)
    }
  }
}

/// The streams of a partition's levels, by depth from 1.
private struct LevelReaders {
  private var readers: [LevelReader] = []

  init() {}
  init(_ spools: [Spool]) { readers = spools.map { LevelReader($0) } }

  func hasMore() throws(Failure) -> Bool { try readers[0].reader.hasMore() }
  @inline(__always)
  func next(_ depth: Int) throws(Failure) -> UInt32 { try readers[depth - 1].reader.next() }
}

private final class LevelReader {
  var reader: SpoolReader
  init(_ spool: Spool) { reader = SpoolReader(spool) }
}
