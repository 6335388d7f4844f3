import CTrainingKernels
import Neural

/// A bank of filters slid along each sequence: y[t] = f(b + Σⱼ Wⱼ x[t + j]), a learned template of n-grams (Kim 2014).
///
/// Sequences are laid out one behind the other with their zeros around them, so that a shard's whole convolution is one
/// product for every place in the filter.
final class Convolution1D<Scalar: TrainingScalar>: Layer {
  /// (rows of the output's lengths) × filters.
  let output: Activation<Scalar>
  private let input: Activation<Scalar>
  private let bias: Parameter<Scalar>
  private let padding: ConvolutionPadding
  private let function: ActivationFunction
  private let stride: Int
  private let products: MatrixProducts<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  private let placed: PlacedFilters<Scalar>
  /// Every sequence with its zeros: padded rows × channels; and the gradient by them.
  private var padded = Buffer<Scalar>(0)
  private var paddedGradient = Buffer<Scalar>(0)
  /// A window at each padded row (those that span two sequences are nobody's): padded rows × filters.
  private var windows = Buffer<Scalar>(0)
  /// The first padded row of each sequence; one more than there are sequences.
  private var paddedOffsets: [Int] = [0]
  private var needsGradients = false

  /// Written by the thread that has the shard.
  private final class OfShard {
    var gradient: SparseGradient<Scalar>?
  }
  /// Of each shard, where the gradient by its windows is not zero, if that is in few places only.
  private var sparseGradients: [OfShard] = []

  private var width: Int { placed.width }
  private var channels: Int { input.size }
  private var filters: Int { output.size }

  /// - Parameters:
  ///   - input: its rows by sequence.
  ///   - weights: filters × channels × width, as `torch.nn.Conv1d` has them.
  ///   - bias: filters.
  ///   - stride: how many steps apart the windows are that are given on; those between are computed and passed over.
  init(
    input: Activation<Scalar>, weights: Parameter<Scalar>, bias: Parameter<Scalar>,
    padding: ConvolutionPadding,
    function: ActivationFunction = .relu, stride: Int = 1, context: LayerContext<Scalar>
  ) {
    precondition(weights.shape.count == 3 && weights.shape[1] == input.size)
    self.input = input
    self.bias = bias
    self.padding = padding
    self.function = function
    self.stride = stride
    products = context.products
    team = context.team
    output = Activation(size: weights.shape[0])
    placed = PlacedFilters(weights)
  }

  /// PyTorch's names and starting range for `nn.Conv1d`.
  static func declarations(_ prefix: String, channels: Int, filters: Int, width: Int)
    -> [ParameterDeclaration]
  {
    let limit = 1 / Double(channels * width).squareRoot()
    return [
      .init(name: "\(prefix).weight", shape: [filters, channels, width], initial: .uniform(limit: limit)),
      .init(name: "\(prefix).bias", shape: [filters], initial: .uniform(limit: limit)),
    ]
  }

  func begin(_ pass: TrainingPass) {
    precondition(input.shape.order == .bySequence)
    needsGradients = pass.needsGradients
    let (before, after) = padding.counts(width: width)
    paddedOffsets = [0]
    for length in input.shape.lengths { paddedOffsets.append(paddedOffsets.last! + length + before + after) }
    let rows = paddedOffsets.last!
    if padded.count < rows * channels { padded = Buffer(rows * channels) }
    if windows.count < rows * filters { windows = Buffer(rows * filters) }
    if needsGradients && paddedGradient.count < rows * channels { paddedGradient = Buffer(rows * channels) }
    let lengths = input.shape.lengths.map {
      padding.outputLength($0, width: width, stride: stride)
    }
    sparseGradients = input.shape.shards.map { _ in OfShard() }
    output.begin(input.shape.withLengths(lengths), needsGradient: needsGradients)
  }

  func prepare(thread: Int) { placed.load(outputs: team.piece(thread, of: filters)) }

  /// The padded rows of a shard, and how many windows begin in them.
  private func paddedRows(_ shard: Int) -> (rows: Range<Int>, windowCount: Int) {
    let sequences = input.shape.shards[shard]
    let rows = paddedOffsets[sequences.lowerBound]..<paddedOffsets[sequences.upperBound]
    return (rows, max(0, rows.count - width + 1))
  }

  func forward(shard: Int, thread: Int) {
    let (rows, windowCount) = paddedRows(shard)
    layOut(shard)
    guard windowCount > 0 else { return }
    let sums = windows.pointer + rows.lowerBound * filters
    operations.broadcast_row(Int64(windowCount), Int64(filters), bias.values, nil, sums, Int64(filters))
    for place in 0..<width {
      products.multiply(
        thread: thread, transposesB: true, windowCount, filters, channels,
        padded.pointer + (rows.lowerBound + place) * channels, channels,
        placed.matrix(place), placed.rowStride, accumulates: true, sums, filters)
    }
    function.apply(windowCount * filters, sums)
    let target = output.values(shard)
    forEachSequence(shard) { sequence, row, count in
      let first = windows.pointer + paddedOffsets[sequence] * filters
      if stride == 1 { return (target + row * filters).update(from: first, count: count * filters) }
      for index in 0..<count {
        (target + (row + index) * filters).update(from: first + index * stride * filters, count: filters)
      }
    }
  }

