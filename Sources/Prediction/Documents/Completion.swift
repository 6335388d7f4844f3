/// A word that may come next.
public struct Completion: Hashable, Sendable {
  /// The word.
  public var text: String
  /// What to insert: the word, and a space before it where the text would have one and lacks it.
  public var insertedText: String
  /// The bytes of the document that the inserted text replaces.
  public var replacedBytes: Range<Int>
  /// P of the word at this place, given what is typed of it.
  public var probability: Double
  /// The component that has most to do with it.
  public var source: Component
  /// How the word agrees with what is typed.
  public var match: PrefixMatch

  public init(
    text: String, insertedText: String, replacedBytes: Range<Int>, probability: Double, source: Component,
    match: PrefixMatch
  ) {
    self.text = text
    self.insertedText = insertedText
    self.replacedBytes = replacedBytes
    self.probability = probability
    self.source = source
    self.match = match
  }
}

/// What a request for completions gives: best first.
public struct CompletionList: Hashable, Sendable {
  public var items: [Completion]
  /// Whether asking again, with more typed or a moment later, may give other words.
  public var isIncomplete: Bool
  /// Whether the network had its say.
  public var usesNetwork: Bool
  /// What is typed of the word so far.
  public var typed: String

  public init(
    items: [Completion] = [], isIncomplete: Bool = false, usesNetwork: Bool = false, typed: String = ""
  ) {
    self.items = items
    self.isIncomplete = isIncomplete
    self.usesNetwork = usesNetwork
    self.typed = typed
  }
}

/// One token's improbability.
public struct TokenSurprisal: Hashable, Sendable {
  /// A word that would have been less surprising.
  public struct Alternative: Hashable, Sendable {
    public var text: String
    public var probability: Double

    public init(text: String, probability: Double) {
      self.text = text
      self.probability = probability
    }
  }

  public var byteRange: Range<Int>
  /// −log2 P of the token after what stands before it, its own occurrence not counted.
  public var surprisalBits: Double
  /// The most probable tokens at the place, where it was worth finding them.
  public var expected: [Alternative]

  public init(byteRange: Range<Int>, surprisalBits: Double, expected: [Alternative]) {
    self.byteRange = byteRange
    self.surprisalBits = surprisalBits
    self.expected = expected
  }
}

/// Several words that may come next.
public struct Continuation: Hashable, Sendable {
  public var text: String
  /// P of each token in turn.
  public var probabilities: [Double]

  public init(text: String, probabilities: [Double]) {
    self.text = text
    self.probabilities = probabilities
  }
}
