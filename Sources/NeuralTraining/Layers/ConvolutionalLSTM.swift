import CTrainingKernels
import Neural

/// An LSTM whose state has a place axis: what enters a gate is a convolution of the frame and of the state before
/// (Shi et al. 2015, equation 3, without peepholes), here along one axis.
///
/// A sequence of the input is a frame, its rows places; a sequence of the outer shape is the frames in their order. The
/// convolution of the frames is a `Convolution1D` before this layer, which gives the sums of the gates i f g o. Where a
/// frame has fewer or more places than the one before, the state is cut off or goes on with zeros.
final class ConvolutionalLSTM<Scalar: TrainingScalar>: Layer {
  /// The hidden state at every place of every frame: rows × hidden, the input's shape.
  let output: Activation<Scalar>
  /// Sums of the gates: rows × 4 hidden.
  private let input: Activation<Scalar>
  private let hidden: Int
  private let products: MatrixProducts<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  /// Of the convolution of the state: 4 hidden outputs of hidden inputs.
  private let placed: PlacedFilters<Scalar>
  // Per row.
  private var gates = Buffer<Scalar>(0)
  private var cells = Buffer<Scalar>(0)
  private var previousCells = Buffer<Scalar>(0)
  private var cellTanh = Buffer<Scalar>(0)
  /// The state before each frame with zeros around it: (rows + frames · (width − 1)) × hidden.
  private var padded = Buffer<Scalar>(0)
  private var paddedGradient = Buffer<Scalar>(0)
  private var hiddenGradient = Buffer<Scalar>(0)
  private var cellGradient = Buffer<Scalar>(0)

  private var width: Int { placed.width }

  /// - Parameter weights: 4 hidden × hidden × width, odd: the convolution of the state, as `torch.nn.Conv1d` has it.
  init(input: Activation<Scalar>, weights: Parameter<Scalar>, context: LayerContext<Scalar>) {
    precondition(
      weights.shape[0] == input.size && weights.shape[1] * 4 == input.size && weights.shape[2] % 2 == 1)
    self.input = input
    hidden = weights.shape[1]
    products = context.products
    team = context.team
    output = Activation(size: hidden)
    placed = PlacedFilters(weights)
  }

  static func declaration(_ name: String, hiddenSize: Int, width: Int) -> ParameterDeclaration {
    let limit = 1 / Double(hiddenSize * width).squareRoot()
    return .init(name: name, shape: [4 * hiddenSize, hiddenSize, width], initial: .uniform(limit: limit))
  }

  func begin(_ pass: TrainingPass) {
    precondition(input.shape.order == .bySequence && input.shape.outer != nil)
    output.begin(input.shape, needsGradient: pass.needsGradients)
    let rows = input.rowCount
    func grow(_ buffer: inout Buffer<Scalar>, _ count: Int) {
      if buffer.count < count { buffer = Buffer(count) }
    }
    grow(&gates, rows * 4 * hidden)
    grow(&cells, rows * hidden)
    grow(&previousCells, rows * hidden)
    grow(&cellTanh, rows * hidden)
    grow(&padded, (rows + input.shape.sequenceCount * (width - 1)) * hidden)
    if pass.needsGradients {
      grow(&paddedGradient, (rows + input.shape.sequenceCount * (width - 1)) * hidden)
      grow(&hiddenGradient, rows * hidden)
      grow(&cellGradient, rows * hidden)
    }
  }

  func prepare(thread: Int) { placed.load(outputs: team.piece(thread, of: 4 * hidden)) }

  /// The frames of each sequence of the outer shape that is the shard's.
  private func frames(_ shard: Int) -> [Range<Int>] {
    let outer = input.shape.outer!
    return outer.shards[shard].map { outer.offsets[$0]..<outer.offsets[$0 + 1] }
  }

  private func row(_ frame: Int) -> Int { input.shape.offsets[frame] }
  private func paddedRow(_ frame: Int) -> Int { input.shape.offsets[frame] + frame * (width - 1) }

  func forward(shard: Int, thread: Int) {
    let first = input.shape.rows(ofShard: shard).lowerBound
    let count = input.rowCount(shard) * 4 * hidden
    (gates.pointer + first * 4 * hidden).update(from: input.values(shard), count: count)
    for sequence in frames(shard) {
      for frame in sequence {
        let places = input.shape.lengths[frame]
        loadState(frame, before: frame > sequence.lowerBound ? frame - 1 : nil, first, shard)
        let sums = gates.pointer + row(frame) * 4 * hidden
        if frame > sequence.lowerBound { convolve(frame, places, thread, into: sums) }
        operations.lstm_forward(
          Int64(places), Int64(hidden), sums, previousCells.pointer + row(frame) * hidden,
          cells.pointer + row(frame) * hidden, cellTanh.pointer + row(frame) * hidden,
          output.values(shard) + (row(frame) - first) * hidden)
      }
    }
  }