  private func layOut(_ shard: Int) {
    let (before, _) = padding.counts(width: width)
    let first = input.shape.rows(ofShard: shard).lowerBound
    let values = input.values(shard)
    for sequence in input.shape.shards[shard] {
      let length = input.shape.lengths[sequence]
      let start = padded.pointer + paddedOffsets[sequence] * channels
      let behind = paddedOffsets[sequence + 1] - paddedOffsets[sequence] - before - length
      start.clear(count: before * channels)
      (start + before * channels).update(
        from: values + (input.shape.offsets[sequence] - first) * channels, count: length * channels)
      (start + (before + length) * channels).clear(count: behind * channels)
    }
  }

  /// Calls `body` with a sequence, the row of the shard's output that is its first, and how many it has.
  private func forEachSequence(_ shard: Int, _ body: (_ sequence: Int, _ row: Int, _ count: Int) -> Void) {
    let shape = output.shape
    let first = shape.rows(ofShard: shard).lowerBound
    for sequence in shape.shards[shard] where shape.lengths[sequence] > 0 {
      body(sequence, shape.offsets[sequence] - first, shape.lengths[sequence])
    }
  }

  func backward(shard: Int, thread: Int) {
    let (rows, windowCount) = paddedRows(shard)
    let sums = windows.pointer + rows.lowerBound * filters
    let given = output.readGradient(shard)
    var next = 0
    // Windows that span two sequences, or are passed over, are nobody's: their gradient is zero.
    forEachSequence(shard) { sequence, row, count in
      let start = paddedOffsets[sequence] - rows.lowerBound
      let (runs, runLength) = stride == 1 ? (1, count) : (count, 1)
      for run in 0..<runs {
        let window = start + run * stride
        (sums + next * filters).clear(count: (window - next) * filters)
        function.differentiate(
          runLength * filters, sums + window * filters, given + (row + run) * filters,
          into: sums + window * filters)
        next = window + runLength
      }
    }
    (sums + next * filters).clear(count: (rows.count - next) * filters)
    guard windowCount > 0 else { return }
    let gradient = paddedGradient.pointer + rows.lowerBound * channels
    gradient.clear(count: rows.count * channels)
    let sparse = SparseGradient<Scalar>(sums, rows: windowCount, columns: filters)
    sparseGradients[shard].gradient = sparse
    if let sparse {
      addInputGradient(sparse, to: gradient)
    } else {
      for place in 0..<width {
        products.multiply(
          thread: thread, windowCount, channels, filters, sums, filters,
          placed.matrix(place), placed.rowStride, accumulates: true, gradient + place * channels, channels)
      }
    }
    addInputGradient(shard)
  }

  /// - Parameter gradient: by the padded rows. A window's is one piece of it, as the weights of a filter are.
  private func addInputGradient(
    _ sparse: SparseGradient<Scalar>, to gradient: UnsafeMutablePointer<Scalar>
  ) {
    sparse.forEachRow { window, count, filters, values in
      operations.add_rows(
        Int64(count), values, filters, placed.matrix(0), Int64(placed.rowStride), Int64(placed.rowStride),
        gradient + window * channels)
    }
  }

  private func addInputGradient(_ shard: Int) {
    let (before, _) = padding.counts(width: width)
    let first = input.shape.rows(ofShard: shard).lowerBound
    let target = input.addedGradient(shard)
    for sequence in input.shape.shards[shard] {
      operations.add_scaled(
        Int64(input.shape.lengths[sequence] * channels), 1,
        paddedGradient.pointer + (paddedOffsets[sequence] + before) * channels,
        target + (input.shape.offsets[sequence] - first) * channels)
    }
  }

  func accumulate(thread: Int) {
    let piece = team.piece(thread, of: filters, grain: 16)
    guard !piece.isEmpty else { return }
    (bias.gradient + piece.lowerBound).clear(count: piece.count)
    var accumulates = false
    for shard in input.shape.shards.indices {
      let (rows, windowCount) = paddedRows(shard)
      guard windowCount > 0 else { continue }
      if let sparse = sparseGradients[shard].gradient {
        if !accumulates { placed.clearGradients(outputs: piece) }
        accumulate(sparse, rows, piece)
      } else {
        let gradient = windows.pointer + rows.lowerBound * filters + piece.lowerBound
        for place in 0..<width {
          products.multiply(
            thread: thread, transposesA: true, piece.count, channels, windowCount, gradient, filters,
            padded.pointer + (rows.lowerBound + place) * channels, channels, accumulates: accumulates,
            placed.gradient(place, output: piece.lowerBound), placed.rowStride)
        }
        operations.column_sums(
          Int64(windowCount), Int64(piece.count), gradient, Int64(filters), bias.gradient + piece.lowerBound)
      }
      accumulates = true
    }
    placed.store(outputs: piece, isZero: !accumulates)
  }

  /// Adds what a shard's few places say of some filters.
  private func accumulate(_ sparse: SparseGradient<Scalar>, _ rows: Range<Int>, _ piece: Range<Int>) {
    sparse.forEachColumn(in: piece) { filter, count, windows, values in
      for index in 0..<count { bias.gradient[filter] += values[index] }
      operations.add_rows(
        Int64(count), values, windows, padded.pointer + rows.lowerBound * channels, Int64(channels),
        Int64(placed.rowStride), placed.gradient(0, output: filter))
    }
  }
}

extension Convolution1DKind: TrainableLayerKind {
  func declarations(_ prefix: String) -> [ParameterDeclaration] {
    Convolution1D<Float>.declarations(prefix, channels: channels, filters: filters, width: width)
  }

  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    let layer = Convolution1D(
      input: builder.inputs[0], weights: builder.parameter("weight"), bias: builder.parameter("bias"),
      padding: padding, function: activation, stride: stride, context: builder.stack.context)
    return [builder.stack.add(layer).output]
  }
}
