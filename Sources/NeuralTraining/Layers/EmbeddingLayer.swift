import CTrainingKernels
import Neural

/// Which tokens a row is made of.
enum EmbeddingContext: Hashable, Sendable {
  /// Its own.
  case token
  /// The last `count` of its sequence side by side, the oldest first (Bengio et al. 2003).
  case window(Int)
  /// The mean of the last `count`.
  case bag(Int)

  var count: Int {
    switch self {
    case .token: 1
    case .window(let count), .bag(let count): count
    }
  }
}

/// What enters a network: each token's vector; those of the last ones side by side, or their mean.
final class EmbeddingLayer<Scalar: TrainingScalar>: Layer {
  /// rows × (vector size, times the window's length).
  let output: Activation<Scalar>
  private let context: EmbeddingContext
  private let table: Parameter<Scalar>
  private let size: Int
  private let isShared: Bool
  private let team: WorkerTeam
  private let operations = Scalar.operations
  private let dropout: Double
  private let salt: UInt64
  private let typeMask: Buffer<Scalar>
  private var isDropping = false
  private var shape: SequenceShape
  /// Of each sequence the tokens before it, oldest first, then its own; −1 where there is nothing.
  private var extended: [Int32] = []
  /// Types whose rows of the gradient are not zero.
  private var touched: [Int32] = []
  private var isTouched: [Bool]

  /// sequences × (window − 1): the tokens before the next batch, oldest first; −1 before the text. Empty unless carried.
  var history: [Int32]

  /// - Parameters:
  ///   - table: types × vector size.
  ///   - isShared: whether an output layer uses the same table and has replaced its gradient before `accumulate`.
  ///   - carriedCount: the sequences whose last tokens the next batch goes on from; 0 for none.
  ///   - dropout: the share of types left out of a whole pass (Gal and Ghahramani 2016, section 4).
  init(
    table: Parameter<Scalar>, context: EmbeddingContext = .token, isShared: Bool = false,
    carriedCount: Int = 0,
    dropout: Double = 0, salt: UInt64 = 300, team: WorkerTeam
  ) {
    self.table = table
    self.context = context
    self.isShared = isShared
    self.team = team
    self.dropout = dropout
    self.salt = salt
    size = table.shape[1]
    typeMask = Buffer(dropout > 0 ? table.shape[0] : 0)
    isTouched = [Bool](repeating: false, count: table.shape[0])
    history = [Int32](repeating: -1, count: carriedCount * (context.count - 1))
    shape = SequenceShape(lengths: [], shardCount: 1)
    if case .window(let count) = context {
      output = Activation(size: count * size)
    } else {
      output = Activation(size: size)
    }
  }

  /// Forgets the tokens before the next batch.
  func reset() { history = [Int32](repeating: -1, count: history.count) }

  /// The batch that the next pass reads.
  ///
  /// - Parameters:
  ///   - tokens: one sequence after the other, whatever the shape's order; each below the number of types, or −1 for
  ///     nothing (a vector of zeros).
  func read(_ tokens: [Int32], _ shape: SequenceShape) {
    precondition(tokens.count == shape.rowCount && tokens.allSatisfy { $0 >= -1 && $0 < table.shape[0] })
    self.shape = shape
    let before = context.count - 1
    if before == 0 {
      extended = tokens
      return
    }
    let isCarried = history.count == shape.sequenceCount * before
    extended = []
    extended.reserveCapacity(tokens.count + shape.sequenceCount * before)
    for sequence in 0..<shape.sequenceCount {
      for index in 0..<before { extended.append(isCarried ? history[sequence * before + index] : -1) }
      extended += tokens[shape.offsets[sequence]..<shape.offsets[sequence + 1]]
    }
  }

  /// Where a sequence's first token stands in `extended`, those before it included.
  private func start(_ sequence: Int) -> Int { shape.offsets[sequence] + sequence * (context.count - 1) }

