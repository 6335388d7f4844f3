import LanguageModeling

/// All contexts that end a text, from the empty one (depth 0) to the longest that the model knows, and their children.
struct ContextChain {
  /// How many of the last words the longest one is made of, at most 7.
  let greatestDepth: Int
  /// By depth d: the n-grams of order d + 1 that begin with the context.
  private(set) var begins = SIMD8<UInt32>(repeating: 0)
  private(set) var ends = SIMD8<UInt32>(repeating: 0)
  /// By depth: ln of the weight at which the context's own words count, the sum of the longer ones' backoffs.
  private(set) var weights = SIMD8<Float>(repeating: 0)

  init(_ model: NGramModel, _ state: NGramModel.State) {
    greatestDepth = Int(min(state.lanes[7], UInt32(truncatingIfNeeded: model.order - 1)))
    var node = state.lanes[0]
    var weight: Float = 0
    for depth in stride(from: greatestDepth, through: 0, by: -1) {
      if model.layout == .ranked { node = depth == 0 ? 0 : state.lanes[depth - 1] }
      (begins[depth], ends[depth]) = model.children(node, depth)
      weights[depth] = weight
      guard depth > 0 else { return }
      weight += model.logBackoff(node, depth)
      if model.layout == .linked { node = model.suffixNode(node, depth) }
    }
  }

  /// The last word of the n-gram `index` of order `depth` + 1, a child of the context at `depth`.
  ///
  /// A rank leads to the n-gram's suffix, which is a child of the next shorter context and has the same last word.
  @inline(__always)
  func word(_ index: UInt32, _ depth: Int, _ model: NGramModel) -> UInt32 {
    var index = index
    var depth = depth
    while depth > 0 {
      let level = model.levels + (depth &- 1)
      guard index < level.pointee.count else { return 0 }
      let key = level.pointee.key(index)
      guard level.pointee.hasRanks else { return min(key, model.unigrams.count &- 1) }
      index = begins[depth &- 1] &+ key
      depth &-= 1
    }
    return min(index, model.unigrams.count &- 1)
  }

  /// Whether the next longer context has the word of the n-gram `index`, a child of the context at `depth`, too. (If
  /// that has not, no longer one has: a model holds the suffix of each n-gram.)
  @inline(__always)
  func isHidden(_ index: UInt32, _ depth: Int, _ model: NGramModel) -> Bool {
    let longer = depth &+ 1
    guard longer <= greatestDepth else { return false }
    let (begin, end) = (begins[longer], ends[longer])
    guard begin < end else { return false }
    let level = model.levels + (longer &- 1)
    if level.pointee.hasRanks {
      let rank = index &- begins[depth]
      let position = KeyPosition.ofRank(rank, among: ends[depth] &- begins[depth])
      return level.pointee.findChild(rank, position, begin, end) != .max
    }
    let word = word(index, depth, model)
    if end &- begin < BucketDirectory.leastChildCount {
      return level.pointee.find(word, begin, end) != .max
    }
    return level.pointee.findChild(word, model.unigrams.position(word), begin, end) != .max
  }
}

/// For each context of a chain the part of its children whose last words are asked for.
struct ContextRanges {
  private(set) var begins: SIMD8<UInt32>
  private(set) var ends: SIMD8<UInt32>
  /// How many children that are, of all contexts together.
  private(set) var count = 0

  init(_ model: NGramModel, _ contexts: ContextChain, inIDs ids: Range<UInt32>?) {
    begins = contexts.begins
    ends = contexts.ends
    if let ids { restrict(to: ids, model, contexts) }
    for depth in 0...contexts.greatestDepth { count += Int(ends[depth] &- begins[depth]) }
  }

  private mutating func restrict(to ids: Range<UInt32>, _ model: NGramModel, _ contexts: ContextChain) {
    begins[0] = min(ids.lowerBound, model.unigrams.count)
    ends[0] = max(begins[0], min(ids.upperBound, model.unigrams.count))
    guard contexts.greatestDepth > 0 else { return }
    for depth in 1...contexts.greatestDepth {
      let level = model.levels + (depth - 1)
      // Ranks count from the first child of the next shorter context.
      let hasRanks = level.pointee.hasRanks
      let from = hasRanks ? depth - 1 : 0
      let base = hasRanks ? contexts.begins[depth - 1] : 0
      let (begin, end) = (contexts.begins[depth], contexts.ends[depth])
      begins[depth] = level.pointee.lowerBound(begins[from] &- base, begin, end)
      ends[depth] = level.pointee.lowerBound(ends[from] &- base, begins[depth], end)
    }
  }
}
