import CTrainingKernels
import Neural

/// From the last hidden vectors to the loss.
protocol OutputLayer<Scalar>: AnyObject {
  associatedtype Scalar: TrainingScalar

  /// The sum of the rows' exact losses in nats; rows with a negative target count nothing.
  func loss(_ x: UnsafePointer<Scalar>, rowCount: Int, targets: UnsafePointer<Int32>) -> Double

  /// The sum of the rows' training losses, with `scale` times their gradients in the parameters' gradients
  /// and in `inputGradient`; both replace what was there.
  func lossAndGradients(
    _ x: UnsafePointer<Scalar>, rowCount: Int, targets: UnsafePointer<Int32>, scale: Double, key: UInt64,
    inputGradient: UnsafeMutablePointer<Scalar>
  ) -> Double

  /// The types in whose parameters the last gradients are, of a batch with these targets; nil for all.
  func touchedTypes(_ targets: [Int32]) -> [Int32]?
}

extension OutputLayer {
  func touchedTypes(_ targets: [Int32]) -> [Int32]? { nil }
}

/// One softmax over the whole vocabulary.
final class FullOutput<Scalar: TrainingScalar>: OutputLayer {
  let softmax: SoftmaxLayer<Scalar>

  init(
    _ architecture: RecurrentArchitecture, store: ParameterStore<Scalar>, products: MatrixProducts<Scalar>,
    team: WorkerTeam, rowCount: Int, logitByteLimit: Int
  ) {
    let weights = store.parameter(architecture.isTied ? "embedding.weight" : "output.weight")
    let bias = store.parameter("output.bias")
    softmax = SoftmaxLayer(
      .init(
        columnCount: architecture.vocabularyCount, depth: architecture.hiddenSize, weights: weights.values,
        bias: bias.values, weightGradients: weights.gradient, biasGradients: bias.gradient),
      rowCount: rowCount, products: products, team: team, logitByteLimit: logitByteLimit)
  }

  func loss(_ x: UnsafePointer<Scalar>, rowCount: Int, targets: UnsafePointer<Int32>) -> Double {
    softmax.loss(x, rowCount: rowCount, targets: targets)
  }

  func lossAndGradients(
    _ x: UnsafePointer<Scalar>, rowCount: Int, targets: UnsafePointer<Int32>, scale: Double, key: UInt64,
    inputGradient: UnsafeMutablePointer<Scalar>
  ) -> Double {
    softmax.loss(
      x, rowCount: rowCount, targets: targets, gradientScale: scale, inputGradient: inputGradient)
  }
}

/// Adaptive softmax (Grave et al. 2017): frequent types and one entry a cluster in the head, the clusters' types behind
/// projections that narrow with their rank. A row costs the head and, if its target is there, one cluster.
final class AdaptiveOutput<Scalar: TrainingScalar>: OutputLayer {
  private struct Cluster {
    var types: Range<Int>
    var size: Int
    var projection: Parameter<Scalar>
    var softmax: SoftmaxLayer<Scalar>
    /// Projected rows, and their gradients: rows × size.
    var projected: Buffer<Scalar>
    var projectedGradient: Buffer<Scalar>
  }

  private let hidden: Int
  private let shortlistCount: Int
  private let head: SoftmaxLayer<Scalar>
  private let clusters: [Cluster]
  private let products: MatrixProducts<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  /// The rows of one cluster: rows × hidden.
  private let gathered: Buffer<Scalar>
  private let gatheredGradient: Buffer<Scalar>

  init(
    _ architecture: RecurrentArchitecture, store: ParameterStore<Scalar>, products: MatrixProducts<Scalar>,
    team: WorkerTeam, rowCount: Int, logitByteLimit: Int
  ) {
    hidden = architecture.hiddenSize
    let ranges = architecture.clusters
    shortlistCount = ranges[0].lowerBound
    self.products = products
    self.team = team
    let weights = store.parameter("output.head.weight")
    let bias = store.contains("output.head.bias") ? store.parameter("output.head.bias") : nil
    head = SoftmaxLayer(
      .init(
        columnCount: shortlistCount + ranges.count, depth: hidden, weights: weights.values,
        bias: bias?.values, weightGradients: weights.gradient, biasGradients: bias?.gradient),
      rowCount: rowCount, products: products, team: team, logitByteLimit: logitByteLimit)
    clusters = ranges.enumerated().map { index, types in
      let size = architecture.clusterProjectionSize(index)
      let weights = store.parameter("output.tail.\(index).1.weight")
      return Cluster(
        types: types, size: size, projection: store.parameter("output.tail.\(index).0.weight"),
        softmax: SoftmaxLayer(
          .init(
            columnCount: types.count, depth: size, weights: weights.values, bias: nil,
            weightGradients: weights.gradient, biasGradients: nil),
          rowCount: rowCount, products: products, team: team, logitByteLimit: logitByteLimit),
        projected: Buffer(rowCount * size), projectedGradient: Buffer(rowCount * size))
    }
    gathered = Buffer(rowCount * hidden)
    gatheredGradient = Buffer(rowCount * hidden)
  }

