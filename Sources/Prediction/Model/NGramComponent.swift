/// Where a position stands in the n-gram model.
struct NGramContext {
  /// How many of the last tokens the model has seen in a row.
  var matchedCount = 0
}

/// The static n-gram model as the mixture uses it. There is none until the mapped trie can be read.
enum NGramComponent: Sendable {
  func context(of sequence: TokenSequence, at index: Int) -> NGramContext { switch self {} }

  /// P of a word of the vocabulary.
  func probability(of id: UInt32, after context: NGramContext) -> Float { switch self {} }

  /// Calls `body` with the most probable words and their probabilities.
  func forEachSuccessor(
    of context: NGramContext, limit: Int, ids: Range<UInt32>?, _ body: (UInt32, Float) -> Void
  ) { switch self {} }
}
