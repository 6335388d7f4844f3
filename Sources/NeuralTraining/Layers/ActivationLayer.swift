import CTrainingKernels
import Neural

/// A function of every element.
final class ActivationLayer<Scalar: TrainingScalar>: Layer {
  /// rows × size.
  let output: Activation<Scalar>
  private let input: Activation<Scalar>
  private let function: ActivationFunction
  private let operations = Scalar.operations
  /// The gradient by the input, where there is one already to add to.
  private var gradient = Buffer<Scalar>(0)

  init(input: Activation<Scalar>, function: ActivationFunction) {
    self.input = input
    self.function = function
    output = Activation(size: input.size)
  }

  func begin(_ pass: TrainingPass) {
    output.begin(input.shape, needsGradient: pass.needsGradients)
    let count = input.rowCount * input.size
    if pass.needsGradients && gradient.count < count { gradient = Buffer(count) }
  }

  func forward(shard: Int, thread: Int) {
    let count = input.rowCount(shard) * input.size
    output.values(shard).update(from: input.values(shard), count: count)
    function.apply(count, output.values(shard))
  }

  func backward(shard: Int, thread: Int) {
    let rows = input.shape.rows(ofShard: shard)
    let count = rows.count * input.size
    let own = gradient.pointer + rows.lowerBound * input.size
    function.differentiate(count, output.values(shard), output.readGradient(shard), into: own)
    operations.add_scaled(Int64(count), 1, own, input.addedGradient(shard))
  }
}

extension ActivationKind: TrainableLayerKind {
  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    [builder.stack.add(ActivationLayer(input: builder.inputs[0], function: function)).output]
  }
}
