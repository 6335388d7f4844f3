import LanguageModeling
import Platform

/// What an estimation is asked for.
public struct EstimationOptions: Sendable {
  /// N, 1 … 8.
  public var order = 5
  public var smoothing = Smoothing.kneserNey
  /// By order from 1: n-grams that occur at most so often are left out, their probability given to the shorter
  /// context. Not falling; the last holds for all higher orders; empty is no pruning.
  public var prune: [Int] = []
  /// About how much memory all of it may use; what does not fit goes to a temporary file. The result is the same.
  public var memoryBytes = 1 << 30
  /// What the whole process is to have in memory at most, whatever it holds beside; nil where nobody asks. Some is kept to where
  /// it cannot be held.
  package var residentByteLimit: Int?
  /// Where temporary files go. They have no names.
  public var temporaryDirectory = "/tmp"
  public var threadCount = 2

  public init() {}

  /// What may still be taken of the limit of what is resident; nil without one.
  var residentBytesLeft: Int? {
    guard let residentByteLimit, let resident = residentByteCount() else { return nil }
    return residentByteLimit - resident
  }
}

/// How far an estimation is.
public struct EstimationProgress: Sendable, Hashable {
  public enum Stage: String, Sendable, CaseIterable {
    case counting, smoothing, sorting
  }
  public var stage: Stage
  /// 0 … 1 within the stage.
  public var fraction: Double
}

/// An estimated model, and what was counted for it.
public struct EstimatedNGrams: Sendable {
  public var table: NGramTable
  public var vocabulary: Vocabulary
  public var tokenCount: Int
  public var sequenceCount: Int
  /// By order from 1: n-grams in the table, and before pruning.
  public var ngramCounts: [Int]
  public var ngramCountsBeforePruning: [Int]
  /// By order from 1; empty unless the smoothing is Kneser–Ney.
  public var discounts: [Discounts]
}

/// Estimates n-gram models: tokens in, probabilities and back-off weights of all orders out.
///
///     let estimator = try NGramEstimator(options)
///     var corpus = estimator.makeCorpus()
///     try corpus.append(type: Array("hello".utf8))
///     try corpus.endSequence()
///     let model = try estimator.estimate(corpus)
///
/// Every step keeps to a share of the memory and works on parts of the n-grams that do not depend on each other:
/// 1. The corpus becomes numbers (`CorpusCounter`), in the end those of the vocabulary.
/// 2. For a range of words at a time, the n-grams whose context ends in such a word are sorted by context, read
///    backwards, and counted for all orders (`ContextGatherer`, `ContextLevelWriter`).
/// 3. Counts of counts give the discounts; a walk over the same order gives the probabilities (`ProbabilityWriter`).
/// 4. The n-grams, sent to buckets by their first words, are sorted forwards into the table (`BucketSorter`).
///
/// All counts are whole numbers and each probability is made by the same operations in the same order, however the
/// work is cut, so that the result is the same to the bit for any memory and any number of threads.
public struct NGramEstimator: Sendable {
  public let options: EstimationOptions

  /// - Throws: `Failure` naming an option out of range.
  public init(_ options: EstimationOptions) throws(Failure) {
    guard (1...8).contains(options.order) else {
      throw Failure("order \(options.order)", why: "is not supported", remedy: "choose 1 to 8")
    }
    guard options.prune.count <= options.order else {
      throw Failure(
        "pruning", why: "\(options.prune.count) thresholds for a model of order \(options.order)",
        remedy: "give at most one an order")
    }
    guard zip(options.prune, options.prune.dropFirst()).allSatisfy({ $0 <= $1 }),
      options.prune.allSatisfy({ (0...Int(UInt32.max >> 2)).contains($0) })
    else {
      throw Failure(
        "pruning", why: "thresholds must not fall from one order to the next", remedy: "as in 0 0 1")
    }
    if case .addDelta(let delta) = options.smoothing, !(delta > 0 && delta.isFinite) {
      throw Failure(
        "delta \(delta)", why: "is not a positive number", remedy: "choose one above 0, as 1 or 0.1")
    }
    self.options = options
  }

  /// An empty corpus that keeps to its share of the memory.
  public func makeCorpus() -> CorpusCounter {
    CorpusCounter(
      memoryBytes: options.memoryBytes / 3, temporaryDirectory: options.temporaryDirectory)
  }

  /// An empty corpus of types that are numbered already, the special ones first.
  package func makeCorpus(types: TypeInterner) -> CorpusCounter {
    var memoryBytes = options.memoryBytes / 3
    if let left = options.residentBytesLeft {
      // Beside it come the vocabulary, and numbers of every type.
      memoryBytes = min(memoryBytes, (left - types.byteCount - 40 * types.count) / 3)
    }
    return CorpusCounter(
      types: types, memoryBytes: max(memoryBytes, 0), temporaryDirectory: options.temporaryDirectory)
  }

  /// Estimates the model of a corpus, which may be empty.
  ///
  /// - Parameters:
  ///   - progress: called now and then, on any thread.
  ///   - isCancelled: asked now and then, on any thread; the estimation then stops with a `Failure`.
  public func estimate(
    _ corpus: consuming CorpusCounter,
    progress: @escaping @Sendable (EstimationProgress) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(Failure) -> EstimatedNGrams {
    let numbered = try NumberedCorpus(
      corpus, order: options.order, pruneThreshold: options.prune.first ?? 0,
      threadCount: options.threadCount)
    return try run(numbered, vocabularyCount: numbered.counts.count, progress, isCancelled)
  }

  /// - Parameter vocabularyCount: how many numbers keys must have room for.
  func run(
    _ numbered: NumberedCorpus, vocabularyCount: Int,
    _ progress: @escaping @Sendable (EstimationProgress) -> Void,
    _ isCancelled: @escaping @Sendable () -> Bool
  ) throws(Failure) -> EstimatedNGrams {
    let layout = KeyLayout(order: options.order, vocabularyCount: vocabularyCount)
    if layout.keyBits <= 64 {
      return try Estimation<UInt64>(options, numbered, layout, progress, isCancelled).run()
    } else if layout.keyBits <= 128 {
      return try Estimation<UInt128>(options, numbered, layout, progress, isCancelled).run()
    }
    return try Estimation<UInt256Key>(options, numbered, layout, progress, isCancelled).run()
  }
}
