import Console
import Corpora
import JSON
import LanguageModeling
import NGrams
import NeuralTraining
import Platform
import Prediction

/// Trains on documents: a person's files, or token files of which each is one sequence.
///
/// The mixture is fitted, once a network has learned too, to documents that a model of the others has not seen; the n-grams
/// that are kept learn from all of them. Documents of `--valid` and `--test`
/// are never learned from, wherever they lie.
struct DocumentTraining {
  let paths: [String]
  let corpus: CorpusArguments
  let training: NGramTraining
  /// Whether a network is to learn from the documents as well: from those that are not held out.
  let keepsText: Bool
  /// What must not be learned.
  let forgotten: ForgottenList

  private var reporter: Reporter { training.reporter }

  func run(into model: inout ModelOutput) throws(Failure) -> RunSummary {
    var store = DocumentStore()
    let reading = CorpusReading(corpus, forgotten: forgotten)
    reporter.begin("reading")
    let outcome = try reading.read(
      paths, into: &store, holdsOut: corpus.valid.isEmpty, leavingOut: try reading.filesToLeaveOut()
    ) { count in
      reporter.update(fraction: 0, units: (count, "tokens"))
    }
    reporter.end()
    let description = describe(store, outcome)
    let learned = store.documents.indices
    if !corpus.valid.isEmpty { _ = try reading.read(corpus.valid, into: &store) }
    let heldOut = heldOutDocuments(of: store, learned: learned, chosen: outcome.heldOut)

    let path = model.path(of: ModelDirectory.ngramsName)
    let trained = try trainNGrams(store, label: "n-grams", to: path) { learned.contains($0) }
    var summary = RunSummary(trained: trained, corpus: description, metrics: [])
    if keepsText {
      let translation = store.translation(to: trained.vocabulary)
      let learnt = learned.filter { !heldOut.contains($0) }
      summary.text = TrainingText(
        training: store.sequences(learnt, translation),
        heldOut: store.sequences(heldOut.sorted(), translation),
        vocabularyCount: trained.vocabulary.count)
    }
    let fitsMixture = !corpus.noMixture && corpus.units == .word
    guard !heldOut.isEmpty || fitsMixture else { return summary }

    let seen: (vocabulary: Vocabulary, model: NGramModel)
    if corpus.valid.isEmpty, !heldOut.isEmpty {
      let partialPath = model.path(of: "partial.bin")
      let partial = try trainNGrams(store, label: "n-grams without the held-out files", to: partialPath) {
        !heldOut.contains($0)
      }
      seen = (partial.vocabulary, try NGramModel(path: partialPath))
      unlink(partialPath)
    } else {
      seen = (trained.vocabulary, try NGramModel(path: path))
    }
    if !heldOut.isEmpty {
      var sum = Perplexity()
      store.score(heldOut.sorted(), model: seen.model, vocabulary: seen.vocabulary, into: &sum)
      let metric = ModelMetric(on: "heldOut", component: "ngram", sum: sum)
      reporter.report("metrics", metric.members, text: metric.text)
      summary.metrics.append(metric)
    }
    if fitsMixture {
      summary.mixture = MixtureTraining(
        store: store, learned: learned, heldOut: heldOut, training: training, seed: corpus.seed,
        vocabulary: trained.vocabulary, seen: seen)
    }
    return summary
  }

  private func trainNGrams(
    _ store: DocumentStore, label: String, to path: String, where isIncluded: (Int) -> Bool
  ) throws(Failure) -> TrainedNGrams {
    let estimator = try training.makeEstimator()
    var counter = estimator.makeCorpus()
    try store.count(into: &counter, where: isIncluded)
    return try training.train(counter, estimator: estimator, path: path, label: label)
  }

  /// Indices of the documents that the mixture is fitted to.
  private func heldOutDocuments(of store: DocumentStore, learned: Range<Int>, chosen: Set<Int>?) -> Set<Int> {
    if !corpus.valid.isEmpty { return Set(learned.upperBound..<store.documents.count) }
    if let chosen { return chosen }
    guard let share = corpus.heldOut else {
      var groups = MixtureCorpus(vocabulary: Vocabulary(types: []))
      for document in store.documents {
        groups.add(group: document.group, ids: [UInt32](repeating: 0, count: document.range.count))
      }
      return groups.heldOutIndices()
    }
    let count = min(learned.count - 1, Int((Double(learned.count) * share).rounded()))
    guard count > 0 else { return [] }
    var generator = SplitMix(state: corpus.seed)
    return Set(learned.shuffled(using: &generator).prefix(count))
  }

  private func describe(_ store: DocumentStore, _ outcome: CorpusReading.Outcome) -> JSONObject {
    if let report = outcome.report {
      let table = CorpusTable(report: report)
      reporter.report("corpus", table.members, text: String(table.text.dropLast()))
      return table.members
    }
    let documents = store.documents
    var members: JSONObject = [
      "unit": "document", "files": JSON(documents.count),
      "bytes": JSON(documents.reduce(0) { $0 + $1.byteCount }), "tokens": JSON(store.tokenCount),
    ]
    let leftOut = CorpusTable.heldOut(fileCount: outcome.leftOutCount)
    members["leftOut"] = leftOut.json
    reporter.report(
      "corpus", members,
      text:
        "\(NumberText.grouped(store.tokenCount)) tokens in \(NumberText.grouped(documents.count)) documents"
        + leftOut.text)
    return members
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same choices from the same seed, on every machine.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
