import LanguageModeling

/// What stays the same from position to position.
struct MixtureSetting {
  let lexicon: Lexicon
  let ngrams: NGramComponent?
  let contexts: TrainedContexts?
  let spelling: SpellingModel
  let diffWeights: DiffWeights
}

/// A position that the components look at.
struct MixturePosition {
  let sequence: TokenSequence
  /// Of the token that is predicted.
  let index: Int
  let keys: ContextKeys
  let sources: MixtureSources
  /// The token that stands at the position, whose own occurrence does not count; `.max` for none.
  let leftOut: UInt32

  init(_ sequence: TokenSequence, at index: Int, _ sources: MixtureSources) {
    precondition(index >= 0 && index <= sequence.count)
    self.sequence = sequence
    self.index = index
    self.sources = sources
    leftOut = sources.leavesOutToken && index < sequence.count ? sequence.id(at: index) : .max
    keys = sequence.ids.withUnsafeBufferPointer { ids in
      sequence.classes.withUnsafeBufferPointer { classes in
        ContextKeys(
          ids: ids.baseAddress! + index + TokenSequence.reach,
          classes: classes.baseAddress! + index + TokenSequence.reach)
      }
    }
  }
}
