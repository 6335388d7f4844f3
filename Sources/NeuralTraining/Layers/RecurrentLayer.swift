import CTrainingKernels
import Neural

/// An RNN, GRU or LSTM layer over sequences of any lengths, in either direction.
///
/// Inside, rows are by step (`StepOrder`), so that one product does a step of all sequences of a shard. Where the input
/// is so already and read forwards it is used where it is; else its rows are gathered, and the outputs' put back.
final class RecurrentLayer<Scalar: TrainingScalar>: Layer {
  /// rows × size, in the order of the input.
  let output: Activation<Scalar>
  /// sequences × size: the hidden vectors after each sequence's last step (the first step's, read backwards).
  let last: Activation<Scalar>
  /// The same of an LSTM's cells; nil otherwise.
  let lastCells: Activation<Scalar>?
  /// The state carried from batch to batch: sequences × size; empty where it is not carried.
  let hiddenState: Buffer<Scalar>
  let cellState: Buffer<Scalar>

  let input: Activation<Scalar>
  let cell: RecurrentCell
  let hidden: Int
  let gateRows: Int
  let parameters: RecurrentParameters<Scalar>
  let products: MatrixProducts<Scalar>
  let team: WorkerTeam
  let operations = Scalar.operations
  private let direction: RecurrentDirection
  private let initialState: Activation<Scalar>?
  private let initialCells: Activation<Scalar>?
  private let carriesState: Bool
  private let lendsOutput: Bool
  private let weightDrop: RecurrentWeightDrop<Scalar>
  private let packedForward: PackedMatrix<Scalar>
  private let packedBackward: PackedMatrix<Scalar>

  // Per row: what the gates are, then their gradients; of a GRU the recurrent products apart.
  private(set) var gates = Buffer<Scalar>(0)
  private(set) var recurrentGates = Buffer<Scalar>(0)
  // Per row and one more a sequence: slot 0 is the state before the first step.
  private var hiddenVectors = Buffer<Scalar>(0)
  private var cells = Buffer<Scalar>(0)
  private var cellTanh = Buffer<Scalar>(0)
  // Per row, where the input's rows are not used where they are.
  private var gathered = Buffer<Scalar>(0)
  private var gatheredGradient = Buffer<Scalar>(0)
  private var outputGradient = Buffer<Scalar>(0)
  /// The state before each row's step, where sequences are not equally long.
  private var previousHidden = Buffer<Scalar>(0)
  // Per sequence.
  private var hiddenGradient = Buffer<Scalar>(0)
  private var cellGradient = Buffer<Scalar>(0)

  private(set) var shape: SequenceShape
  private var steps: [StepOrder] = []
  private var pass = TrainingPass.evaluation
  /// Whether the input's rows are used where they are.
  private var isDirect = true
  private var hasEqualLengths = true

  /// - Parameters:
  ///   - initialState: sequences × size, where each sequence begins; zero (or what is carried) without.
  ///   - initialCells: the same for an LSTM's cells.
  ///   - carriedCount: of how many sequences the state is carried from batch to batch; 0 for none.
  ///   - lendsOutput: whether the outputs may stay in this layer's memory, not side by side: for a layer behind that
  ///     copies them anyhow.
  init(
    _ cell: RecurrentCell, input: Activation<Scalar>, parameters: RecurrentParameters<Scalar>,
    context: LayerContext<Scalar>, direction: RecurrentDirection = .forward,
    initialState: Activation<Scalar>? = nil,
    initialCells: Activation<Scalar>? = nil, carriedCount: Int = 0, lendsOutput: Bool = false,
    weightDrop: Double = 0, salt: UInt64 = 200
  ) {
    self.cell = cell
    self.input = input
    self.parameters = parameters
    self.direction = direction
    self.initialState = initialState
    self.initialCells = initialCells
    self.lendsOutput = lendsOutput
    hidden = parameters.recurrentWeights.shape[1]
    gateRows = cell.gateCount * hidden
    products = context.products
    team = context.team
    carriesState = carriedCount > 0
    hiddenState = Buffer(carriedCount * hidden)
    cellState = Buffer(cell == .lstm ? carriedCount * hidden : 0)
    output = Activation(size: hidden)
    last = Activation(size: hidden)
    lastCells = cell == .lstm ? Activation(size: hidden) : nil
    self.weightDrop = RecurrentWeightDrop(
      rate: weightDrop, weights: parameters.recurrentWeights, team: team, salt: salt)
    packedForward = PackedMatrix(columnCount: gateRows, depth: hidden, products: products)
    packedBackward = PackedMatrix(columnCount: hidden, depth: gateRows, products: products)
    shape = SequenceShape(lengths: [], shardCount: 1)
  }

