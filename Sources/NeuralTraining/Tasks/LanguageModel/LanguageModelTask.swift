import JSON
import Neural
import Platform

/// Predicting each token of a text from those before it: streams of the text side by side, whose states are carried from
/// segment to segment (Mikolov et al. 2010; truncated backpropagation through time).
final class LanguageModelTask: TrainingTask {
  let plan: TrainingPlan
  private let options: RecurrentTrainingOptions
  private let rows: NetworkRows
  private let source: SegmentSource
  private let network: Network<Float>
  /// Nil with one direction.
  private let backward: BackwardTraining?
  private let evaluator: Evaluator?
  /// Of the processes among which the streams are divided; nil for one.
  private let sharing: SharedTraining?
  /// Nil where this process learns by itself.
  private let gradientSum: GradientSum?

  let metric = Metric.crossEntropy
  let team: WorkerTeam
  let parameters: ParameterStore<Float>
  var plausibleLoss: Double { 3 * naturalLogarithm(Double(plan.architecture.vocabularyCount)) + 10 }

  /// - Parameters:
  ///   - training: rows behind a first `</s>`.
  ///   - heldOut: the same; measured if there is a token in it.
  init(
    plan: TrainingPlan, options: RecurrentTrainingOptions, rows: NetworkRows, training: [Int32],
    heldOut: [Int32], sharing: SharedTraining? = nil
  ) {
    self.sharing = sharing
    self.plan = plan
    self.options = options
    self.rows = rows
    let source = SegmentSource(training, rows: rows, options: options, processes: sharing?.group)
    let team = WorkerTeam(count: plan.threadCount)
    let parameters = ParameterStore<Float>(
      plan.architecture.declarations(forgetBias: options.forgetBias, direction: options.direction))
    parameters.initialize(seed: options.seed)
    var part: BatchPart?
    if case .gradients(let group) = sharing {
      part = BatchPart(first: source.streams.lowerBound, total: source.totalStreamCount)
      gradientSum = GradientSum(group, parameters)
    } else {
      gradientSum = nil
    }
    func makeNetwork(_ store: ParameterStore<Float>, isJoint: Bool) -> Network<Float> {
      Network(
        plan.architecture, streamCount: source.streamCount, part: part, stepCount: source.stepCount,
        team: team,
        regularization: plan.regularization, sampled: options.sampled, counts: rows.counts,
        forgetBias: options.forgetBias, precision: options.precision ?? .fastest, store: store,
        isJoint: isJoint)
    }
    self.source = source
    self.team = team
    self.parameters = parameters
    network = makeNetwork(parameters, isJoint: false)
    backward =
      options.direction == .both
      ? BackwardTraining(
        makeNetwork(ParameterStore(RecurrentArchitecture.backwardPrefix, of: parameters), isJoint: true))
      : nil
    evaluator =
      heldOut.count > 1
      ? Evaluator(
        plan.architecture, store: parameters, direction: options.direction, team: team, stream: heldOut,
        precision: options.precision ?? .fastest)
      : nil
  }

  // MARK: Batches

  var batchesPerEpoch: Int { source.segmentsPerEpoch }
  var itemsPerBatch: Int {
    (gradientSum == nil ? source.streamCount : source.totalStreamCount) * source.stepCount
  }

  func forgetState() { network.resetState() }

  func lossAndGradients(batch: Int, epoch: Int, key: UInt64) -> (meanLoss: Double, itemCount: Int) {
    // What is dropped differs between processes that learn by themselves.
    let key = key &+ UInt64(sharing?.averaging?.group.index ?? 0) &* 0x9E37_79B9
    gradientSum?.begin()
    let (tokens, targets) = source.segment(batch, epoch: epoch)
    let loss = network.lossAndGradients(tokens, targets: targets, key: key)
    if let backward {
      _ = backward.lossAndGradients(
        source.backwardSegment(batch, epoch: epoch), forward: network.outputInputs(count: tokens.count),
        key: SplitMix64.mix(key &+ 13))
    }
    guard let gradientSum else { return (loss, tokens.count) }
    let touched = touchedRows(batch: batch, epoch: epoch)
    return (gradientSum.add(touched.rows, loss: loss), touched.tokenCount)
  }

  /// The rows that the last batch has touched in any process, and the tokens of all of them.
  private func touchedRows(batch: Int, epoch: Int) -> (rows: [TouchedRows<Float>], tokenCount: Int) {
    let (tokens, targets) = source.segment(batch, epoch: epoch, streams: source.allStreams)
    var rows = network.touchedRows(tokens: tokens, targets: targets)
    if let backward {
      let segment = source.backwardSegment(batch, epoch: epoch, streams: source.allStreams)
      rows += backward.network.touchedRows(tokens: segment.tokens, targets: segment.targets)
    }
    return (rows, tokens.count)
  }

  // MARK: The metric

  func evaluate() -> HeldOutMeasurement? {
    evaluator.map { evaluator in
      let losses = evaluator.meanLosses()
      return HeldOutMeasurement(
        loss: losses.forward, value: losses.forward, lossInBothDirections: losses.both)
    }
  }

  // MARK: Files

  var checkpointMetadata: [String: String] { plan.architecture.metadata }

