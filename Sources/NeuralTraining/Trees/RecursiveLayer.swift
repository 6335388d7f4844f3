import CTrainingKernels

/// Parents from their children, up a binary tree: p = tanh(W [c₁; c₂] + b) (Socher et al. 2011, equation 2).
///
/// The shape of the computation is the trees', which may be others for every batch. A shard's trees are composed together,
/// one product for all nodes of a height, from the leaves' parents to the roots; and back.
final class RecursiveLayer<Scalar: TrainingScalar>: Layer {
  /// Every node: rows by sequence in the order of the tree's nodes, leaves first, the root last.
  let output: Activation<Scalar>
  /// The root of each sequence's tree; zeros for one without leaves.
  let root: Activation<Scalar>
  /// The leaves, by sequence.
  private let input: Activation<Scalar>
  /// size × 2 size.
  private let weights: Parameter<Scalar>
  private let bias: Parameter<Scalar>
  private let products: MatrixProducts<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  private var trees: [TreeShape] = []
  private var levels: [[Level]] = []
  /// Of the composed nodes, level by level: the vectors of both children, rows × 2 size; and the gradient by them.
  private var children = Buffer<Scalar>(0)
  private var childGradients = Buffer<Scalar>(0)
  /// What they are made, then the gradients by their sums: rows × size.
  private var parents = Buffer<Scalar>(0)

  private var size: Int { input.size }

  /// Nodes of one height of a shard's trees: rows of the shard's output from its first.
  private struct Level {
    /// The place of the first in `parents` and `children`.
    var first: Int
    var nodes: [(row: Int, left: Int, right: Int)] = []
  }

  /// - Parameters:
  ///   - weights: size × 2 size, the left child's columns first, as `torch.nn.Linear(2 * size, size)` has them.
  ///   - bias: size.
  init(
    input: Activation<Scalar>, weights: Parameter<Scalar>, bias: Parameter<Scalar>,
    context: LayerContext<Scalar>
  ) {
    precondition(weights.shape == [input.size, 2 * input.size] && bias.count == input.size)
    self.input = input
    self.weights = weights
    self.bias = bias
    products = context.products
    team = context.team
    output = Activation(size: input.size)
    root = Activation(size: input.size)
  }

  static func declarations(_ prefix: String, size: Int) -> [ParameterDeclaration] {
    LinearLayer<Scalar>.declarations(prefix, inputSize: 2 * size, outputSize: size)
  }

  /// The trees of the next pass: one a sequence, over as many leaves as it has steps.
  func read(_ trees: [TreeShape]) { self.trees = trees }

  func begin(_ pass: TrainingPass) {
    let shape = input.shape
    precondition(shape.order == .bySequence && trees.map(\.leafCount) == shape.lengths)
    output.begin(shape.withLengths(trees.map(\.nodeCount)), needsGradient: pass.needsGradients)
    root.begin(shape.reduced, needsGradient: pass.needsGradients)
    var count = 0
    levels = shape.shards.map { levels(of: $0, &count) }
    if parents.count < count * size {
      parents = Buffer(count * size)
      children = Buffer(2 * count * size)
    }
    if pass.needsGradients && childGradients.count < 2 * count * size {
      childGradients = Buffer(2 * count * size)
    }
  }

  /// - Parameter count: composed nodes of the shards before; and then of this one too.
  private func levels(of sequences: Range<Int>, _ count: inout Int) -> [Level] {
    let offsets = output.shape.offsets
    let height = sequences.reduce(0) { max($0, trees[$1].heights.last ?? 0) }
    var levels = [Level](repeating: Level(first: 0), count: height)
    for sequence in sequences {
      let (tree, start) = (trees[sequence], offsets[sequence] - offsets[sequences.lowerBound])
      for (index, pair) in tree.compositions.enumerated() {
        let node = tree.leafCount + index
        levels[tree.heights[node] - 1].nodes.append((start + node, start + pair.left, start + pair.right))
      }
    }
    for index in levels.indices {
      levels[index].first = count
      count += levels[index].nodes.count
    }
    return levels
  }

