import CTrainingKernels
import Neural

/// A recursive autoencoder in training: trees that are chosen anew in every pass, and the gradient along those chosen
/// (Socher et al. 2011; `RecursiveAutoencoderKind` has the equations).
///
/// A shard's sequences are joined together: one product for all pairs that a step has to measure, and on the way back one
/// for all nodes that a step made.
final class RecursiveAutoencoderLayer<Scalar: TrainingScalar>: Layer {
  /// Every node: rows by sequence, the leaves first, then what is joined in that order, the root last.
  let output: Activation<Scalar>
  /// The root of each sequence's tree; zeros for one without leaves.
  let root: Activation<Scalar>
  /// The sum of what is lost at each sequence's nodes: one column.
  let errors: Activation<Scalar>
  private let input: Activation<Scalar>
  private let parameters: AutoencoderParameters<Scalar>
  private let products: MatrixProducts<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  private let encoder: PackedMatrix<Scalar>
  private let decoder: PackedMatrix<Scalar>
  private var shards: [AutoencoderShard] = []
  /// Pairs that may be joined next; pairs that are being measured, and room on the way back; the nodes that were made, step
  /// by step.
  private var (candidates, work, joined) = AutoencoderRows<Scalar>.three(size: 0, count: 0)
  /// Of every joined node the gradient by its vector, and then by the sums that it is the function of: rows × size.
  private var sums = Buffer<Scalar>(0)

  private var size: Int { input.size }

  init(input: Activation<Scalar>, parameters: AutoencoderParameters<Scalar>, context: LayerContext<Scalar>) {
    precondition(parameters.encoder.shape == [input.size, 2 * input.size])
    self.input = input
    self.parameters = parameters
    products = context.products
    team = context.team
    encoder = PackedMatrix(columnCount: input.size, depth: 2 * input.size, products: context.products)
    decoder = PackedMatrix(columnCount: 2 * input.size, depth: input.size, products: context.products)
    output = Activation(size: input.size)
    root = Activation(size: input.size)
    errors = Activation(size: 1)
  }

  /// The trees of the last pass, in the order of sequences.
  var trees: [TreeShape] { shards.flatMap { $0.forests.map(\.tree) } }

  func begin(_ pass: TrainingPass) {
    let shape = input.shape
    precondition(shape.order == .bySequence)
    output.begin(
      shape.withLengths(shape.lengths.map { max(0, 2 * $0 - 1) }), needsGradient: pass.needsGradients)
    root.begin(shape.reduced, needsGradient: pass.needsGradients)
    errors.begin(shape.reduced, needsGradient: pass.needsGradients)
    var count = 0
    shards = shape.shards.map { sequences in
      let shard = AutoencoderShard(firstRow: count, lengths: Array(shape.lengths[sequences]))
      count += shard.joinedCount
      return shard
    }
    if joined.count < count { (candidates, work, joined) = AutoencoderRows.three(size: size, count: count) }
    if pass.needsGradients && sums.count < count * size { sums = Buffer(count * size) }
  }

  func prepare(thread: Int) {
    encoder.pack(parameters.encoder.values, 2 * size, transposed: true, team: team, thread: thread)
    decoder.pack(parameters.decoder.values, size, transposed: true, team: team, thread: thread)
  }

  // MARK: Forward

  func forward(shard: Int, thread: Int) {
    let nodes = output.values(shard)
    let errors = errors.values(shard)
    forEachSequence(shard) { row, length, leaf, node in
      (nodes + node * size).update(from: input.values(shard) + leaf * size, count: length * size)
      errors[row] = 0
    }
    let state = shards[shard]
    measure(state.places, state, nodes)
    while true {
      let (rows, changed) = state.step()
      if rows.isEmpty { break }
      for row in rows {
        let made = state.joined[row - state.firstRow]
        joined.take(made.slot, of: candidates, as: row)
        (nodes + made.parent * size).update(from: joined.parent(row), count: size)
        errors[made.sequence] += Scalar(joined[row].error)
      }
      measure(changed, state, nodes)
    }
    forEachSequence(shard) { row, length, _, node in
      let target = root.values(shard) + row * size
      if length > 0 {
        target.update(from: nodes + (node + 2 * length - 2) * size, count: size)
      } else {
        target.clear(count: size)
      }
    }
  }

