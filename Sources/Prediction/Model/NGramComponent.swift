import LanguageModeling
import NGrams
import Platform

/// Where a position stands in the n-gram model.
struct NGramContext {
  var state: NGramModel.State?
  /// How many of the last tokens the model has seen in a row.
  var matchedCount = 0
}

/// The static n-gram model as the mixture uses it.
struct NGramComponent: Sendable {
  let model: NGramModel
  /// By order, where one occurrence of the training text can be taken out of the model again; else empty.
  var discounts: [Discounts] = []

  /// The state before the token at `index`; words outside the vocabulary are `<unk>` to the model.
  func context(of sequence: TokenSequence, at index: Int) -> NGramContext {
    let start = max(0, index - (model.order - 1))
    var state = start == 0 ? model.sentenceStartState : model.emptyState
    for place in start..<index {
      var next = state
      _ = model.score(TokenID(rawValue: known(sequence.id(at: place))), after: state, next: &next)
      state = next
    }
    return NGramContext(state: state, matchedCount: state.depth)
  }

  /// Words outside the vocabulary are `<unk>`.
  func known(_ id: UInt32) -> UInt32 { id < UInt32(model.vocabularyCount) ? id : 0 }

  /// P of a word of the vocabulary.
  func probability(of id: UInt32, after context: NGramContext) -> Float {
    guard let state = context.state, id < UInt32(model.vocabularyCount) else { return 0 }
    var next = state
    return expf(model.logProbability(of: TokenID(rawValue: id), after: state, next: &next))
  }

  /// Calls `body` with the most probable words and their probabilities, falling, until it says false.
  @inline(__always)
  func forEachSuccessor(
    of context: NGramContext, limit: Int, ids: Range<UInt32>?, _ body: (UInt32, Float) -> Bool
  ) {
    guard let state = context.state else { return }
    var search = model.successorSearch(of: state, inIDs: ids)
    var left = limit
    while left > 0, let successor = search.next() {
      guard successor.token > TokenID.sentenceEnd else { continue }
      guard body(successor.token.rawValue, expf(successor.logProbability)) else { return }
      left -= 1
    }
  }

  /// P of words without any context.
  func frequencies(of ids: [UInt32]) -> [Float] {
    let context = NGramContext(state: model.emptyState)
    model.willReadUnigrams(ids)
    return ids.map { probability(of: $0, after: context) }
  }
}
