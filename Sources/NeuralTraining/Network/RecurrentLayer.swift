import CTrainingKernels
import Neural

/// One layer of the body: an RNN, GRU or LSTM layer, or a tanh layer without recurrence.
///
/// `forward` and `backward` run one shard from its first step to its last and need no other thread; `prepare` and
/// `accumulateWeightGradients` share matrices out by rows. All are called with every thread of the team in turn.
final class RecurrentLayer<Scalar: TrainingScalar> {
  private let cell: RecurrentArchitecture.Cell
  private let inputSize: Int
  private let hidden: Int
  private let gateRows: Int
  private let store: ParameterStore<Scalar>
  private let products: MatrixProducts<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  private let inputWeightName: String
  private let recurrentWeightName: String
  private let inputBiasName: String
  private let recurrentBiasName: String

  // Per row: what the gates are, then their gradients; of a GRU the recurrent products apart.
  private let gates: Buffer<Scalar>
  private let recurrentGates: Buffer<Scalar>
  // Per row and one step more: slot 0 is the state before the segment.
  private let hiddenVectors: Buffer<Scalar>
  private let cells: Buffer<Scalar>
  private let cellTanh: Buffer<Scalar>
  // Per stream.
  private let hiddenGradient: Buffer<Scalar>
  private let cellGradient: Buffer<Scalar>
  /// The state carried from segment to segment: streams × hidden.
  let hiddenState: Buffer<Scalar>
  let cellState: Buffer<Scalar>

  private let weightDrop: Double
  private let weightMask: Buffer<Scalar>
  private let droppedWeights: Buffer<Scalar>
  private var dropKey: UInt64?
  private let packedForward: PackedMatrix<Scalar>
  private let packedBackward: PackedMatrix<Scalar>

  init(
    _ architecture: RecurrentArchitecture, layer: Int, store: ParameterStore<Scalar>,
    products: MatrixProducts<Scalar>, team: WorkerTeam, streamCount: Int, stepCount: Int, weightDrop: Double
  ) {
    cell = architecture.cell
    inputSize = layer == 0 ? architecture.firstInputSize : architecture.hiddenSize
    hidden = architecture.hiddenSize
    gateRows = cell.gateCount * hidden
    self.store = store
    self.products = products
    self.team = team
    inputWeightName = cell.isRecurrent ? "rnn.weight_ih_l\(layer)" : "hidden.\(layer).weight"
    inputBiasName = cell.isRecurrent ? "rnn.bias_ih_l\(layer)" : "hidden.\(layer).bias"
    recurrentWeightName = "rnn.weight_hh_l\(layer)"
    recurrentBiasName = "rnn.bias_hh_l\(layer)"
    let rowCount = streamCount * stepCount
    let isRecurrent = cell.isRecurrent
    gates = Buffer(rowCount * gateRows)
    recurrentGates = Buffer(cell == .gru ? rowCount * gateRows : 0)
    hiddenVectors = Buffer((rowCount + streamCount) * hidden)
    cells = Buffer(cell == .lstm ? (rowCount + streamCount) * hidden : 0)
    cellTanh = Buffer(cell == .lstm ? rowCount * hidden : 0)
    hiddenGradient = Buffer(streamCount * hidden)
    cellGradient = Buffer(streamCount * hidden)
    hiddenState = Buffer(isRecurrent ? streamCount * hidden : 0)
    cellState = Buffer(cell == .lstm ? streamCount * hidden : 0)
    self.weightDrop = isRecurrent ? weightDrop : 0
    weightMask = Buffer(self.weightDrop > 0 ? gateRows * hidden : 0)
    droppedWeights = Buffer(self.weightDrop > 0 ? gateRows * hidden : 0)
    packedForward = PackedMatrix(columnCount: isRecurrent ? gateRows : 0, depth: hidden)
    packedBackward = PackedMatrix(columnCount: isRecurrent ? hidden : 0, depth: gateRows)
  }

  // MARK: - Forward

  /// - Parameter dropKey: what the dropped weights follow from; nil for evaluation.
  func begin(dropKey: UInt64?) { self.dropKey = weightDrop > 0 ? dropKey : nil }

