import CTrainingKernels
import Neural

/// Elements left out at random, the others scaled up so that the mean stays (Srivastava et al. 2014).
final class DropoutLayer<Scalar: TrainingScalar>: Layer {
  /// rows × size, side by side.
  let output: Activation<Scalar>
  private let input: Activation<Scalar>
  private let rate: Double
  private let extent: DropoutExtent
  private let salt: UInt64
  private var mask = Buffer<Scalar>(0)
  private let operations = Scalar.operations
  /// Nil in passes in which nothing is dropped.
  private var key: UInt64?
  private var part: BatchPart?

  init(input: Activation<Scalar>, rate: Double, extent: DropoutExtent = .element, salt: UInt64) {
    self.input = input
    self.rate = rate
    self.extent = extent
    self.salt = salt
    output = Activation(size: input.size)
  }

  func begin(_ pass: TrainingPass) {
    key = rate > 0 ? pass.key(salt) : nil
    part = pass.part
    output.begin(input.shape, needsGradient: pass.needsGradients)
    let count = input.rowCount * input.size
    if key != nil && mask.count < count { mask = Buffer(count) }
  }

  func forward(shard: Int, thread: Int) {
    let rows = input.shape.rows(ofShard: shard)
    let count = rows.count * input.size
    guard let key else {
      output.values(shard).update(from: input.values(shard), count: count)
      return
    }
    draw(shard, key)
    operations.multiply(
      Int64(count), input.values(shard), mask.pointer + rows.lowerBound * input.size, output.values(shard))
  }

  /// Masks depend on the sequence and the step, not on how sequences are divided among threads and processes.
  private func draw(_ shard: Int, _ key: UInt64) {
    let (shape, size) = (input.shape, input.size)
    let order = shape.order == .byStep ? shape.steps[shard] : nil
    let part = part ?? BatchPart(first: 0, total: shape.sequenceCount)
    for sequence in shape.shards[shard] {
      for step in 0..<shape.lengths[sequence] {
        let row = order?.row(sequence: sequence, step: step) ?? shape.offsets[sequence] + step
        let place = part.first + sequence
        let position = extent == .sequence ? place : step * part.total + place
        operations.dropout_mask(
          Int64(size), key, UInt64(position * size), 1 - rate, mask.pointer + row * size)
      }
    }
  }

  func backward(shard: Int, thread: Int) {
    let rows = input.shape.rows(ofShard: shard)
    let count = rows.count * input.size
    let given = output.readGradient(shard)
    let accumulates = input.beginGradient(shard)
    let target = input.gradient(shard)
    guard key != nil else {
      if accumulates {
        operations.add_scaled(Int64(count), 1, given, target)
      } else {
        target.update(from: given, count: count)
      }
      return
    }
    let mask = mask.pointer + rows.lowerBound * input.size
    if accumulates {
      operations.multiply_add(Int64(count), given, mask, target)
    } else {
      operations.multiply(Int64(count), given, mask, target)
    }
  }
}

extension DropoutKind: TrainableLayerKind {
  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    let layer = DropoutLayer(input: builder.inputs[0], rate: rate, extent: extent, salt: builder.salt)
    return [builder.stack.add(layer).output]
  }
}
