import Corpora
import JSON
import LanguageModeling
import NGrams
import NeuralTraining
import Platform
import Privacy

/// What a network learns from, read without counting n-grams: the vocabulary and the text that a model of the same files
/// has, its held-out documents the same ones.
struct NetworkText {
  let vocabulary: Vocabulary
  let text: TrainingText
  /// What was read.
  let corpus: CorpusSummary

  /// - Parameters:
  ///   - paths: readable as often as need be.
  ///   - forgotten: what must not be learned.
  /// - Throws: `Failure` for paths that cannot be read or hold nothing to learn from.
  init(
    _ paths: [String], options: ModelBuildingOptions, forgotten: ForgottenList, reporter: BuildReporter
  ) throws(Failure) {
    let reading = CorpusReading(options, forgotten: forgotten, reporter: reporter)
    reporter.begin(.reading)
    if options.text.form == .tokenLines {
      try self.init(linesOf: paths, reading)
    } else {
      let training = NGramTraining(options.ngrams, reporter: reporter)
      try self.init(documentsOf: paths, reading, training, options)
    }
    reporter.end()
    reporter.report(.corpus(corpus))
  }

  private init(
    documentsOf paths: [String], _ reading: CorpusReading, _ training: NGramTraining,
    _ options: ModelBuildingOptions
  ) throws(Failure) {
    let validationPaths = options.text.validationPaths
    var (store, outcome) = try FileDocuments(paths: paths).read(
      reading, training, holdsOut: validationPaths.isEmpty)
    corpus = CorpusSummary(store, outcome)
    vocabulary = try store.makeVocabulary()
    let learned = store.documents.indices
    if !validationPaths.isEmpty { _ = try reading.read(validationPaths, into: &store) }
    text = try store.trainingText(
      learned: learned,
      heldOut: options.heldOutDocuments(of: store, learned: learned, chosen: outcome.heldOut), vocabulary)
  }

  private init(linesOf paths: [String], _ reading: CorpusReading) throws(Failure) {
    let files = try TokenFiles(
      paths, leavingOut: try reading.filesToLeaveOut(), forgotten: reading.forgotten.paths)
    var counts = CorpusSummary.TokenFileCounts(
      fileCount: files.paths.count, byteCount: 0, tokenCount: 0, heldOutCount: files.heldOutCount,
      forgottenCount: files.forgottenCount)
    var types = TypeInterner()
    var sequenceCount = 0
    for path in files.paths {
      let file = try MappedFile(path)
      try reading.types.forEachSequence(ofTokens: file.bytes, unit: .line) { line, _ in
        for type in line { _ = types.intern(type) }
        counts.tokenCount += line.count
        sequenceCount += 1
      }
      try file.checkIsWhole()
      counts.byteCount += file.count
      reading.reporter.update(fraction: 0, tokenCount: counts.tokenCount)
    }
    corpus = .tokenLines(counts, sequenceCount: sequenceCount)
    vocabulary = Vocabulary(types: (0..<UInt32(types.count)).lazy.map { Array(types.bytes(of: $0)) })
    let validationPaths = reading.options.validationPaths
    text = TrainingText(
      training: try reading.sequences(of: files.paths, vocabulary: vocabulary),
      heldOut: validationPaths.isEmpty
        ? nil : try reading.sequences(of: validationPaths, vocabulary: vocabulary),
      vocabularyCount: vocabulary.count)
  }
}
