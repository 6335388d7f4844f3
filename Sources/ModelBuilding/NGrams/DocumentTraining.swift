import Corpora
import JSON
import LanguageModeling
import NGrams
import NeuralTraining
import Platform
import Prediction
import Privacy

/// Trains on documents: a person's files, or token files of which each is one sequence.
///
/// The mixture is fitted, once a network has learned too, to documents that a model of the others has not seen; the n-grams
/// that are kept learn from all of them. Documents to validate and
/// test on are never learned from, wherever they lie.
struct DocumentTraining<Source: DocumentSource> {
  let source: Source
  let options: ModelBuildingOptions
  let training: NGramTraining
  /// Whether a network is to learn from the documents as well: from those that are not held out.
  let keepsText: Bool
  /// What must not be learned.
  let forgotten: ForgottenList

  private var reporter: BuildReporter { training.reporter }
  private var validationPaths: [String] { options.text.validationPaths }

  func run(into model: inout ModelOutput) throws(Failure) -> RunSummary {
    let reading = CorpusReading(options, forgotten: forgotten, reporter: reporter)
    reporter.begin(.reading)
    var (store, outcome) = try source.read(reading, training, holdsOut: validationPaths.isEmpty)
    reporter.end()
    let read = CorpusSummary(store, outcome)
    reporter.report(.corpus(read))
    let learned = store.documents.indices
    if !validationPaths.isEmpty { _ = try reading.read(validationPaths, into: &store) }
    let heldOut = options.heldOutDocuments(of: store, learned: learned, chosen: outcome.heldOut)

    let path = model.path(of: ModelDirectory.ngramsName)
    let trained = try source.train(store, training, stage: .ngrams, to: path, learned: learned) {
      learned.contains($0)
    }
    var summary = RunSummary(trained: trained, corpus: read.members, metrics: [])
    if options.text.form == .words, Source.readsFiles { summary.documents = Array(store.documents[learned]) }
    if keepsText {
      summary.text = try store.trainingText(learned: learned, heldOut: heldOut, trained.vocabulary)
    }
    let fitsMixture = options.fitsMixture && options.text.form != .characters
    guard !heldOut.isEmpty || fitsMixture else { return summary }

    let seen: (vocabulary: Vocabulary, model: NGramModel)
    if validationPaths.isEmpty, !heldOut.isEmpty {
      let partialPath = model.path(of: "partial.bin")
      let partial = try source.train(
        store, training, stage: .partialNGrams, to: partialPath, learned: learned
      ) { !heldOut.contains($0) }
      seen = (partial.vocabulary, try NGramModel(path: partialPath))
      unlink(partialPath)
    } else {
      seen = (trained.vocabulary, try NGramModel(path: path))
    }
    if !heldOut.isEmpty {
      var sum = Perplexity()
      try store.score(heldOut.sorted(), model: seen.model, vocabulary: seen.vocabulary, into: &sum)
      let metric = ModelMetric(on: "heldOut", component: "ngram", sum: sum)
      reporter.report(.metric(metric))
      summary.metrics.append(metric)
    }
    if fitsMixture {
      summary.mixture = MixtureTraining(
        store: store, learned: learned, heldOut: heldOut, training: training, seed: options.seed,
        thresholds: options.isCompact ? .compact : .standard, vocabulary: trained.vocabulary, seen: seen)
    }
    return summary
  }
}
