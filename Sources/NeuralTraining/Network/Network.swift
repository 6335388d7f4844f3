import CTrainingKernels
import Neural

/// A network in training: parameters, gradients, and the state carried over a batch of streams.
///
/// A batch has `streamCount` texts side by side. A segment is the next `stepCount` tokens of each; tokens are given and
/// returned by step, then stream (step × streamCount + stream), as PyTorch's recurrent modules have them.
final class Network<Scalar: TrainingScalar> {
  let architecture: RecurrentArchitecture
  let parameters: ParameterStore<Scalar>
  let streamCount: Int
  /// The longest segment.
  let stepCount: Int
  let team: WorkerTeam
  let regularization: Regularization
  let layers: [RecurrentLayer<Scalar>]
  private let output: any OutputLayer<Scalar>
  private let embedding: EmbeddingInput<Scalar>
  /// Where elements are dropped: before layer 0, between layers, before the output.
  private let dropout: [DropoutSite<Scalar>]
  /// What enters each layer and, last, the output: rows × size.
  private let inputs: [Buffer<Scalar>]
  private let inputGradients: [Buffer<Scalar>]

  /// - Parameters:
  ///   - counts: of each network row in the training text, for sampled training.
  ///   - store: parameters to share with another network of the same architecture.
  init(
    _ architecture: RecurrentArchitecture, streamCount: Int, stepCount: Int, team: WorkerTeam,
    regularization: Regularization = Regularization(), sampled: SampledTraining? = nil, counts: [Int] = [],
    usesOneDNN: Bool = true, logitByteLimit: Int = 192 << 20, store: ParameterStore<Scalar>? = nil
  ) {
    self.architecture = architecture
    self.streamCount = streamCount
    self.stepCount = stepCount
    self.team = team
    self.regularization = regularization
    let parameters = store ?? ParameterStore<Scalar>(architecture)
    self.parameters = parameters
    let products = MatrixProducts<Scalar>(threadCount: team.count, usesOneDNN: usesOneDNN)
    let rowCount = streamCount * stepCount
    layers = (0..<architecture.layerCount).map {
      RecurrentLayer(
        architecture, layer: $0, store: parameters, products: products, team: team, streamCount: streamCount,
        stepCount: stepCount, weightDrop: regularization.weightDrop)
    }
    let sizes =
      [architecture.firstInputSize]
      + [Int](repeating: architecture.hiddenSize, count: architecture.layerCount)
    inputs = sizes.map { Buffer(rowCount * $0) }
    inputGradients = sizes.map { Buffer(rowCount * $0) }
    let last = sizes.count - 1
    dropout = sizes.enumerated().map { index, size in
      DropoutSite(
        rate: index == 0
          ? regularization.inputDropout
          : index == last ? regularization.outputDropout : regularization.layerDropout,
        dimension: size, rowCount: rowCount, isVariational: regularization.isVariational)
    }
    embedding = EmbeddingInput(
      architecture, store: parameters, team: team, streamCount: streamCount, stepCount: stepCount,
      dropout: regularization.embeddingDropout)
    output = Self.makeOutput(
      architecture, parameters, products, team, rowCount: rowCount, sampled: sampled, counts: counts,
      logitByteLimit: logitByteLimit)
  }

  private static func makeOutput(
    _ architecture: RecurrentArchitecture, _ store: ParameterStore<Scalar>,
    _ products: MatrixProducts<Scalar>,
    _ team: WorkerTeam, rowCount: Int, sampled: SampledTraining?, counts: [Int], logitByteLimit: Int
  ) -> any OutputLayer<Scalar> {
    if case .adaptive = architecture.output {
      return AdaptiveOutput(
        architecture, store: store, products: products, team: team, rowCount: rowCount,
        logitByteLimit: logitByteLimit)
    }
    let full = FullOutput(
      architecture, store: store, products: products, team: team, rowCount: rowCount,
      logitByteLimit: logitByteLimit)
    guard let sampled else { return full }
    return SampledOutput(
      architecture, full: full, options: sampled, counts: counts, products: products, team: team,
      rowCount: rowCount)
  }

  // MARK: - State

  /// Forgets the text so far.
  func resetState() {
    for layer in layers {
      layer.hiddenState.zero()
      layer.cellState.zero()
    }
    embedding.reset()
  }

  /// The last tokens of each stream, for cells that see a window.
  var history: [Int32] {
    get { embedding.history }
    set { embedding.history = newValue }
  }

  // MARK: - Running

  /// The sum of the losses in nats over the targets that are not negative, without dropout; the state moves on.
  func loss(_ tokens: [Int32], targets: [Int32]) -> Double {
    let shards = makeShards(tokens.count)
    forward(tokens, shards, key: nil, forTraining: false)
    let rowTargets = reorder(targets, shards)
    return output.loss(inputs[layers.count].pointer, rowCount: tokens.count, targets: rowTargets)
  }

