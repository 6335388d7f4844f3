import CTrainingKernels

/// A linear layer and the cross-entropy of its softmax: logits = x Wᵀ + b.
///
/// Threads share the columns. Logits are made block by block of columns, each block's maximum and sum taken while it is
/// in the cache; the second pass turns a block into the gradient of its logits and uses it at once for both products
/// that need it, so that the logits are written and read once.
final class SoftmaxLayer<Scalar: TrainingScalar> {
  /// The columns of W, as rows of memory, and where its gradient goes.
  struct Weights {
    var columnCount: Int
    var depth: Int
    var weights: UnsafeMutablePointer<Scalar>
    var bias: UnsafeMutablePointer<Scalar>?
    var weightGradients: UnsafeMutablePointer<Scalar>
    var biasGradients: UnsafeMutablePointer<Scalar>?
  }

  let weights: Weights
  private let products: MatrixProducts<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  private let blockWidth: Int
  private let blockCount: Int
  /// Rows whose logits are in memory at once.
  private let chunkRows: Int
  private let logits: Buffer<Scalar>
  /// The rows in hand, as every block's products have them.
  private let rowsOnLeft: RepeatedFactor<Scalar>
  private let rowsOnRight: RepeatedFactor<Scalar>
  private let maxima: [Buffer<Scalar>]
  private let sums: [Buffer<Scalar>]
  private let targetLogits: Buffer<Scalar>
  private let logNormalizers: Buffer<Scalar>
  private let inputGradients: [Buffer<Scalar>]

  /// - Parameter logitByteLimit: memory for logits; more rows than fit are done in turns.
  init(
    _ weights: Weights, rowCount: Int, products: MatrixProducts<Scalar>, team: WorkerTeam,
    logitByteLimit: Int = 192 << 20
  ) {
    self.weights = weights
    self.products = products
    self.team = team
    let share = (weights.columnCount + team.count - 1) / team.count
    blockWidth = max(32, min(256, (share + 31) / 32 * 32))
    blockCount = (weights.columnCount + blockWidth - 1) / blockWidth
    let rowBytes = blockCount * blockWidth * MemoryLayout<Scalar>.stride
    chunkRows = max(1, min(rowCount, max(64, logitByteLimit / rowBytes)))
    let chunk = chunkRows
    logits = Buffer(chunk * blockCount * blockWidth)
    rowsOnLeft = RepeatedFactor(.left, vectorCount: chunk, depth: weights.depth, products: products)
    rowsOnRight = RepeatedFactor(.right, vectorCount: weights.depth, depth: chunk, products: products)
    maxima = (0..<team.count).map { _ in Buffer(chunk) }
    sums = (0..<team.count).map { _ in Buffer(chunk) }
    targetLogits = Buffer(chunk)
    logNormalizers = Buffer(chunk)
    inputGradients = (1..<max(team.count, 1)).map { _ in Buffer(chunk * weights.depth) }
  }

  /// The sum of the rows' losses in nats. Rows with a negative target count nothing.
  ///
  /// - Parameters:
  ///   - x: rowCount × depth.
  ///   - gradientScale: if not nil, gradients of this times the sum go into the weights' gradients, which they
  ///     replace, and into `inputGradient` (rowCount × depth), which they replace as well.
  func loss(
    _ x: UnsafePointer<Scalar>, rowCount: Int, targets: UnsafePointer<Int32>, gradientScale: Double? = nil,
    inputGradient: UnsafeMutablePointer<Scalar>? = nil
  ) -> Double {
    if rowCount == 0, gradientScale != nil { zeroWeightGradients() }
    var total = 0.0
    for start in stride(from: 0, to: rowCount, by: chunkRows) {
      let count = min(chunkRows, rowCount - start)
      let rows = x + start * weights.depth
      total += normalize(rows, count, targets + start)
      if let gradientScale, let inputGradient {
        backward(
          rows, count, targets + start, scale: gradientScale, accumulates: start > 0,
          inputGradient + start * weights.depth)
      }
    }
    return total
  }

  private func columns(_ block: Int) -> Range<Int> {
    block * blockWidth..<min((block + 1) * blockWidth, weights.columnCount)
  }

