/// How the orders of a `DynamicContext` are interpolated.
public enum DynamicSmoothing: Sendable, Hashable {
  /// P_k(w) = (1 − λ) c(w)/C + λ P_(k−1)(w) with a fixed λ (Jelinek and Mercer 1980).
  case jelinekMercer(lambda: Double)
  /// P_k(w) = (c(w) + T P_(k−1)(w)) / (C + T), T distinct followers (Witten and Bell 1991, method C).
  case wittenBell
  /// P_k(w) = (max(c(w) − D, 0) + D T P_(k−1)(w)) / C (Ney, Essen and Kneser 1994), 0 < D ≤ 1.
  case absoluteDiscount(Double)
}

/// What `DynamicCounts` hold after one history: a node for every suffix of it that was followed by something,
/// from the empty one up. Good for as long as it is kept, also when the counts move on.
public struct DynamicContext: Sendable {
  let trie: CountTrie
  /// `nodes[k]` stands for the last k tokens of the history.
  let nodes: [UInt32]

  /// The number of tokens in the longest suffix of the history that was followed by something.
  public var longestMatch: Int { nodes.count - 1 }

  /// How often the last `length` tokens were followed by anything: C. `length` ≤ `longestMatch`.
  public func total(length: Int) -> Int { Int(trie.total(of: nodes[length])) }
  /// By how many distinct types: T.
  public func distinctFollowers(length: Int) -> Int { Int(trie.distinctCount(of: nodes[length])) }
  /// By how many types exactly once.
  public func singletonFollowers(length: Int) -> Int { Int(trie.singletonCount(of: nodes[length])) }
  /// How often by `id`.
  public func count(of id: UInt32, length: Int) -> Int {
    guard let child = trie.child(of: nodes[length], id) else { return 0 }
    return Int(trie.count(of: child))
  }

  /// The types that followed the last `length` tokens, with their counts: by falling powers of two of the count
  /// (8–15 before 4–7 before 2–3 before 1), lately risen first within one. Walked, not searched for.
  public func followers(length: Int) -> DynamicFollowers {
    DynamicFollowers(trie: trie, node: trie.firstChild(of: nodes[length]))
  }

  /// The `limit` most frequent followers, the most frequent first, equal ones by id. Looks at little more than it
  /// gives.
  public func topFollowers(length: Int, limit: Int) -> [(id: UInt32, count: Int)] {
    guard limit > 0 else { return [] }
    var best: [(id: UInt32, count: Int)] = []
    var lastClass = -1
    for follower in followers(length: length) {
      let powerClass = countClass(UInt32(truncatingIfNeeded: follower.count))
      if best.count >= limit && powerClass != lastClass { break }
      lastClass = powerClass
      best.append(follower)
    }
    best.sort { $0.count != $1.count ? $0.count > $1.count : $0.id < $1.id }
    if best.count > limit { best.removeLast(best.count - limit) }
    return best
  }

  /// P(`id` | history), the orders interpolated from the empty context up.
  ///
  /// Over all types it sums to 1 when `base` does.
  ///
  /// - Parameter base: P_(−1)(`id`), what counts below the unigrams: 1/|V|, or another model's probability.
  public func probability(of id: UInt32, smoothing: DynamicSmoothing, base: Double) -> Double {
    var probability = base
    for node in nodes {
      let total = Double(trie.total(of: node))
      guard total > 0 else { continue }
      let count = trie.child(of: node, id).map { Double(trie.count(of: $0)) } ?? 0
      let distinct = Double(trie.distinctCount(of: node))
      switch smoothing {
      case .jelinekMercer(let lambda):
        probability = (1 - lambda) * count / total + lambda * probability
      case .wittenBell:
        probability = (count + distinct * probability) / (total + distinct)
      case .absoluteDiscount(let discount):
        probability = (max(count - discount, 0) + discount * distinct * probability) / total
      }
    }
    return probability
  }
}

/// The followers of a context, one after the other.
public struct DynamicFollowers: Sequence, IteratorProtocol {
  let trie: CountTrie
  var node: UInt32

  public mutating func next() -> (id: UInt32, count: Int)? {
    guard node != CountTrie.none else { return nil }
    let result = (id: trie.word(of: node), count: Int(trie.count(of: node)))
    node = trie.nextSibling(of: node)
    return result
  }
}
