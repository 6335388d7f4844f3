import CTrainingKernels

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

  /// What one thread's sequences add to the parameters' gradients.
  private struct Gradients {
    var transitions: [Double]
    var start: [Double]
    var end: [Double]
  }

  /// The sum of −log p(labels | sequence) in nats over the sequences that are not empty.
  ///
  /// - Parameters:
  ///   - targets: the label of each row; all of them known.
  ///   - writesGradient: leaves the gradient of the sum divided by the number of *rows* in the emissions' activation and
  ///     the parameters' gradients, which it replaces.
  func run(_ targets: [Int32], writesGradient: Bool) -> Double {
    precondition(emissions.shape.order == .bySequence && targets.count == emissions.rowCount)
    precondition(targets.allSatisfy { $0 >= 0 && $0 < labels })
    let scale = 1 / Double(max(1, emissions.rowCount))
    let losses = UnsafeMutableBufferPointer<Double>.allocate(capacity: team.count)
    let parts = UnsafeMutableBufferPointer<Gradients>.allocate(capacity: team.count)
    defer {
      losses.deallocate()
      parts.deinitialize()
      parts.deallocate()
    }
    let zero = [Double](repeating: 0, count: labels)
    losses.initialize(repeating: 0)
    parts.initialize(
      repeating: Gradients(
        transitions: [Double](repeating: 0, count: labels * labels), start: zero, end: zero))
    team.run { thread in
      if writesGradient { _ = emissions.beginGradient(thread) }
      let first = emissions.shape.rows(ofShard: thread).lowerBound
      for sequence in emissions.shape.shards[thread] where emissions.shape.lengths[sequence] > 0 {
        let rows = emissions.shape.offsets[sequence]..<emissions.shape.offsets[sequence + 1]
        let offset = (rows.lowerBound - first) * labels
        losses[thread] += self.sequence(
          emissions.values(thread) + offset, targets[rows], scale: scale,
          into: writesGradient ? emissions.gradient(thread) + offset : nil, &parts[thread])
      }
    }
    if writesGradient { gather(parts) }
    return losses.reduce(0, +)
  }

  private func gather(_ parts: UnsafeMutableBufferPointer<Gradients>) {
    func sum(_ parameter: Parameter<Scalar>, _ path: KeyPath<Gradients, [Double]>) {
      for index in 0..<parameter.count {
        parameter.gradient[index] = Scalar(parts.reduce(0.0) { $0 + $1[keyPath: path][index] })
      }
    }
    sum(transitions, \.transitions)
    sum(start, \.start)
    sum(end, \.end)
  }

  /// Forward and backward recursions in log space; marginals minus the truth are the gradient.
  private func sequence(
    _ scores: UnsafePointer<Scalar>, _ targets: ArraySlice<Int32>, scale: Double,
    into gradient: UnsafeMutablePointer<Scalar>?, _ parts: inout Gradients
  ) -> Double {
    let count = targets.count
    let truth = targets.map(Int.init)
    func emission(_ step: Int, _ label: Int) -> Double { Double(scores[step * labels + label]) }
    func transition(_ from: Int, _ to: Int) -> Double { Double(transitions.values[from * labels + to]) }
    var forward = [Double](repeating: 0, count: count * labels)
    for label in 0..<labels { forward[label] = Double(start.values[label]) + emission(0, label) }
    for step in 1..<max(count, 1) {
      for label in 0..<labels {
        forward[step * labels + label] =
          emission(step, label)
          + logSumExp(labels) { forward[(step - 1) * labels + $0] + transition($0, label) }
      }
    }
    let normalizer = logSumExp(labels) { forward[(count - 1) * labels + $0] + Double(end.values[$0]) }
    var score = Double(start.values[truth[0]]) + Double(end.values[truth[count - 1]])
    for step in 0..<count {
      score += emission(step, truth[step]) + (step > 0 ? transition(truth[step - 1], truth[step]) : 0)
    }
    guard let gradient else { return normalizer - score }

    var backward = [Double](repeating: 0, count: count * labels)
    for label in 0..<labels { backward[(count - 1) * labels + label] = Double(end.values[label]) }
    for step in (0..<count - 1).reversed() {
      for label in 0..<labels {
        backward[step * labels + label] = logSumExp(labels) {
          transition(label, $0) + emission(step + 1, $0) + backward[(step + 1) * labels + $0]
        }
      }
    }
    for step in 0..<count {
      for label in 0..<labels {
        let marginal = exponential(
          forward[step * labels + label] + backward[step * labels + label] - normalizer)
        let difference = marginal - (truth[step] == label ? 1 : 0)
        gradient[step * labels + label] = Scalar(scale * difference)
        if step == 0 { parts.start[label] += scale * difference }
        if step == count - 1 { parts.end[label] += scale * difference }
        guard step > 0 else { continue }
        for from in 0..<labels {
          let pair = exponential(
            forward[(step - 1) * labels + from] + transition(from, label) + emission(step, label)
              + backward[step * labels + label] - normalizer)
          parts.transitions[from * labels + label] += scale * pair
        }
      }
      if step > 0 { parts.transitions[truth[step - 1] * labels + truth[step]] -= scale }
    }
    return normalizer - score
  }

  private func logSumExp(_ count: Int, _ value: (Int) -> Double) -> Double {
    var largest = -Double.infinity
    for index in 0..<count { largest = max(largest, value(index)) }
    guard largest > -.infinity else { return largest }
    var sum = 0.0
    for index in 0..<count { sum += exponential(value(index) - largest) }
    return largest + naturalLogarithm(sum)
  }
}
