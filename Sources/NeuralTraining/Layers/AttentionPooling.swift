import CTrainingKernels
import Neural

/// A sequence's rows made one, each weighted by how well its key fits a vector that is learned (Yang et al. 2016, 2.2):
/// s = Σₜ softmaxₜ(keyₜ · u) valueₜ. The key is made by the layer before, as a rule tanh(W h + b).
final class AttentionPooling<Scalar: TrainingScalar>: Layer {
  /// One row a sequence (rows of the outer shape where there is one) × the values' size.
  let output: Activation<Scalar>
  private let keys: Activation<Scalar>
  private let values: Activation<Scalar>
  /// keys' size.
  private let query: Parameter<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  /// A row's weight, and then the gradient by its score.
  private var weights: [UnsafeMutableBufferPointer<Double>] = []

  /// - Parameters:
  ///   - keys: by sequence.
  ///   - values: of the keys' shape.
  init(
    keys: Activation<Scalar>, values: Activation<Scalar>, query: Parameter<Scalar>,
    context: LayerContext<Scalar>
  ) {
    precondition(query.count == keys.size)
    self.keys = keys
    self.values = values
    self.query = query
    team = context.team
    output = Activation(size: values.size)
  }

  deinit { for weights in weights { weights.deallocate() } }

  func begin(_ pass: TrainingPass) {
    precondition(keys.shape.order == .bySequence && keys.rowCount == values.rowCount)
    output.begin(keys.shape.reduced, needsGradient: pass.needsGradients)
    for weights in weights { weights.deallocate() }
    weights = keys.shape.shards.indices.map { .allocate(capacity: max(1, keys.rowCount($0))) }
  }

  func forward(shard: Int, thread: Int) {
    let (shape, weights) = (keys.shape, weights[shard])
    let first = shape.rows(ofShard: shard).lowerBound
    for (index, sequence) in shape.shards[shard].enumerated() {
      let rows = shape.offsets[sequence] - first..<shape.offsets[sequence + 1] - first
      let target = output.values(shard) + index * values.size
      target.clear(count: values.size)
      var largest = -Double.infinity
      for row in rows {
        weights[row] = operations.dot(Int64(keys.size), keys.values(shard) + row * keys.size, query.values)
        largest = max(largest, weights[row])
      }
      var sum = 0.0
      for row in rows {
        weights[row] = exponential(weights[row] - largest)
        sum += weights[row]
      }
      for row in rows {
        weights[row] /= sum
        operations.add_scaled(
          Int64(values.size), weights[row], values.values(shard) + row * values.size, target)
      }
    }
  }

  func backward(shard: Int, thread: Int) {
    let (shape, weights) = (keys.shape, weights[shard])
    let first = shape.rows(ofShard: shard).lowerBound
    let given = output.readGradient(shard)
    let keyGradient = keys.addedGradient(shard)
    let valueGradient = values.addedGradient(shard)
    for (index, sequence) in shape.shards[shard].enumerated() {
      let rows = shape.offsets[sequence] - first..<shape.offsets[sequence + 1] - first
      let out = given + index * values.size
      var mean = 0.0
      for row in rows {
        let product = operations.dot(Int64(values.size), out, values.values(shard) + row * values.size)
        mean += weights[row] * product
      }
      for row in rows {
        let product = operations.dot(Int64(values.size), out, values.values(shard) + row * values.size)
        operations.add_scaled(Int64(values.size), weights[row], out, valueGradient + row * values.size)
        weights[row] *= product - mean
        operations.add_scaled(Int64(keys.size), weights[row], query.values, keyGradient + row * keys.size)
      }
    }
  }

  func accumulate(thread: Int) {
    guard thread == 0 else { return }
    query.gradient.clear(count: query.count)
    for shard in keys.shape.shards.indices {
      for row in 0..<keys.rowCount(shard) {
        operations.add_scaled(
          Int64(keys.size), weights[shard][row], keys.values(shard) + row * keys.size, query.gradient)
      }
    }
  }
}

extension AttentionPoolingKind: TrainableLayerKind {
  func declarations(_ prefix: String) -> [ParameterDeclaration] {
    parameters.map { .init(name: "\(prefix).\($0.name)", shape: $0.shape, initial: .uniform(limit: 0.1)) }
  }

  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    let layer = AttentionPooling(
      keys: builder.inputs[0], values: builder.inputs[1], query: builder.parameter("query"),
      context: builder.stack.context)
    return [builder.stack.add(layer).output]
  }
}
