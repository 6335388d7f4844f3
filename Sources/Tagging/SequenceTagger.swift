import Platform

/// Gives every word of a sentence a tag. Immutable.
public protocol SequenceTagger: Sendable {
  /// Names of the tags; a tag is a place among them.
  var tags: [String] { get }

  /// The best tags for the words of a sentence, UTF-8 as they stand: of a chain the most probable sequence.
  func tags(of words: [[UInt8]]) throws(Failure) -> [Int]

  /// words × tags: the probability of each tag given all words.
  func probabilities(of words: [[UInt8]]) throws(Failure) -> [Double]

  /// words × tags: the probability of each tag given the words up to it; nil where the tagger cannot but look ahead.
  func filteredProbabilities(of words: [[UInt8]]) throws(Failure) -> [Double]?
}
