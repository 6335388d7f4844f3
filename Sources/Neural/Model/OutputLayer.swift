import CKernels
import LanguageModeling
import Platform

/// The network's last layer: from a hidden vector to log-probabilities. Exact, with either kind of softmax.
final class OutputLayer: Sendable {
  /// A cluster of an adaptive softmax: its projection and its outcomes.
  final class Cluster: Sendable {
    let projection: WeightMatrix
    let group: SoftmaxGroup
    /// Its outcome in the head.
    let headOutcome: Int

    init(projection: WeightMatrix, group: SoftmaxGroup, headOutcome: Int) {
      self.projection = projection
      self.group = group
      self.headOutcome = headOutcome
    }
  }

  /// All types, or the head.
  let head: SoftmaxGroup
  let clusters: [Cluster]
  let hiddenSize: Int
  let precision: WeightPrecision
  let typeCount: Int

  init(
    head: SoftmaxGroup, clusters: [Cluster], hiddenSize: Int, precision: WeightPrecision, typeCount: Int
  ) {
    self.head = head
    self.clusters = clusters
    self.hiddenSize = hiddenSize
    self.precision = precision
    self.typeCount = typeCount
  }

  /// Logits that a call needs room for.
  var scratchRows: Int {
    clusters.reduce(head.matrix.paddedRowCount) {
      max($0, $1.group.matrix.paddedRowCount, $1.projection.paddedRowCount)
    }
  }

  var byteCount: Int {
    clusters.reduce(head.matrix.byteCount) { $0 + $1.group.matrix.byteCount + $1.projection.byteCount }
  }

  /// What a call works with.
  struct Context {
    let features: ActivationVector
    let kernels: KernelSet
    let team: KernelTeam
    let scratch: Scratch
  }

  /// ln P of the type in `row`.
  func logProbability(ofRow row: Int, _ context: Context) -> Float {
    head.evaluate(
      context.features, limit: 0, kernels: context.kernels, team: context.team, scratch: context.scratch)
    let normaliser = inkling_best_log_normaliser(context.scratch.bests)
    if let outcome = Self.outcome(ofRow: row, in: head) {
      return Self.difference(context.scratch.logits.base[outcome], normaliser)
    }
    for cluster in clusters {
      guard let outcome = Self.outcome(ofRow: row, in: cluster.group) else { continue }
      let share = context.scratch.logits.base[cluster.headOutcome] - normaliser
      evaluate(cluster, limit: 0, context)
      let normaliser = inkling_best_log_normaliser(context.scratch.bests) - share
      return Self.difference(context.scratch.logits.base[outcome], normaliser)
    }
    return -.infinity
  }

  /// Where the probability of a row comes from: its outcome in the head, and for one in a cluster that cluster's outcome
  /// there and its own in the cluster.
  struct Home {
    var headOutcome: Int
    /// Nil for a row in the head.
    var cluster: Int?
    var outcome = 0
  }

  /// The home of a row; a row that is nowhere has the outcome −1.
  func home(ofRow row: Int) -> Home {
    if let outcome = Self.outcome(ofRow: row, in: head) { return Home(headOutcome: outcome) }
    for (index, cluster) in clusters.enumerated() {
      if let outcome = Self.outcome(ofRow: row, in: cluster.group) {
        return Home(headOutcome: cluster.headOutcome, cluster: index, outcome: outcome)
      }
    }
    return Home(headOutcome: -1)
  }

  /// ln P of all types into `out`, by row.
  func logProbabilities(into out: UnsafeMutableBufferPointer<Float>, _ context: Context) {
    precondition(out.count >= typeCount)
    head.evaluate(
      context.features, limit: 0, kernels: context.kernels, team: context.team, scratch: context.scratch)
    let normaliser = inkling_best_log_normaliser(context.scratch.bests)
    let shares = clusters.map { context.scratch.logits.base[$0.headOutcome] - normaliser }
    Self.scatter(head, subtracting: normaliser, context.scratch, into: out)
    for (cluster, share) in zip(clusters, shares) {
      evaluate(cluster, limit: 0, context)
      let normaliser = inkling_best_log_normaliser(context.scratch.bests)
      Self.scatter(cluster.group, subtracting: normaliser - share, context.scratch, into: out)
    }
  }

