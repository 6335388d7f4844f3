import LanguageModeling

/// The best of all candidates so far, each a child of one of the contexts: a heap with the worst at its root.
struct SuccessorSelection {
  struct Candidate: BitwiseCopyable {
    /// ln P of the word after the longest context.
    var logProbability: Float
    /// The n-gram, and the depth of the context that it is a child of.
    var index: UInt32
    var depth: UInt32

    /// Ties are resolved the same way each time: longer contexts first, then by index.
    @inline(__always)
    func isBetter(than other: Candidate) -> Bool {
      if logProbability != other.logProbability { return logProbability > other.logProbability }
      return depth != other.depth ? depth > other.depth : index < other.index
    }
  }

  private let model: NGramModel
  private let contexts: ContextChain
  private let ranges: ContextRanges
  private let heap: UnsafeMutablePointer<Candidate>
  private let capacity: Int
  private var count = 0
  /// ln P of the worst once the heap is full.
  private var threshold = -Float.infinity
  /// Unigrams whose ln P is greater have been considered.
  private var unigramCeiling = Float.infinity
  private var blocks: [Block] = []

  /// Up to this many n-grams are taken without asking for the maxima of their blocks.
  private static let directCount: UInt32 = 96

  /// - Parameter memory: room for as many candidates as are wanted, at least one; valid as long as this value.
  init(
    _ model: NGramModel, _ contexts: ContextChain, _ ranges: ContextRanges,
    _ memory: UnsafeMutableBufferPointer<Candidate>
  ) {
    self.model = model
    self.contexts = contexts
    self.ranges = ranges
    capacity = memory.count
    heap = memory.baseAddress!
  }

  /// Selects from all contexts.
  ///
  /// - Parameter unigrams: to begin with among the children of the empty context; only where these are all asked for.
  mutating func run(unigrams: FrequentUnigrams?) {
    let shortest = unigrams == nil ? 0 : 1
    for depth in stride(from: contexts.greatestDepth, through: shortest, by: -1)
    where ranges.ends[depth] &- ranges.begins[depth] <= Self.directCount {
      take(ranges.begins[depth], ranges.ends[depth], depth)
    }
    for depth in stride(from: contexts.greatestDepth, through: shortest, by: -1)
    where ranges.ends[depth] &- ranges.begins[depth] > Self.directCount {
      cover(depth)
    }
    searchBlocks()
    guard let unigrams else { return }
    let weight = contexts.weights[0]
    for id in unigrams.ids {
      let logProbability = weight + model.unigrams.logProbability(id)
      guard logProbability > threshold else { return }
      consider(logProbability, id, 0)
    }
    unigramCeiling = unigrams.excludedLogProbability
    if weight + unigramCeiling > threshold { searchBlocks(of: 0) }
  }

  /// Selects from the blocks of one context.
  mutating func searchBlocks(of depth: Int) {
    guard ranges.begins[depth] < ranges.ends[depth] else { return }
    cover(depth)
    searchBlocks()
  }

  private mutating func searchBlocks() {
    for place in stride(from: blocks.count / 2 - 1, through: 0, by: -1) { siftBlockDown(place) }
    while let block = blocks.first, block.bound > threshold {
      removeFirstBlock()
      open(block)
    }
    blocks.removeAll(keepingCapacity: true)
  }

  /// The candidates, best first; nothing can be selected afterwards.
  mutating func sorted() -> UnsafeBufferPointer<Candidate> {
    // The worst goes to the end, again and again.
    var rest = count
    while rest > 1 {
      rest -= 1
      let worst = heap[0]
      siftDown(heap[rest], count: rest)
      heap[rest] = worst
    }
    return UnsafeBufferPointer(start: heap, count: count)
  }

  /// The words found, best first.
  mutating func successors(limit: Int) -> [Successor] {
    let candidates = sorted()
    return [Successor](unsafeUninitializedCapacity: min(count, limit)) { result, filled in
      for candidate in candidates where filled < result.count {
        let word = contexts.word(candidate.index, Int(candidate.depth), model)
        guard word != TokenID.sentenceStart.rawValue else { continue }
        result.initializeElement(
          at: filled,
          to: Successor(token: TokenID(rawValue: word), logProbability: candidate.logProbability))
        filled += 1
      }
    }
  }

  // MARK: N-grams

  /// Takes what is better than the worst of the n-grams `begin` ..< `end`, children of the context at `depth`.
  private mutating func take(_ begin: UInt32, _ end: UInt32, _ depth: Int) {
    let weight = contexts.weights[depth]
    var index = begin
    if depth == 0 {
      while index < end {
        let own = model.unigrams.logProbability(index)
        if weight + own > threshold && own <= unigramCeiling { consider(weight + own, index, depth) }
        index &+= 1
      }
      return
    }
    let level = model.levels + (depth &- 1)
    while index < end {
      let logProbability = weight + level.pointee.logProbability(index)
      if logProbability > threshold { consider(logProbability, index, depth) }
      index &+= 1
    }
  }

