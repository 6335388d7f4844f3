import LanguageModeling
import NGrams
import Platform

/// Trains on runs of token files whose lines are the sequences.
struct RunSentenceTraining {
  let merged: MergedRuns
  /// By number.
  let types: TypeInterner
  let training: NGramTraining
  let reading: CorpusReading

  func run(into model: inout ModelOutput) throws(Failure) -> RunSummary {
    let reporter = training.reporter
    let description = merged.set.description
    reporter.begin(.reading)
    var tally = RunTally(count: merged.numberCount)
    var fileCount = 0
    var byteCount = 0
    try merged.forEachDocument { (document, forEachNumber) throws(Failure) in
      fileCount += 1
      byteCount += document.byteCount
      try forEachNumber { (id) throws(Failure) in
        if id == TokenStream.sequenceEnd { tally.endSequence() } else { tally.add(id) }
      }
      reporter.update(
        fraction: Double(tally.tokenCount) / Double(max(1, description.tokenCount)),
        tokenCount: tally.tokenCount)
    }
    reporter.end()
    let summary = CorpusSummary.tokenLines(
      .init(
        fileCount: fileCount, byteCount: byteCount, tokenCount: tally.tokenCount,
        heldOutCount: description.leftOut[""]?[.heldOut]?.fileCount ?? 0,
        forgottenCount: description.leftOut[""]?[.forgotten]?.fileCount ?? 0),
      sequenceCount: tally.sequenceCount)
    reporter.report(.corpus(summary))
    let path = model.path(of: ModelDirectory.ngramsName)
    let trained = try training.train(tally.corpus(merged, types: types, excluded: nil), path: path)
    return RunSummary(
      trained: trained, corpus: summary.members,
      metrics: try SentenceTraining.heldOutMetrics(reading, model: path, vocabulary: trained.vocabulary))
  }
}
