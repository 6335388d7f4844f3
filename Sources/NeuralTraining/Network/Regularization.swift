/// What keeps a network from learning its training text by heart (Merity, Keskar and Socher 2017, section 4).
///
/// All are probabilities of dropping; 0 turns one off.
public struct Regularization: Hashable, Sendable {
  /// Of the elements of the embeddings that enter the first layer.
  public var inputDropout = 0.0
  /// Of the elements passed between recurrent layers.
  public var layerDropout = 0.0
  /// Of the elements of the last hidden vector before the output layer.
  public var outputDropout = 0.0
  /// Whether one mask holds for all steps of a segment (Gal and Ghahramani 2016) instead of one a step.
  public var isVariational = false
  /// Of whole word types in the embedding, for a segment.
  public var embeddingDropout = 0.0
  /// Of the elements of the recurrent matrices, for a segment.
  public var weightDrop = 0.0

  public init() {}

  /// The same rate at the three places where PyTorch's language model examples have dropout.
  public init(dropout: Double) {
    inputDropout = dropout
    layerDropout = dropout
    outputDropout = dropout
  }
}

/// One place where elements are dropped: masks for the rows of a segment.
final class DropoutSite<Scalar: TrainingScalar> {
  private let dimension: Int
  private let rate: Double
  private let isVariational: Bool
  private let mask: Buffer<Scalar>
  private let operations = Scalar.operations
  /// Nothing is dropped while this is false: in evaluation, or at a rate of 0.
  private(set) var isActive = false
  private var key: UInt64 = 0

  init(rate: Double, dimension: Int, rowCount: Int, isVariational: Bool) {
    self.dimension = dimension
    self.rate = rate
    self.isVariational = isVariational
    mask = Buffer(rate > 0 ? rowCount * dimension : 0)
  }

  /// - Parameter key: nil for evaluation.
  func begin(key: UInt64?) {
    isActive = rate > 0 && key != nil
    self.key = key ?? 0
  }

  /// Draws the masks of `shard`'s rows. Masks depend on the stream and the step, not on how streams are shared out.
  func draw(_ shard: Shard) {
    guard isActive else { return }
    for step in 0..<shard.stepCount {
      for stream in shard.streams {
        let row = shard.row(step: step, stream: stream)
        let position = isVariational ? stream : step * shard.totalStreamCount + stream
        operations.dropout_mask(
          Int64(dimension), key, UInt64(position * dimension), 1 - rate, mask.pointer + row * dimension)
      }
    }
  }

  /// `output` = `input` with the mask of `rows` applied; they may be the same memory.
  func apply(_ rows: Range<Int>, _ input: UnsafePointer<Scalar>, _ output: UnsafeMutablePointer<Scalar>) {
    let count = rows.count * dimension
    if isActive {
      operations.multiply(Int64(count), input, mask.pointer + rows.lowerBound * dimension, output)
    } else if UnsafePointer(output) != input {
      output.update(from: input, count: count)
    }
  }
}

/// The streams of a batch that one thread runs, and where their rows are.
///
/// A segment has a row for every stream at every step. Rows are ordered by shard, then step, then stream, so that a
/// thread's rows are contiguous as a whole and at each step.
struct Shard {
  var streams: Range<Int>
  var stepCount: Int
  var totalStreamCount: Int

  /// Rows of this shard in a matrix with a row for every stream and step.
  var rows: Range<Int> { stepCount * streams.lowerBound..<stepCount * streams.upperBound }

  func row(step: Int, stream: Int) -> Int {
    rows.lowerBound + step * streams.count + stream - streams.lowerBound
  }

  /// The first row of `slot` in a matrix that has one step more: slot 0 is the state before the segment.
  func slotRow(_ slot: Int) -> Int { (stepCount + 1) * streams.lowerBound + slot * streams.count }
}
