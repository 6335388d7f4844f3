import CTrainingKernels

/// The negative log-probability of what is written from a vocabulary or copied from a source (See, Liu and Manning 2017,
/// equation 9):
///
///     P(w) = g · softmax(logits)[w] + (1 − g) · Σ over the places i of w in the source of aᵢ,
///     g = σ(gate), a = softmax(keys · query).
///
/// Of a sequence whose source is empty g is 1. Everything is a softmax or a weighted sum in double precision, row by row, so
/// that threads share the sequences.
final class PointerGeneratorLoss<Scalar: TrainingScalar> {
  /// targets × types.
  private let logits: Activation<Scalar>
  /// targets × 1.
  private let gate: Activation<Scalar>
  /// targets × size, and sources × size.
  private let queries: Activation<Scalar>
  private let keys: Activation<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations

  init(
    logits: Activation<Scalar>, gate: Activation<Scalar>, queries: Activation<Scalar>,
    keys: Activation<Scalar>, team: WorkerTeam
  ) {
    precondition(gate.size == 1 && queries.size == keys.size)
    self.logits = logits
    self.gate = gate
    self.queries = queries
    self.keys = keys
    self.team = team
  }

  /// What is known of one row.
  private struct Row {
    var logits: UnsafePointer<Scalar>
    /// log Σ e^logit.
    var normalizer = 0.0
    /// g.
    var generated = 1.0
    /// Of each place of the source.
    var attention: [Double] = []
  }

  /// The sum of the losses in nats, and how many rows they are of.
  ///
  /// - Parameters:
  ///   - targets: of each row of the logits the number of what is written. Those beyond the vocabulary occur in the row's
  ///     source.
  ///   - sources: of each row of the keys the number of the unit, some beyond the vocabulary.
  ///   - writesGradient: leaves the gradient of the mean in the activations; those of queries and keys are added to.
  func run(_ targets: [Int32], sources: [Int32], writesGradient: Bool) -> (loss: Double, count: Int) {
    precondition(targets.count == logits.rowCount && sources.count == keys.rowCount)
    precondition(logits.shape.shards == keys.shape.shards)
    let scale = writesGradient && !targets.isEmpty ? 1 / Double(targets.count) : nil
    let losses = UnsafeMutableBufferPointer<Double>.allocate(capacity: team.count)
    defer { losses.deallocate() }
    losses.initialize(repeating: 0)
    team.run { thread in
      if writesGradient { beginGradients(thread) }
      forEachRow(thread, sources) { row, place, memory in
        losses[thread] += loss(of: Int(targets[place.global]), row, place, memory, sources, scale: scale)
      }
    }
    return (losses.reduce(0, +), targets.count)
  }

  /// The most probable unit of each row; 0 for one beyond the vocabulary.
  func mostProbable(sources: [Int32]) -> [Int32] {
    let answers = UnsafeMutableBufferPointer<Int32>.allocate(capacity: max(1, logits.rowCount))
    defer { answers.deallocate() }
    team.run { thread in
      forEachRow(thread, sources) { row, place, memory in
        answers[place.global] = mostProbable(row, memory, sources)
      }
    }
    return Array(answers[..<logits.rowCount])
  }

  private func mostProbable(_ row: Row, _ memory: Range<Int>, _ sources: [Int32]) -> Int32 {
    var best: (unit: Int32, probability: Double) = (0, -1)
    for unit in 0..<logits.size {
      let probability = row.generated * exponential(Double(row.logits[unit]) - row.normalizer)
      if probability > best.probability { best = (Int32(unit), probability) }
    }
    var copied: [Int32: Double] = [:]
    for (offset, source) in memory.enumerated() {
      copied[sources[source], default: 0] += (1 - row.generated) * row.attention[offset]
    }
    for (unit, probability) in copied.sorted(by: { $0.key < $1.key }) {
      let isKnown = unit < Int32(logits.size)
      let written =
        isKnown ? row.generated * exponential(Double(row.logits[Int(unit)]) - row.normalizer) : 0
      if probability + written > best.probability {
        best = (isKnown ? unit : 0, probability + written)
      }
    }
    return best.unit
  }

  // MARK: Rows

  /// A row of the targets, among all and among its shard's.
  private struct Place {
    var global: Int
    var local: Int
    var shard: Int
    /// The first of the shard's rows of the sources.
    var firstMemory: Int
  }

