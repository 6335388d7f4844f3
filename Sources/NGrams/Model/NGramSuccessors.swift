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
  /// the backoff, and so on; one counts only if no longer context has the same word. Contexts with few children are
  /// gone through from the longest on. The others are searched best first: blocks of 64 and 4096 n-grams, whose
  /// greatest ln P are in the file, are opened as long as they may hold something better than the worst of the list.
  /// Of all words alone the most probable are kept at hand.
  ///
  /// - Parameters:
  ///   - limit: how many at most.
  ///   - ids: only words with these ids, such as those with a common prefix.
  public func successors(of state: State, limit: Int, inIDs ids: Range<UInt32>? = nil) -> [Successor] {
    guard limit > 0 else { return [] }
    let contexts = ContextChain(self, state)
    let ranges = ContextRanges(self, contexts, inIDs: ids)
    // One more than asked for, as `<s>` is taken out at the end. It may be, too, that there are not so many.
    let capacity = min(limit, ranges.count, vocabularyCount) + 1
    return withUnsafeTemporaryAllocation(of: SuccessorSelection.Candidate.self, capacity: capacity) {
      memory in
      var selection = SuccessorSelection(self, contexts, ranges, memory)
      selection.run(unigrams: ids == nil ? frequentUnigrams : nil)
      return selection.successors(limit: limit)
    }
  }

  /// The most probable next words one after the other; see `successors(of:limit:inIDs:)`.
  public func successorSearch(of state: State, inIDs ids: Range<UInt32>? = nil) -> SuccessorSearch {
    SuccessorSearch(self, state, inIDs: ids)
  }
}

/// The next words in descending order of probability, for those who do not know beforehand how many they need: found
/// a few at first, and four times as many whenever these are used up.
public struct SuccessorSearch {
  private let model: NGramModel
  private let state: NGramModel.State
  private let ids: Range<UInt32>?
  private var limit = 0
  private var found: [Successor] = []
  /// As many of the list are there for certain; of those as probable as its last, others may stand for them next time.
  private var certainCount = 0
  private var givenCount = 0
  private var isComplete = false
  private static let firstLimit = 16

  init(_ model: NGramModel, _ state: NGramModel.State, inIDs ids: Range<UInt32>?) {
    self.model = model
    self.state = state
    self.ids = ids
  }

  /// The most probable word that has not been given yet; nil when all have.
  public mutating func next() -> Successor? {
    // A file that is written into meanwhile may have fewer than before.
    while givenCount >= certainCount {
      guard !isComplete else { return nil }
      limit = limit == 0 ? Self.firstLimit : limit * 4
      found = model.successors(of: state, limit: limit, inIDs: ids)
      isComplete = found.count < limit
      certainCount = found.count
      guard !isComplete, let least = found.last?.logProbability else { continue }
      while certainCount > 0 && found[certainCount - 1].logProbability == least { certainCount -= 1 }
    }
    givenCount += 1
    return found[givenCount - 1]
  }
}