  /// Draws this thread's share of the dropped weights.
  func dropWeights(thread: Int) {
    guard let dropKey else { return }
    let elements = team.piece(thread, of: gateRows * hidden, grain: 16)
    operations.dropout_mask(
      Int64(elements.count), dropKey, UInt64(elements.lowerBound), 1 - weightDrop,
      weightMask.pointer + elements.lowerBound)
    operations.multiply(
      Int64(elements.count), store.value(recurrentWeightName) + elements.lowerBound,
      weightMask.pointer + elements.lowerBound, droppedWeights.pointer + elements.lowerBound)
  }

  /// Packs this thread's share of the recurrent matrix.
  func pack(thread: Int, forTraining: Bool) {
    guard cell.isRecurrent else { return }
    let weights = dropKey == nil ? store.value(recurrentWeightName) : droppedWeights.pointer
    packedForward.pack(weights, hidden, transposed: true, team: team, thread: thread)
    if forTraining { packedBackward.pack(weights, hidden, transposed: false, team: team, thread: thread) }
  }

  /// Runs `shard` over `input` (all rows × inputSize), from the carried state, which it moves on.
  func forward(_ shard: Shard, thread: Int, input: UnsafePointer<Scalar>) {
    let rows = shard.rows
    let streams = shard.streams.count
    let sums = gates.pointer + rows.lowerBound * gateRows
    let addsRecurrentBias = cell == .rnn || cell == .lstm
    operations.broadcast_row(
      Int64(rows.count), Int64(gateRows), store.value(inputBiasName),
      addsRecurrentBias ? UnsafeRawPointer(store.value(recurrentBiasName)) : nil, sums, Int64(gateRows))
    products.multiply(
      thread: thread, transposesB: true, rows.count, gateRows, inputSize, input + rows.lowerBound * inputSize,
      inputSize, store.value(inputWeightName), inputSize, accumulates: true, sums, gateRows)
    guard cell.isRecurrent else {
      operations.tanh_forward(Int64(rows.count * hidden), sums, sums)
      hiddenRows(shard, slot: 1).update(from: sums, count: rows.count * hidden)
      return
    }
    loadState(shard)
    for step in 0..<shard.stepCount {
      let row = rows.lowerBound + step * streams
      let previous = hiddenRows(shard, slot: step)
      let next = hiddenRows(shard, slot: step + 1)
      let stepSums = gates.pointer + row * gateRows
      switch cell {
      case .lstm:
        packedForward.multiply(streams, previous, accumulates: true, stepSums)
        operations.lstm_forward(
          Int64(streams), Int64(hidden), stepSums, cellRows(shard, slot: step),
          cellRows(shard, slot: step + 1),
          cellTanh.pointer + row * hidden, next)
      case .gru:
        let recurrent = recurrentGates.pointer + row * gateRows
        operations.broadcast_row(
          Int64(streams), Int64(gateRows), store.value(recurrentBiasName), nil, recurrent, Int64(gateRows))
        packedForward.multiply(streams, previous, accumulates: true, recurrent)
        operations.gru_forward(Int64(streams), Int64(hidden), stepSums, recurrent, previous, next)
      default:
        packedForward.multiply(streams, previous, accumulates: true, stepSums)
        operations.tanh_forward(Int64(streams * hidden), stepSums, next)
      }
    }
    saveState(shard)
  }

  /// The layer's output rows of `shard`: step-major, contiguous.
  func output(_ shard: Shard) -> UnsafePointer<Scalar> { UnsafePointer(hiddenRows(shard, slot: 1)) }

  private func hiddenRows(_ shard: Shard, slot: Int) -> UnsafeMutablePointer<Scalar> {
    hiddenVectors.pointer + shard.slotRow(slot) * hidden
  }

  private func cellRows(_ shard: Shard, slot: Int) -> UnsafeMutablePointer<Scalar> {
    cells.pointer + shard.slotRow(slot) * hidden
  }

  private func loadState(_ shard: Shard) {
    let start = shard.streams.lowerBound * hidden
    let count = shard.streams.count * hidden
    hiddenRows(shard, slot: 0).update(from: hiddenState.pointer + start, count: count)
    if cell == .lstm { cellRows(shard, slot: 0).update(from: cellState.pointer + start, count: count) }
  }

  private func saveState(_ shard: Shard) {
    let start = shard.streams.lowerBound * hidden
    let count = shard.streams.count * hidden
    let last = shard.stepCount
    (hiddenState.pointer + start).update(from: hiddenRows(shard, slot: last), count: count)
    if cell == .lstm { (cellState.pointer + start).update(from: cellRows(shard, slot: last), count: count) }
  }