  // MARK: - Making ready

  func begin(_ pass: TrainingPass) {
    self.pass = pass
    shape = input.shape
    isDirect = shape.order == .byStep && direction == .forward
    steps = isDirect ? shape.steps : shape.ordered(.byStep).steps
    hasEqualLengths = shape.lengths.allSatisfy { $0 == shape.lengths[0] }
    let (rows, sequences) = (shape.rowCount, shape.sequenceCount)
    precondition(!carriesState || hiddenState.count == sequences * hidden)
    func grow(_ buffer: inout Buffer<Scalar>, _ count: Int) {
      if buffer.count < count { buffer = Buffer(count) }
    }
    grow(&gates, rows * gateRows)
    grow(&hiddenVectors, (rows + sequences) * hidden)
    grow(&hiddenGradient, sequences * hidden)
    if cell == .gru { grow(&recurrentGates, rows * gateRows) }
    if cell == .lstm {
      grow(&cells, (rows + sequences) * hidden)
      grow(&cellTanh, rows * hidden)
      grow(&cellGradient, sequences * hidden)
    }
    if !isDirect {
      grow(&gathered, rows * input.size)
      if pass.needsGradients {
        grow(&gatheredGradient, rows * input.size)
        grow(&outputGradient, rows * hidden)
      }
    }
    if pass.needsGradients && !hasEqualLengths { grow(&previousHidden, rows * hidden) }
    output.begin(shape, needsGradient: pass.needsGradients, isBorrowed: isDirect && lendsOutput)
    last.begin(shape.reduced, needsGradient: pass.needsGradients)
    lastCells?.begin(shape.reduced, needsGradient: pass.needsGradients)
    weightDrop.begin(pass)
  }

  func prepare(thread: Int) {
    let weights = weightDrop.weights
    packedForward.pack(weights, hidden, transposed: true, team: team, thread: thread)
    if pass.needsGradients {
      packedBackward.pack(weights, hidden, transposed: false, team: team, thread: thread)
    }
  }

  // MARK: - Forward

  func forward(shard: Int, thread: Int) {
    let rows = shape.rows(ofShard: shard)
    let order = steps[shard]
    if !isDirect { gather(shard) }
    let sums = gates.pointer + rows.lowerBound * gateRows
    let addsRecurrentBias = cell != .gru
    operations.broadcast_row(
      Int64(rows.count), Int64(gateRows), parameters.inputBias.values,
      addsRecurrentBias ? UnsafeRawPointer(parameters.recurrentBias.values) : nil, sums, Int64(gateRows))
    products.multiply(
      thread: thread, transposesB: true, rows.count, gateRows, input.size, stepInput(shard), input.size,
      parameters.inputWeights.values, input.size, accumulates: true, sums, gateRows)
    loadState(shard)
    for step in order.counts.indices { advance(order, step) }
    saveState(shard)
    writeOutput(shard)
  }

  /// The shard's input rows by step.
  private func stepInput(_ shard: Int) -> UnsafePointer<Scalar> {
    isDirect
      ? UnsafePointer(input.values(shard))
      : UnsafePointer(gathered.pointer + shape.rows(ofShard: shard).lowerBound * input.size)
  }