  private mutating func consider(_ logProbability: Float, _ index: UInt32, _ depth: Int) {
    guard !contexts.isHidden(index, depth, model) else { return }
    let candidate = Candidate(
      logProbability: logProbability, index: index, depth: UInt32(truncatingIfNeeded: depth))
    if count == capacity {
      siftDown(candidate, count: count)
    } else {
      var place = count
      count &+= 1
      while place > 0 {
        let parent = (place &- 1) / 2
        guard heap[parent].isBetter(than: candidate) else { break }
        heap[place] = heap[parent]
        place = parent
      }
      heap[place] = candidate
    }
    if count == capacity { threshold = heap[0].logProbability }
  }

  /// Puts a candidate in the place of the root.
  private func siftDown(_ candidate: Candidate, count: Int) {
    var place = 0
    while true {
      var child = 2 &* place &+ 1
      guard child < count else { break }
      if child &+ 1 < count && heap[child].isBetter(than: heap[child &+ 1]) { child &+= 1 }
      guard candidate.isBetter(than: heap[child]) else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = candidate
  }
}

// MARK: Blocks

extension SuccessorSelection {
  /// N-grams of one context that lie in a row, some of which may belong to its neighbours.
  private struct Block: BitwiseCopyable {
    /// What ln P of none of them exceeds.
    var bound: Float
    /// `index` << `shift` is the first.
    var index: UInt32
    var depth: UInt8
    /// 6 or 12.
    var shift: UInt8
  }

  /// Notes the blocks of a context that may hold something better than the worst; in no order.
  private mutating func cover(_ depth: Int) {
    let (begin, end) = (ranges.begins[depth], ranges.ends[depth])
    let shift: UInt32 = end &- begin > 64 * 96 ? 12 : 6
    append(begin &>> shift, (end &- 1) &>> shift, depth, shift)
  }

  private mutating func append(_ first: UInt32, _ last: UInt32, _ depth: Int, _ shift: UInt32) {
    guard first <= last else { return }
    let maxima = depth == 0 ? model.unigrams.maxima : model.levels[depth &- 1].maxima
    let count = Int(depth == 0 ? model.unigrams.count : model.levels[depth &- 1].count)
    let base = maxima + (shift == 6 ? 0 : (count &+ 63) / 64 &* 4)
    let weight = contexts.weights[depth]
    for index in first...last {
      let bound = weight + base.loadUnaligned(fromByteOffset: Int(index) &* 4, as: Float.self)
      guard bound > threshold else { continue }
      blocks.append(
        Block(
          bound: bound, index: index, depth: UInt8(truncatingIfNeeded: depth),
          shift: UInt8(truncatingIfNeeded: shift)))
    }
  }

  /// Takes what a block consists of, as far as it belongs to the context.
  private mutating func open(_ block: Block) {
    let depth = Int(block.depth)
    let (begin, end) = (ranges.begins[depth], ranges.ends[depth])
    if block.shift == 6 {
      return take(max(block.index &<< 6, begin), min((block.index &+ 1) &<< 6, end), depth)
    }
    let before = blocks.count
    append(
      max(block.index &<< 6, begin &>> 6), min(block.index &<< 6 &+ 63, (end &- 1) &>> 6), depth, 6)
    for place in before..<blocks.count { siftBlockUp(place) }
  }

  private mutating func siftBlockUp(_ start: Int) {
    blocks.withUnsafeMutableBufferPointer { blocks in
      let block = blocks[start]
      var place = start
      while place > 0 {
        let parent = (place - 1) / 2
        guard block.bound > blocks[parent].bound else { break }
        blocks[place] = blocks[parent]
        place = parent
      }
      blocks[place] = block
    }
  }

  private mutating func siftBlockDown(_ start: Int) {
    blocks.withUnsafeMutableBufferPointer { blocks in
      let block = blocks[start]
      var place = start
      while true {
        var child = 2 * place + 1
        guard child < blocks.count else { break }
        if child + 1 < blocks.count && blocks[child + 1].bound > blocks[child].bound { child += 1 }
        guard blocks[child].bound > block.bound else { break }
        blocks[place] = blocks[child]
        place = child
      }
      blocks[place] = block
    }
  }

  private mutating func removeFirstBlock() {
    let last = blocks.removeLast()
    guard !blocks.isEmpty else { return }
    blocks[0] = last
    siftBlockDown(0)
  }
}
