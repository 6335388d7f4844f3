import Platform

/// A Markov chain over tags: what a tag weighs behind the one or two before it, and what an end does.
///
/// In a hidden Markov model the weights of a context are probabilities and sum to 1; in a conditional random field they
/// are any positive numbers, e^score. What is computed of a chain is the same for both: `filter`, `smooth` and `viterbi`.
///
/// A *context* is what a chain remembers: of order 1 the last tag, of order 2 the last two. Contexts are numbered so that
/// those which a tag leads to from one context lie side by side.
public struct TagChain: Hashable, Sendable {
  /// More are taken for a damaged file.
  static let tagCounts = 1...1024
  static let orders = 1...2
  /// Contexts of a chain: weights of more would not fit into memory.
  static let contextLimit = 1 << 14

  public let tagCount: Int
  /// How many tags back the chain remembers, 1 or 2.
  public let order: Int
  /// contexts × (tags + 1): the last column is the end of the sequence.
  public let weights: [Double]

  /// - Parameter weights: contexts × (tags + 1), positive and finite.
  /// - Throws: `Failure` for other numbers.
  public init(tagCount: Int, order: Int, weights: [Double]) throws(Failure) {
    guard Self.tagCounts.contains(tagCount), Self.orders.contains(order),
      Self.contextCount(tagCount, order) <= Self.contextLimit,
      weights.count == Self.contextCount(tagCount, order) * (tagCount + 1),
      weights.allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw Failure(
        "a chain of tags", why: "its weights are not those of \(tagCount) tags and order \(order)",
        remedy: "train the model again")
    }
    self.tagCount = tagCount
    self.order = order
    self.weights = weights
  }

  static func contextCount(_ tagCount: Int, _ order: Int) -> Int {
    order == 1 ? tagCount + 1 : (tagCount + 1) * tagCount + 1
  }

  public var contextCount: Int { Self.contextCount(tagCount, order) }

  /// Of the beginning of a sequence; the last one.
  public var startContext: Int { contextCount - 1 }

  /// The last tag of a context; `tagCount` at the beginning.
  @inline(__always)
  public func lastTag(of context: Int) -> Int {
    order == 1 ? context : context == startContext ? tagCount : context % tagCount
  }

  /// The context that tag 0 leads to; tag `t` leads to the one `t` places behind.
  @inline(__always)
  public func firstSuccessor(of context: Int) -> Int {
    order == 1 ? 0 : lastTag(of: context) * tagCount
  }

  /// The context before `context` if the tag before that was `earlier` (of order 2, two tags before its last; `tagCount`
  /// where there was none).
  @inline(__always)
  func predecessor(of context: Int, earlier: Int) -> Int {
    if order == 1 { return earlier }
    let middle = context / tagCount
    return middle == tagCount ? startContext : earlier * tagCount + middle
  }
}
