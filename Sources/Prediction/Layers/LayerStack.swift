import LanguageModeling
import NGrams
import Platform

/// A model and the layers below it, their words under one numbering, and what a text says of how much each is worth.
final class LayerStack: Sendable {
  let joined: JoinedVocabularies
  /// The n-grams of the model, then those of the layers.
  private let ngrams: [NGramComponent?]
  /// By layer, the classes of its structural words by their ids in it.
  private let structuralClasses: [[UInt32: UInt32]]
  /// An edit changes what is said of so many tokens behind it.
  let reach: Int

  /// More layers are not asked: each has experts of its own, and sets of experts are of 64 bits.
  static let maximumCount = 5

  /// - Parameters:
  ///   - vocabularies: the model's, then those of the layers.
  ///   - ngrams: in the same order.
  ///   - structuralIDs: of each layer, the ids of its structural words by falling frequency.
  init(vocabularies: [Vocabulary], ngrams: [NGramComponent?], structuralIDs: [[UInt32]]) {
    precondition(ngrams.count == vocabularies.count && structuralIDs.count == vocabularies.count - 1)
    joined = JoinedVocabularies(vocabularies)
    self.ngrams = ngrams
    reach = ngrams.reduce(0) { max($0, ($1?.model.order ?? 1) - 1) }
    structuralClasses = zip(vocabularies.dropFirst(), structuralIDs).map { vocabulary, ids in
      var classes: [UInt32: UInt32] = [:]
      for (rank, id) in ids.enumerated()
      where id < UInt32(vocabulary.count) && classes[id] == nil {
        classes[id] = vocabulary.withBytes(of: TokenID(rawValue: id)) {
          TokenClass(rank: rank, bytes: $0).rawValue
        }
      }
      return classes
    }
  }

  /// What a layer takes a token for in abstracted contexts.
  ///
  /// - Parameters:
  ///   - id: the layer's own of the token.
  ///   - own: what the model above takes it for.
  func tokenClass(of id: UInt32, number: UInt32, own: TokenClass, inLayer index: Int) -> TokenClass {
    if let structural = structuralClasses[index][id] { return TokenClass(rawValue: structural) }
    if own.isShape || own == .padding { return own }
    if own.isUnranked { return own.renumbered(id) }
    return joined.withBytes(of: number) {
      TokenClass.isPunctuation($0) ? TokenClass(unrankedID: id, bytes: $0) : TokenClass(shape: WordShape($0))
    }
  }

  // MARK: What a text says of the layers

  /// The contexts of so many tokens are scored together.
  private static let pieceTokenCount = 1024

  /// Adds what some tokens say of the model and its layers, or takes it off: exactly what was added before, as long as the
  /// `reach` tokens before them are the same.
  func count(
    _ sequence: TokenSequence, _ range: Range<Int>, isTakenOff: Bool = false,
    into evidence: inout LayerEvidence
  ) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(range.upperBound, start + Self.pieceTokenCount)
      countPiece(sequence, start..<end, isTakenOff ? -1 : 1, &evidence)
      start = end
    }
  }

  private func countPiece(
    _ sequence: TokenSequence, _ range: Range<Int>, _ factor: Int32, _ evidence: inout LayerEvidence
  ) {
    withUnsafeTemporaryAllocation(of: SIMD8<Float>.self, capacity: range.count) { given in
      given.initialize(repeating: SIMD8())
      for (place, component) in ngrams.enumerated() {
        guard let model = component?.model else { continue }
        let start = max(0, range.lowerBound - (model.order - 1))
        var state = start == 0 ? model.sentenceStartState : model.emptyState
        for index in start..<range.upperBound {
          var next = state
          let id = joined.id(of: sequence.id(at: index), in: place)
          let logProbability = model.score(TokenID(rawValue: id), after: state, next: &next).logProbability
          state = next
          if index >= range.lowerBound && id > TokenID.sentenceEnd.rawValue {
            given[index - range.lowerBound][place] = expf(logProbability)
          }
        }
      }
      for probabilities in given { evidence.add(probabilities, factor: factor) }
    }
  }
}

extension TokenClass {
  /// Whether it is structural, but not in the list of its model.
  fileprivate var isUnranked: Bool { !isShape && rawValue >> 30 & 1 != 0 }

  /// The same of a token that is unranked, with another number.
  fileprivate func renumbered(_ id: UInt32) -> TokenClass {
    TokenClass(rawValue: rawValue & ~0xFFF_FFFF | id & 0xFFF_FFFF)
  }
}
