/// A sequence and what it is to become, by numbers of a vocabulary and, behind it, of units of the source that it lacks.
public struct SequencePair: Hashable, Sendable {
  public var source: [Int32]
  /// Without its end. Numbers beyond the vocabulary are those of the source's units.
  public var target: [Int32]

  public init(source: [Int32], target: [Int32]) {
    self.source = source
    self.target = target
  }
}

/// What a transducer is trained and measured on.
public struct PairedText: Sendable {
  public var training: [SequencePair]
  /// Empty: nothing is measured, and the last weights are kept.
  public var heldOut: [SequencePair]
  /// Types of the vocabulary, `<unk>`, `<s>` and `</s>` included.
  public var typeCount: Int

  public init(training: [SequencePair], heldOut: [SequencePair], typeCount: Int) {
    self.training = training
    self.heldOut = heldOut
    self.typeCount = typeCount
  }
}

/// Everything that decides what a run of a transducer learns, beside its network's description.
public struct TransductionOptions: TaskOptions, Hashable, Sendable {
  public var length = TrainingLength.epochs(20)
  /// Pairs before the weights move.
  public var batchSize = 32
  public var method = OptimizationMethod.adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
  public var rate = 2e-3
  public var schedule = RateSchedule.linear(floor: 0.02)
  public var clipping = Clipping(norm: 5)
  public var weightDecay = 0.0
  /// The share of units that the decoder reads as it would have written them, not as they are (Bengio et al. 2015), reached
  /// over the first passes. What it would have written comes from a pass of its own over the whole batch (Mihaylova and Martins
  /// 2019, 3.2); 0 is teacher forcing alone.
  public var scheduledSampling = 0.0
  /// Evaluations without improvement before the run ends; nil runs to the end.
  public var patience: Int?
  public var seed: UInt64 = 1
  /// Nil uses all processors.
  public var threadCount: Int?
  public var secondsBetweenCheckpoints = 120.0

  public init() {}
}
