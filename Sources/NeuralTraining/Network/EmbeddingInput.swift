import CTrainingKernels
import Neural

/// What enters the first layer: a token's embedding; the last ones' side by side (`window`); their mean (`bag`).
final class EmbeddingInput<Scalar: TrainingScalar> {
  private let cell: RecurrentArchitecture.Cell
  private let size: Int
  private let rowSize: Int
  private let window: Int
  private let isTied: Bool
  private let vocabularyCount: Int
  private let store: ParameterStore<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  private let streamCount: Int
  private let dropout: Double
  private let typeMask: Buffer<Scalar>
  private var isDropping = false
  private var stepCount = 0
  /// Of each stream the tokens before the segment, oldest first, then the segment's; −1 where there is nothing.
  private var extended: [Int32] = []
  /// Types whose rows of the gradient are not zero.
  private var touched: [Int32] = []
  private var isTouched: [Bool]

  /// streams × (window − 1): the tokens before the next segment, oldest first; −1 before the text.
  var history: [Int32]

  init(
    _ architecture: RecurrentArchitecture, store: ParameterStore<Scalar>, team: WorkerTeam, streamCount: Int,
    stepCount: Int, dropout: Double
  ) {
    cell = architecture.cell
    size = architecture.embeddingSize
    rowSize = architecture.firstInputSize
    window = architecture.cell.isRecurrent ? 1 : architecture.windowLength
    isTied = architecture.isTied
    vocabularyCount = architecture.vocabularyCount
    self.store = store
    self.team = team
    self.streamCount = streamCount
    self.dropout = dropout
    typeMask = Buffer(dropout > 0 ? architecture.vocabularyCount : 0)
    isTouched = [Bool](repeating: false, count: architecture.vocabularyCount)
    history = [Int32](repeating: -1, count: streamCount * (window - 1))
  }

  func reset() { history = [Int32](repeating: -1, count: streamCount * (window - 1)) }

  /// - Parameter tokens: by step, then stream; each below the vocabulary's size.
  func begin(_ tokens: [Int32], dropKey: UInt64?) {
    precondition(tokens.allSatisfy { $0 >= 0 && $0 < vocabularyCount })
    stepCount = tokens.count / streamCount
    let length = window - 1 + stepCount
    extended = [Int32](repeating: -1, count: streamCount * length)
    for stream in 0..<streamCount {
      for index in 0..<window - 1 {
        extended[stream * length + index] = history[stream * (window - 1) + index]
      }
      for step in 0..<stepCount {
        extended[stream * length + window - 1 + step] = tokens[step * streamCount + stream]
      }
    }
    isDropping = dropout > 0 && dropKey != nil
    if isDropping, let dropKey {
      operations.dropout_mask(Int64(vocabularyCount), dropKey, 0, 1 - dropout, typeMask.pointer)
    }
  }

  /// Moves the history to the segment's end.
  func advance() {
    guard window > 1 else { return }
    let length = window - 1 + stepCount
    for stream in 0..<streamCount {
      for index in 0..<window - 1 {
        history[stream * (window - 1) + index] = extended[stream * length + stepCount + index]
      }
    }
  }

  /// Calls `body` with a row, the column its slice starts at, the token there and the factor of its embedding.
  private func forEachSlice(_ shard: Shard, _ body: (Int, Int, Int, Double) -> Void) {
    let length = window - 1 + stepCount
    for step in 0..<shard.stepCount {
      for stream in shard.streams {
        let row = shard.row(step: step, stream: stream)
        let start = stream * length + step
        var share = 1.0
        if cell == .bag {
          var present = 0
          for index in 0..<window where extended[start + index] >= 0 { present += 1 }
          share = 1 / Double(max(present, 1))
        }
        for index in 0..<window {
          let token = Int(extended[start + index])
          guard token >= 0 else { continue }
          let factor = isDropping ? share * Double(typeMask.pointer[token]) : share
          body(row, cell == .window ? index * size : 0, token, factor)
        }
      }
    }
  }

  /// Fills `shard`'s rows of `output` (rows × firstInputSize).
  func gather(_ shard: Shard, into output: UnsafeMutablePointer<Scalar>) {
    let weights = store.value("embedding.weight")
    (output + shard.rows.lowerBound * rowSize).update(repeating: 0, count: shard.rows.count * rowSize)
    forEachSlice(shard) { row, column, token, factor in
      if factor != 0 {
        operations.add_scaled(Int64(size), factor, weights + token * size, output + row * rowSize + column)
      }
    }
  }

  /// Clears what the last segment left in the embedding's gradient; tied weights were replaced by the output layer.
  func beginGradients() {
    let gradients = store.gradient("embedding.weight")
    for type in touched {
      if !isTied { (gradients + Int(type) * size).update(repeating: 0, count: size) }
      isTouched[Int(type)] = false
    }
    touched.removeAll(keepingCapacity: true)
    for token in extended where token >= 0 && !isTouched[Int(token)] {
      isTouched[Int(token)] = true
      touched.append(token)
    }
  }

  /// Adds the rows of `gradient` to the embeddings they came from; every thread does its types.
  func scatter(_ shards: [Shard], thread: Int, from gradient: UnsafePointer<Scalar>) {
    let target = store.gradient("embedding.weight")
    for shard in shards {
      forEachSlice(shard) { row, column, token, factor in
        if factor != 0, token % team.count == thread {
          operations.add_scaled(Int64(size), factor, gradient + row * rowSize + column, target + token * size)
        }
      }
    }
  }
}
