import CTrainingKernels
import Neural

/// Several steps of a sequence made one: the largest of each column, or the mean.
final class PoolingLayer<Scalar: TrainingScalar>: Layer {
  /// One row a window: with `.sequence`, rows of the outer shape where there is one.
  let output: Activation<Scalar>
  private let input: Activation<Scalar>
  private let reduction: PoolingReduction
  private let window: PoolingWindow
  private let operations = Scalar.operations
  /// Of each output element, which step of its window was the largest.
  private var places: UnsafeMutableBufferPointer<Int32> = .allocate(capacity: 1)

  /// - Parameter input: its rows by sequence.
  init(input: Activation<Scalar>, reduction: PoolingReduction, window: PoolingWindow) {
    self.input = input
    self.reduction = reduction
    self.window = window
    output = Activation(size: input.size)
  }

  deinit { places.deallocate() }

  func begin(_ pass: TrainingPass) {
    precondition(input.shape.order == .bySequence)
    let shape =
      switch window {
      case .sequence: input.shape.reduced
      case .steps(let size): input.shape.withLengths(input.shape.lengths.map { $0 / size })
      }
    output.begin(shape, needsGradient: pass.needsGradients)
    let count = output.rowCount * output.size
    if reduction == .maximum && places.count < count {
      places.deallocate()
      places = .allocate(capacity: count)
    }
  }

  /// Calls `body` with each output row of a shard and the rows of its window, both from the shard's first.
  private func forEachWindow(_ shard: Int, _ body: (_ row: Int, _ window: Range<Int>) -> Void) {
    let shape = input.shape
    let first = shape.rows(ofShard: shard).lowerBound
    var row = 0
    for sequence in shape.shards[shard] {
      let start = shape.offsets[sequence] - first
      let length = shape.lengths[sequence]
      switch window {
      case .sequence:
        body(row, start..<start + length)
        row += 1
      case .steps(let size):
        for index in 0..<length / size {
          body(row, start + index * size..<start + (index + 1) * size)
          row += 1
        }
      }
    }
  }

  func forward(shard: Int, thread: Int) {
    let size = input.size
    let (source, target) = (input.values(shard), output.values(shard))
    let places = placeRow(shard)
    forEachWindow(shard) { row, window in
      let out = target + row * size
      guard !window.isEmpty else { return out.clear(count: size) }
      let first = source + window.lowerBound * size
      if reduction == .maximum {
        operations.column_maxima(
          Int64(window.count), Int64(size), first, Int64(size), out, places + row * size)
      } else {
        out.clear(count: size)
        for step in 0..<window.count {
          operations.add_scaled(Int64(size), 1 / Double(window.count), first + step * size, out)
        }
      }
    }
  }

  private func placeRow(_ shard: Int) -> UnsafeMutablePointer<Int32> {
    places.baseAddress!
      + (reduction == .maximum ? output.shape.rows(ofShard: shard).lowerBound * output.size : 0)
  }

  func backward(shard: Int, thread: Int) {
    let size = input.size
    let given = output.readGradient(shard)
    let target = input.addedGradient(shard)
    let places = placeRow(shard)
    forEachWindow(shard) { row, window in
      guard !window.isEmpty else { return }
      let first = target + window.lowerBound * size
      if reduction == .maximum {
        operations.scatter_columns(Int64(size), given + row * size, places + row * size, first, Int64(size))
      } else {
        for step in 0..<window.count {
          operations.add_scaled(
            Int64(size), 1 / Double(window.count), given + row * size, first + step * size)
        }
      }
    }
  }
}

extension PoolingKind: TrainableLayerKind {
  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    let layer = PoolingLayer(input: builder.inputs[0], reduction: reduction, window: window)
    return [builder.stack.add(layer).output]
  }
}