  /// One step of all sequences that have it.
  private func advance(_ order: StepOrder, _ step: Int) {
    let count = order.counts[step]
    let row = order.starts[step]
    let previous = hiddenRows(order, slot: step)
    let next = hiddenRows(order, slot: step + 1)
    let stepSums = gates.pointer + row * gateRows
    switch cell {
    case .lstm:
      packedForward.multiply(count, previous, accumulates: true, stepSums)
      operations.lstm_forward(
        Int64(count), Int64(hidden), stepSums, cellRows(order, slot: step), cellRows(order, slot: step + 1),
        cellTanh.pointer + row * hidden, next)
    case .gru:
      let recurrent = recurrentGates.pointer + row * gateRows
      operations.broadcast_row(
        Int64(count), Int64(gateRows), parameters.recurrentBias.values, nil, recurrent, Int64(gateRows))
      packedForward.multiply(count, previous, accumulates: true, recurrent)
      operations.gru_forward(Int64(count), Int64(hidden), stepSums, recurrent, previous, next)
    case .rnn:
      packedForward.multiply(count, previous, accumulates: true, stepSums)
      operations.tanh_forward(Int64(count * hidden), stepSums, next)
    }
  }

  private func hiddenRows(_ order: StepOrder, slot: Int) -> UnsafeMutablePointer<Scalar> {
    hiddenVectors.pointer + order.slotRow(slot) * hidden
  }

  private func cellRows(_ order: StepOrder, slot: Int) -> UnsafeMutablePointer<Scalar> {
    cells.pointer + order.slotRow(slot) * hidden
  }

  /// Slot 0 of every sequence of the shard.
  private func loadState(_ shard: Int) {
    let order = steps[shard]
    for (rank, sequence) in order.sequences.enumerated() {
      let target = hiddenRows(order, slot: 0) + rank * hidden
      load(target, sequence, shard, initialState, hiddenState)
      if cell == .lstm {
        load(cellRows(order, slot: 0) + rank * hidden, sequence, shard, initialCells, cellState)
      }
    }
  }

  private func load(
    _ target: UnsafeMutablePointer<Scalar>, _ sequence: Int, _ shard: Int, _ given: Activation<Scalar>?,
    _ carried: Buffer<Scalar>
  ) {
    if let given {
      target.update(
        from: given.values(shard) + (sequence - shape.shards[shard].lowerBound) * hidden, count: hidden)
    } else if carriesState {
      target.update(from: carried.pointer + sequence * hidden, count: hidden)
    } else {
      target.clear(count: hidden)
    }
  }

  /// The state after each sequence's last step.
  private func saveState(_ shard: Int) {
    let order = steps[shard]
    let first = shape.shards[shard].lowerBound
    for (rank, sequence) in order.sequences.enumerated() {
      let slot = shape.lengths[sequence]
      let state = hiddenRows(order, slot: slot) + rank * hidden
      (last.values(shard) + (sequence - first) * hidden).update(from: state, count: hidden)
      if carriesState { (hiddenState.pointer + sequence * hidden).update(from: state, count: hidden) }
      guard let lastCells else { continue }
      let cellRow = cellRows(order, slot: slot) + rank * hidden
      (lastCells.values(shard) + (sequence - first) * hidden).update(from: cellRow, count: hidden)
      if carriesState { (cellState.pointer + sequence * hidden).update(from: cellRow, count: hidden) }
    }
  }

  private func writeOutput(_ shard: Int) {
    let order = steps[shard]
    let vectors = hiddenRows(order, slot: 1)
    if isDirect && lendsOutput {
      output.borrow(vectors, shard: shard)
    } else if isDirect {
      output.values(shard).update(from: vectors, count: output.rowCount(shard) * hidden)
    } else {
      let first = shape.rows(ofShard: shard).lowerBound
      let target = output.values(shard)
      forEachRow(shard) { outer, inner in
        (target + (outer - first) * hidden).update(from: vectors + (inner - first) * hidden, count: hidden)
      }
    }
  }

  // MARK: - The order of rows