  private func beginGradients(_ shard: Int) {
    _ = logits.beginGradient(shard)
    _ = gate.beginGradient(shard)
    _ = queries.addedGradient(shard)
    _ = keys.addedGradient(shard)
  }

  /// Calls `body` with each row of a shard and the rows of its sequence's source.
  private func forEachRow(
    _ shard: Int, _ sources: [Int32], _ body: (Row, Place, _ memory: Range<Int>) -> Void
  ) {
    let first = logits.shape.rows(ofShard: shard).lowerBound
    let firstMemory = keys.shape.rows(ofShard: shard).lowerBound
    for sequence in logits.shape.shards[shard] {
      let memory = keys.shape.offsets[sequence]..<keys.shape.offsets[sequence + 1]
      for global in logits.shape.offsets[sequence]..<logits.shape.offsets[sequence + 1] {
        let place = Place(global: global, local: global - first, shard: shard, firstMemory: firstMemory)
        body(row(place, memory), place, memory)
      }
    }
  }

  private func row(_ place: Place, _ memory: Range<Int>) -> Row {
    var row = Row(logits: UnsafePointer(logits.values(place.shard) + place.local * logits.size))
    var largest = -Double.infinity
    for unit in 0..<logits.size { largest = max(largest, Double(row.logits[unit])) }
    var sum = 0.0
    for unit in 0..<logits.size { sum += exponential(Double(row.logits[unit]) - largest) }
    row.normalizer = largest + naturalLogarithm(sum)
    guard !memory.isEmpty else { return row }
    row.generated = 1 / (1 + exponential(-Double(gate.values(place.shard)[place.local])))
    let size = queries.size
    let query = queries.values(place.shard) + place.local * size
    row.attention = memory.map {
      operations.dot(Int64(size), query, keys.values(place.shard) + ($0 - place.firstMemory) * size)
    }
    let highest = row.attention.max() ?? 0
    var total = 0.0
    for index in row.attention.indices {
      row.attention[index] = exponential(row.attention[index] - highest)
      total += row.attention[index]
    }
    for index in row.attention.indices { row.attention[index] /= total }
    return row
  }

  /// - Parameter scale: what gradients are multiplied with; nil leaves none.
  private func loss(
    of target: Int, _ row: Row, _ place: Place, _ memory: Range<Int>, _ sources: [Int32], scale: Double?
  ) -> Double {
    let written =
      target < logits.size ? exponential(Double(row.logits[target]) - row.normalizer) : 0
    var copied = 0.0
    for (offset, source) in memory.enumerated() where Int(sources[source]) == target {
      copied += row.attention[offset]
    }
    // What has no probability at all in double precision would have no gradient either.
    let probability = max(row.generated * written + (1 - row.generated) * copied, 1e-300)
    if let scale {
      let generatedShare = row.generated * written / probability
      let logitGradient = logits.gradient(place.shard) + place.local * logits.size
      for unit in 0..<logits.size {
        let share = exponential(Double(row.logits[unit]) - row.normalizer)
        logitGradient[unit] = Scalar(scale * generatedShare * (share - (unit == target ? 1 : 0)))
      }
      gate.gradient(place.shard)[place.local] = Scalar(
        memory.isEmpty
          ? 0 : -scale * (written - copied) * row.generated * (1 - row.generated) / probability)
      let factor = -scale * (1 - row.generated) / probability
      addAttentionGradient(row, target, place, memory, sources, factor: factor, copied: copied)
    }
    return -naturalLogarithm(probability)
  }

  /// The gradient of the scores, aᵢ ([source i is the target] − Σ a over its places) · factor, and from it that of the
  /// query and the keys.
  private func addAttentionGradient(
    _ row: Row, _ target: Int, _ place: Place, _ memory: Range<Int>, _ sources: [Int32], factor: Double,
    copied: Double
  ) {
    let size = Int64(queries.size)
    let query = queries.values(place.shard) + place.local * queries.size
    let queryGradient = queries.gradient(place.shard) + place.local * queries.size
    for (offset, source) in memory.enumerated() {
      let isTarget = Int(sources[source]) == target
      let gradient = factor * row.attention[offset] * ((isTarget ? 1 : 0) - copied)
      guard gradient != 0 else { continue }
      let memoryOffset = (source - place.firstMemory) * keys.size
      operations.add_scaled(size, gradient, keys.values(place.shard) + memoryOffset, queryGradient)
      operations.add_scaled(size, gradient, query, keys.gradient(place.shard) + memoryOffset)
    }
  }
}