  /// Puts the state before a frame into its padded rows, and the cells beside it.
  private func loadState(_ frame: Int, before previous: Int?, _ first: Int, _ shard: Int) {
    let places = input.shape.lengths[frame]
    let target = padded.pointer + paddedRow(frame) * hidden
    target.clear(count: (places + width - 1) * hidden)
    let oldCells = previousCells.pointer + row(frame) * hidden
    oldCells.clear(count: places * hidden)
    guard let previous else { return }
    let shared = min(places, input.shape.lengths[previous]) * hidden
    (target + width / 2 * hidden).update(
      from: output.values(shard) + (row(previous) - first) * hidden, count: shared)
    oldCells.update(from: cells.pointer + row(previous) * hidden, count: shared)
  }

  private func convolve(_ frame: Int, _ places: Int, _ thread: Int, into sums: UnsafeMutablePointer<Scalar>) {
    for place in 0..<width {
      products.multiply(
        thread: thread, transposesB: true, places, 4 * hidden, hidden,
        padded.pointer + (paddedRow(frame) + place) * hidden, hidden,
        placed.matrix(place), placed.rowStride, accumulates: true, sums, 4 * hidden)
    }
  }

  func backward(shard: Int, thread: Int) {
    let rows = input.shape.rows(ofShard: shard)
    let dh = hiddenGradient.pointer + rows.lowerBound * hidden
    dh.update(from: output.readGradient(shard), count: rows.count * hidden)
    (cellGradient.pointer + rows.lowerBound * hidden).clear(count: rows.count * hidden)
    for sequence in frames(shard) {
      for frame in sequence.reversed() {
        let places = input.shape.lengths[frame]
        let sums = gates.pointer + row(frame) * 4 * hidden
        operations.lstm_backward(
          Int64(places), Int64(hidden), sums, previousCells.pointer + row(frame) * hidden,
          cellTanh.pointer + row(frame) * hidden, hiddenGradient.pointer + row(frame) * hidden,
          cellGradient.pointer + row(frame) * hidden)
        if frame > sequence.lowerBound { passBack(frame, places, thread) }
      }
    }
    let accumulates = input.beginGradient(shard)
    let count = rows.count * 4 * hidden
    let source = gates.pointer + rows.lowerBound * 4 * hidden
    if accumulates {
      operations.add_scaled(Int64(count), 1, source, input.gradient(shard))
    } else {
      input.gradient(shard).update(from: source, count: count)
    }
  }

  /// From a frame's gates and cells to the state of the frame before.
  private func passBack(_ frame: Int, _ places: Int, _ thread: Int) {
    let gradient = paddedGradient.pointer + paddedRow(frame) * hidden
    gradient.clear(count: (places + width - 1) * hidden)
    for place in 0..<width {
      products.multiply(
        thread: thread, places, hidden, 4 * hidden, gates.pointer + row(frame) * 4 * hidden, 4 * hidden,
        placed.matrix(place), placed.rowStride, accumulates: true, gradient + place * hidden,
        hidden)
    }
    let shared = min(places, input.shape.lengths[frame - 1]) * hidden
    operations.add_scaled(
      Int64(shared), 1, gradient + width / 2 * hidden, hiddenGradient.pointer + row(frame - 1) * hidden)
    operations.add_scaled(
      Int64(shared), 1, cellGradient.pointer + row(frame) * hidden,
      cellGradient.pointer + row(frame - 1) * hidden)
  }

  func accumulate(thread: Int) {
    let piece = team.piece(thread, of: 4 * hidden, grain: 16)
    guard !piece.isEmpty else { return }
    var accumulates = false
    for shard in input.shape.shards.indices {
      for sequence in frames(shard) {
        for frame in sequence.dropFirst() where input.shape.lengths[frame] > 0 {
          for place in 0..<width {
            products.multiply(
              thread: thread, transposesA: true, piece.count, hidden, input.shape.lengths[frame],
              gates.pointer + row(frame) * 4 * hidden + piece.lowerBound, 4 * hidden,
              padded.pointer + (paddedRow(frame) + place) * hidden, hidden, accumulates: accumulates,
              placed.gradient(place, output: piece.lowerBound), placed.rowStride)
          }
          accumulates = true
        }
      }
    }
    placed.store(outputs: piece, isZero: !accumulates)
  }
}

extension ConvolutionalLSTMKind: TrainableLayerKind {
  func declarations(_ prefix: String) -> [ParameterDeclaration] {
    Convolution1D<Float>.declarations(
      "\(prefix).input", channels: channels, filters: 4 * size, width: width)
      + [ConvolutionalLSTM<Float>.declaration("\(prefix).state.weight", hiddenSize: size, width: width)]
  }

  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    let context = builder.stack.context
    let frames = builder.stack.add(
      Convolution1D(
        input: builder.inputs[0], weights: builder.parameter("input.weight"),
        bias: builder.parameter("input.bias"), padding: .same, function: .identity, context: context))
    let layer = ConvolutionalLSTM(
      input: frames.output, weights: builder.parameter("state.weight"), context: context)
    return [builder.stack.add(layer).output]
  }
}