  /// Calls `body` with each row of the input's order and the same row by step in the direction of reading.
  private func forEachRow(_ shard: Int, _ body: (_ outer: Int, _ inner: Int) -> Void) {
    let order = steps[shard]
    for sequence in shape.shards[shard] {
      let length = shape.lengths[sequence]
      for step in 0..<length {
        let place = direction == .forward ? step : length - 1 - step
        let outer =
          shape.order == .byStep
          ? order.row(sequence: sequence, step: place) : shape.offsets[sequence] + place
        body(outer, order.row(sequence: sequence, step: step))
      }
    }
  }

  private func gather(_ shard: Int) {
    let first = shape.rows(ofShard: shard).lowerBound
    let size = input.size
    let source = input.values(shard)
    forEachRow(shard) { outer, inner in
      (gathered.pointer + inner * size).update(from: source + (outer - first) * size, count: size)
    }
  }

  // MARK: - Backward

  func backward(shard: Int, thread: Int) {
    let rows = shape.rows(ofShard: shard)
    backwardThroughTime(shard, outputGradient: stepOutputGradient(shard))
    if !hasEqualLengths { keepPreviousHidden(shard) }
    let size = input.size
    let stepGates = gates.pointer + rows.lowerBound * gateRows
    if isDirect {
      let accumulates = input.beginGradient(shard)
      products.multiply(
        thread: thread, rows.count, size, gateRows, stepGates, gateRows, parameters.inputWeights.values, size,
        accumulates: accumulates, input.gradient(shard), size)
      return
    }
    let inner = gatheredGradient.pointer + rows.lowerBound * size
    products.multiply(
      thread: thread, rows.count, size, gateRows, stepGates, gateRows, parameters.inputWeights.values, size,
      accumulates: false, inner, size)
    let target = input.addedGradient(shard)
    forEachRow(shard) { outer, place in
      operations.add_scaled(
        Int64(size), 1, inner + (place - rows.lowerBound) * size, target + (outer - rows.lowerBound) * size)
    }
  }

  /// The gradient of the outputs by step.
  private func stepOutputGradient(_ shard: Int) -> UnsafePointer<Scalar> {
    let given = output.readGradient(shard)
    if isDirect { return given }
    let first = shape.rows(ofShard: shard).lowerBound
    let target = outputGradient.pointer + first * hidden
    forEachRow(shard) { outer, inner in
      (target + (inner - first) * hidden).update(from: given + (outer - first) * hidden, count: hidden)
    }
    return UnsafePointer(target)
  }

  private func backwardThroughTime(_ shard: Int, outputGradient: UnsafePointer<Scalar>) {
    let order = steps[shard]
    let rows = shape.rows(ofShard: shard)
    let sequences = shape.shards[shard]
    let dh = hiddenGradient.pointer + sequences.lowerBound * hidden
    let dc = cellGradient.pointer + (cell == .lstm ? sequences.lowerBound * hidden : 0)
    // The gradients of the last states, each in its sequence's place by length, where that sequence has ended.
    loadLastGradient(last, shard, into: dh)
    if let lastCells { loadLastGradient(lastCells, shard, into: dc) }
    for step in order.counts.indices.reversed() {
      let count = order.counts[step]
      let row = order.starts[step]
      let stepGates = gates.pointer + row * gateRows
      let goesOn = step > 0 || initialState != nil
      operations.add_scaled(Int64(count * hidden), 1, outputGradient + (row - rows.lowerBound) * hidden, dh)
      switch cell {
      case .lstm:
        operations.lstm_backward(
          Int64(count), Int64(hidden), stepGates, cellRows(order, slot: step),
          cellTanh.pointer + row * hidden, dh, dc)
        if goesOn { packedBackward.multiply(count, stepGates, accumulates: false, dh) }
      case .gru:
        let recurrent = recurrentGates.pointer + row * gateRows
        operations.gru_backward(
          Int64(count), Int64(hidden), stepGates, recurrent, hiddenRows(order, slot: step), dh)
        if goesOn { packedBackward.multiply(count, recurrent, accumulates: true, dh) }
      case .rnn:
        operations.tanh_backward(Int64(count * hidden), hiddenRows(order, slot: step + 1), dh, stepGates)
        if goesOn { packedBackward.multiply(count, stepGates, accumulates: false, dh) }
      }
    }
    addInitialGradient(initialState, shard, dh)
    if cell == .lstm { addInitialGradient(initialCells, shard, dc) }
  }

