import CTrainingKernels

/// A matrix that passes between layers, and the gradient of the loss by it: rows × size.
///
/// Memory grows with the largest batch and is kept for the next.
final class Activation<Scalar: TrainingScalar> {
  /// Columns.
  let size: Int
  private(set) var shape: SequenceShape
  private var valueBuffer = Buffer<Scalar>(0)
  private var gradientBuffer = Buffer<Scalar>(0)
  /// Where each shard's values are where they are in another layer's memory; empty where they are here.
  private var borrowed: UnsafeMutableBufferPointer<UnsafeMutablePointer<Scalar>?>
  /// Whether each shard's gradient holds something of this pass.
  private var isWritten: UnsafeMutableBufferPointer<Bool>
  /// Whether all rows lie side by side at `values`.
  private(set) var isContiguous = true

  var gradient: UnsafeMutablePointer<Scalar> { gradientBuffer.pointer }
  var rowCount: Int { shape.rowCount }

  /// All rows; only where `isContiguous`.
  var values: UnsafeMutablePointer<Scalar> {
    precondition(isContiguous)
    return valueBuffer.pointer
  }

  init(size: Int) {
    self.size = size
    shape = SequenceShape(lengths: [], shardCount: 1)
    borrowed = .allocate(capacity: 1)
    borrowed.initialize(repeating: nil)
    isWritten = .allocate(capacity: 1)
    isWritten.initialize(repeating: false)
  }

  deinit {
    borrowed.deallocate()
    isWritten.deallocate()
  }

  /// Makes room for a batch; what was there is lost.
  ///
  /// - Parameter isBorrowed: whether every shard's values will be lent by `borrow`.
  func begin(_ shape: SequenceShape, needsGradient: Bool, isBorrowed: Bool = false) {
    self.shape = shape
    isContiguous = !isBorrowed
    let count = shape.rowCount * size
    if !isBorrowed && valueBuffer.count < count { valueBuffer = Buffer(count) }
    if needsGradient && gradientBuffer.count < count { gradientBuffer = Buffer(count) }
    if isWritten.count != shape.shards.count {
      isWritten.deallocate()
      isWritten = .allocate(capacity: shape.shards.count)
      borrowed.deallocate()
      borrowed = .allocate(capacity: shape.shards.count)
    }
    isWritten.initialize(repeating: false)
    borrowed.initialize(repeating: nil)
  }

  /// Says where a shard's values are.
  func borrow(_ values: UnsafeMutablePointer<Scalar>, shard: Int) { borrowed[shard] = values }

  /// The values of a shard's rows.
  func values(_ shard: Int) -> UnsafeMutablePointer<Scalar> {
    if !isContiguous { return borrowed[shard]! }
    return valueBuffer.pointer + shape.rows(ofShard: shard).lowerBound * size
  }

  /// Runs of rows that lie side by side, with their values.
  var runs: [(rows: Range<Int>, values: UnsafePointer<Scalar>)] {
    if rowCount == 0 { return [] }
    if isContiguous { return [(0..<rowCount, UnsafePointer(values))] }
    return shape.shards.indices.compactMap { shard in
      let rows = shape.rows(ofShard: shard)
      return rows.isEmpty ? nil : (rows, UnsafePointer(values(shard)))
    }
  }

  /// The gradient of a shard's rows.
  func gradient(_ shard: Int) -> UnsafeMutablePointer<Scalar> {
    gradient + shape.rows(ofShard: shard).lowerBound * size
  }

  func rowCount(_ shard: Int) -> Int { shape.rows(ofShard: shard).count }

  /// Says that the whole gradient of a shard is about to be written by somebody.
  ///
  /// - Returns: whether somebody has before, so that it is to be added to; else it holds anything and is replaced.
  func beginGradient(_ shard: Int) -> Bool {
    defer { isWritten[shard] = true }
    return isWritten[shard]
  }

  /// A shard's gradient for those who add to some of its rows: zero where nobody has written yet.
  func addedGradient(_ shard: Int) -> UnsafeMutablePointer<Scalar> {
    let pointer = gradient(shard)
    if !beginGradient(shard) { pointer.clear(count: rowCount(shard) * size) }
    return pointer
  }

  /// Says that a loss has written the gradient of all shards.
  func markWritten() { isWritten.initialize(repeating: true) }

  /// A shard's gradient for reading: zero where nothing depends on the values.
  func readGradient(_ shard: Int) -> UnsafePointer<Scalar> { UnsafePointer(addedGradient(shard)) }
}
