/// Vectors that another network has made of the same rows. No gradient goes back to it.
final class GivenVectors<Scalar: TrainingScalar>: Layer {
  /// rows × size.
  let output: Activation<Scalar>
  private var shape = SequenceShape(lengths: [], shardCount: 1)
  private var vectors: [Scalar] = []

  init(size: Int) { output = Activation(size: size) }

  /// The vectors that the next pass reads.
  ///
  /// - Parameter vectors: rows × size, in the order of the shape's rows.
  func read(_ vectors: [Scalar], _ shape: SequenceShape) {
    precondition(vectors.count == shape.rowCount * output.size)
    self.vectors = vectors
    self.shape = shape
  }

  func begin(_ pass: TrainingPass) { output.begin(shape, needsGradient: pass.needsGradients) }

  func forward(shard: Int, thread: Int) {
    let elements = shape.rows(ofShard: shard)
    guard !elements.isEmpty else { return }
    vectors.withUnsafeBufferPointer {
      output.values(shard).update(
        from: $0.baseAddress! + elements.lowerBound * output.size, count: elements.count * output.size)
    }
  }

  func backward(shard: Int, thread: Int) {}
}
