import JSON
import LanguageModeling
import NGrams
import Platform

/// Estimates an n-gram model and writes it where a model directory is being made.
struct NGramTraining {
  let options: ModelBuildingOptions.NGrams
  /// What the options say, else half of what is free.
  let memoryByteCount: Int
  let temporaryDirectory = NamedInputs.temporaryDirectory
  let reporter: BuildReporter

  init(_ options: ModelBuildingOptions.NGrams, reporter: BuildReporter) {
    self.options = options
    self.reporter = reporter
    memoryByteCount = options.memoryByteCount ?? Self.defaultMemoryByteCount
  }

  /// Half of what is free.
  static var defaultMemoryByteCount: Int { max(256 << 20, (availableMemoryByteCount() ?? 2 << 30) / 2) }

  /// What an estimation is told to use: its tables grow in steps, what the C library keeps of what was freed counts too, and
  /// the process is never to have more in memory than it was given.
  private var estimationByteCount: Int { memoryByteCount / 20 * 13 }

  /// What the numbers of documents may take while they are read.
  var documentByteCount: Int { memoryByteCount / 8 }

  /// What a type takes while a model is estimated, beside two copies of its bytes: places and slots of both, its numbers, counts,
  /// probabilities and weights, some of them for each thread.
  private static let bytesPerType = 112
  /// The program itself.
  private static let programByteCount = 24 << 20

  /// Refuses text with more types than the memory that was asked for has room for: n-grams go to disk, types do not.
  func checkMemory(forTypes typeCount: Int, byteCount: Int) throws(Failure) {
    // What no vocabulary can hold is not read to its end.
    guard byteCount + typeCount < Vocabulary.maximumByteCount else {
      throw Failure("corpus", why: "its types have more than 2 GiB", remedy: "train on a part of it")
    }
    guard let bound = options.memoryByteCount else { return }
    let needed = 2 * byteCount + typeCount * Self.bytesPerType
    // What is less than the program itself takes is a wish for as little as can be.
    guard needed > bound - min(Self.programByteCount, bound / 2) else { return }
    throw Failure(
      "memory",
      why:
        "the text has \(typeCount) types or more, which take \((needed + Self.programByteCount) >> 20) MB with the program",
      remedy: "give more with --memory, or train on less")
  }

  /// As many as there are processors, and no more than sixteen, whose shares of memory would be small.
  static var threadCount: Int { max(1, min(16, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }

  func makeEstimator() throws(Failure) -> NGramEstimator {
    // What was freed until now and stays with the C library would be missing.
    if options.memoryByteCount != nil { returnFreeMemory() }
    var estimation = EstimationOptions()
    estimation.order = options.order
    estimation.smoothing = options.smoothing
    estimation.prune = options.prune
    estimation.memoryBytes = estimationByteCount
    // Pages of files come beside it, and what the C library keeps of what is freed.
    estimation.residentByteLimit = options.memoryByteCount.map { $0 / 4 * 3 }
    estimation.temporaryDirectory = temporaryDirectory
    estimation.threadCount = Self.threadCount
    return try NGramEstimator(estimation)
  }

  /// Estimates and writes a model.
  ///
  /// - Parameter path: of the `ngrams.bin` to write.
  func train(
    _ corpus: consuming CorpusCounter, estimator: NGramEstimator, path: String,
    stage: ModelBuildingStage = .ngrams
  ) throws(Failure) -> TrainedNGrams {
    let start = monotonicSeconds()
    reporter.begin(stage)
    return try write(
      try estimator.estimate(corpus, progress: tell), estimator: estimator, path: path, start: start)
  }

  /// The same of n-grams that were counted before.
  func train(
    _ corpus: CountedCorpus, path: String, stage: ModelBuildingStage = .ngrams
  ) throws(Failure) -> TrainedNGrams {
    let start = monotonicSeconds()
    reporter.begin(stage)
    let estimator = try makeEstimator()
    return try write(
      try estimator.estimate(corpus, progress: tell), estimator: estimator, path: path, start: start)
  }

  private func tell(_ progress: EstimationProgress) {
    let stages = EstimationProgress.Stage.allCases
    let stage = stages.firstIndex(of: progress.stage) ?? 0
    reporter.update(fraction: 0.85 * (Double(stage) + progress.fraction) / Double(stages.count))
  }

  /// - Parameter start: when the stage began.
  private func write(
    _ estimated: EstimatedNGrams, estimator: NGramEstimator, path: String, start: Double
  ) throws(Failure) -> TrainedNGrams {
    // What counting and sorting needed is free now, and would stay with the C library.
    returnFreeMemory()
    var fileOptions = NGramFileOptions()
    fileOptions.isQuantized = options.isQuantized
    fileOptions.memoryByteCount = estimationByteCount / 2
    fileOptions.temporaryDirectory = temporaryDirectory
    fileOptions.threadCount = estimator.options.threadCount
    let file = try NGramModelWriter.write(
      estimated.table, to: path, options: fileOptions,
      progress: { [reporter] in reporter.update(fraction: 0.85 + 0.15 * $0) })
    reporter.end()
    return TrainedNGrams(
      vocabulary: estimated.vocabulary, tokenCount: estimated.tokenCount,
      sequenceCount: estimated.sequenceCount,
      discounts: estimated.discounts, countsBeforePruning: estimated.ngramCountsBeforePruning, file: file,
      seconds: monotonicSeconds() - start)
  }

  /// What the model's description says of its n-grams.
  func description(of trained: TrainedNGrams) -> JSON {
    var object: JSONObject = [
      "order": JSON(options.order), "smoothing": JSON(options.smoothing.name),
      "counts": .array(trained.file.counts.map { JSON($0) }), "quantized": JSON(options.isQuantized),
    ]
    if case .addDelta(let delta) = options.smoothing { object["delta"] = JSON(delta) }
    if options.prune.contains(where: { $0 > 0 }) {
      object["prune"] = .array(options.prune.map { JSON($0) })
      object["countsBeforePruning"] = .array(trained.countsBeforePruning.map { JSON($0) })
    }
    if !trained.discounts.isEmpty {
      object["discounts"] = .array(
        trained.discounts.map {
          [
            "one": JSON($0.one), "two": JSON($0.two), "threeOrMore": JSON($0.threeOrMore),
            "fallback": JSON($0.isFallback),
          ]
        })
    }
    if options.isQuantized {
      object["quantizationErrorNats"] = .array(
        trained.file.losses.map {
          ["logProbability": JSON($0.logProbability), "logBackoff": JSON($0.logBackoff)]
        })
    }
    return .object(object)
  }
}

/// An n-gram model that has been written, with what there is to say about it.
struct TrainedNGrams {
  var vocabulary: Vocabulary
  var tokenCount: Int
  var sequenceCount: Int
  var discounts: [Discounts]
  var countsBeforePruning: [Int]
  var file: NGramFileSummary
  var seconds: Double
}
