import LanguageModeling

extension NGramModel {
  /// Follows suffix links from the longest context until one has the word as a child.
  ///
  /// An n-gram of the highest order is found through its suffix: the node of w2…wN is searched first, which is the
  /// next state in any case, and then its rank among the children of w1…w(N−1).
  @inline(__always)
  func scoreLinked(_ id: UInt32, after state: State, next: inout State) -> Score {
    let position = unigrams.position(id)
    var node = state.lanes[0]
    var depth = Int(min(state.lanes[7], UInt32(truncatingIfNeeded: order &- 1)))
    var total: Float = 0
    if depth == order &- 1 && depth > 0 {
      let top = levels + (depth &- 1)
      let (context, backoff, begin, end) = topContext(node, depth)
      let suffixes = depth == 1 ? (begin: 0, end: unigrams.count) : children(context, depth &- 1)
      let suffix =
        depth == 1 ? id : levels[depth &- 2].findChild(id, position, suffixes.begin, suffixes.end)
      if suffix != .max {
        next = State(node: suffix, depth: UInt32(truncatingIfNeeded: depth))
        let found = top.pointee.findBySuffix(
          suffix, isRank: depth > 1, idPosition: position, suffixes: suffixes, begin, end)
        if found != .max {
          return Score(logProbability: top.pointee.logProbability(found), matchedOrder: depth &+ 1)
        }
        let below = depth == 1 ? unigrams.logProbability(id) : levels[depth &- 2].logProbability(suffix)
        return Score(logProbability: backoff + below, matchedOrder: depth)
      }
      total = backoff + logBackoff(context, depth &- 1)
      depth &-= 1
      node = suffixNode(context, depth)
      depth &-= 1
    }
    while depth > 0 {
      let level = levels + (depth &- 1)
      let (begin, end) = children(node, depth)
      let found = level.pointee.findChild(id, position, begin, end)
      if found != .max {
        next = State(node: found, depth: UInt32(truncatingIfNeeded: depth &+ 1))
        return Score(logProbability: total + level.pointee.logProbability(found), matchedOrder: depth &+ 1)
      }
      total += logBackoff(node, depth)
      node = suffixNode(node, depth)
      depth &-= 1
    }
    next = order == 1 ? State(node: 0, depth: 0) : State(node: id, depth: 1)
    return Score(logProbability: total + unigrams.logProbability(id), matchedOrder: 1)
  }

  /// Of a context of N − 1 words: its suffix, its ln backoff and its children.
  @inline(__always)
  private func topContext(
    _ node: UInt32, _ depth: Int
  ) -> (suffix: UInt32, logBackoff: Float, begin: UInt32, end: UInt32) {
    let (begin, end) = children(node, depth)
    return (suffixNode(node, depth), logBackoff(node, depth), begin, end)
  }

  /// The node, at `depth` − 1, of the context at `depth` without its first word.
  @inline(__always)
  func suffixNode(_ node: UInt32, _ depth: Int) -> UInt32 {
    guard depth > 1 else { return 0 }
    let level = levels + (depth &- 2)
    return node < level.pointee.count ? level.pointee.link(node) : 0
  }

  /// ln backoff of the context `node` of `depth` words.
  @inline(__always)
  func logBackoff(_ node: UInt32, _ depth: Int) -> Float {
    if depth > 1 {
      let level = levels + (depth &- 2)
      return node < level.pointee.count ? level.pointee.logBackoff(node) : 0
    }
    return depth == 1 && node < unigrams.count ? unigrams.logBackoff(node) : 0
  }

  /// The n-grams of order `depth` + 1 that begin with the context `node` of `depth` words.
  @inline(__always)
  func children(_ node: UInt32, _ depth: Int) -> (begin: UInt32, end: UInt32) {
    if depth > 1 {
      let level = levels + (depth &- 2)
      return node < level.pointee.count ? level.pointee.children(node) : (0, 0)
    }
    if depth == 1 { return node < unigrams.count ? unigrams.children(node) : (0, 0) }
    return (0, unigrams.count)
  }

  /// Asks for the memory that scoring some tokens after the same state reads: the tokens' records, and once those are there, where the
  /// contexts' children are.
  package func fetch(_ count: Int, _ token: (Int) -> UInt32, after state: State) {
    guard layout == .linked else { return }
    for place in 0..<count { prefetchNode(token(place), 1) }
    let contexts = ContextChain(self, state)
    guard contexts.greatestDepth > 0 else { return }
    for depth in 1...contexts.greatestDepth {
      let level = levels + (depth - 1)
      let (begin, end) = (contexts.begins[depth], contexts.ends[depth])
      // Where keys are ranks, the suffix is looked for first.
      guard begin < end, !level.pointee.hasRanks else { continue }
      for place in 0..<count where token(place) < unigrams.count {
        level.pointee.prefetchSearch(unigrams.position(token(place)), begin, end)
      }
    }
  }

  /// Extends all suffixes of the context by the word, from the shortest on, until one does not have it as a child.
  @inline(__always)
  func scoreRanked(_ id: UInt32, after state: State, next: inout State) -> Score {
    let depth = Int(min(state.lanes[7], UInt32(truncatingIfNeeded: order &- 1)))
    var lanes = SIMD8<UInt32>(repeating: 0)
    var logProbability = unigrams.logProbability(id)
    let idPosition = unigrams.position(id)
    var position = id
    var siblings: (begin: UInt32, end: UInt32) = (0, unigrams.count)
    var matched = 0
    if order > 1 { lanes[0] = id }
    while matched < depth {
      let range = children(state.lanes[matched], matched &+ 1)
      let level = levels + matched
      let hasRanks = level.pointee.hasRanks
      let found = level.pointee.findBySuffix(
        hasRanks ? position : id, isRank: hasRanks, idPosition: idPosition, suffixes: siblings, range.begin,
        range.end)
      if found == .max { break }
      matched &+= 1
      logProbability = level.pointee.logProbability(found)
      if matched < order &- 1 { lanes[matched] = found }
      position = found
      siblings = range
    }
    lanes[7] = UInt32(truncatingIfNeeded: min(matched &+ 1, order &- 1))
    var total: Float = 0
    var rest = depth
    while rest > matched {
      total += logBackoff(state.lanes[rest &- 1], rest)
      rest &-= 1
    }
    next = State(lanes: lanes)
    return Score(logProbability: total + logProbability, matchedOrder: matched &+ 1)
  }
}