  /// What pairs would become, into the rows of candidates that are theirs.
  private func measure(
    _ places: [AutoencoderShard.Place], _ state: AutoencoderShard, _ nodes: UnsafeMutablePointer<Scalar>
  ) {
    if places.isEmpty { return }
    let (first, count) = (state.firstRow, places.count)
    let pairs = places.map { state.pair($0) }
    for (index, pair) in pairs.enumerated() {
      let target = work.pair(first + index)
      target.update(from: nodes + pair.left * size, count: size)
      (target + size).update(from: nodes + pair.right * size, count: size)
    }
    // The losses' rows are free until the parents are known.
    let sums = work.loss(first)
    operations.broadcast_row(Int64(count), Int64(size), parameters.encoderBias.values, nil, sums, Int64(size))
    encoder.multiply(count, work.pair(first), accumulates: true, sums)
    operations.tanh_forward(Int64(count * size), sums, sums)
    for index in 0..<count {
      let vector = sums + index * size
      let length = operations.dot(Int64(size), vector, vector).squareRoot()
      work[first + index].divisor = max(length, RecursiveAutoencoderKind.shortestLength)
      scale(vector, 1 / work[first + index].divisor, into: work.parent(first + index))
    }
    let losses = work.loss(first)
    operations.broadcast_row(
      Int64(count), Int64(2 * size), parameters.decoderBias.values, nil, losses, Int64(2 * size))
    decoder.multiply(count, work.parent(first), accumulates: true, losses)
    operations.add_scaled(Int64(2 * count * size), -1, work.pair(first), losses)
    for (index, (pair, _, _, slot)) in pairs.enumerated() {
      let row = first + index
      let leftPart = Double(pair.leftLeafCount) / Double(pair.leftLeafCount + pair.rightLeafCount)
      let (left, right) = (work.loss(row), work.loss(row) + size)
      work[row].leftPart = leftPart
      work[row].error =
        leftPart * operations.dot(Int64(size), left, left) + (1 - leftPart)
        * operations.dot(Int64(size), right, right)
      state.measure(places[index], work[row].error)
      candidates.take(row, of: work, as: slot)
    }
  }

  private func scale(
    _ vector: UnsafePointer<Scalar>, _ factor: Double, into target: UnsafeMutablePointer<Scalar>
  ) {
    target.clear(count: size)
    operations.add_scaled(Int64(size), factor, vector, target)
  }

  // MARK: Backward

  func backward(shard: Int, thread: Int) {
    let gradient = output.addedGradient(shard)
    let (ofRoots, ofErrors) = (root.readGradient(shard), errors.readGradient(shard))
    forEachSequence(shard) { row, length, _, node in
      guard length > 0 else { return }
      operations.add_scaled(
        Int64(size), 1, ofRoots + row * size, gradient + (node + 2 * length - 2) * size)
    }
    let state = shards[shard]
    // From errors to what is told, of all nodes at once.
    for row in state.rows {
      let factor = 2 * Double(ofErrors[state.joined[row - state.firstRow].sequence])
      let (source, target, leftPart) = (joined.loss(row), work.loss(row), joined[row].leftPart)
      scale(source, factor * leftPart, into: target)
      scale(source + size, factor * (1 - leftPart), into: target + size)
    }
    products.multiply(
      thread: thread, state.rows.count, size, 2 * size, work.loss(state.firstRow), 2 * size,
      parameters.decoder.values, size, accumulates: false, sums.pointer + state.firstRow * size, size)
    for rows in state.steps.reversed() { stepBack(rows, state, gradient, thread) }
    let target = input.addedGradient(shard)
    forEachSequence(shard) { _, length, leaf, node in
      operations.add_scaled(Int64(length * size), 1, gradient + node * size, target + leaf * size)
    }
  }

  /// From the nodes that a step made to their children.
  private func stepBack(
    _ rows: Range<Int>, _ state: AutoencoderShard, _ gradient: UnsafeMutablePointer<Scalar>, _ thread: Int
  ) {
    for row in rows {
      let (vector, parent, divisor) = (sums.pointer + row * size, joined.parent(row), joined[row].divisor)
      operations.add_scaled(
        Int64(size), 1, gradient + state.joined[row - state.firstRow].parent * size, vector)
      // What changes nothing but the length is divided away again.
      if divisor > RecursiveAutoencoderKind.shortestLength {
        operations.add_scaled(Int64(size), -operations.dot(Int64(size), parent, vector), parent, vector)
      }
      let (whole, scaled) = (work.parent(row), work.pair(row))
      scale(parent, divisor, into: whole)
      scale(vector, 1 / divisor, into: scaled)
      operations.tanh_backward(Int64(size), whole, scaled, vector)
    }
    let first = work.pair(rows.lowerBound)
    products.multiply(
      thread: thread, rows.count, 2 * size, size, sums.pointer + rows.lowerBound * size, size,
      parameters.encoder.values, 2 * size, accumulates: false, first, 2 * size)
    operations.add_scaled(Int64(2 * rows.count * size), -1, work.loss(rows.lowerBound), first)
    for row in rows {
      let made = state.joined[row - state.firstRow]
      operations.add_scaled(Int64(size), 1, work.pair(row), gradient + made.left * size)
      operations.add_scaled(Int64(size), 1, work.pair(row) + size, gradient + made.right * size)
    }
  }

