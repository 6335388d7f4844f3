import CTrainingKernels
import Neural

extension ActivationFunction {
  /// Sums in place to values.
  func apply<Scalar: TrainingScalar>(_ count: Int, _ values: UnsafeMutablePointer<Scalar>) {
    switch self {
    case .identity: break
    case .tanh: Scalar.operations.tanh_forward(Int64(count), values, values)
    case .relu: Scalar.operations.relu_forward(Int64(count), values, values)
    case .sigmoid: Scalar.operations.sigmoid_forward(Int64(count), values, values)
    }
  }

  /// From the values and the gradient by them to the gradient by the sums.
  func differentiate<Scalar: TrainingScalar>(
    _ count: Int, _ values: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>,
    into sums: UnsafeMutablePointer<Scalar>
  ) {
    switch self {
    case .identity: sums.update(from: gradient, count: count)
    case .tanh: Scalar.operations.tanh_backward(Int64(count), values, gradient, sums)
    case .relu: Scalar.operations.relu_backward(Int64(count), values, gradient, sums)
    case .sigmoid: Scalar.operations.sigmoid_backward(Int64(count), values, gradient, sums)
    }
  }
}

/// y = f(W x + b) for every row.
final class LinearLayer<Scalar: TrainingScalar>: Layer {
  /// rows × (rows of W).
  let output: Activation<Scalar>
  private let input: Activation<Scalar>
  private let weights: Parameter<Scalar>
  private let bias: Parameter<Scalar>?
  private let function: ActivationFunction
  private let lendsOutput: Bool
  private let products: MatrixProducts<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  /// The values, then the gradient by the sums: rows × output.
  private var sums = Buffer<Scalar>(0)

  /// - Parameters:
  ///   - weights: output × input.
  ///   - lendsOutput: whether a layer behind copies the output anyhow.
  init(
    input: Activation<Scalar>, weights: Parameter<Scalar>, bias: Parameter<Scalar>?,
    function: ActivationFunction = .identity, lendsOutput: Bool = false, context: LayerContext<Scalar>
  ) {
    precondition(weights.shape == [weights.shape[0], input.size])
    self.input = input
    self.weights = weights
    self.bias = bias
    self.function = function
    self.lendsOutput = lendsOutput
    products = context.products
    team = context.team
    output = Activation(size: weights.shape[0])
  }

  /// PyTorch's names and starting range for `nn.Linear`.
  static func declarations(_ prefix: String, inputSize: Int, outputSize: Int) -> [ParameterDeclaration] {
    let limit = 1 / Double(inputSize).squareRoot()
    return [
      .init(name: "\(prefix).weight", shape: [outputSize, inputSize], initial: .uniform(limit: limit)),
      .init(name: "\(prefix).bias", shape: [outputSize], initial: .uniform(limit: limit)),
    ]
  }

  func begin(_ pass: TrainingPass) {
    output.begin(input.shape, needsGradient: pass.needsGradients, isBorrowed: lendsOutput)
    let count = input.rowCount * output.size
    if sums.count < count { sums = Buffer(count) }
  }

  func forward(shard: Int, thread: Int) {
    let rows = input.shape.rows(ofShard: shard)
    let size = output.size
    let target = sums.pointer + rows.lowerBound * size
    if let bias {
      operations.broadcast_row(Int64(rows.count), Int64(size), bias.values, nil, target, Int64(size))
    }
    products.multiply(
      thread: thread, transposesB: true, rows.count, size, input.size, input.values(shard), input.size,
      weights.values, input.size, accumulates: bias != nil, target, size)
    function.apply(rows.count * size, target)
    if lendsOutput {
      output.borrow(target, shard: shard)
    } else {
      output.values(shard).update(from: target, count: rows.count * size)
    }
  }

  func backward(shard: Int, thread: Int) {
    let rows = input.shape.rows(ofShard: shard)
    let size = output.size
    let gradient = sums.pointer + rows.lowerBound * size
    function.differentiate(rows.count * size, gradient, output.readGradient(shard), into: gradient)
    let accumulates = input.beginGradient(shard)
    products.multiply(
      thread: thread, rows.count, input.size, size, gradient, size, weights.values, input.size,
      accumulates: accumulates, input.gradient(shard), input.size)
  }

  func accumulate(thread: Int) {
    let piece = team.piece(thread, of: output.size, grain: 32)
    guard !piece.isEmpty else { return }
    let target = weights.gradient + piece.lowerBound * input.size
    var accumulates = false
    for (rows, values) in input.runs {
      products.multiply(
        thread: thread, transposesA: true, piece.count, input.size, rows.count,
        sums.pointer + rows.lowerBound * output.size + piece.lowerBound, output.size, values, input.size,
        accumulates: accumulates, target, input.size)
      accumulates = true
    }
    if !accumulates { target.clear(count: piece.count * input.size) }
    guard let bias else { return }
    (bias.gradient + piece.lowerBound).clear(count: piece.count)
    operations.column_sums(
      Int64(input.rowCount), Int64(piece.count), sums.pointer + piece.lowerBound, Int64(output.size),
      bias.gradient + piece.lowerBound)
  }
}

extension LinearKind: TrainableLayerKind {
  func declarations(_ prefix: String) -> [ParameterDeclaration] {
    let all = LinearLayer<Float>.declarations(prefix, inputSize: inputSize, outputSize: size)
    return hasBias ? all : Array(all.prefix(1))
  }

  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    let layer = LinearLayer(
      input: builder.inputs[0], weights: builder.parameter("weight"),
      bias: hasBias ? builder.parameter("bias") : nil, function: activation, context: builder.stack.context)
    return [builder.stack.add(layer).output]
  }
}
