import CTrainingKernels
import Neural
import Platform

/// A language model in training: layers from tokens to hidden vectors, an output layer, and the state carried over a batch
/// of streams.
///
/// A batch has `streamCount` texts side by side. A segment is the next `stepCount` tokens of each; tokens are given and
/// returned by step, then stream (step × streamCount + stream), as PyTorch's recurrent modules have them.
final class Network<Scalar: TrainingScalar> {
  let architecture: RecurrentArchitecture
  let parameters: ParameterStore<Scalar>
  let streamCount: Int
  /// Of the streams; nil where they are all.
  private let part: BatchPart?
  /// The longest segment.
  let stepCount: Int
  let team: WorkerTeam
  /// Those that carry a state; none for `window` and `bag`.
  let layers: [RecurrentLayer<Scalar>]
  private let stack: LayerStack<Scalar>
  private let embedding: EmbeddingLayer<Scalar>
  private let output: any OutputLayer<Scalar>
  /// What enters the output layer: rows × hidden.
  private let top: Activation<Scalar>
  /// The vectors of the other direction that a joint output reads beside this network's; nil without.
  private let beside: GivenVectors<Scalar>?
  private var shapes: [Int: SequenceShape] = [:]

  /// - Parameters:
  ///   - part: which of all processes' streams these are; losses and gradients are parts of the whole batch's then.
  ///   - counts: of each network row in the training text, for sampled training.
  ///   - store: parameters to share with another network of the same architecture.
  ///   - isJoint: whether the output reads the vectors of a network of the same architecture beside this one's, through
  ///     the store's parameters of `JointOutput`.
  init(
    _ architecture: RecurrentArchitecture, streamCount: Int, part: BatchPart? = nil, stepCount: Int,
    team: WorkerTeam,
    regularization: Regularization = Regularization(), sampled: SampledTraining? = nil, counts: [Int] = [],
    forgetBias: Double = 1, usesOneDNN: Bool = true, precision: ProductPrecision = .float32,
    logitByteLimit: Int = 192 << 20,
    store: ParameterStore<Scalar>? = nil, isJoint: Bool = false
  ) {
    self.architecture = architecture
    self.streamCount = streamCount
    self.part = part
    self.stepCount = stepCount
    self.team = team
    let parameters = store ?? ParameterStore<Scalar>(architecture.declarations(forgetBias: forgetBias))
    self.parameters = parameters
    let products = MatrixProducts<Scalar>(
      threadCount: team.count, usesOneDNN: usesOneDNN, precision: precision)
    let context = LayerContext(store: parameters, products: products, team: team)
    let stack = LayerStack(context)
    let embedding = stack.add(
      EmbeddingLayer(
        table: context.parameter("embedding.weight"), context: architecture.embeddingContext,
        isShared: architecture.isTied, carriedCount: architecture.cell.isRecurrent ? 0 : streamCount,
        dropout: regularization.embeddingDropout, team: team))
    let body = Self.addBody(
      architecture, to: stack, embedding: embedding, regularization: regularization, streamCount: streamCount)
    layers = body.0
    if isJoint {
      let given = stack.add(GivenVectors<Scalar>(size: architecture.hiddenSize))
      top = Self.addJointOutput(given.output, body.1, to: stack)
      beside = given
    } else {
      top = body.1
      beside = nil
    }
    self.stack = stack
    self.embedding = embedding
    output = Self.makeOutput(
      architecture, parameters, products, team, rowCount: streamCount * stepCount, sampled: sampled,
      counts: counts,
      logitByteLimit: logitByteLimit)
  }

  /// The layers between embedding and output, with dropout before, between and behind them.
  private static func addBody(
    _ architecture: RecurrentArchitecture, to stack: LayerStack<Scalar>, embedding: EmbeddingLayer<Scalar>,
    regularization: Regularization, streamCount: Int
  ) -> ([RecurrentLayer<Scalar>], Activation<Scalar>) {
    let context = stack.context
    func dropped(_ input: Activation<Scalar>, _ rate: Double, _ index: Int) -> Activation<Scalar> {
      guard rate > 0 else { return input }
      return stack.add(
        DropoutLayer(
          input: input, rate: rate, extent: regularization.isVariational ? .sequence : .element,
          salt: UInt64(100 + index))
      ).output
    }
    var layers: [RecurrentLayer<Scalar>] = []
    var top = dropped(embedding.output, regularization.inputDropout, 0)
    for index in 0..<architecture.layerCount {
      let isLast = index == architecture.layerCount - 1
      let rate = isLast ? regularization.outputDropout : regularization.layerDropout
      if let cell = architecture.cell.recurrence {
        let layer = stack.add(
          RecurrentLayer(
            cell, input: top, parameters: RecurrentParameters(context.store, prefix: "rnn", layer: index),
            context: context, carriedCount: streamCount, lendsOutput: rate > 0,
            weightDrop: regularization.weightDrop, salt: UInt64(200 + index)))
        layers.append(layer)
        top = layer.output
      } else {
        top =
          stack.add(
            LinearLayer(
              input: top, weights: context.parameter("hidden.\(index).weight"),
              bias: context.parameter("hidden.\(index).bias"), function: .tanh, lendsOutput: rate > 0,
              context: context)
          ).output
      }
      top = dropped(top, rate, index + 1)
    }
    return (layers, top)
  }

