/// What runs of tasks over whole examples are told beside what is the task's own.
protocol TaskOptions {
  var length: TrainingLength { get set }
  var method: OptimizationMethod { get }
  var rate: Double { get }
  var schedule: RateSchedule { get }
  var clipping: Clipping { get }
  var weightDecay: Double { get }
  /// Of an average of the weights that is measured and kept in their place; nil or 0 for none.
  var averagingDecay: Double? { get }
  /// Evaluations without improvement before the run ends; nil runs to the end.
  var patience: Int? { get set }
  var seed: UInt64 { get }
  /// Nil uses all processors.
  var threadCount: Int? { get set }
  var secondsBetweenCheckpoints: Double { get set }
}

extension TaskOptions {
  var averagingDecay: Double? { nil }

  /// What two runs must have in common for one to go on where the other stopped.
  var fingerprint: String {
    var comparable = self
    comparable.length = .epochs(0)
    comparable.patience = nil
    comparable.secondsBetweenCheckpoints = 0
    comparable.threadCount = nil
    // Checkpoints of before this field have no word of it.
    return "\(comparable)".replacing(", averagingDecay: nil", with: "")
  }

  /// The same for the session.
  var settings: TrainingSettings {
    // Averaged SGD has an average of its own.
    let decay = method == .averagedSGD ? nil : averagingDecay.flatMap { $0 > 0 ? $0 : nil }
    return TrainingSettings(
      length: length, expectedEpochs: 1, method: method, rate: rate, schedule: schedule, clipping: clipping,
      weightDecay: weightDecay, averagingDecay: decay, patience: patience, seed: seed,
      secondsBetweenCheckpoints: secondsBetweenCheckpoints)
  }
}