  /// The `limit` most probable types with rows in `range`, exact; clusters that cannot hold one are not computed.
  func best(_ limit: Int, in range: Range<Int>, rows: TokenRows, _ context: Context) -> [Successor] {
    guard limit > 0, !range.isEmpty else { return [] }
    if limit + clusters.count > Scratch.bestCapacity { return sorted(limit, in: range, rows: rows, context) }
    // Clusters may be among the head's best: asking for more by their number keeps enough types.
    let isWhole = range.count == typeCount
    head.evaluate(
      context.features, limit: isWhole ? limit + clusters.count : 0, kernels: context.kernels,
      team: context.team,
      scratch: context.scratch)
    let normaliser = inkling_best_log_normaliser(context.scratch.bests)
    let shares = clusters.map { context.scratch.logits.base[$0.headOutcome] - normaliser }
    var found: [Successor] = []
    collect(head, range: isWhole ? nil : range, limit, normaliser, rows, context, into: &found)
    for index in clusters.indices.sorted(by: { shares[$0] > shares[$1] }) {
      if found.count == limit && found[limit - 1].logProbability >= shares[index] { break }
      let cluster = clusters[index]
      if cluster.group.outcomes(in: range).isEmpty { continue }
      evaluate(cluster, limit: isWhole ? limit : 0, context)
      let normaliser = inkling_best_log_normaliser(context.scratch.bests) - shares[index]
      collect(cluster.group, range: isWhole ? nil : range, limit, normaliser, rows, context, into: &found)
    }
    return found
  }

  /// Merges a group's best outcomes into `found`: those of the evaluation, or of the range when there is one.
  private func collect(
    _ group: SoftmaxGroup, range: Range<Int>?, _ limit: Int, _ normaliser: Float, _ rows: TokenRows,
    _ context: Context, into found: inout [Successor]
  ) {
    let scratch = context.scratch
    if let range {
      let outcomes = group.outcomes(in: range)
      scratch.clearBests(1, limit: limit)
      if !outcomes.isEmpty {
        context.kernels.table.pointee.softmax_best(
          scratch.logits.base + outcomes.lowerBound, outcomes.count, Int32(outcomes.lowerBound), scratch.bests
        )
      }
    }
    for index in 0..<Int(scratch.bests[0].count) {
      let outcome = Int(scratch.bests[0].ids[index])
      let logit = scratch.bests[0].values[index]
      guard outcome < group.rows.count, logit > SoftmaxGroup.impossible / 2 else { continue }
      found.append(
        Successor(token: rows.tokens[Int(group.rows[outcome])], logProbability: logit - normaliser))
    }
    found.sort(by: Successor.precedes)
    if found.count > limit { found.removeLast(found.count - limit) }
  }

  private func sorted(_ limit: Int, in range: Range<Int>, rows: TokenRows, _ context: Context) -> [Successor]
  {
    let all = [Float](unsafeUninitializedCapacity: typeCount) { buffer, count in
      logProbabilities(into: buffer, context)
      count = typeCount
    }
    var found: [Successor] = []
    for row in range where all[row] > -.infinity {
      found.append(Successor(token: rows.tokens[row], logProbability: all[row]))
    }
    found.sort(by: Successor.precedes)
    return Array(found.prefix(limit))
  }

  func evaluate(_ cluster: Cluster, limit: Int, _ context: Context) {
    var features = context.features
    let projection = cluster.projection
    projection.multiply(
      context.kernels, &features, start: nil, blocks: 0..<projection.blockCount,
      out: context.scratch.projection.base)
    // The caller's features may lie in inputQuanta, and are needed for the next cluster.
    let projected = ActivationVector(
      context.scratch.projection.base, count: projection.rowCount, quanta: context.scratch.hiddenQuanta.base,
      precision: precision, context.kernels)
    cluster.group.evaluate(
      projected, limit: limit, kernels: context.kernels, team: context.team, scratch: context.scratch)
  }

  private static func difference(_ logit: Float, _ normaliser: Float) -> Float {
    logit > SoftmaxGroup.impossible / 2 ? logit - normaliser : -.infinity
  }

  /// The outcome that stands for a row, if it is in the group.
  private static func outcome(ofRow row: Int, in group: SoftmaxGroup) -> Int? {
    let outcome = group.rows.partitioningIndex { Int($0) >= row }
    return outcome < group.rows.count && Int(group.rows[outcome]) == row ? outcome : nil
  }

  private static func scatter(
    _ group: SoftmaxGroup, subtracting normaliser: Float, _ scratch: Scratch,
    into out: UnsafeMutableBufferPointer<Float>
  ) {
    let logits = scratch.logits.base
    // All types, in order.
    if group.rows.count == out.count, let out = out.baseAddress {
      for row in 0..<group.rows.count {
        out[row] = logits[row] > SoftmaxGroup.impossible / 2 ? logits[row] - normaliser : -.infinity
      }
      return
    }
    for (outcome, row) in group.rows.enumerated() {
      out[Int(row)] = difference(logits[outcome], normaliser)
    }
  }
}