  /// Fills `logits` and `logNormalizers`; the sum of the losses.
  private func normalize(_ x: UnsafePointer<Scalar>, _ rowCount: Int, _ targets: UnsafePointer<Int32>)
    -> Double
  {
    let depth = weights.depth
    if products.packsFactors {
      team.run { rowsOnLeft.pack(x, depth, vectorCount: rowCount, depth: depth, team: team, thread: $0) }
    }
    team.run { thread in
      maxima[thread].pointer.update(repeating: -1e30, count: rowCount)
      sums[thread].pointer.clear(count: rowCount)
      for block in team.piece(thread, of: blockCount) {
        let columns = columns(block)
        let blockLogits = logits.pointer + columns.lowerBound * rowCount
        products.multiply(
          thread: thread, transposesB: true, rowCount, columns.count, depth, x, depth,
          weights.weights + columns.lowerBound * depth, depth, accumulates: false, blockLogits, columns.count,
          left: rowsOnLeft)
        operations.softmax_accumulate(
          Int64(rowCount), Int64(columns.count), blockLogits, Int64(columns.count),
          weights.bias.map { UnsafeRawPointer($0 + columns.lowerBound) }, maxima[thread].pointer,
          sums[thread].pointer)
        for row in 0..<rowCount where columns.contains(Int(targets[row])) {
          targetLogits.pointer[row] =
            blockLogits[row * columns.count + Int(targets[row]) - columns.lowerBound]
        }
      }
    }
    var total = 0.0
    for row in 0..<rowCount {
      guard targets[row] >= 0 else {
        // So large a normaliser makes the row's gradient vanish.
        logNormalizers.pointer[row] = 1e30
        continue
      }
      var maximum = -Double.infinity
      for buffer in maxima { maximum = max(maximum, Double(buffer.pointer[row])) }
      var sum = 0.0
      for thread in maxima.indices {
        let part = Double(sums[thread].pointer[row])
        if part != 0 { sum += part * exponential(Double(maxima[thread].pointer[row]) - maximum) }
      }
      let normalizer = maximum + naturalLogarithm(sum)
      logNormalizers.pointer[row] = Scalar(normalizer)
      total += normalizer - Double(targetLogits.pointer[row])
    }
    return total
  }

  private func backward(
    _ x: UnsafePointer<Scalar>, _ rowCount: Int, _ targets: UnsafePointer<Int32>, scale: Double,
    accumulates: Bool,
    _ inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    let depth = weights.depth
    if products.packsFactors {
      team.run { rowsOnRight.pack(x, depth, vectorCount: depth, depth: rowCount, team: team, thread: $0) }
    }
    team.run { thread in
      let dx = thread == 0 ? inputGradient : inputGradients[thread - 1].pointer
      let blocks = team.piece(thread, of: blockCount)
      if blocks.isEmpty { dx.clear(count: rowCount * depth) }
      for block in blocks {
        let columns = columns(block)
        let width = columns.count
        let gradient = logits.pointer + columns.lowerBound * rowCount
        operations.softmax_gradient(
          Int64(rowCount), Int64(width), gradient, Int64(width), logNormalizers.pointer, targets,
          Int64(columns.lowerBound), scale)
        products.multiply(
          thread: thread, transposesA: true, width, depth, rowCount, gradient, width, x, depth,
          accumulates: accumulates, weights.weightGradients + columns.lowerBound * depth, depth,
          right: rowsOnRight)
        if let biasGradients = weights.biasGradients {
          let target = biasGradients + columns.lowerBound
          if !accumulates { target.clear(count: width) }
          operations.column_sums(Int64(rowCount), Int64(width), gradient, Int64(width), target)
        }
        products.multiply(
          thread: thread, rowCount, depth, width, gradient, width,
          weights.weights + columns.lowerBound * depth,
          depth, accumulates: block > blocks.lowerBound, dx, depth)
      }
    }
    if team.count > 1 {
      team.run { thread in
        let elements = team.piece(thread, of: rowCount * depth, grain: 16)
        for part in inputGradients {
          operations.add_scaled(
            Int64(elements.count), 1, part.pointer + elements.lowerBound, inputGradient + elements.lowerBound)
        }
      }
    }
  }

  private func zeroWeightGradients() {
    weights.weightGradients.clear(count: weights.columnCount * weights.depth)
    weights.biasGradients?.clear(count: weights.columnCount)
  }
}
