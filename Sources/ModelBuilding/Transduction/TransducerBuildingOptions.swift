import Neural
import NeuralTraining
import Platform
import Transduction

/// Everything that decides what a transducer learns from its pairs.
public struct TransducerBuildingOptions: Hashable, Sendable {
  public var units = TextUnits.character
  /// Pairs that are never learned from, to choose by and to measure; empty takes a part of the pairs.
  public var validationPaths: [String] = []
  /// Pairs to measure the finished model on.
  public var testPaths: [String] = []
  public var sizes = TransducerSizes()
  public var training = TransductionOptions()
  /// Passes over the pairs; nil is what suits their number.
  public var epochs: Int?
  /// Wall-clock seconds in place of passes.
  public var seconds: Double?
  /// Units of a side at the most; pairs with more are left out.
  public var maximumLength = 256
  /// Units that the vocabulary has at the most, the most frequent ones; others are copied.
  public var vocabularyLimit = 8_000
  /// Hypotheses at each step, where the finished model is measured.
  public var beamWidth = BeamSearch.standardWidth
  /// Whether to go on from the checkpoint that a stopped training left beside the model.
  public var resumes = false

  public init() {}

  /// Refuses what no build could do.
  package func check() throws(Failure) {
    func require(_ value: Int?, _ range: ClosedRange<Int>, _ what: String) throws(Failure) {
      guard let value, !range.contains(value) else { return }
      throw Failure(
        what, why: "is \(value)", remedy: "choose \(range.lowerBound) to \(range.upperBound)")
    }
    try require(epochs, 1...100_000, "--epochs")
    try require(sizes.embedding, 1...4096, "--embedding")
    try require(sizes.hidden, 1...4096, "--hidden")
    try require(training.batchSize, 1...65_536, "--batch")
    try require(training.threadCount, 1...256, "--threads")
    try require(training.patience, 1...100_000, "--patience")
    try require(maximumLength, TransducerModel.unitLimits, "--length")
    try require(vocabularyLimit, 1...1_000_000, "--vocabulary")
    try require(beamWidth, BeamSearch.widths, "--beam")
    for (what, value, below) in [
      ("--dropout", sizes.dropout, 0.999), ("--scheduled-sampling", training.scheduledSampling, 1.0),
    ] where !(value >= 0 && value <= below) {
      throw Failure(what, why: "is \(value)", remedy: "choose 0 to \(below)")
    }
    guard training.rate > 0, training.rate.isFinite else {
      throw Failure("--rate", why: "is \(training.rate)", remedy: "choose a number above 0")
    }
    guard epochs == nil || seconds == nil else {
      throw Failure("--time", why: "excludes --epochs", remedy: "leave one out")
    }
  }

  /// So many pairs are learned from in all, where nobody says how many passes: 20,000 pairs are passed over 15 times.
  private static let seenPairs = 300_000

  /// How long to learn from so many pairs.
  func length(pairCount: Int) -> TrainingLength {
    if let seconds { return .seconds(seconds) }
    return .epochs(epochs ?? min(100, max(3, Self.seenPairs / max(1, pairCount))))
  }
}
