import JSON
import LanguageModeling
import Neural
import Platform

/// Trains a network that turns one sequence into another.
///
///     let trainer = try TransducerTrainer(text, description: description, options: options)
///     let transducer = try trainer.run(report: { event in … })
///     try transducer.write(to: &writer)
public final class TransducerTrainer {
  private let session: TrainingSession<TransductionTask>
  private let checkpointPath: String?

  /// - Parameters:
  ///   - description: of a network that `NetworkDescription.transducer` makes.
  ///   - checkpointPath: where to keep what a killed run needs to go on; nil keeps nothing.
  ///   - resumes: whether to go on from the checkpoint at that path.
  /// - Throws: `Failure` when there is no pair, text and network do not fit each other, or the checkpoint is of another run.
  public init(
    _ text: PairedText, description: NetworkDescription, options: TransductionOptions,
    checkpointPath: String? = nil, resumes: Bool = false
  ) throws(Failure) {
    self.checkpointPath = checkpointPath
    let checkpoint = resumes ? try Checkpoint(keptAt: checkpointPath) : nil
    let fingerprint = Self.fingerprint(text, description, options)
    try checkpoint?.check(fingerprint: fingerprint)
    let task = try TransductionTask(text, description: description, options: options)
    session = TrainingSession(task, settings: options.settings, fingerprint: fingerprint)
    session.notices.append(
      "\(description.parameters.reduce(0) { $0 + $1.count }) weights, \(text.training.count) pairs, "
        + "\(text.heldOut.count) held out, \(task.team.count) threads, \(matrixProductsName())")
    if let checkpoint { try session.restore(checkpoint) }
  }

  /// Runs to the end, or until `shouldStop` says so after a batch; then a checkpoint is written as well.
  ///
  /// - Throws: `Failure` when the loss explodes again and again.
  public func run(
    report: (TrainingEvent) -> Void, shouldStop: () -> Bool = { false }
  ) throws(Failure) -> TrainedTransducer {
    try session.run(checkpointPath: checkpointPath, report: report, shouldStop: shouldStop)
  }

  private static func fingerprint(
    _ text: PairedText, _ description: NetworkDescription, _ options: TransductionOptions
  ) -> String {
    var hash = SplitMix64.mix(UInt64(text.training.count))
    func take(_ value: some BinaryInteger) {
      hash = SplitMix64.mix(hash ^ UInt64(truncatingIfNeeded: value))
    }
    for pair in text.training + text.heldOut {
      take(pair.source.count)
      for unit in pair.source { take(unit) }
      take(pair.target.count)
      for unit in pair.target { take(unit) }
    }
    return "transduction \(options.fingerprint) network \(description.json.serializedString()) text \(hash)"
  }
}

/// A transducer's network and its weights.
public struct TrainedTransducer: Sendable {
  public let description: NetworkDescription
  /// Nats a unit of the held-out targets; nil where there are none.
  public let heldOutLoss: Double?
  /// Passes over the pairs.
  public let epochs: Double
  let entries: [ParameterStore<Float>.Entry]
  let values: [Float]

  /// Adds the network and its weights to a model directory. Its vocabulary is added by whoever has it.
  public func write(to writer: inout ModelDirectoryWriter) throws(Failure) {
    try writer.write(ModelDirectory.networkName, serialized)
    writer["network"] = description.json
  }

  /// The weights as safetensors.
  package var serialized: [UInt8] {
    var file = SafetensorsWriter()
    for entry in entries {
      file.add(entry.name, shape: entry.shape, Array(values[entry.offset..<entry.offset + entry.count]))
    }
    return file.serialized()
  }
}
