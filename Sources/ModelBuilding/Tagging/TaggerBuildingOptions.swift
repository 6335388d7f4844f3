import NeuralTraining
import Platform
import Tagging

/// Everything that decides what a tagger learns from its text.
public struct TaggerBuildingOptions: Hashable, Sendable {
  /// The kind that is trained unless somebody says otherwise: of those that are about as accurate the quickest
  /// (docs/tagging.md).
  public static let defaultKind = TaggerKind.crf

  /// Nil is the default kind, or with `classCount` a hidden Markov model.
  public var kind: TaggerKind?
  /// Tagged files that are never learned from, to choose by and to measure.
  public var validationPaths: [String] = []
  /// Tagged files to measure the finished tagger on.
  public var testPaths: [String] = []
  /// Classes to be found without tags, by Baum–Welch; nil learns the tags that words have.
  public var classCount: Int?
  /// Vectors of words for a network: a text file of word2vec or GloVe, or a model directory with a network.
  public var vectorsPath: String?
  /// Passes over the text; nil is what suits the kind.
  public var epochs: Int?
  /// Of a network's hidden layer in each direction; nil is the default.
  public var hiddenSize: Int?
  public var seed: UInt64 = 1
  /// Nil uses all processors.
  public var threadCount: Int?
  /// Whether to go on from the checkpoint that a stopped network's training left beside the model.
  public var resumes = false
  public var secondsBetweenCheckpoints = 120.0

  public init() {}

  var resolvedKind: TaggerKind { kind ?? (classCount == nil ? Self.defaultKind : .hmm) }

  /// Refuses what no build could do, or would pass over in silence.
  package func check() throws(Failure) {
    func require(_ holds: Bool, _ what: String, _ why: String, _ remedy: String) throws(Failure) {
      guard holds else { throw Failure(what, why: why, remedy: remedy) }
    }
    let isNetwork = resolvedKind.encoder != nil
    if let classCount {
      try require(
        BaumWelch.classCounts.contains(classCount), "--classes", "is \(classCount)",
        "choose \(BaumWelch.classCounts.lowerBound) to \(BaumWelch.classCounts.upperBound)")
      try require(
        resolvedKind == .hmm, "--classes", "are those of a hidden Markov model", "leave --tagger out")
    }
    try require(
      vectorsPath == nil || isNetwork, "--vectors", "are read by networks", "choose --tagger bilstm-crf")
    try require(
      hiddenSize == nil || isNetwork, "--hidden", "is of networks", "choose --tagger bilstm-crf")
    try require(
      hiddenSize.map { (1...4096).contains($0) } ?? true, "--hidden", "is out of range", "choose 1 to 4096")
    try require(
      !resumes || isNetwork, "--resume", "is of networks: the others take seconds", "train without it")
    try require(
      epochs == nil || isNetwork || resolvedKind == .crf || classCount != nil, "--epochs",
      "are not what a hidden Markov model needs: it counts once", "leave it out")
    try require(
      epochs.map { (1...100_000).contains($0) } ?? true, "--epochs", "is out of range", "choose 1 or more")
    try require(
      threadCount.map { (1...256).contains($0) } ?? true, "--threads", "is out of range", "choose 1 to 256")
  }
}
