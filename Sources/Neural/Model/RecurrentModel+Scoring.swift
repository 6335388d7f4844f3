import CKernels
import LanguageModeling

/// The probabilities of the tokens of a text.
public struct SequenceScores: Sendable {
  /// ln P of each token after those before it.
  public var logProbabilities: [Float] = []
  /// For each token the most probable ones in its place: `bestCount` a token, one after the other (fewer only where
  /// the vocabulary has fewer).
  public var best: [[Successor]] = []

  public init() {}
}

extension RecurrentModel {
  /// ln P of each of `tokens` after the state and the tokens before it; the state moves past all of them.
  ///
  /// The output layer takes up to 32 tokens at once, so that its weights are read from memory once for all of them.
  public func score(
    _ tokens: some Collection<TokenID>, after state: inout RecurrentState, bestCount: Int = 0
  ) -> SequenceScores {
    var result = SequenceScores()
    result.logProbabilities.reserveCapacity(tokens.count)
    let size = architecture.hiddenSize
    var features = [Float](repeating: 0, count: Scratch.batchCount * size)
    var targets: [TokenID] = []
    for token in tokens {
      copyFeatures(of: state, to: &features, at: targets.count)
      targets.append(token)
      step(token, &state)
      if targets.count == Scratch.batchCount {
        score(targets, features: features, bestCount: bestCount, into: &result)
        targets.removeAll(keepingCapacity: true)
      }
    }
    score(targets, features: features, bestCount: bestCount, into: &result)
    return result
  }

  /// Numbers in the vector of a state that probabilities depend on.
  package var featureCount: Int { architecture.hiddenSize }

  /// Puts what the probabilities after a state depend on in place `index` of an array of such vectors.
  package func copyFeatures(of state: RecurrentState, to features: inout [Float], at index: Int) {
    for column in 0..<featureCount {
      features[index * featureCount + column] = state.values[featureOffset + column]
    }
  }

  /// ln P of each target after the state whose features stand at its place, appended to `result`.
  ///
  /// - Parameter features: at least `targets.count` vectors of `featureCount` numbers.
  package func score(
    _ targets: [TokenID], features: [Float], bestCount: Int = 0, into result: inout SequenceScores
  ) {
    precondition(features.count >= targets.count * featureCount)
    guard !targets.isEmpty else { return }
    let isBatched =
      precision == .int8 && (output.clusters.isEmpty ? bestCount <= Scratch.bestCapacity : bestCount == 0)
    pool.use { scratch in
      features.withUnsafeBufferPointer { features in
        if isBatched {
          var start = 0
          while start < targets.count {
            let end = min(start + Scratch.batchCount, targets.count)
            scoreBatch(
              targets[start..<end], features.baseAddress! + start * featureCount, bestCount, scratch, &result)
            start = end
          }
        } else {
          for (index, target) in targets.enumerated() {
            scoreOne(target, features.baseAddress! + index * featureCount, bestCount, scratch, &result)
          }
        }
      }
    }
  }

  private func scoreOne(
    _ target: TokenID, _ features: UnsafePointer<Float>, _ bestCount: Int, _ scratch: Scratch,
    _ result: inout SequenceScores
  ) {
    let vector = ActivationVector(
      features, count: featureCount, quanta: scratch.inputQuanta.base, precision: precision, kernels)
    let context = OutputLayer.Context(features: vector, kernels: kernels, team: team, scratch: scratch)
    result.logProbabilities.append(output.logProbability(ofRow: rows.row(of: target), context))
    if bestCount > 0 { result.best.append(output.best(bestCount, in: 0..<rows.count, rows: rows, context)) }
  }

  private func scoreBatch(
    _ targets: ArraySlice<TokenID>, _ features: UnsafePointer<Float>, _ bestCount: Int, _ scratch: Scratch,
    _ result: inout SequenceScores
  ) {
    let count = targets.count
    let padded = inkling_packed_columns(featureCount)
    let vectors = (0..<count).map {
      kernels.table.pointee.quantise(
        features + $0 * featureCount, featureCount, padded, scratch.batchQuanta.base + $0 * padded)
    }
    let targetRows = targets.map { rows.row(of: $0) }
    let homes = targetRows.map { output.home(ofRow: $0) }
    var logProbabilities = softmax(
      output.head.matrix, vectors, outcomes: homes.map(\.headOutcome), bestCount: bestCount, scratch)
    for (index, cluster) in output.clusters.enumerated() {
      let members = homes.indices.filter { homes[$0].cluster == index }
      if members.isEmpty { continue }
      let within = softmax(
        cluster.group.matrix, project(members.map { vectors[$0] }, by: cluster.projection, scratch),
        outcomes: members.map { homes[$0].outcome }, bestCount: 0, scratch)
      for (member, value) in zip(members, within) { logProbabilities[member] += value }
    }
    result.logProbabilities += logProbabilities
    guard bestCount > 0 else { return }
    for index in 0..<count {
      let normaliser = inkling_best_log_normaliser(scratch.bests + index)
      let best = scratch.bests[index]
      result.best.append(
        (0..<Int(best.count)).compactMap {
          guard best.values[$0] > SoftmaxGroup.impossible / 2 else { return nil }
          return Successor(
            token: rows.tokens[Int(best.ids[$0])], logProbability: best.values[$0] - normaliser)
        })
    }
  }

  /// ln P of one outcome after each vector, by a softmax over the rows of `matrix`; normalisers and best outcomes are then
  /// in `scratch.bests`, a vector each.
  private func softmax(
    _ matrix: WeightMatrix, _ vectors: [inkling_quantised], outcomes: [Int], bestCount: Int,
    _ scratch: Scratch
  ) -> [Float] {
    var logits = [Float](repeating: -.infinity, count: vectors.count)
    scratch.clearBests(vectors.count, limit: bestCount)
    let step = Scratch.batchRows / 16
    for first in stride(from: 0, to: matrix.blockCount, by: step) {
      let blocks = first..<min(first + step, matrix.blockCount)
      vectors.withUnsafeBufferPointer {
        matrix.multiply(
          kernels, batch: $0, blocks: blocks, out: scratch.batchLogits.base, stride: Scratch.batchRows)
      }
      let rowRange = first * 16..<min(blocks.upperBound * 16, matrix.rowCount)
      for index in vectors.indices {
        let row = scratch.batchLogits.base + index * Scratch.batchRows
        kernels.table.pointee.softmax_best(
          row, rowRange.count, Int32(rowRange.lowerBound), scratch.bests + index)
        if rowRange.contains(outcomes[index]) { logits[index] = row[outcomes[index] - rowRange.lowerBound] }
      }
    }
    return logits.indices.map { index in
      logits[index] > SoftmaxGroup.impossible / 2
        ? logits[index] - inkling_best_log_normaliser(scratch.bests + index) : -.infinity
    }
  }

  /// What a cluster's softmax reads of each vector. Valid until the next call.
  private func project(
    _ vectors: [inkling_quantised], by projection: WeightMatrix, _ scratch: Scratch
  ) -> [inkling_quantised] {
    let stride = scratch.projectionStride
    let padded = inkling_packed_columns(projection.rowCount)
    vectors.withUnsafeBufferPointer {
      projection.multiply(
        kernels, batch: $0, blocks: 0..<projection.blockCount, out: scratch.batchProjections.base,
        stride: stride)
    }
    return vectors.indices.map {
      kernels.table.pointee.quantise(
        scratch.batchProjections.base + $0 * stride, projection.rowCount, padded,
        scratch.batchProjectedQuanta.base + $0 * padded)
    }
  }
}
