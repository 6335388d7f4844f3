/// Pairs of neighbours and what they become, a row each of several matrices.
///
/// Threads write rows of their own.
final class AutoencoderRows<Scalar: TrainingScalar> {
  let size: Int
  let count: Int
  private let pairBuffer: Buffer<Scalar>
  private let parentBuffer: Buffer<Scalar>
  private let lossBuffer: Buffer<Scalar>
  private let measures: UnsafeMutableBufferPointer<Measures>

  struct Measures {
    /// What the parent was divided by to have length 1.
    var divisor = 1.0
    /// The left child's part of the leaves under both.
    var leftPart = 0.5
    /// What is lost of the children, of each by its part of the leaves.
    var error = 0.0
  }

  init(size: Int, count: Int) {
    self.size = size
    self.count = count
    pairBuffer = Buffer(2 * count * size)
    parentBuffer = Buffer(count * size)
    lossBuffer = Buffer(2 * count * size)
    measures = .allocate(capacity: max(1, count))
    measures.initialize(repeating: Measures())
  }

  static func three(size: Int, count: Int) -> (AutoencoderRows, AutoencoderRows, AutoencoderRows) {
    (.init(size: size, count: count), .init(size: size, count: count), .init(size: size, count: count))
  }

  deinit { measures.deallocate() }

  /// Both children side by side: 2 size, and the next row behind it.
  func pair(_ row: Int) -> UnsafeMutablePointer<Scalar> { pairBuffer.pointer + 2 * row * size }
  /// The parent, of length 1: size.
  func parent(_ row: Int) -> UnsafeMutablePointer<Scalar> { parentBuffer.pointer + row * size }
  /// What the parent tells of the children less what they are: 2 size.
  func loss(_ row: Int) -> UnsafeMutablePointer<Scalar> { lossBuffer.pointer + 2 * row * size }

  subscript(row: Int) -> Measures {
    get { measures[row] }
    set { measures[row] = newValue }
  }

  /// Takes a row over from others.
  func take(_ source: Int, of others: AutoencoderRows, as row: Int) {
    pair(row).update(from: others.pair(source), count: 2 * size)
    parent(row).update(from: others.parent(source), count: size)
    loss(row).update(from: others.loss(source), count: 2 * size)
    measures[row] = others.measures[source]
  }
}
