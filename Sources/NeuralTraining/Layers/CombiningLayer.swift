import CTrainingKernels
import Neural

/// Several activations of one shape made one: their columns side by side, or added up.
final class CombiningLayer<Scalar: TrainingScalar>: Layer {
  /// rows × the sum of the inputs' sizes, or × the one size that they have.
  let output: Activation<Scalar>
  private let inputs: [Activation<Scalar>]
  /// The column of the output that each input's first one goes to.
  private let columns: [Int]
  private let operations = Scalar.operations

  init(_ inputs: [Activation<Scalar>], _ rule: CombiningRule) {
    self.inputs = inputs
    switch rule {
    case .concatenation:
      var size = 0
      columns = inputs.map { input in
        defer { size += input.size }
        return size
      }
      output = Activation(size: size)
    case .sum:
      precondition(inputs.allSatisfy { $0.size == inputs[0].size })
      columns = inputs.map { _ in 0 }
      output = Activation(size: inputs[0].size)
    }
  }

  func begin(_ pass: TrainingPass) {
    precondition(
      inputs.allSatisfy { $0.rowCount == inputs[0].rowCount && $0.shape.order == inputs[0].shape.order })
    output.begin(inputs[0].shape, needsGradient: pass.needsGradients)
  }

  func forward(shard: Int, thread: Int) {
    output.values(shard).clear(count: output.rowCount(shard) * output.size)
    forEachRun(shard) { input, row, column, count in
      operations.add_scaled(
        Int64(count), 1, input.values(shard) + row * input.size,
        output.values(shard) + row * output.size + column)
    }
  }

  func backward(shard: Int, thread: Int) {
    let given = output.readGradient(shard)
    for input in inputs { _ = input.addedGradient(shard) }
    forEachRun(shard) { input, row, column, count in
      operations.add_scaled(
        Int64(count), 1, given + row * output.size + column, input.gradient(shard) + row * input.size)
    }
  }

  /// Calls `body` with elements that lie side by side in an input and in the output: a row, or all where the input is as wide
  /// as the output.
  private func forEachRun(
    _ shard: Int, _ body: (_ input: Activation<Scalar>, _ row: Int, _ column: Int, _ count: Int) -> Void
  ) {
    let rowCount = output.rowCount(shard)
    for (input, column) in zip(inputs, columns) {
      if input.size == output.size {
        body(input, 0, column, rowCount * input.size)
      } else {
        for row in 0..<rowCount { body(input, row, column, input.size) }
      }
    }
  }
}

extension CombiningKind: TrainableLayerKind {
  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    [builder.stack.add(CombiningLayer(builder.inputs, rule)).output]
  }
}
