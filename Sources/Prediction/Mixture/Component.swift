/// The parts of the mixture that can be looked at, or switched off, one at a time.
public enum Component: String, CaseIterable, Hashable, Sendable {
  /// The static n-gram model.
  case ngram
  /// The abstracted contexts of the training text.
  case contexts
  /// The document's own tokens, by their contexts and by recency.
  case document
  /// Other documents.
  case neighbours
  /// The recurrent network.
  case recurrent
  /// The spelling of words that nobody has seen.
  case spelling
}

/// The distributions that are mixed, by number.
enum Expert {
  static let ngram = 0
  static let spelling = 1
  static let trained = 2..<2 + ContextKind.trained.count
  static let document = trained.upperBound..<trained.upperBound + ContextKind.dynamic.count
  static let neighbours = document.upperBound..<document.upperBound + ContextKind.dynamic.count
  static let recency = neighbours.upperBound..<neighbours.upperBound + RecencyWindow.listCount
  static let recurrent = recency.upperBound
  static let count = recurrent + 1

  static func component(_ expert: Int) -> Component {
    switch expert {
    case ngram: .ngram
    case spelling: .spelling
    case trained: .contexts
    case document, recency: .document
    case neighbours: .neighbours
    default: .recurrent
    }
  }
}

/// What the gate sees of a position, by number: how well each expert knows the context.
enum Feature {
  /// One-hot: how many tokens of the context the n-gram model knows, 0 to 7.
  static let matchedOrder = 0..<8
  /// Three for each expert from 2 on: the count behind the context, the share of the most frequent successor, the
  /// number of different successors.
  static func expert(_ expert: Int) -> Int { matchedOrder.upperBound + 3 * (expert - 2) }
  /// Of the network beside those three: the second most probable word's share, and that of the ten most probable.
  static let recurrent = expert(Expert.count)..<expert(Expert.count) + 2
  /// What the network gives to the word that followed most often in the longest known context of the document, of other
  /// documents, and to the word that followed last.
  static let documentAgreement = recurrent.upperBound
  static let neighbourAgreement = documentAgreement + 1
  static let recencyAgreement = documentAgreement + 2
  static let position = documentAgreement + 3
  static let hasModel = position + 1
  static let hasDocument = position + 2
  static let hasNeighbours = position + 3
  static let count = position + 4
}
