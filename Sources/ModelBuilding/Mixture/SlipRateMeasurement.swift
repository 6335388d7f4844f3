import Corpora
import LanguageModeling
import Lexing
import NGrams
import Platform
import Prediction

/// Measures how often a person's own text is marked as a slip, so that the rate that is set is the one that comes out.
///
/// The documents that are looked at were learned by the model; the detector leaves their own occurrences out of it
/// (`LeftOutScore`), as if each had been held out.
struct SlipRateMeasurement {
  /// More says little more.
  private static let tokenLimit = 120_000
  /// Of a document, its beginning.
  private static let byteLimit = 400_000

  let documents: [DocumentStore.Document]
  let vocabulary: Vocabulary
  let discounts: [Discounts]
  let reporter: BuildReporter
  let shouldStop: @Sendable () -> Bool

  /// Adds `slips.json` to a model whose other parts are there.
  func run(into model: inout ModelOutput) throws(Failure) {
    guard !documents.isEmpty, !discounts.isEmpty else { return }
    reporter.begin(.slipRates)
    defer { reporter.end() }
    let contextsPath = model.path(of: TrainedContexts.fileName)
    let opened = Model(
      vocabulary: vocabulary, ngrams: try NGramModel(path: model.path(of: ModelDirectory.ngramsName)),
      contexts: fileExists(contextsPath) ? try TrainedContexts(file: MappedFile(contextsPath)) : nil,
      discounts: discounts)
    let library = try GrammarLibrary.standard()
    var rates = MeasuredSlipRates()
    var tokenCount = 0
    for document in chosen() {
      if tokenCount >= Self.tokenLimit || shouldStop() { break }
      // What is gone or has become something else since it was read is passed over.
      guard let bytes = try? readFile(document.path, limit: Self.byteLimit),
        let grammar = try library.grammar(languageID: document.languageID) ?? Optional(.plainText)
      else { continue }
      let predictor = DocumentPredictor(
        text: TextDecoding.text(bytes), grammar: grammar, model: opened)
      predictor.measureSlips(into: &rates)
      tokenCount += predictor.tokenCount
      reporter.update(fraction: Double(tokenCount) / Double(Self.tokenLimit))
    }
    if !rates.isEmpty { try model.write(MeasuredSlipRates.fileName, rates.serialized()) }
  }

  /// All documents, in an order in which any number of the first are spread evenly over languages and folders.
  private func chosen() -> [DocumentStore.Document] {
    var random = SplitMix64(seed: 7)
    let byLanguage = Dictionary(grouping: documents.filter { $0.byteCount <= Self.byteLimit }) {
      $0.languageID
    }
    var rest = byLanguage.sorted { $0.key < $1.key }.map { $0.value.shuffled(using: &random) }
    // Each language as much of the text as it is of the whole, but none without a share.
    let total = Double(max(1, documents.count))
    var chosen: [DocumentStore.Document] = []
    var due = rest.map { _ in 0.0 }
    while let next = rest.indices.filter({ !rest[$0].isEmpty }).min(by: { due[$0] < due[$1] }) {
      chosen.append(rest[next].removeLast())
      due[next] += 1 / max(Double(byLanguage[chosen.last!.languageID]!.count) / total, 0.05)
    }
    return chosen
  }
}