  func forward(shard: Int, thread: Int) {
    let nodes = output.values(shard)
    forEachTree(shard) { sequence, leaves, first in
      (nodes + first * size).update(from: leaves, count: trees[sequence].leafCount * size)
    }
    for level in levels[shard] {
      let pairs = children.pointer + level.first * 2 * size
      let sums = parents.pointer + level.first * size
      let count = level.nodes.count
      for (index, node) in level.nodes.enumerated() {
        (pairs + index * 2 * size).update(from: nodes + node.left * size, count: size)
        (pairs + (index * 2 + 1) * size).update(from: nodes + node.right * size, count: size)
      }
      operations.broadcast_row(Int64(count), Int64(size), bias.values, nil, sums, Int64(size))
      products.multiply(
        thread: thread, transposesB: true, count, size, 2 * size, pairs, 2 * size, weights.values, 2 * size,
        accumulates: true, sums, size)
      operations.tanh_forward(Int64(count * size), sums, sums)
      for (index, node) in level.nodes.enumerated() {
        (nodes + node.row * size).update(from: sums + index * size, count: size)
      }
    }
    forEachRoot(shard) { row, last in
      if let last {
        (root.values(shard) + row * size).update(from: nodes + last * size, count: size)
      } else {
        (root.values(shard) + row * size).update(repeating: 0, count: size)
      }
    }
  }

  func backward(shard: Int, thread: Int) {
    let gradient = output.addedGradient(shard)
    let given = root.readGradient(shard)
    forEachRoot(shard) { row, last in
      guard let last else { return }
      operations.add_scaled(Int64(size), 1, given + row * size, gradient + last * size)
    }
    for level in levels[shard].reversed() {
      let sums = parents.pointer + level.first * size
      let pairs = childGradients.pointer + level.first * 2 * size
      let count = level.nodes.count
      for (index, node) in level.nodes.enumerated() {
        operations.tanh_backward(
          Int64(size), sums + index * size, gradient + node.row * size, sums + index * size)
      }
      products.multiply(
        thread: thread, count, 2 * size, size, sums, size, weights.values, 2 * size, accumulates: false,
        pairs,
        2 * size)
      for (index, node) in level.nodes.enumerated() {
        operations.add_scaled(Int64(size), 1, pairs + index * 2 * size, gradient + node.left * size)
        operations.add_scaled(Int64(size), 1, pairs + (index * 2 + 1) * size, gradient + node.right * size)
      }
    }
    let target = input.addedGradient(shard)
    let firstLeaf = UnsafePointer(input.values(shard))
    forEachTree(shard) { sequence, leaves, first in
      operations.add_scaled(
        Int64(trees[sequence].leafCount * size), 1, gradient + first * size, target + (leaves - firstLeaf))
    }
  }

  /// Calls `body` with each sequence, where its leaves are, and the shard's row of its tree's first node.
  private func forEachTree(
    _ shard: Int, _ body: (_ sequence: Int, _ leaves: UnsafePointer<Scalar>, _ first: Int) -> Void
  ) {
    let leaves = input.shape.rows(ofShard: shard).lowerBound
    let nodes = output.shape.rows(ofShard: shard).lowerBound
    for sequence in input.shape.shards[shard] {
      body(
        sequence, input.values(shard) + (input.shape.offsets[sequence] - leaves) * size,
        output.shape.offsets[sequence] - nodes)
    }
  }

  /// Calls `body` with each row of the roots and the shard's row of that node; nil where there is none.
  private func forEachRoot(_ shard: Int, _ body: (_ row: Int, _ last: Int?) -> Void) {
    let nodes = output.shape.rows(ofShard: shard).lowerBound
    for (row, sequence) in output.shape.shards[shard].enumerated() {
      let end = output.shape.offsets[sequence + 1]
      body(row, end > output.shape.offsets[sequence] ? end - 1 - nodes : nil)
    }
  }

  func accumulate(thread: Int) {
    let piece = team.piece(thread, of: size, grain: 16)
    guard !piece.isEmpty else { return }
    let count = levels.reduce(0) { $0 + $1.reduce(0) { $0 + $1.nodes.count } }
    products.multiply(
      thread: thread, transposesA: true, piece.count, 2 * size, count, parents.pointer + piece.lowerBound,
      size,
      children.pointer, 2 * size, accumulates: false, weights.gradient + piece.lowerBound * 2 * size, 2 * size
    )
    (bias.gradient + piece.lowerBound).update(repeating: 0, count: piece.count)
    operations.column_sums(
      Int64(count), Int64(piece.count), parents.pointer + piece.lowerBound, Int64(size),
      bias.gradient + piece.lowerBound)
  }
}
