import CKernels
import LanguageModeling

/// The probabilities of some types after one state: those of an adaptive softmax's head, the most probable ones, and of a cluster once
/// somebody asks for one of its types. Most types asked for are in the head, which is a small part of all.
///
/// What it gives is what `RecurrentDistribution` has. Whoever owns it serialises access.
public final class PartialDistribution: @unchecked Sendable {
  /// ln P of a group's outcomes are their logits less the normaliser.
  private struct Group {
    var logits: [Float]
    var normaliser: Float

    func logProbability(of outcome: Int) -> Float {
      logits[outcome] > SoftmaxGroup.impossible / 2 ? logits[outcome] - normaliser : -.infinity
    }
  }

  private let model: RecurrentModel
  private let state: RecurrentState
  private let head: Group
  /// By cluster; nil for those that were not computed.
  private var clusters: [Group?]
  /// The most probable types, falling.
  public private(set) var best: [Successor] = []

  /// - Parameter bestCount: so many of the most probable types are found.
  init(_ model: RecurrentModel, after state: RecurrentState, bestCount: Int) {
    self.model = model
    self.state = state
    let output = model.output
    clusters = [Group?](repeating: nil, count: output.clusters.count)
    // Clusters may be among the head's best.
    let limit = bestCount + output.clusters.count
    (head, best) = model.withContext(state) { context in
      output.head.evaluate(
        context.features, limit: limit, kernels: context.kernels, team: context.team, scratch: context.scratch
      )
      let group = Self.group(output.head, context)
      return (group, Self.best(output.head, group.normaliser, model.rows, context))
    }
    best.removeLast(max(0, best.count - bestCount))
    let shares = output.clusters.map { head.logits[$0.headOutcome] - head.normaliser }
    for index in shares.indices.sorted(by: { shares[$0] > shares[$1] }) {
      if best.count == bestCount, best[bestCount - 1].logProbability >= shares[index] { break }
      compute(index, bestCount: bestCount)
    }
  }

  /// ln P(`token`), nil if the network does not know it.
  public func logProbability(ofKnown token: TokenID) -> Float? {
    model.rows.knownRow(of: token).map(logProbability(ofRow:))
  }

  /// ln P(`token`): that of `<unk>` if the network does not know it.
  public func logProbability(of token: TokenID) -> Float { logProbability(ofRow: model.rows.row(of: token)) }

  private func logProbability(ofRow row: Int) -> Float {
    let home = model.output.home(ofRow: row)
    guard home.headOutcome >= 0 else { return -.infinity }
    guard let cluster = home.cluster else { return head.logProbability(of: home.headOutcome) }
    if clusters[cluster] == nil { compute(cluster, bestCount: 0) }
    return clusters[cluster]!.logProbability(of: home.outcome)
  }

  private func compute(_ index: Int, bestCount: Int) {
    let (output, head) = (model.output, head)
    let cluster = output.clusters[index]
    let (group, found) = model.withContext(state) { context in
      output.evaluate(cluster, limit: bestCount, context)
      var group = Self.group(cluster.group, context)
      group.normaliser -= head.logits[cluster.headOutcome] - head.normaliser
      return (group, bestCount == 0 ? [] : Self.best(cluster.group, group.normaliser, model.rows, context))
    }
    clusters[index] = group
    guard bestCount > 0 else { return }
    best = Array((best + found).sorted(by: Successor.precedes).prefix(bestCount))
  }

  private static func group(_ group: SoftmaxGroup, _ context: OutputLayer.Context) -> Group {
    // The head has its clusters behind its types.
    let logits = UnsafeBufferPointer(start: context.scratch.logits.base, count: group.matrix.rowCount)
    return Group(logits: Array(logits), normaliser: inkling_best_log_normaliser(context.scratch.bests))
  }

  /// The best types of the evaluation, falling.
  private static func best(
    _ group: SoftmaxGroup, _ normaliser: Float, _ rows: TokenRows, _ context: OutputLayer.Context
  ) -> [Successor] {
    let bests = context.scratch.bests
    var found: [Successor] = []
    for index in 0..<Int(bests[0].count) {
      let (outcome, logit) = (Int(bests[0].ids[index]), bests[0].values[index])
      guard outcome < group.rows.count, logit > SoftmaxGroup.impossible / 2 else { continue }
      found.append(
        Successor(token: rows.tokens[Int(group.rows[outcome])], logProbability: logit - normaliser))
    }
    return found.sorted(by: Successor.precedes)
  }
}