  private func loadLastGradient(
    _ last: Activation<Scalar>, _ shard: Int, into target: UnsafeMutablePointer<Scalar>
  ) {
    let given = last.readGradient(shard)
    let first = shape.shards[shard].lowerBound
    for (rank, sequence) in steps[shard].sequences.enumerated() {
      (target + rank * hidden).update(from: given + (sequence - first) * hidden, count: hidden)
    }
  }

  private func addInitialGradient(
    _ initial: Activation<Scalar>?, _ shard: Int, _ gradient: UnsafeMutablePointer<Scalar>
  ) {
    guard let initial else { return }
    let target = initial.addedGradient(shard)
    let first = shape.shards[shard].lowerBound
    for (rank, sequence) in steps[shard].sequences.enumerated() {
      operations.add_scaled(
        Int64(hidden), 1, gradient + rank * hidden, target + (sequence - first) * hidden)
    }
  }

  /// Puts the state before each row's step beside its gates, for the product that makes the recurrent gradient.
  private func keepPreviousHidden(_ shard: Int) {
    let order = steps[shard]
    for step in order.counts.indices {
      (previousHidden.pointer + order.starts[step] * hidden).update(
        from: hiddenRows(order, slot: step), count: order.counts[step] * hidden)
    }
  }

  // MARK: - Parameters

  func accumulate(thread: Int) {
    let piece = team.piece(thread, of: gateRows, grain: 32)
    guard !piece.isEmpty else { return }
    let rowCount = shape.rowCount
    accumulateInputWeights(piece, thread)
    sumColumns(gates, piece, rowCount, into: parameters.inputBias)
    let recurrent = cell == .gru ? recurrentGates : gates
    let target = parameters.recurrentWeights.gradient + piece.lowerBound * hidden
    if hasEqualLengths {
      var accumulates = false
      for shard in shape.shards.indices where !shape.shards[shard].isEmpty {
        let rows = shape.rows(ofShard: shard)
        products.multiply(
          thread: thread, transposesA: true, piece.count, hidden, rows.count,
          recurrent.pointer + rows.lowerBound * gateRows + piece.lowerBound, gateRows,
          hiddenRows(steps[shard], slot: 0), hidden, accumulates: accumulates, target, hidden)
        accumulates = true
      }
    } else {
      products.multiply(
        thread: thread, transposesA: true, piece.count, hidden, rowCount,
        recurrent.pointer + piece.lowerBound,
        gateRows, previousHidden.pointer, hidden, accumulates: false, target, hidden)
    }
    weightDrop.mask(target, rows: piece, columns: hidden)
    sumColumns(recurrent, piece, rowCount, into: parameters.recurrentBias)
  }

  private func accumulateInputWeights(_ piece: Range<Int>, _ thread: Int) {
    let size = input.size
    let target = parameters.inputWeights.gradient + piece.lowerBound * size
    let runs = isDirect ? input.runs : [(0..<shape.rowCount, UnsafePointer(gathered.pointer))]
    for (index, run) in runs.enumerated() {
      products.multiply(
        thread: thread, transposesA: true, piece.count, size, run.rows.count,
        gates.pointer + run.rows.lowerBound * gateRows + piece.lowerBound, gateRows, run.values, size,
        accumulates: index > 0, target, size)
    }
  }

  private func sumColumns(
    _ matrix: Buffer<Scalar>, _ columns: Range<Int>, _ rowCount: Int, into parameter: Parameter<Scalar>
  ) {
    let target = parameter.gradient + columns.lowerBound
    target.clear(count: columns.count)
    operations.column_sums(
      Int64(rowCount), Int64(columns.count), matrix.pointer + columns.lowerBound, Int64(gateRows), target)
  }
}