  /// The mean training loss in nats a target, with its gradients in `parameters.gradients`; the state moves on.
  ///
  /// - Parameter key: what is dropped and sampled follows from it.
  func lossAndGradients(_ tokens: [Int32], targets: [Int32], key: UInt64) -> Double {
    let shards = makeShards(tokens.count)
    forward(tokens, shards, key: key, forTraining: true)
    let rowTargets = reorder(targets, shards)
    let count = max(1, targets.reduce(0) { $0 + ($1 >= 0 ? 1 : 0) })
    let last = layers.count
    let total = output.lossAndGradients(
      inputs[last].pointer, rowCount: tokens.count, targets: rowTargets, scale: 1 / Double(count),
      key: SplitMix64.mix(key &+ 7), inputGradient: inputGradients[last].pointer)
    backward(shards)
    return total / Double(count)
  }

  /// The vectors that enter the output layer, of the last segment: by step, then stream.
  func outputInputs(count: Int) -> [Scalar] {
    let size = architecture.hiddenSize
    var result = [Scalar](repeating: 0, count: count * size)
    for shard in makeShards(count) {
      for step in 0..<shard.stepCount {
        for stream in shard.streams {
          let row = shard.row(step: step, stream: stream)
          let target = (step * streamCount + stream) * size
          for index in 0..<size { result[target + index] = inputs[layers.count].pointer[row * size + index] }
        }
      }
    }
    return result
  }

  private func makeShards(_ tokenCount: Int) -> [Shard] {
    precondition(tokenCount > 0 && tokenCount % streamCount == 0 && tokenCount <= streamCount * stepCount)
    return (0..<team.count).map {
      Shard(
        streams: team.piece($0, of: streamCount), stepCount: tokenCount / streamCount,
        totalStreamCount: streamCount)
    }
  }

  private func reorder(_ values: [Int32], _ shards: [Shard]) -> [Int32] {
    var result = [Int32](repeating: -1, count: values.count)
    for shard in shards {
      for step in 0..<shard.stepCount {
        for stream in shard.streams {
          result[shard.row(step: step, stream: stream)] = values[step * streamCount + stream]
        }
      }
    }
    return result
  }

  private func forward(_ tokens: [Int32], _ shards: [Shard], key: UInt64?, forTraining: Bool) {
    for (index, site) in dropout.enumerated() {
      site.begin(key: key.map { SplitMix64.mix($0 &+ UInt64(100 + index)) })
    }
    for (index, layer) in layers.enumerated() {
      layer.begin(dropKey: key.map { SplitMix64.mix($0 &+ UInt64(200 + index)) })
    }
    embedding.begin(tokens, dropKey: key.map { SplitMix64.mix($0 &+ 300) })
    if regularization.weightDrop > 0, key != nil {
      team.run { thread in for layer in layers { layer.dropWeights(thread: thread) } }
    }
    team.run { thread in for layer in layers { layer.pack(thread: thread, forTraining: forTraining) } }
    team.run { thread in
      let shard = shards[thread]
      guard !shard.streams.isEmpty else { return }
      for site in dropout { site.draw(shard) }
      embedding.gather(shard, into: inputs[0].pointer)
      let first = inputs[0].pointer + shard.rows.lowerBound * architecture.firstInputSize
      dropout[0].apply(shard.rows, first, first)
      for (index, layer) in layers.enumerated() {
        layer.forward(shard, thread: thread, input: inputs[index].pointer)
        dropout[index + 1].apply(
          shard.rows, layer.output(shard),
          inputs[index + 1].pointer + shard.rows.lowerBound * architecture.hiddenSize)
      }
    }
    embedding.advance()
  }

  private func backward(_ shards: [Shard]) {
    team.run { thread in
      let shard = shards[thread]
      guard !shard.streams.isEmpty else { return }
      for index in layers.indices.reversed() {
        let size = architecture.hiddenSize
        let gradient = inputGradients[index + 1].pointer + shard.rows.lowerBound * size
        dropout[index + 1].apply(shard.rows, gradient, gradient)
        layers[index].backward(
          shard, thread: thread, outputGradient: inputGradients[index + 1].pointer,
          inputGradient: inputGradients[index].pointer)
      }
      let gradient = inputGradients[0].pointer + shard.rows.lowerBound * architecture.firstInputSize
      dropout[0].apply(shard.rows, gradient, gradient)
    }
    let used = shards.filter { !$0.streams.isEmpty }
    embedding.beginGradients()
    team.run { thread in
      for (index, layer) in layers.enumerated() {
        layer.accumulateWeightGradients(used, thread: thread, input: inputs[index].pointer)
      }
      embedding.scatter(used, thread: thread, from: inputGradients[0].pointer)
    }
  }
}