  var checkpointMembers: JSONObject {
    let regularization = plan.regularization
    var members: JSONObject = [
      "heldOutTokens": JSON(plan.heldOutTokenCount),
      "inputDropout": JSON(regularization.inputDropout), "layerDropout": JSON(regularization.layerDropout),
      "outputDropout": JSON(regularization.outputDropout),
      "embeddingDropout": JSON(regularization.embeddingDropout),
      "weightDrop": JSON(regularization.weightDrop),
      "isVariational": JSON(regularization.isVariational ? 1 : 0),
      "streams": JSON(options.chosenStreamCount),
    ]
    if options.precision == .bfloat16 { members["bfloat16"] = JSON(1) }
    return members
  }

  func writeState(to writer: inout SafetensorsWriter) {
    for (index, layer) in network.layers.enumerated() {
      writer.add("hidden.\(index)", ofAllStreams(layer.hiddenState))
      writer.add("cells.\(index)", ofAllStreams(layer.cellState))
    }
    if !network.history.isEmpty { writer.add("history", shape: [network.history.count], network.history) }
  }

  func restoreState(from checkpoint: Checkpoint) throws(Failure) {
    for (index, layer) in network.layers.enumerated() {
      try read("hidden.\(index)", from: checkpoint, into: layer.hiddenState)
      try read("cells.\(index)", from: checkpoint, into: layer.cellState)
    }
    network.history = try checkpoint.integers("history", count: network.history.count)
  }

  /// The states of all processes' streams, given those of this process.
  private func ofAllStreams(_ states: Buffer<Float>) -> Buffer<Float> {
    guard let group = sharing?.group, states.count > 0 else { return states }
    let size = states.count / source.streamCount
    let whole = Buffer<Float>(size * source.totalStreamCount)
    (whole.pointer + size * source.streams.lowerBound).update(from: states.pointer, count: states.count)
    group.sum(whole)
    return whole
  }

  private func read(
    _ name: String, from checkpoint: Checkpoint, into states: Buffer<Float>
  ) throws(Failure) {
    guard states.count > 0 else { return }
    let size = states.count / source.streamCount
    let whole = Buffer<Float>(size * source.totalStreamCount)
    try checkpoint.read(name, into: whole)
    states.pointer.update(from: whole.pointer + size * source.streams.lowerBound, count: states.count)
  }

  func product(values: [Float], measured: Double?, epochs: Double) -> TrainedNetwork {
    TrainedNetwork(
      architecture: plan.architecture, direction: options.direction, heldOutLoss: measured,
      entries: parameters.entries, values: values, rows: rows,
      description: [
        "training.tokens": "\(plan.trainingTokenCount)", "training.epochs": "\(epochs)",
        "training.held-out-perplexity": measured.map { "\(exponential($0))" } ?? "",
      ])
  }
}

extension Checkpoint {
  /// In which the run that wrote this multiplied; in single precision where it says nothing.
  ///
  /// - Throws: `Failure` where this processor has none such.
  func precision() throws(Failure) -> ProductPrecision {
    guard contains("bfloat16"), try number("bfloat16") != 0 else { return .float32 }
    guard ProductPrecision.bfloat16.isHere else {
      throw Failure(
        "--resume",
        why: "the checkpoint is of a processor with AMX, which multiplies in bfloat16, and this one has none",
        remedy: "go on in single precision, with --precision float32")
    }
    return .bfloat16
  }

  /// How many streams were asked for in the run that wrote this.
  func streamCount() throws(Failure) -> Int {
    guard contains("streams") else { return RecurrentTrainingOptions.usualStreamCount }
    return try integer("streams", in: 1...4_096)
  }

  /// The plan of the language model's run that wrote this; `plan` for what does not change.
  func plan(from plan: TrainingPlan) throws(Failure) -> TrainingPlan {
    var result = plan
    result.architecture = try RecurrentArchitecture(metadata: file.metadata)
    result.parameterCount = result.direction.parameterCount(of: result.architecture)
    try check(parameterCount: result.parameterCount)
    var regularization = Regularization()
    regularization.inputDropout = try number("inputDropout", in: 0...0.999)
    regularization.layerDropout = try number("layerDropout", in: 0...0.999)
    regularization.outputDropout = try number("outputDropout", in: 0...0.999)
    regularization.embeddingDropout = try number("embeddingDropout", in: 0...0.999)
    regularization.weightDrop = try number("weightDrop", in: 0...0.999)
    regularization.isVariational = try number("isVariational") != 0
    result.regularization = regularization
    // Losses compare with the best one so far only on the same text.
    if contains("heldOutTokens") {
      result.heldOutTokenCount = try integer("heldOutTokens", in: Limit.tokens)
    }
    (result.rate, result.schedule) = try rateAndSchedule()
    return result
  }
}

extension TrainingSettings {
  init(plan: TrainingPlan, options: RecurrentTrainingOptions) {
    self.init(
      length: options.length, expectedEpochs: plan.expectedEpochs, method: options.method, rate: plan.rate,
      schedule: plan.schedule, clipping: options.clipping, weightDecay: options.weightDecay,
      patience: options.patience, seed: options.seed,
      secondsBetweenCheckpoints: options.secondsBetweenCheckpoints)
  }
}
