/// How many words are given their tag, in all and among those that the tagger has not read in training.
public struct TaggingAccuracy: Hashable, Sendable {
  public let tags: [String]
  /// (tags + 1) × tags: the row is the tag, the last one those that the tagger does not have; the column what it was taken
  /// for.
  public private(set) var counts: [Int]
  public private(set) var wordCount = 0
  public private(set) var correctCount = 0
  public private(set) var unknownCount = 0
  public private(set) var correctUnknownCount = 0
  public private(set) var sentenceCount = 0
  /// Sentences of which all words are given their tag.
  public private(set) var correctSentenceCount = 0

  public init(tags: [String]) {
    self.tags = tags
    counts = [Int](repeating: 0, count: (tags.count + 1) * tags.count)
  }

  /// - Parameters:
  ///   - answers: what each word was given.
  ///   - isKnown: whether the word at a place was read in training.
  public mutating func count(_ sentence: TaggedSentence, answers: [Int], isKnown: (Int) -> Bool) {
    sentenceCount += 1
    if answers == sentence.tags { correctSentenceCount += 1 }
    for (place, (tag, answer)) in zip(sentence.tags, answers).enumerated() {
      counts[(tag < 0 ? tags.count : tag) * tags.count + answer] += 1
      wordCount += 1
      if tag == answer { correctCount += 1 }
      guard !isKnown(place) else { continue }
      unknownCount += 1
      if tag == answer { correctUnknownCount += 1 }
    }
  }

  public var accuracy: Double { Self.share(correctCount, wordCount) }
  public var unknownAccuracy: Double { Self.share(correctUnknownCount, unknownCount) }
  public var sentenceAccuracy: Double { Self.share(correctSentenceCount, sentenceCount) }

  private static func share(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }

  /// Of one tag.
  public struct Figures: Hashable, Sendable {
    /// Words that have it, and words that were given it.
    public var count: Int
    public var givenCount: Int
    public var precision: Double
    public var recall: Double
    public var f1: Double
  }

  public func figures(of tag: Int) -> Figures {
    let right = counts[tag * tags.count + tag]
    let there = (0..<tags.count).reduce(0) { $0 + counts[tag * tags.count + $1] }
    let given = (0...tags.count).reduce(0) { $0 + counts[$1 * tags.count + tag] }
    return Figures(
      count: there, givenCount: given, precision: Self.share(right, given), recall: Self.share(right, there),
      f1: Self.share(2 * right, there + given))
  }
}