  func begin(_ pass: TrainingPass) {
    output.begin(shape, needsGradient: pass.needsGradients)
    let key = dropout > 0 ? pass.key(salt) : nil
    isDropping = key != nil
    if let key {
      operations.dropout_mask(Int64(table.shape[0]), key, 0, 1 - dropout, typeMask.pointer)
    }
    if pass.needsGradients && table.isTuned { markTouched() }
  }

  /// Moves the history to the batch's end.
  func advance() {
    let before = context.count - 1
    guard before > 0, history.count == shape.sequenceCount * before else { return }
    for sequence in 0..<shape.sequenceCount {
      let end = start(sequence) + before + shape.lengths[sequence]
      for index in 0..<before { history[sequence * before + index] = extended[end - before + index] }
    }
  }

  /// Calls `body` with a row from the shard's first, the column its slice starts at, the token and its vector's factor.
  private func forEachSlice(
    _ shard: Int, _ body: (_ row: Int, _ column: Int, _ token: Int, _ factor: Double) -> Void
  ) {
    let window = context.count
    let isBag = if case .bag = context { true } else { false }
    forEachStep(shard) { row, sequence, step in
      let start = start(sequence) + step
      var share = 1.0
      if isBag {
        var present = 0
        for index in 0..<window where extended[start + index] >= 0 { present += 1 }
        share = 1 / Double(max(present, 1))
      }
      for index in 0..<window {
        let token = Int(extended[start + index])
        guard token >= 0 else { continue }
        let factor = isDropping ? share * Double(typeMask.pointer[token]) : share
        body(row, isBag ? 0 : index * size, token, factor)
      }
    }
  }

  /// Calls `body` with every row of a shard, from its first, in the order of rows: sums do not depend on the order in which
  /// sequences were numbered.
  private func forEachStep(_ shard: Int, _ body: (_ row: Int, _ sequence: Int, _ step: Int) -> Void) {
    var row = 0
    if shape.order == .byStep {
      let order = shape.steps[shard]
      for (step, count) in order.counts.enumerated() {
        for sequence in order.sequences.prefix(count) {
          body(row, sequence, step)
          row += 1
        }
      }
      return
    }
    for sequence in shape.shards[shard] {
      for step in 0..<shape.lengths[sequence] {
        body(row, sequence, step)
        row += 1
      }
    }
  }

  func forward(shard: Int, thread: Int) {
    let target = output.values(shard)
    target.clear(count: output.rowCount(shard) * output.size)
    forEachSlice(shard) { row, column, token, factor in
      if factor != 0 {
        operations.add_scaled(
          Int64(size), factor, table.values + token * size, target + row * output.size + column)
      }
    }
  }

  func backward(shard: Int, thread: Int) { _ = output.readGradient(shard) }

  /// Clears what the last batch left in the table's gradient; a shared one was replaced by the output layer.
  private func markTouched() {
    for type in touched {
      if !isShared { (table.gradient + Int(type) * size).clear(count: size) }
      isTouched[Int(type)] = false
    }
    touched.removeAll(keepingCapacity: true)
    for token in extended where token >= 0 && !isTouched[Int(token)] {
      isTouched[Int(token)] = true
      touched.append(token)
    }
  }

  /// Adds the rows of the gradient to the vectors that they came from; every thread does its types.
  func accumulate(thread: Int) {
    guard table.isTuned else { return }
    for shard in shape.shards.indices {
      let gradient = output.gradient(shard)
      forEachSlice(shard) { row, column, token, factor in
        if factor != 0, token % team.count == thread {
          operations.add_scaled(
            Int64(size), factor, gradient + row * output.size + column, table.gradient + token * size)
        }
      }
    }
  }
}

extension EmbeddingKind: TrainableLayerKind {
  func declarations(_ prefix: String) -> [ParameterDeclaration] {
    [
      .init(
        name: "\(prefix).weight", shape: [count, size], initial: .uniform(limit: 0.1), isTuned: !isFixed)
    ]
  }

  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    let layer = EmbeddingLayer(
      table: builder.parameter("weight"), dropout: typeDropout, salt: builder.salt,
      team: builder.stack.context.team)
    builder.readers.add(layer, reading: builder.inputNames[0])
    return [builder.stack.add(layer).output]
  }
}
