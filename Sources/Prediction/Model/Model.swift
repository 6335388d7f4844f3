import LanguageModeling
import NGrams
import Platform

/// A model directory, opened: everything that was learned at training time. Immutable and shared.
public final class Model: Sendable {
  /// Where it came from; nil for a model made in memory.
  public let directory: ModelDirectory?
  public let vocabulary: Vocabulary
  public let ngramModel: NGramModel?
  let ngrams: NGramComponent?
  /// Contexts of the training text beside the n-grams.
  public let contexts: TrainedContexts?
  public let weights: MixtureWeights?

  /// Opens the model directory at `path`.
  ///
  /// - Throws: `Failure` naming the file that is missing or damaged.
  public convenience init(
    path: String, verification: ModelDirectory.Verification = .complete
  ) throws(Failure) {
    try self.init(directory: ModelDirectory(path, verification: verification))
  }

  public init(directory: ModelDirectory) throws(Failure) {
    self.directory = directory
    vocabulary = try directory.vocabulary()
    ngramModel =
      if let file = directory.file(ModelDirectory.ngramsName) {
        try NGramModel(file: file, vocabularyCount: vocabulary.count)
      } else { nil }
    ngrams = ngramModel.map { NGramComponent(model: $0) }
    contexts =
      if let file = directory.file(TrainedContexts.fileName) { try TrainedContexts(file: file) } else { nil }
    weights =
      if let file = directory.file(MixtureWeights.fileName) { try MixtureWeights(file: file) } else { nil }
  }

  /// A model of parts that are at hand.
  public init(
    vocabulary: Vocabulary, ngrams: NGramModel?, contexts: TrainedContexts? = nil,
    weights: MixtureWeights? = nil
  ) {
    directory = nil
    self.vocabulary = vocabulary
    ngramModel = ngrams
    self.ngrams = ngrams.map { NGramComponent(model: $0) }
    self.contexts = contexts
    self.weights = weights
  }

  /// A lexicon whose numbers fit this model.
  public func makeLexicon() -> Lexicon {
    Lexicon(vocabulary: vocabulary, structuralIDs: weights?.structuralIDs)
  }
}
