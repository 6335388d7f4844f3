/// Places of the right words among those that were offered.
public struct RankCounts: Hashable, Sendable {
  public private(set) var count = 0
  public private(set) var first = 0
  public private(set) var amongFive = 0
  public private(set) var reciprocalSum = 0.0

  /// - Parameter rank: from 1; nil if the word was not among the first ten.
  mutating func add(_ rank: Int?) {
    count += 1
    guard let rank, rank <= 10 else { return }
    reciprocalSum += 1 / Double(rank)
    if rank == 1 { first += 1 }
    if rank <= 5 { amongFive += 1 }
  }

  mutating func add(_ other: RankCounts) {
    count += other.count
    first += other.first
    amongFive += other.amongFive
    reciprocalSum += other.reciprocalSum
  }

  /// Mean of 1/rank, 0 beyond the tenth.
  public var meanReciprocalRank: Double { count == 0 ? 0 : reciprocalSum / Double(count) }
  public var top1: Double { count == 0 ? 0 : Double(first) / Double(count) }
  public var top5: Double { count == 0 ? 0 : Double(amongFive) / Double(count) }
}

/// What an evaluation counts; sums, so that parts can be added.
public struct EvaluationResult: Hashable, Sendable {
  public var documentCount = 0
  public var byteCount = 0
  public var tokenCount = 0
  public var bits = 0.0
  /// Tokens that are in the static model's vocabulary.
  public var knownTokenCount = 0
  public var knownBits = 0.0
  public var tokens = RankCounts()
  /// By the number of typed characters, 0 to 2: names of three characters or more.
  public var identifiers = [RankCounts](repeating: RankCounts(), count: 3)
  /// What typing a part of the texts took; nil where nothing was typed.
  public var typing: TypingResult?

  public init() {}

  public var bitsPerToken: Double { tokenCount == 0 ? 0 : bits / Double(tokenCount) }
  public var bitsPerTokenInVocabulary: Double {
    knownTokenCount == 0 ? 0 : knownBits / Double(knownTokenCount)
  }
  public var bitsPerByte: Double { byteCount == 0 ? 0 : bits / Double(byteCount) }

  public mutating func add(_ other: EvaluationResult) {
    documentCount += other.documentCount
    byteCount += other.byteCount
    tokenCount += other.tokenCount
    bits += other.bits
    knownTokenCount += other.knownTokenCount
    knownBits += other.knownBits
    tokens.add(other.tokens)
    for typed in identifiers.indices { identifiers[typed].add(other.identifiers[typed]) }
    addTyping(other.typing)
  }

  public mutating func addTyping(_ other: TypingResult?) {
    guard let other else { return }
    var sum = typing ?? TypingResult()
    sum.add(other)
    typing = sum
  }
}
