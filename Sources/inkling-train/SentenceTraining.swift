import Console
import Corpora
import JSON
import LanguageModeling
import NGrams
import NeuralTraining
import Platform

/// Trains on token files whose lines are the sequences, as other n-gram toolkits do: the text is streamed, and there are
/// no documents for a mixture to learn from.
struct SentenceTraining {
  let paths: [String]
  let corpus: CorpusArguments
  let training: NGramTraining
  /// Whether a network is to learn from the text as well.
  let keepsText: Bool

  func run(into model: inout ModelOutput) throws(Failure) -> RunSummary {
    let reporter = training.reporter
    let tokenFiles = try TokenFiles(paths, leavingOut: try CorpusReading(corpus).filesToLeaveOut())
    let files = tokenFiles.paths
    let estimator = try training.makeEstimator()
    var counter = estimator.makeCorpus()
    reporter.begin("reading")
    let byteCounts = files.map(fileByteCount)
    let total = max(1, byteCounts.reduce(0, +))
    var done = 0
    for (path, byteCount) in zip(files, byteCounts) {
      try counter.appendTokenFile(path, sequencePerLine: true)
      done += byteCount
      reporter.update(fraction: Double(done) / Double(total), units: (counter.tokenCount, "tokens"))
    }
    reporter.end()
    let leftOut = CorpusTable.heldOut(fileCount: tokenFiles.heldOutCount)
    let summary: JSONObject = [
      "unit": "line", "files": JSON(files.count), "bytes": JSON(done),
      "sequences": JSON(counter.sequenceCount),
      "tokens": JSON(counter.tokenCount), "leftOut": leftOut.json,
    ]
    reporter.report(
      "corpus", summary,
      text:
        "\(NumberText.grouped(counter.tokenCount)) tokens in \(NumberText.grouped(counter.sequenceCount)) "
        + "sentences, \(files.count == 1 ? "1 file" : "\(NumberText.grouped(files.count)) files")"
        + leftOut.text)
    let path = model.path(of: ModelDirectory.ngramsName)
    let trained = try training.train(counter, estimator: estimator, path: path)
    var metrics: [ModelMetric] = []
    if !corpus.valid.isEmpty {
      let sum = try CorpusReading(corpus).score(
        corpus.valid, model: NGramModel(path: path), vocabulary: trained.vocabulary)
      let metric = ModelMetric(on: "heldOut", component: "ngram", sum: sum)
      reporter.report("metrics", metric.members, text: metric.text)
      metrics.append(metric)
    }
    var result = RunSummary(trained: trained, corpus: summary, metrics: metrics)
    if keepsText {
      let reading = CorpusReading(corpus)
      result.text = TrainingText(
        training: try reading.sequences(of: files, vocabulary: trained.vocabulary),
        heldOut: corpus.valid.isEmpty
          ? nil : try reading.sequences(of: corpus.valid, vocabulary: trained.vocabulary),
        vocabularyCount: trained.vocabulary.count)
    }
    return result
  }

  private func fileByteCount(_ path: String) -> Int {
    var status = stat()
    return fileStatus(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
