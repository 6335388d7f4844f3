import CTrainingKernels

/// The columns of several activations of one shape side by side: two directions, filters of several widths.
final class Concatenation<Scalar: TrainingScalar>: Layer {
  /// rows × (the sum of the sizes).
  let output: Activation<Scalar>
  private let inputs: [Activation<Scalar>]
  private let operations = Scalar.operations

  init(_ inputs: [Activation<Scalar>]) {
    self.inputs = inputs
    output = Activation(size: inputs.reduce(0) { $0 + $1.size })
  }

  func begin(_ pass: TrainingPass) {
    precondition(
      inputs.allSatisfy { $0.rowCount == inputs[0].rowCount && $0.shape.order == inputs[0].shape.order })
    output.begin(inputs[0].shape, needsGradient: pass.needsGradients)
  }

  func forward(shard: Int, thread: Int) {
    var column = 0
    let target = output.values(shard)
    for input in inputs {
      let source = input.values(shard)
      for row in 0..<output.rowCount(shard) {
        (target + row * output.size + column).update(from: source + row * input.size, count: input.size)
      }
      column += input.size
    }
  }

  func backward(shard: Int, thread: Int) {
    var column = 0
    let given = output.readGradient(shard)
    for input in inputs {
      let target = input.addedGradient(shard)
      for row in 0..<output.rowCount(shard) {
        operations.add_scaled(
          Int64(input.size), 1, given + row * output.size + column, target + row * input.size)
      }
      column += input.size
    }
  }
}

/// Activations of one shape and size added up: the channels of an embedding that share their filters (Kim 2014, 2.1).
final class Sum<Scalar: TrainingScalar>: Layer {
  /// rows × size.
  let output: Activation<Scalar>
  private let inputs: [Activation<Scalar>]
  private let operations = Scalar.operations

  init(_ inputs: [Activation<Scalar>]) {
    self.inputs = inputs
    output = Activation(size: inputs[0].size)
  }

  func begin(_ pass: TrainingPass) {
    precondition(inputs.allSatisfy { $0.rowCount == inputs[0].rowCount && $0.size == output.size })
    output.begin(inputs[0].shape, needsGradient: pass.needsGradients)
  }

  func forward(shard: Int, thread: Int) {
    let count = output.rowCount(shard) * output.size
    output.values(shard).update(from: inputs[0].values(shard), count: count)
    for input in inputs.dropFirst() {
      operations.add_scaled(Int64(count), 1, input.values(shard), output.values(shard))
    }
  }

  func backward(shard: Int, thread: Int) {
    let count = output.rowCount(shard) * output.size
    let given = output.readGradient(shard)
    for input in inputs { operations.add_scaled(Int64(count), 1, given, input.addedGradient(shard)) }
  }
}