  /// Calls `body` with every sequence of a shard, numbered from 0, its length, and the rows of its first leaf and its first
  /// node, from the shard's first.
  private func forEachSequence(
    _ shard: Int, _ body: (_ row: Int, _ length: Int, _ leaf: Int, _ node: Int) -> Void
  ) {
    let (leaves, nodes) = (input.shape, output.shape)
    let (firstLeaf, firstNode) = (
      leaves.rows(ofShard: shard).lowerBound, nodes.rows(ofShard: shard).lowerBound
    )
    for (row, sequence) in leaves.shards[shard].enumerated() {
      body(
        row, leaves.lengths[sequence], leaves.offsets[sequence] - firstLeaf,
        nodes.offsets[sequence] - firstNode)
    }
  }

  func accumulate(thread: Int) {
    let count = shards.reduce(0) { $0 + $1.joinedCount }
    accumulate(
      parameters.encoder, parameters.encoderBias, count, gradient: sums.pointer, values: joined.pair(0),
      thread)
    accumulate(
      parameters.decoder, parameters.decoderBias, count, gradient: work.loss(0), values: joined.parent(0),
      thread)
  }

  /// A thread's rows of the gradient of a matrix, from the gradients of what it made of values.
  private func accumulate(
    _ weights: Parameter<Scalar>, _ bias: Parameter<Scalar>, _ count: Int,
    gradient: UnsafePointer<Scalar>, values: UnsafePointer<Scalar>, _ thread: Int
  ) {
    let (rows, columns) = (weights.shape[0], weights.shape[1])
    let piece = team.piece(thread, of: rows, grain: 16)
    guard !piece.isEmpty else { return }
    products.multiply(
      thread: thread, transposesA: true, piece.count, columns, count, gradient + piece.lowerBound, rows,
      values,
      columns, accumulates: false, weights.gradient + piece.lowerBound * columns, columns)
    (bias.gradient + piece.lowerBound).clear(count: piece.count)
    operations.column_sums(
      Int64(count), Int64(piece.count), gradient + piece.lowerBound, Int64(rows),
      bias.gradient + piece.lowerBound)
  }
}

/// The parameters of a recursive autoencoder.
struct AutoencoderParameters<Scalar: TrainingScalar> {
  /// size × 2 size, the left child's columns first.
  let encoder: Parameter<Scalar>
  let encoderBias: Parameter<Scalar>
  /// 2 size × size.
  let decoder: Parameter<Scalar>
  let decoderBias: Parameter<Scalar>

  init(_ store: ParameterStore<Scalar>, prefix: String) {
    encoder = store.parameter("\(prefix).encoder.weight")
    encoderBias = store.parameter("\(prefix).encoder.bias")
    decoder = store.parameter("\(prefix).decoder.weight")
    decoderBias = store.parameter("\(prefix).decoder.bias")
  }

  static func declarations(_ prefix: String, size: Int) -> [ParameterDeclaration] {
    LinearLayer<Scalar>.declarations("\(prefix).encoder", inputSize: 2 * size, outputSize: size)
      + LinearLayer<Scalar>.declarations("\(prefix).decoder", inputSize: size, outputSize: 2 * size)
  }
}

extension RecursiveAutoencoderKind: TrainableLayerKind {
  func declarations(_ prefix: String) -> [ParameterDeclaration] {
    AutoencoderParameters<Float>.declarations(prefix, size: size)
  }

  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    let layer = builder.stack.add(
      RecursiveAutoencoderLayer(
        input: builder.inputs[0],
        parameters: AutoencoderParameters(builder.stack.context.store, prefix: builder.prefix),
        context: builder.stack.context))
    return [layer.output, layer.root, layer.errors]
  }
}
