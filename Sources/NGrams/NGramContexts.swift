import LanguageModeling

/// What the model knows of one length of context.
public struct NGramContext: Hashable, Sendable {
  /// How many of the last words the context is made of.
  public var depth: Int
  /// How many different words follow it in the model.
  public var successorCount: Int
  /// ln of the weight with which the next shorter context counts.
  public var logBackoff: Float

  /// The node, and its children among the n-grams of order `depth` + 1.
  var node: UInt32
  var begin: UInt32
  var end: UInt32
}

extension NGramModel {
  /// All contexts that end a text, from the empty one to the longest that the model knows.
  public func contexts(of state: State) -> [NGramContext] {
    let depth = Int(min(state.lanes[7], UInt32(order - 1)))
    var contexts: [NGramContext] = []
    contexts.reserveCapacity(depth + 1)
    switch layout {
    case .linked:
      var node = state.lanes[0]
      for depth in stride(from: depth, through: 0, by: -1) {
        contexts.append(context(depth == 0 ? 0 : node, depth))
        node = suffixNode(node, depth)
      }
      contexts.reverse()
    case .ranked:
      for depth in 0...depth { contexts.append(context(depth == 0 ? 0 : state.lanes[depth - 1], depth)) }
    }
    return contexts
  }

  private func context(_ node: UInt32, _ depth: Int) -> NGramContext {
    let (begin, end) = children(node, depth)
    return NGramContext(
      depth: depth, successorCount: Int(end - begin), logBackoff: depth == 0 ? 0 : logBackoff(node, depth),
      node: node, begin: begin, end: end)
  }

  /// The last word of the n-gram `index` of order `depth` + 1, a child of the context at `depth`.
  ///
  /// A rank leads to the n-gram's suffix, which is a child of the next shorter context and has the same last word.
  @inline(__always)
  func word(_ index: UInt32, _ depth: Int, _ contexts: [NGramContext]) -> UInt32 {
    var index = index
    var depth = depth
    while depth > 0 {
      let level = levels[depth - 1]
      guard index < level.count else { return 0 }
      let key = level.key(index)
      guard level.hasRanks else { return min(key, unigrams.count - 1) }
      index = contexts[depth - 1].begin &+ key
      depth -= 1
    }
    return min(index, unigrams.count - 1)
  }

  /// ln P of the n-gram `index` of order `depth` + 1.
  @inline(__always)
  func childLogProbability(_ index: UInt32, _ depth: Int) -> Float {
    depth == 0 ? unigrams.logProbability(index) : levels[depth - 1].logProbability(index)
  }

  /// Gives every word that follows the context of `depth` words, in ascending order, with ln P after that context;
  /// words that follow only shorter contexts are not among them.
  ///
  /// - Parameter contexts: what `contexts(of:)` gave.
  public func forEachSuccessor(
    of contexts: [NGramContext], depth: Int, _ body: (_ token: TokenID, _ logProbability: Float) -> Void
  ) {
    guard contexts.indices.contains(depth) else { return }
    for index in contexts[depth].begin..<contexts[depth].end {
      body(
        TokenID(rawValue: word(index, depth, contexts)), childLogProbability(index, depth))
    }
  }

  /// For each context the part of its children whose last words are in `ids`.
  func ranges(_ ids: Range<UInt32>, _ contexts: [NGramContext]) -> [Range<UInt32>] {
    let lower = min(ids.lowerBound, unigrams.count)
    var result = [lower..<max(lower, min(ids.upperBound, unigrams.count))]
    for context in contexts.dropFirst() {
      let level = levels[context.depth - 1]
      // Ranks count from the first child of the next shorter context.
      let base = level.hasRanks ? contexts[context.depth - 1].begin : 0
      let keys = level.hasRanks ? result[context.depth - 1] : result[0]
      let low = level.lowerBound(keys.lowerBound &- base, context.begin, context.end)
      let high = level.lowerBound(keys.upperBound &- base, low, context.end)
      result.append(low..<high)
    }
    return result
  }
}
