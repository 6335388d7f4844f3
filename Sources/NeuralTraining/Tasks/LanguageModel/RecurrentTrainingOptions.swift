import Neural

/// The sizes of a network. Nil where the plan may choose for the text, the machine and the time.
public struct NetworkSizes: Hashable, Sendable {
  public var cell = RecurrentArchitecture.Cell.lstm
  public var layerCount: Int?
  public var embeddingSize: Int?
  public var hiddenSize: Int?
  /// Whether the output layer uses the embedding's matrix; needs equal sizes and a full softmax.
  public var isTied: Bool?
  /// Whether the softmax is adaptive; nil chooses by the vocabulary.
  public var isAdaptive: Bool?
  /// Ranks of frequency at which the adaptive softmax is cut; nil chooses.
  public var cutoffs: [Int]?
  /// Tokens back that `window` and `bag` see.
  public var windowLength = 8
  /// The most types, by count; the others are `<unk>` to the network. Nil keeps all.
  public var vocabularyLimit: Int?

  public init() {}
}

/// From which side a language model reads.
public enum ReadingDirection: String, Hashable, Sendable, CaseIterable {
  /// P(w | what stands before it).
  case forward
  /// That, and P(w | what stands before and behind it).
  case both
}

/// Everything that decides what a run learns. Two runs with equal options, texts and thread counts give the same weights
/// (with `TrainingLength.epochs`; a time limit depends on the clock).
public struct RecurrentTrainingOptions: Hashable, Sendable {
  public var sizes = NetworkSizes()
  public var units = RecurrentArchitecture.Units.word
  /// Both directions need a recurrent cell.
  public var direction = ReadingDirection.forward
  public var length = TrainingLength.seconds(600)
  /// Texts side by side. Nil is what the checkpoint has that a run goes on from, or 20, or, where a run ends with its time and
  /// multiplies in bfloat16, 32: as tile registers have 16 rows, two processors take 32 texts a step for the time of 20.
  public var streamCount: Int?
  /// Steps of each text before the weights move.
  public var stepCount = 35
  public var method = OptimizationMethod.defaultAdam
  /// Nil chooses by the method.
  public var rate: Double?
  public var schedule: RateSchedule?
  public var clipping = Clipping()
  public var weightDecay = 0.0
  /// Nil chooses by the sizes of text and network.
  public var regularization: Regularization?
  public var sampled: SampledTraining?
  /// The chance that a token whose type occurs once in the training text is read as `<unk>`.
  public var unknownProbability = 0.5
  /// Whether such a token is also predicted as `<unk>`, so that new words get the probability they deserve.
  public var predictsUnknown = true
  /// Whether each epoch cuts the text at other places.
  public var rotatesText = true
  /// Evaluations without improvement before the run ends; nil runs to the end.
  public var patience: Int?
  public var forgetBias = 1.0
  /// Of products in training and of the measurements between; nil is the fastest on this machine, or that of the checkpoint
  /// that a run goes on from.
  public var precision: ProductPrecision?
  public var seed: UInt64 = 1
  /// Nil uses all processors.
  public var threadCount: Int?
  /// Bytes; nil is no limit.
  public var memoryLimit: Int?
  public var secondsBetweenCheckpoints = 120.0

  public init() {}

  /// The streams, given the precision that the run has.
  var chosenStreamCount: Int {
    if let streamCount { return streamCount }
    if case .seconds = length, precision == .bfloat16 { return 32 }
    return Self.usualStreamCount
  }

  /// The streams of a run that ends after a number of passes, on any machine.
  static let usualStreamCount = 20

  /// What two runs must have in common for one to go on where the other stopped, in the words of version 0.1.0, whose runs can
  /// be gone on with.
  var fingerprint: String {
    var fields: [(String, Any)] = [("sizes", sizes), ("units", units)]
    if direction != .forward { fields.append(("direction", direction)) }
    let none: Int? = nil
    fields += [
      ("length", TrainingLength.epochs(0)), ("streamCount", chosenStreamCount),
      ("stepCount", stepCount), ("method", method), ("rate", rate as Any), ("schedule", schedule as Any),
      ("clipping", clipping), ("weightDecay", weightDecay), ("regularization", regularization as Any),
      ("sampled", sampled as Any), ("unknownProbability", unknownProbability),
      ("predictsUnknown", predictsUnknown), ("rotatesText", rotatesText), ("patience", none as Any),
      ("forgetBias", forgetBias), ("seed", seed), ("threadCount", none as Any),
      ("memoryLimit", none as Any), ("secondsBetweenCheckpoints", 0.0),
    ]
    let members = fields.map { "\($0.0): \(String(reflecting: $0.1))" }
    return "RecurrentTrainingOptions(\(members.joined(separator: ", ")))"
  }
}
