import CTrainingKernels
import Platform
import Tagging

/// A linear-chain conditional random field over the labels of each sequence (Lafferty et al. 2001; Lample et al. 2016,
/// section 2.2): score(y) = start[y₁] + Σₜ emission[t, yₜ] + Σₜ transition[yₜ₋₁, yₜ] + end[y_T].
final class ConditionalRandomFieldLoss<Scalar: TrainingScalar> {
  /// rows × labels, by sequence.
  let emissions: Activation<Scalar>
  /// labels × labels: from, to.
  private let transitions: Parameter<Scalar>
  private let start: Parameter<Scalar>
  private let end: Parameter<Scalar>
  private let team: WorkerTeam
  private var labels: Int { emissions.size }

  init(
    emissions: Activation<Scalar>, transitions: Parameter<Scalar>, start: Parameter<Scalar>,
    end: Parameter<Scalar>,
    team: WorkerTeam
  ) {
    precondition(transitions.shape == [emissions.size, emissions.size])
    self.emissions = emissions
    self.transitions = transitions
    self.start = start
    self.end = end
    self.team = team
  }

  static func declarations(_ prefix: String, labelCount: Int) -> [ParameterDeclaration] {
    [
      .init(name: "\(prefix).transitions", shape: [labelCount, labelCount], initial: .uniform(limit: 0.1)),
      .init(name: "\(prefix).start_transitions", shape: [labelCount], initial: .uniform(limit: 0.1)),
      .init(name: "\(prefix).end_transitions", shape: [labelCount], initial: .uniform(limit: 0.1)),
    ]
  }

  /// The sum of −log p(labels | sequence) in nats over the sequences that are not empty; infinite where the parameters are
  /// beyond what e^score can be computed of.
  ///
  /// - Parameters:
  ///   - targets: the label of each row; all of them known.
  ///   - writesGradient: leaves the gradient of the sum divided by the number of *rows* in the emissions' activation and
  ///     the parameters' gradients, which it replaces.
  func run(_ targets: [Int32], writesGradient: Bool) -> Double {
    precondition(emissions.shape.order == .bySequence && targets.count == emissions.rowCount)
    precondition(targets.allSatisfy { $0 >= 0 && $0 < labels })
    guard let chain = try? chain() else { return .infinity }
    let losses = UnsafeMutableBufferPointer<Double>.allocate(capacity: team.count)
    let counts = UnsafeMutableBufferPointer<Double>.allocate(capacity: team.count * chain.weights.count)
    defer {
      losses.deallocate()
      counts.deallocate()
    }
    losses.initialize(repeating: 0)
    counts.initialize(repeating: 0)
    team.run { thread in
      if writesGradient { _ = emissions.beginGradient(thread) }
      let first = emissions.shape.rows(ofShard: thread).lowerBound
      for sequence in emissions.shape.shards[thread] where emissions.shape.lengths[sequence] > 0 {
        let rows = emissions.shape.offsets[sequence]..<emissions.shape.offsets[sequence + 1]
        let offset = (rows.lowerBound - first) * labels
        losses[thread] += self.sequence(
          emissions.values(thread) + offset, targets[rows], chain,
          into: writesGradient ? emissions.gradient(thread) + offset : nil,
          counts: counts.baseAddress! + thread * chain.weights.count)
      }
    }
    if writesGradient { gather(UnsafeBufferPointer(counts)) }
    return losses.reduce(0, +)
  }

  /// What gradients are divided by.
  private var scale: Double { 1 / Double(max(1, emissions.rowCount)) }

  /// The parameters of now as weights, e^score.
  private func chain() throws(Failure) -> TagChain {
    var weights: [Double] = []
    weights.reserveCapacity((labels + 1) * (labels + 1))
    for from in 0..<labels {
      for to in 0..<labels { weights.append(exponential(Double(transitions.values[from * labels + to]))) }
      weights.append(exponential(Double(end.values[from])))
    }
    for to in 0..<labels { weights.append(exponential(Double(start.values[to]))) }
    // No sequence here is empty.
    weights.append(1)
    return try TagChain(tagCount: labels, order: 1, weights: weights)
  }

  /// Sums up what threads have counted, expected less observed: (labels and the start) × (labels and the end).
  private func gather(_ counts: UnsafeBufferPointer<Double>) {
    let width = labels + 1
    func sum(_ from: Int, _ to: Int) -> Scalar {
      Scalar(
        scale
          * stride(from: from * width + to, to: counts.count, by: width * width)
          .reduce(0.0) { $0 + counts[$1] })
    }
    for from in 0..<labels {
      for to in 0..<labels { transitions.gradient[from * labels + to] = sum(from, to) }
      end.gradient[from] = sum(from, labels)
      start.gradient[from] = sum(labels, from)
    }
  }

  /// The loss of one sequence. Marginals less the truth are the gradient.
  private func sequence(
    _ scores: UnsafePointer<Scalar>, _ targets: ArraySlice<Int32>, _ chain: TagChain,
    into gradient: UnsafeMutablePointer<Scalar>?, counts: UnsafeMutablePointer<Double>
  ) -> Double {
    let (labels, width) = (self.labels, self.labels + 1)
    var evidence = TagEvidence(tagCount: labels, stepCount: targets.count)
    for step in 0..<targets.count {
      evidence.append(scores: UnsafeBufferPointer(start: scores + step * labels, count: labels)) {
        Double($0)
      }
    }
    let marginals = chain.smooth(evidence, counts: gradient == nil ? nil : counts)
    var score = 0.0
    var context = labels
    for (step, target) in targets.enumerated() {
      let label = Int(target)
      score += Double(scores[step * labels + label])
      score += Double(context == labels ? start.values[label] : transitions.values[context * labels + label])
      counts[context * width + label] -= 1
      context = label
    }
    score += Double(end.values[context])
    counts[context * width + labels] -= 1
    if let gradient {
      for index in marginals.probabilities.indices {
        gradient[index] = Scalar(scale * marginals.probabilities[index])
      }
      for (step, target) in targets.enumerated() { gradient[step * labels + Int(target)] -= Scalar(scale) }
    }
    return marginals.logLikelihood - score
  }
}
