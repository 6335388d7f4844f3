import LanguageModeling

/// A word that may come next.
public struct Successor: Hashable, Sendable, BitwiseCopyable {
  public var token: TokenID
  /// ln P.
  public var logProbability: Float

  public init(token: TokenID, logProbability: Float) {
    self.token = token
    self.logProbability = logProbability
  }
}

extension NGramModel {
  /// The most probable next words, in descending order of probability, with the very probabilities that scoring
  /// gives; `<s>` is never among them.
  ///
  /// The candidates are the children of the longest known context, those of the next shorter one at the weight of
  /// the backoff, and so on. All are searched best first: blocks of 64 and 4096 n-grams, whose greatest ln P are in
  /// the file, are opened only when nothing better is left. A candidate counts only if no longer context has the
  /// same word.
  ///
  /// - Parameters:
  ///   - limit: how many at most.
  ///   - ids: only words with these ids, such as those with a common prefix.
  public func successors(of state: State, limit: Int, inIDs ids: Range<UInt32>? = nil) -> [Successor] {
    var search = SuccessorSearch(self, contexts(of: state), inIDs: ids)
    var result: [Successor] = []
    result.reserveCapacity(max(0, min(limit, vocabularyCount)))
    while result.count < limit, let successor = search.next() { result.append(successor) }
    return result
  }

  /// The most probable next words one after the other; see `successors(of:limit:inIDs:)`.
  public func successorSearch(of state: State, inIDs ids: Range<UInt32>? = nil) -> SuccessorSearch {
    SuccessorSearch(self, contexts(of: state), inIDs: ids)
  }
}

/// A best-first search for the next words, in descending order of probability.
public struct SuccessorSearch {
  private struct Item {
    /// ln P, or a bound that no n-gram in the block exceeds.
    var bound: Float
    /// The context's depth; and 0 for an n-gram, 1 for a block of 64, 2 for one of 4096.
    var depth: UInt8
    var kind: UInt8
    /// Of the n-gram or the block.
    var index: UInt32

    /// Ties are resolved the same way each time: longer contexts first, then by index.
    @inline(__always)
    static func > (a: Item, b: Item) -> Bool {
      if a.bound != b.bound { return a.bound > b.bound }
      if a.kind != b.kind { return a.kind > b.kind }
      if a.depth != b.depth { return a.depth > b.depth }
      return a.index < b.index
    }
  }

  private let model: NGramModel
  private let contexts: [NGramContext]
  private let ranges: [Range<UInt32>]
  /// ln of the weight of each context's own words.
  private var weights: [Float]
  private var heap: [Item] = []
  /// Up to this many n-grams are taken without asking for the maxima of their blocks.
  private static let directCount: UInt32 = 96

  init(_ model: NGramModel, _ contexts: [NGramContext], inIDs ids: Range<UInt32>?) {
    self.model = model
    self.contexts = contexts
    ranges = ids.map { model.ranges($0, contexts) } ?? contexts.map { $0.begin..<$0.end }
    weights = [Float](repeating: 0, count: contexts.count)
    var total: Float = 0
    for depth in stride(from: contexts.count - 1, through: 0, by: -1) {
      weights[depth] = total
      total += contexts[depth].logBackoff
    }
    heap.reserveCapacity(256)
    for depth in contexts.indices { cover(depth) }
    var place = heap.count / 2
    while place > 0 {
      place -= 1
      siftDown(place)
    }
  }

  /// The most probable word that has not been given yet; nil when all have.
  public mutating func next() -> Successor? {
    while let best = heap.first {
      if best.kind == 0 {
        removeFirst()
        guard !isHidden(best) else { continue }
        let word = model.word(best.index, Int(best.depth), contexts)
        guard word != TokenID.sentenceStart.rawValue else { continue }
        return Successor(token: TokenID(rawValue: word), logProbability: best.bound)
      }
      removeFirst()
      open(best)
    }
    return nil
  }

  /// Fills the heap, unordered, with what covers a context's range.
  private mutating func cover(_ depth: Int) {
    let range = ranges[depth]
    if range.upperBound - range.lowerBound <= Self.directCount {
      for index in range { heap.append(item(index, depth)) }
      return
    }
    let isLong = range.upperBound - range.lowerBound > 64 * 96
    let shift: UInt32 = isLong ? 12 : 6
    for block in range.lowerBound >> shift...(range.upperBound - 1) >> shift {
      heap.append(blockItem(block, depth, kind: isLong ? 2 : 1))
    }
  }

  @inline(__always)
  private func item(_ index: UInt32, _ depth: Int) -> Item {
    Item(
      bound: weights[depth] + model.childLogProbability(index, depth), depth: UInt8(depth), kind: 0,
      index: index)
  }

  @inline(__always)
  private func blockItem(_ block: UInt32, _ depth: Int, kind: UInt8) -> Item {
    let maxima = depth == 0 ? model.unigrams.maxima : model.levels[depth - 1].maxima
    let count = Int(depth == 0 ? model.unigrams.count : model.levels[depth - 1].count)
    let place = kind == 1 ? Int(block) : (count + 63) / 64 + Int(block)
    let maximum = maxima.loadUnaligned(fromByteOffset: place * 4, as: Float.self)
    return Item(bound: weights[depth] + maximum, depth: UInt8(depth), kind: kind, index: block)
  }

  /// Puts what a block consists of into the heap.
  private mutating func open(_ block: Item) {
    let depth = Int(block.depth)
    let range = ranges[depth]
    if block.kind == 2 {
      let low = max(block.index << 6, range.lowerBound >> 6)
      let high = min(block.index << 6 + 63, (range.upperBound - 1) >> 6)
      guard low <= high else { return }
      for fine in low...high { insert(blockItem(fine, depth, kind: 1)) }
      return
    }
    let low = max(block.index << 6, range.lowerBound)
    let high = min(block.index << 6 + 63, range.upperBound - 1)
    guard low <= high else { return }
    for index in low...high { insert(item(index, depth)) }
  }

  /// Whether the next longer context has the n-gram's word, too. (If that has not, no longer one has: a model holds
  /// the suffix of each n-gram.)
  private func isHidden(_ item: Item) -> Bool {
    let longer = Int(item.depth) + 1
    guard longer < contexts.count else { return false }
    let context = contexts[longer]
    guard context.begin < context.end else { return false }
    let level = model.levels[longer - 1]
    let key =
      level.hasRanks
      ? item.index &- contexts[longer - 1].begin : model.word(item.index, Int(item.depth), contexts)
    return level.find(key, context.begin, context.end) != .max
  }

  private mutating func insert(_ item: Item) {
    // A bound that is not a number would break the order; only a damaged file has one.
    guard !item.bound.isNaN else { return }
    heap.append(item)
    var place = heap.count - 1
    heap.withUnsafeMutableBufferPointer { heap in
      while place > 0 {
        let parent = (place - 1) / 2
        guard item > heap[parent] else { break }
        heap[place] = heap[parent]
        place = parent
      }
      heap[place] = item
    }
  }

  private mutating func removeFirst() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    siftDown(0)
  }

  private mutating func siftDown(_ start: Int) {
    heap.withUnsafeMutableBufferPointer { heap in
      var place = start
      let item = heap[place]
      while true {
        var child = 2 * place + 1
        guard child < heap.count else { break }
        if child + 1 < heap.count && heap[child + 1] > heap[child] { child += 1 }
        guard heap[child] > item else { break }
        heap[place] = heap[child]
        place = child
      }
      heap[place] = item
    }
  }
}
