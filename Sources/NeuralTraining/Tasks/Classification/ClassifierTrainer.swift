import JSON
import LanguageModeling
import Neural
import Platform

/// Trains a classifier of sequences.
///
///     let trainer = try ClassifierTrainer(text, description: description, options: options)
///     let classifier = try trainer.run(report: { event in … })
///     var writer = try ModelDirectoryWriter("model")
///     try classifier.write(to: &writer)
public final class ClassifierTrainer {
  private let session: TrainingSession<ClassificationTask>
  private let checkpointPath: String?

  /// - Parameters:
  ///   - description: from one input of sequences to one row of logits, a label each.
  ///   - initialValues: what parameters begin as, whole and row-major, by name: vectors learned elsewhere (Kim 2014, 3.1) as
  ///     `embedding.weight`, or another network's weights. The others begin at random.
  ///   - checkpointPath: where to keep what a killed run needs to go on; nil keeps nothing.
  ///   - resumes: whether to go on from the checkpoint at that path.
  /// - Throws: `Failure` when there is nothing to tell apart, text and network do not fit each other, or the checkpoint is
  ///   of another run.
  public init(
    _ text: LabelledText, description: NetworkDescription, options: ClassificationOptions,
    initialValues: [String: [Float]] = [:], checkpointPath: String? = nil, resumes: Bool = false
  ) throws(Failure) {
    self.checkpointPath = checkpointPath
    let checkpoint = resumes ? try Checkpoint(keptAt: checkpointPath) : nil
    let fingerprint = Self.fingerprint(text, description, options, initialValues)
    try checkpoint?.check(fingerprint: fingerprint)
    let task = try ClassificationTask(
      text, description: description, options: options, initialValues: initialValues)
    session = TrainingSession(task, settings: options.settings, fingerprint: fingerprint)
    session.notices.append(
      "\(description.parameters.reduce(0) { $0 + $1.count }) weights, \(text.training.count) examples of "
        + "\(text.labels.count) labels, \(text.heldOut.count) held out, \(task.team.count) threads, "
        + matrixProductsName())
    if let checkpoint { try session.restore(checkpoint) }
  }

  /// Runs to the end, or until `shouldStop` says so after a batch; then a checkpoint is written as well.
  ///
  /// - Throws: `Failure` when the loss explodes again and again.
  public func run(
    report: (TrainingEvent) -> Void, shouldStop: () -> Bool = { false }
  ) throws(Failure) -> TrainedClassifier {
    try session.run(checkpointPath: checkpointPath, report: report, shouldStop: shouldStop)
  }

  private static func fingerprint(
    _ text: LabelledText, _ description: NetworkDescription, _ options: ClassificationOptions,
    _ initialValues: [String: [Float]]
  ) -> String {
    var hash: UInt64 = 0
    for example in text.training + text.heldOut {
      for id in example.ids { hash = SplitMix64.mix(hash ^ UInt64(bitPattern: Int64(id))) }
      hash = SplitMix64.mix(hash ^ UInt64(example.label) ^ UInt64(example.ids.count) << 32)
    }
    hash = SplitMix64.mix(hash ^ UInt64(text.training.count))
    for (name, values) in initialValues.sorted(by: { $0.key < $1.key }) {
      for byte in name.utf8 { hash = SplitMix64.mix(hash ^ UInt64(byte)) }
      for value in values { hash = SplitMix64.mix(hash ^ UInt64(value.bitPattern)) }
    }
    return "classification \(options.fingerprint) labels \(text.labels) network "
      + "\(description.json.serializedString()) text \(hash)"
  }
}

/// A classifier's network and its weights.
public struct TrainedClassifier: Sendable {
  public let description: NetworkDescription
  public let labels: [String]
  /// How texts enter the network.
  public let input: SequenceInput
  /// On the held-out examples; nil where there are none.
  public let score: TrainingEvent.Score?
  /// Passes over the examples.
  public let epochs: Double
  let entries: [ParameterStore<Float>.Entry]
  let values: [Float]

  /// The weights by name, row-major.
  public var weights: WeightDictionary {
    WeightDictionary(
      name: "trained weights",
      values: Dictionary(
        uniqueKeysWithValues: entries.map { ($0.name, Array(values[$0.offset..<$0.offset + $0.count])) }))
  }

  /// The classifier for inference, in single precision.
  package func classifier() throws(Failure) -> SequenceClassifier {
    SequenceClassifier(
      try LayeredNetwork(description, source: weights), labels: labels, input: input)
  }

  /// The weights as they are kept in a file.
  package func serializedWeights() -> [UInt8] {
    var file = SafetensorsWriter()
    for entry in entries {
      file.add(entry.name, shape: entry.shape, Array(values[entry.offset..<entry.offset + entry.count]))
    }
    return file.serialized()
  }

  /// What a model's description says of the network, in order.
  package var descriptionMembers: JSONObject {
    [
      "kind": .string(ModelKind.classifier.rawValue), "labels": .array(labels.map { .string($0) }),
      "input": input.json, "network": description.json,
    ]
  }

  /// Adds the network, and what the description says of it, to a model directory. The vocabulary that ids are of is added
  /// by whoever has it.
  public func write(to writer: inout ModelDirectoryWriter) throws(Failure) {
    try writer.write(ModelDirectory.networkName, serializedWeights())
    for (key, value) in descriptionMembers { writer[key] = value }
    if let score { writer["metrics"] = .object([score.metric.name: JSON(score.value)]) }
  }
}
