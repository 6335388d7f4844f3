import Neural

/// A sequence and what it is.
public struct LabelledSequence: Hashable, Sendable {
  /// Ids of the vocabulary.
  public var ids: [Int32]
  public var label: Int

  public init(ids: [Int32], label: Int) {
    self.ids = ids
    self.label = label
  }
}

/// What a classifier is trained and measured on.
public struct LabelledText: Sendable {
  public var training: [LabelledSequence]
  /// Empty: nothing is measured, and the last weights are kept.
  public var heldOut: [LabelledSequence]
  /// Names of the labels; a label is a place among them.
  public var labels: [String]
  /// Ids are below it.
  public var typeCount: Int

  public init(training: [LabelledSequence], heldOut: [LabelledSequence], labels: [String], typeCount: Int) {
    self.training = training
    self.heldOut = heldOut
    self.labels = labels
    self.typeCount = typeCount
  }
}

/// What a mistake about an example of a label costs, beside others.
public enum LabelWeighting: String, Hashable, Sendable, CaseIterable {
  /// The same for all.
  case uniform
  /// In inverse proportion to how frequent the label is, so that all labels weigh the same together.
  case balanced
}

/// What a classifier is chosen by.
public enum ClassificationMetric: String, Hashable, Sendable, CaseIterable {
  /// The share of examples that are given their label.
  case accuracy
  /// The mean over the labels of the harmonic mean of precision and recall; a label that is neither there nor given is 0.
  case macroF1

  var metric: Metric { Metric(name: rawValue, isHigherBetter: true, plateauGain: 0.001) }
}

/// Everything that decides what a run of a classifier learns, beside its network's description.
public struct ClassificationOptions: TaskOptions, Hashable, Sendable {
  public var length = TrainingLength.epochs(10)
  /// How texts enter the network, which must have as many levels.
  public var input = SequenceInput()
  /// Examples before the weights move.
  public var batchSize = 50
  public var method = OptimizationMethod.adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
  public var rate = 1e-3
  public var schedule = RateSchedule.constant
  public var clipping = Clipping(norm: 3)
  public var weightDecay = 0.0
  /// What an average of the weights keeps of itself at every step, 0 to below 1; it is measured and kept in their place. Nil
  /// or 0 for none.
  public var averagingDecay: Double?
  public var weighting = LabelWeighting.uniform
  public var metric = ClassificationMetric.accuracy
  /// What is learned beside the labels.
  public var sideLosses: [ClassificationSideLoss] = []
  /// Evaluations without improvement before the run ends; nil runs to the end.
  public var patience: Int?
  public var seed: UInt64 = 1
  /// Nil uses all processors.
  public var threadCount: Int?
  public var secondsBetweenCheckpoints = 120.0

  public init() {}
}
