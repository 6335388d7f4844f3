import Neural

/// A sentence as a network of tags reads it, and its tags.
public struct TaggedSequence: Hashable, Sendable {
  /// Ids of the vocabulary, one a word.
  public var words: [Int32]
  /// Of each word its letters.
  public var letters: [[Int32]]
  /// Places among the names of the tags; −1 for a tag that is not among them, of held-out sentences only.
  public var tags: [Int32]

  public init(words: [Int32], letters: [[Int32]], tags: [Int32]) {
    self.words = words
    self.letters = letters
    self.tags = tags
  }
}

/// What a tagger's network is trained and measured on.
public struct TaggedText: Sendable {
  public var training: [TaggedSequence]
  /// Empty: nothing is measured, and the last weights are kept.
  public var heldOut: [TaggedSequence]
  public var tagCount: Int
  /// Ids of words are below it.
  public var typeCount: Int
  public var letterCount: Int

  public init(
    training: [TaggedSequence], heldOut: [TaggedSequence], tagCount: Int, typeCount: Int, letterCount: Int
  ) {
    self.training = training
    self.heldOut = heldOut
    self.tagCount = tagCount
    self.typeCount = typeCount
    self.letterCount = letterCount
  }
}

/// Everything that decides what a run of a tagger learns, beside its network's description.
public struct TaggingOptions: TaskOptions, Hashable, Sendable {
  public var length = TrainingLength.epochs(15)
  /// Sentences before the weights move.
  public var batchSize = 32
  public var method = OptimizationMethod.adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
  public var rate = 2e-3
  public var schedule = RateSchedule.linear(floor: 0.02)
  public var clipping = Clipping(norm: 5)
  public var weightDecay = 0.0
  /// Whether a conditional random field weighs the tags of a sentence together (Lample et al. 2016); else each word's by
  /// itself.
  public var hasField = true
  /// A word that occurs n times is read as unknown with the chance of this over this plus n, so that the unknown word's vector
  /// learns, and letters are not passed over for words that are known by heart (Kiperwasser and Goldberg 2016, section 4).
  public var unknownWeight = 0.25
  /// Evaluations without improvement before the run ends; nil runs to the end.
  public var patience: Int?
  public var seed: UInt64 = 1
  /// Nil uses all processors.
  public var threadCount: Int?
  public var secondsBetweenCheckpoints = 120.0

  public init() {}
}
