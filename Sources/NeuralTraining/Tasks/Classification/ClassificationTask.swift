import JSON
import Neural
import Platform

/// One label for a sequence: a described network from its ids to a logit a label, and their cross-entropy.
final class ClassificationTask: TrainingTask {
  private let text: LabelledText
  private let options: ClassificationOptions
  private let network: DescribedNetwork<Float>
  private let loss: CrossEntropyLoss<Float>
  private let sideLosses: [SideLoss]
  private let training: ExampleBatches
  private let heldOut: ExampleBatches
  /// The batches of the epoch that was asked for last.
  private var epoch: (number: Int, batches: [[Int]])?
  private var inputName: String { network.description.inputs[0].name }

  let metric: Metric
  var team: WorkerTeam { network.team }
  var parameters: ParameterStore<Float> { network.parameters }
  var plausibleLoss: Double { 3 * naturalLogarithm(Double(text.labels.count)) + 10 }

  /// - Parameter initialValues: of whole parameters, by name; the others begin as their layers declare.
  /// - Throws: `Failure` where text, description and values do not fit each other.
  init(
    _ text: LabelledText, description: NetworkDescription, options: ClassificationOptions,
    initialValues: [String: [Float]] = [:]
  ) throws(Failure) {
    try Self.check(text, description, options.input)
    self.text = text
    self.options = options
    let team = WorkerTeam(count: max(1, options.threadCount ?? WorkerTeam.processorCount))
    let network = try DescribedNetwork<Float>(description, team: team)
    network.parameters.initialize(seed: options.seed)
    try network.parameters.take(initialValues)
    let loss = CrossEntropyLoss(
      logits: network.activation(description.outputs[0]), labelWeights: Self.weights(text, options.weighting),
      team: team)
    var sideLosses: [SideLoss] = []
    for side in options.sideLosses { sideLosses.append(try SideLoss(side, network: network, loss: loss)) }
    self.network = network
    self.loss = loss
    self.sideLosses = sideLosses
    metric = options.metric.metric
    let batchSize = max(1, options.batchSize)
    training = ExampleBatches(
      lengths: text.training.map { min($0.ids.count, options.input.maximumLength) }, batchSize: batchSize,
      seed: options.seed)
    heldOut = ExampleBatches(lengths: text.heldOut.map(\.ids.count), batchSize: batchSize, seed: 0)
  }

  private static func check(
    _ text: LabelledText, _ description: NetworkDescription, _ input: SequenceInput
  ) throws(Failure) {
    func fail(_ what: String, _ why: String, _ remedy: String) -> Failure {
      Failure(what, why: why, remedy: remedy)
    }
    guard !text.training.isEmpty else {
      throw fail("labelled text", "there are no examples in it", "name files with labelled text")
    }
    guard text.labels.count >= 2 else {
      throw fail(
        "labelled text", "all examples have one label", "name examples of at least two labels to tell apart")
    }
    for example in text.training + text.heldOut {
      guard text.labels.indices.contains(example.label),
        example.ids.allSatisfy({ (-1..<Int32(clamping: text.typeCount)).contains($0) })
      else { throw fail("labelled text", "an example has a label or an id beyond those there are", "") }
    }
    let remedy = "describe a network from one input of sequences to one row of logits an example"
    guard description.inputs.count == 1, description.inputs[0].levels.count == input.levelCount,
      description.outputs.count == 1, let output = description.shape(of: description.outputs[0]),
      output == LayerShape(size: text.labels.count, levels: [])
    else {
      throw fail(
        "network", "does not go from sequences to \(text.labels.count) logits an example", remedy)
    }
    let isLargeEnough = description.layers.allSatisfy {
      ($0.kind as? EmbeddingKind).map { $0.count >= text.typeCount } ?? true
    }
    guard isLargeEnough else {
      throw fail("network", "an embedding has fewer vectors than the \(text.typeCount) types", remedy)
    }
  }

  /// With balanced weights an example of label c counts n / (k · n_c): on average 1.
  private static func weights(_ text: LabelledText, _ weighting: LabelWeighting) -> [Double]? {
    guard weighting == .balanced else { return nil }
    var counts = [Int](repeating: 0, count: text.labels.count)
    for example in text.training { counts[example.label] += 1 }
    return counts.map { Double(text.training.count) / Double(text.labels.count * max(1, $0)) }
  }

  // MARK: Batches

  var batchesPerEpoch: Int { training.count }
  var itemsPerBatch: Int { min(training.batchSize, text.training.count) }

  func lossAndGradients(batch: Int, epoch number: Int, key: UInt64) -> (meanLoss: Double, itemCount: Int) {
    if epoch?.number != number { epoch = (number, training.epoch(number)) }
    let examples = epoch!.batches[batch].map { text.training[$0] }
    let (sum, weight) = run(examples, TrainingPass(key: key, needsGradients: true))
    network.backward()
    return (weight > 0 ? sum / weight : 0, examples.count)
  }

  /// The loss of the labels alone, whatever else is learned.
  private func run(_ examples: [LabelledSequence], _ pass: TrainingPass) -> (loss: Double, weight: Double) {
    network.read([inputName: options.input.values(examples.map(\.ids))])
    network.forward(pass)
    let labels = examples.map { Int32($0.label) }
    let result = loss.run(labels, writesGradient: pass.needsGradients)
    if pass.needsGradients {
      for side in sideLosses { side.leaveGradient(labels: labels, weight: result.weight) }
    }
    return result
  }

  // MARK: The metric

  func evaluate() -> HeldOutMeasurement? {
    guard !text.heldOut.isEmpty else { return nil }
    var confusion = ConfusionMatrix(labelCount: text.labels.count)
    var (loss, weight) = (0.0, 0.0)
    for batch in heldOut.byLength {
      let examples = batch.map { text.heldOut[$0] }
      let part = run(examples, .evaluation)
      loss += part.loss
      weight += part.weight
      for (row, example) in examples.enumerated() {
        confusion.count(label: example.label, takenFor: answer(row))
      }
    }
    let value = options.metric == .accuracy ? confusion.accuracy : confusion.macroF1
    return HeldOutMeasurement(loss: loss / max(weight, 1e-300), value: value)
  }

  /// The label with the largest logit; of equal ones the first.
  private func answer(_ row: Int) -> Int {
    let logits = self.loss.logits
    var best = 0
    for label in 1..<logits.size
    where logits.values[row * logits.size + label] > logits.values[row * logits.size + best] { best = label }
    return best
  }

  // MARK: Files

  var checkpointMetadata: [String: String] {
    ["inkling.network": network.description.json.serializedString()]
  }

  func product(values: [Float], measured: Double?, epochs: Double) -> TrainedClassifier {
    TrainedClassifier(
      description: network.description, labels: text.labels, input: options.input,
      score: measured.map { .init(metric: metric, value: $0) }, epochs: epochs,
      entries: network.parameters.entries, values: values)
  }
}
