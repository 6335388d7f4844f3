import Corpora
import JSON
import LanguageModeling
import NGrams
import NeuralTraining
import Platform
import Privacy

/// Trains on token files whose lines are the sequences, as other n-gram toolkits do: the text is streamed, and there are
/// no documents for a mixture to learn from.
struct SentenceTraining {
  let paths: [String]
  let options: ModelBuildingOptions
  let training: NGramTraining
  /// Whether a network is to learn from the text as well.
  let keepsText: Bool
  /// What must not be learned.
  let forgotten: ForgottenList

  func run(into model: inout ModelOutput) throws(Failure) -> RunSummary {
    let reporter = training.reporter
    let validationPaths = options.text.validationPaths
    let reading = CorpusReading(options, forgotten: forgotten, reporter: reporter)
    let tokenFiles = try TokenFiles(
      paths, leavingOut: try reading.filesToLeaveOut(), forgotten: forgotten.paths)
    let files = tokenFiles.paths
    let estimator = try training.makeEstimator()
    var counter = estimator.makeCorpus()
    reporter.begin(.reading)
    let byteCounts = files.map(fileByteCount)
    let total = max(1, byteCounts.reduce(0, +))
    var done = 0
    let tokens = TokenFileReading(types: reading.types, threadCount: estimator.options.threadCount)
    for (path, byteCount) in zip(files, byteCounts) {
      try tokens.append(path, to: &counter)
      try training.checkMemory(forTypes: counter.typeCount, byteCount: counter.spellingByteCount)
      done += byteCount
      reporter.update(fraction: Double(done) / Double(total), tokenCount: counter.tokenCount)
    }
    reporter.end()
    let summary = CorpusSummary.tokenLines(
      .init(
        fileCount: files.count, byteCount: done, tokenCount: counter.tokenCount,
        heldOutCount: tokenFiles.heldOutCount, forgottenCount: tokenFiles.forgottenCount),
      sequenceCount: counter.sequenceCount)
    reporter.report(.corpus(summary))
    let path = model.path(of: ModelDirectory.ngramsName)
    let trained = try training.train(counter, estimator: estimator, path: path)
    var result = RunSummary(
      trained: trained, corpus: summary.members,
      metrics: try Self.heldOutMetrics(reading, model: path, vocabulary: trained.vocabulary))
    if keepsText {
      result.text = TrainingText(
        training: try reading.sequences(of: files, vocabulary: trained.vocabulary),
        heldOut: validationPaths.isEmpty
          ? nil : try reading.sequences(of: validationPaths, vocabulary: trained.vocabulary),
        vocabularyCount: trained.vocabulary.count)
    }
    return result
  }

  /// How well a model foretells the files to validate on; empty where there are none.
  ///
  /// - Parameter path: of the `ngrams.bin`.
  static func heldOutMetrics(
    _ reading: CorpusReading, model path: String, vocabulary: Vocabulary
  ) throws(Failure) -> [ModelMetric] {
    let files = reading.options.validationPaths
    if files.isEmpty { return [] }
    let sum = try reading.score(files, model: NGramModel(path: path), vocabulary: vocabulary)
    let metric = ModelMetric(on: "heldOut", component: "ngram", sum: sum)
    reading.reporter.report(.metric(metric))
    return [metric]
  }

  private func fileByteCount(_ path: String) -> Int {
    var status = stat()
    return fileStatus(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
