import Corpora
import LanguageModeling
import Lexing
import NGrams
import Platform
import Prediction
import Synchronization

/// Measures how often a person's own text is marked as a slip, so that the rate that is set is the one that comes out.
///
/// The documents that are looked at were learned by the model; the detector leaves their own occurrences out of it
/// (`LeftOutScore`), as if each had been held out.
struct SlipRateMeasurement {
  /// More says little more.
  private static let tokenLimit = 80_000
  /// Of a document, its beginning.
  private static let byteLimit = 200_000

  let documents: [DocumentStore.Document]
  let vocabulary: Vocabulary
  let discounts: [Discounts]
  let threadCount: Int
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
    let chosen = chosen()
    let (reporter, shouldStop) = (reporter, shouldStop)
    let measured = Mutex((rates: MeasuredSlipRates(), documentCount: 0))
    try forEachTask(chosen.count, threadCount: threadCount) { (_, place) throws(Failure) in
      if shouldStop() { return }
      var rates = MeasuredSlipRates()
      // What is gone or has become something else since it was read is passed over.
      if let bytes = try? Self.beginning(of: chosen[place].path) {
        let grammar = try library.grammar(languageID: chosen[place].languageID) ?? .plainText
        DocumentPredictor(text: TextDecoding.text(bytes), grammar: grammar, model: opened)
          .measureSlips(into: &rates)
      }
      let done = measured.withLock { measured in
        measured.rates.add(rates)
        measured.documentCount += 1
        return measured.documentCount
      }
      reporter.update(fraction: Double(done) / Double(chosen.count))
    }
    let rates = measured.withLock { $0.rates }
    if !rates.isEmpty { try model.write(MeasuredSlipRates.fileName, rates.serialized()) }
  }

  /// The first lines of a file, all where it is not long.
  private static func beginning(of path: String) throws(Failure) -> [UInt8] {
    let file = try MappedFile(path)
    return withExtendedLifetime(file) {
      guard file.count > byteLimit else { return Array(file.bytes) }
      let first = file.bytes.prefix(byteLimit)
      return Array(first[..<(first.lastIndex(of: 0x0A) ?? first.endIndex)])
    }
  }

  /// Documents of about as many tokens as are looked at, spread over languages and folders.
  private func chosen() -> [DocumentStore.Document] {
    var random = SplitMix64(seed: 7)
    let byLanguage = Dictionary(grouping: documents) { $0.languageID }
    var rest = byLanguage.sorted { $0.key < $1.key }.map { $0.value.shuffled(using: &random) }
    // Each language as much of the text as it is of the whole, but none without a share.
    let total = Double(max(1, documents.count))
    var chosen: [DocumentStore.Document] = []
    var tokenCount = 0
    var due = rest.map { _ in 0.0 }
    while tokenCount < Self.tokenLimit,
      let next = rest.indices.filter({ !rest[$0].isEmpty }).min(by: { due[$0] < due[$1] })
    {
      let document = rest[next].removeLast()
      chosen.append(document)
      tokenCount +=
        document.range.count * min(document.byteCount, Self.byteLimit) / max(document.byteCount, 1)
      due[next] += 1 / max(Double(byLanguage[document.languageID]!.count) / total, 0.05)
    }
    return chosen
  }
}
