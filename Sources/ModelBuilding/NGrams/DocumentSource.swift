import NGrams
import Platform

/// Where documents to learn from are read, and what counts their n-grams.
protocol DocumentSource {
  /// Whether the documents are files, which can be read once more.
  static var readsFiles: Bool { get }

  /// All documents to learn from.
  ///
  /// - Parameter holdsOut: whether to choose documents to hold out.
  func read(
    _ reading: CorpusReading, _ training: NGramTraining, holdsOut: Bool
  ) throws(Failure) -> (store: DocumentStore, outcome: CorpusReading.Outcome)

  /// Estimates and writes the n-gram model of some of the documents that were read.
  ///
  /// - Parameters:
  ///   - store: what was read, and perhaps other documents behind.
  ///   - path: of the `ngrams.bin` to write.
  ///   - learned: the documents that were read.
  func train(
    _ store: DocumentStore, _ training: NGramTraining, stage: ModelBuildingStage, to path: String,
    learned: Range<Int>, where isIncluded: (Int) -> Bool
  ) throws(Failure) -> TrainedNGrams
}

extension DocumentSource {
  static var readsFiles: Bool { true }

  func train(
    _ store: DocumentStore, _ training: NGramTraining, stage: ModelBuildingStage, to path: String,
    learned: Range<Int>, where isIncluded: (Int) -> Bool
  ) throws(Failure) -> TrainedNGrams {
    let estimator = try training.makeEstimator()
    return try training.train(
      try store.corpus(for: estimator, where: isIncluded), estimator: estimator, path: path, stage: stage)
  }
}

/// Files below paths.
struct FileDocuments: DocumentSource {
  let paths: [String]

  func read(
    _ reading: CorpusReading, _ training: NGramTraining, holdsOut: Bool
  ) throws(Failure) -> (store: DocumentStore, outcome: CorpusReading.Outcome) {
    var store = DocumentStore(memoryByteCount: training.documentByteCount)
    let outcome = try reading.read(
      paths, into: &store, holdsOut: holdsOut, leavingOut: try reading.filesToLeaveOut()
    ) { (count, types) throws(Failure) in
      try training.checkMemory(forTypes: types.count, byteCount: types.byteCount)
      reading.reporter.update(fraction: 0, tokenCount: count)
    }
    return (store, outcome)
  }
}