  /// tanh(W [h_forward; h_backward] + b), which enters the output layer in place of h_backward.
  private static func addJointOutput(
    _ forward: Activation<Scalar>, _ backward: Activation<Scalar>, to stack: LayerStack<Scalar>
  ) -> Activation<Scalar> {
    let context = stack.context
    let both = stack.add(CombiningLayer([forward, backward], .concatenation)).output
    return stack.add(
      LinearLayer(
        input: both, weights: context.parameter(JointOutput.name + ".weight"),
        bias: context.parameter(JointOutput.name + ".bias"), function: .tanh, context: context)
    ).output
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

  /// Moves the state over tokens of which nothing is predicted.
  func read(_ tokens: [Int32]) { _ = forward(tokens, beside: [], .evaluation) }

  /// The sum of the losses in nats over the targets that are not negative, without dropout; the state moves on.
  ///
  /// - Parameter beside: for a joint output, the other network's vectors by step, then stream.
  func loss(_ tokens: [Int32], targets: [Int32], beside: [Scalar] = []) -> Double {
    let shape = forward(tokens, beside: beside, .evaluation)
    return output.loss(top.values, rowCount: tokens.count, targets: byRow(targets, shape))
  }

  /// The mean training loss in nats a target, with its gradients in `parameters.gradients`; the state moves on.
  ///
  /// - Parameters:
  ///   - beside: for a joint output, the other network's vectors by step, then stream.
  ///   - key: what is dropped and sampled follows from it.
  func lossAndGradients(
    _ tokens: [Int32], targets: [Int32], beside: [Scalar] = [], key: UInt64
  ) -> Double {
    let shape = forward(tokens, beside: beside, TrainingPass(key: key, needsGradients: true, part: part))
    var count = Double(max(1, targets.count { $0 >= 0 }))
    // Every stream has as many targets.
    if let part { count *= Double(part.total) / Double(streamCount) }
    let total = output.lossAndGradients(
      top.values, rowCount: tokens.count, targets: byRow(targets, shape), scale: 1 / count,
      key: SplitMix64.mix(key &+ 7), inputGradient: top.gradient)
    top.markWritten()
    stack.backward()
    return total / count
  }

  /// The tables of which the last batch has gradients in some rows only.
  ///
  /// - Parameters: of the whole batch, where this has a part of it.
  func touchedRows(tokens: [Int32], targets: [Int32]) -> [TouchedRows<Scalar>] {
    let table = parameters.parameter("embedding.weight")
    guard let types = output.touchedTypes(targets) else {
      return architecture.isTied ? [] : [TouchedRows(table, tokens)]
    }
    let bias = TouchedRows(parameters.parameter("output.bias"), types)
    if architecture.isTied { return [TouchedRows(table, tokens + types), bias] }
    return [TouchedRows(table, tokens), TouchedRows(parameters.parameter("output.weight"), types), bias]
  }

  /// The vectors that enter the output layer, of the last segment: by step, then stream.
  func outputInputs(count: Int) -> [Scalar] {
    let size = architecture.hiddenSize
    let shape = shape(tokenCount: count)
    var result: [Scalar] = []
    for step in 0..<count / streamCount {
      for stream in 0..<streamCount {
        let row = shape.row(sequence: stream, step: step)
        result += UnsafeBufferPointer(start: top.values + row * size, count: size)
      }
    }
    return result
  }

  private func shape(tokenCount: Int) -> SequenceShape {
    precondition(tokenCount > 0 && tokenCount % streamCount == 0 && tokenCount <= streamCount * stepCount)
    let steps = tokenCount / streamCount
    if let shape = shapes[steps] { return shape }
    let shape = SequenceShape(streamCount: streamCount, stepCount: steps, team: team)
    shapes[steps] = shape
    return shape
  }

  private func forward(_ tokens: [Int32], beside vectors: [Scalar], _ pass: TrainingPass) -> SequenceShape {
    let shape = shape(tokenCount: tokens.count)
    let steps = tokens.count / streamCount
    var byStream: [Int32] = []
    byStream.reserveCapacity(tokens.count)
    for stream in 0..<streamCount {
      for step in 0..<steps { byStream.append(tokens[step * streamCount + stream]) }
    }
    precondition(tokens.allSatisfy { $0 >= 0 })
    embedding.read(byStream, shape)
    beside?.read(byRow(vectors, shape), shape)
    stack.forward(pass)
    embedding.advance()
    return shape
  }

  private func byRow(_ values: [Int32], _ shape: SequenceShape) -> [Int32] {
    var result = [Int32](repeating: -1, count: values.count)
    for shard in shape.shards.indices {
      for step in 0..<values.count / streamCount {
        for stream in shape.shards[shard] {
          result[shape.steps[shard].row(sequence: stream, step: step)] = values[step * streamCount + stream]
        }
      }
    }
    return result
  }

  /// Vectors that are given by step, then stream, in the order of rows; zeros for none.
  private func byRow(_ vectors: [Scalar], _ shape: SequenceShape) -> [Scalar] {
    let size = architecture.hiddenSize
    var result = [Scalar](repeating: 0, count: shape.rowCount * size)
    if vectors.isEmpty { return result }
    precondition(vectors.count == result.count)
    for step in 0..<shape.rowCount / streamCount {
      for stream in 0..<streamCount {
        let source = (step * streamCount + stream) * size
        let target = shape.row(sequence: stream, step: step) * size
        for column in 0..<size { result[target + column] = vectors[source + column] }
      }
    }
    return result
  }
}

extension RecurrentArchitecture {
  /// What a row of the first layer's input is made of.
  fileprivate var embeddingContext: EmbeddingContext {
    switch cell {
    case .window: .window(windowLength)
    case .bag: .bag(windowLength)
    default: .token
    }
  }
}