  // MARK: - Backward

  /// From the gradient of the outputs (all rows × hidden) to that of the inputs (all rows × inputSize) and of the gates.
  func backward(
    _ shard: Shard, thread: Int, outputGradient: UnsafePointer<Scalar>,
    inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    let rows = shard.rows
    if cell.isRecurrent {
      backwardThroughTime(shard, outputGradient: outputGradient)
    } else {
      let sums = gates.pointer + rows.lowerBound * hidden
      operations.tanh_backward(
        Int64(rows.count * hidden), sums, outputGradient + rows.lowerBound * hidden, sums)
    }
    products.multiply(
      thread: thread, rows.count, inputSize, gateRows, gates.pointer + rows.lowerBound * gateRows, gateRows,
      store.value(inputWeightName), inputSize, accumulates: false,
      inputGradient + rows.lowerBound * inputSize,
      inputSize)
  }

  private func backwardThroughTime(_ shard: Shard, outputGradient: UnsafePointer<Scalar>) {
    let rows = shard.rows
    let streams = shard.streams.count
    let width = streams * hidden
    let dh = hiddenGradient.pointer + shard.streams.lowerBound * hidden
    let dc = cellGradient.pointer + shard.streams.lowerBound * hidden
    dh.update(repeating: 0, count: width)
    dc.update(repeating: 0, count: width)
    for step in (0..<shard.stepCount).reversed() {
      let row = rows.lowerBound + step * streams
      let stepGates = gates.pointer + row * gateRows
      operations.add_scaled(Int64(width), 1, outputGradient + row * hidden, dh)
      switch cell {
      case .lstm:
        operations.lstm_backward(
          Int64(streams), Int64(hidden), stepGates, cellRows(shard, slot: step),
          cellTanh.pointer + row * hidden,
          dh, dc)
        if step > 0 { packedBackward.multiply(streams, stepGates, accumulates: false, dh) }
      case .gru:
        let recurrent = recurrentGates.pointer + row * gateRows
        operations.gru_backward(
          Int64(streams), Int64(hidden), stepGates, recurrent, hiddenRows(shard, slot: step), dh)
        if step > 0 { packedBackward.multiply(streams, recurrent, accumulates: true, dh) }
      default:
        operations.tanh_backward(Int64(width), hiddenRows(shard, slot: step + 1), dh, stepGates)
        if step > 0 { packedBackward.multiply(streams, stepGates, accumulates: false, dh) }
      }
    }
  }

  /// This thread's rows of the gradients of the layer's parameters, once all shards are through `backward`.
  func accumulateWeightGradients(_ shards: [Shard], thread: Int, input: UnsafePointer<Scalar>) {
    let piece = team.piece(thread, of: gateRows, grain: 32)
    guard !piece.isEmpty else { return }
    let rowCount = shards.reduce(0) { $0 + $1.rows.count }
    products.multiply(
      thread: thread, transposesA: true, piece.count, inputSize, rowCount, gates.pointer + piece.lowerBound,
      gateRows,
      input, inputSize, accumulates: false, store.gradient(inputWeightName) + piece.lowerBound * inputSize,
      inputSize)
    sumColumns(gates, piece, rowCount, into: inputBiasName)
    guard cell.isRecurrent else { return }
    let recurrent = cell == .gru ? recurrentGates : gates
    let target = store.gradient(recurrentWeightName) + piece.lowerBound * hidden
    for (index, shard) in shards.enumerated() {
      products.multiply(
        thread: thread, transposesA: true, piece.count, hidden, shard.rows.count,
        recurrent.pointer + shard.rows.lowerBound * gateRows + piece.lowerBound, gateRows,
        hiddenRows(shard, slot: 0), hidden, accumulates: index > 0, target, hidden)
    }
    if dropKey != nil {
      operations.multiply(
        Int64(piece.count * hidden), target, weightMask.pointer + piece.lowerBound * hidden, target)
    }
    sumColumns(recurrent, piece, rowCount, into: recurrentBiasName)
  }

  private func sumColumns(_ matrix: Buffer<Scalar>, _ columns: Range<Int>, _ rowCount: Int, into name: String)
  {
    let target = store.gradient(name) + columns.lowerBound
    target.update(repeating: 0, count: columns.count)
    operations.column_sums(
      Int64(rowCount), Int64(columns.count), matrix.pointer + columns.lowerBound, Int64(gateRows), target)
  }
}
