import Corpora

extension CorpusSummary {
  /// What was read into a store, before anything else was.
  init(_ store: DocumentStore, _ outcome: CorpusReading.Outcome) {
    if let report = outcome.report {
      self = .files(report)
      return
    }
    let documents = store.documents
    self = .tokenDocuments(
      .init(
        fileCount: documents.count, byteCount: documents.reduce(0) { $0 + $1.byteCount },
        tokenCount: store.tokenCount, heldOutCount: outcome.heldOutCount,
        forgottenCount: outcome.forgottenCount))
  }
}