  func loss(_ x: UnsafePointer<Scalar>, rowCount: Int, targets: UnsafePointer<Int32>) -> Double {
    run(x, rowCount, targets, scale: nil, inputGradient: nil)
  }

  func lossAndGradients(
    _ x: UnsafePointer<Scalar>, rowCount: Int, targets: UnsafePointer<Int32>, scale: Double, key: UInt64,
    inputGradient: UnsafeMutablePointer<Scalar>
  ) -> Double {
    run(x, rowCount, targets, scale: scale, inputGradient: inputGradient)
  }

  private func run(
    _ x: UnsafePointer<Scalar>, _ rowCount: Int, _ targets: UnsafePointer<Int32>, scale: Double?,
    inputGradient: UnsafeMutablePointer<Scalar>?
  ) -> Double {
    var headTargets = [Int32](repeating: -1, count: rowCount)
    var members = [[Int]](repeating: [], count: clusters.count)
    for row in 0..<rowCount where targets[row] >= 0 {
      let target = Int(targets[row])
      if target < shortlistCount {
        headTargets[row] = Int32(target)
      } else if let cluster = clusters.firstIndex(where: { $0.types.contains(target) }) {
        headTargets[row] = Int32(shortlistCount + cluster)
        members[cluster].append(row)
      }
    }
    var total = head.loss(
      x, rowCount: rowCount, targets: headTargets, gradientScale: scale, inputGradient: inputGradient)
    for (cluster, rows) in zip(clusters, members) {
      total += run(cluster, rows, x, targets, scale: scale, inputGradient: inputGradient)
    }
    return total
  }

  private func run(
    _ cluster: Cluster, _ rows: [Int], _ x: UnsafePointer<Scalar>, _ targets: UnsafePointer<Int32>,
    scale: Double?,
    inputGradient: UnsafeMutablePointer<Scalar>?
  ) -> Double {
    let clusterTargets = rows.map { targets[$0] - Int32(cluster.types.lowerBound) }
    for (index, row) in rows.enumerated() {
      (gathered.pointer + index * hidden).update(from: x + row * hidden, count: hidden)
    }
    let projection = cluster.projection.values
    let size = cluster.size
    team.run { thread in
      let piece = team.piece(thread, of: rows.count)
      products.multiply(
        thread: thread, transposesB: true, piece.count, size, hidden,
        gathered.pointer + piece.lowerBound * hidden,
        hidden, projection, hidden, accumulates: false, cluster.projected.pointer + piece.lowerBound * size,
        size)
    }
    let total = cluster.softmax.loss(
      cluster.projected.pointer, rowCount: rows.count, targets: clusterTargets, gradientScale: scale,
      inputGradient: cluster.projectedGradient.pointer)
    guard scale != nil, let inputGradient else { return total }
    let projectionGradient = cluster.projection.gradient
    team.run { thread in
      let columns = team.piece(thread, of: size)
      products.multiply(
        thread: thread, transposesA: true, columns.count, hidden, rows.count,
        cluster.projectedGradient.pointer + columns.lowerBound, size, gathered.pointer, hidden,
        accumulates: false,
        projectionGradient + columns.lowerBound * hidden, hidden)
      let piece = team.piece(thread, of: rows.count)
      products.multiply(
        thread: thread, piece.count, hidden, size,
        cluster.projectedGradient.pointer + piece.lowerBound * size, size,
        projection, hidden, accumulates: false, gatheredGradient.pointer + piece.lowerBound * hidden, hidden)
      for index in piece {
        operations.add_scaled(
          Int64(hidden), 1, gatheredGradient.pointer + index * hidden, inputGradient + rows[index] * hidden)
      }
    }
    return total
  }
}
