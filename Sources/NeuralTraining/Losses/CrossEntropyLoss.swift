import CTrainingKernels

/// The negative log-probability of each row's label under the softmax of its logits, weighted by label.
///
/// For few labels: the logits are an activation of their own. A vocabulary's are never all in memory (`SoftmaxLayer`).
final class CrossEntropyLoss<Scalar: TrainingScalar> {
  /// rows × labels.
  let logits: Activation<Scalar>
  /// What a row of each label counts; 1 for all unless labels are unequally frequent.
  let labelWeights: [Double]
  private let team: WorkerTeam

  init(logits: Activation<Scalar>, labelWeights: [Double]? = nil, team: WorkerTeam) {
    precondition(labelWeights == nil || labelWeights!.count == logits.size)
    self.logits = logits
    self.labelWeights = labelWeights ?? [Double](repeating: 1, count: logits.size)
    self.team = team
  }

  /// The weighted sum of the losses in nats and the sum of the weights.
  ///
  /// - Parameters:
  ///   - targets: the label of each row, in the order of the logits' rows; negative ones count nothing.
  ///   - writesGradient: leaves the gradient of the weighted *mean* in the logits' activation.
  ///   - factor: of the gradient, which is then that of `factor` times the weighted *sum*; nil for the mean's.
  func run(
    _ targets: [Int32], writesGradient: Bool, factor: Double? = nil
  ) -> (loss: Double, weight: Double) {
    precondition(targets.count == logits.rowCount && targets.allSatisfy { $0 < logits.size })
    let weight = targets.reduce(0.0) { $0 + ($1 >= 0 ? labelWeights[Int($1)] : 0) }
    let losses = UnsafeMutableBufferPointer<Double>.allocate(capacity: team.count)
    defer { losses.deallocate() }
    losses.initialize(repeating: 0)
    let scale = factor ?? (weight > 0 ? 1 / weight : 0)
    team.run { thread in
      let rows = logits.shape.rows(ofShard: thread)
      let gradient = writesGradient ? logits.gradient(thread) : nil
      if writesGradient { _ = logits.beginGradient(thread) }
      for (index, row) in rows.enumerated() {
        losses[thread] += self.row(
          logits.values(thread) + index * logits.size, Int(targets[row]), scale: scale,
          into: gradient.map { $0 + index * logits.size })
      }
    }
    return (losses.reduce(0, +), weight)
  }

  private func row(
    _ values: UnsafePointer<Scalar>, _ target: Int, scale: Double,
    into gradient: UnsafeMutablePointer<Scalar>?
  ) -> Double {
    let count = logits.size
    guard target >= 0 else {
      gradient?.clear(count: count)
      return 0
    }
    var largest = -Double.infinity
    for label in 0..<count { largest = max(largest, Double(values[label])) }
    var sum = 0.0
    for label in 0..<count { sum += exponential(Double(values[label]) - largest) }
    let normalizer = largest + naturalLogarithm(sum)
    let weight = labelWeights[target]
    if let gradient {
      for label in 0..<count {
        let probability = exponential(Double(values[label]) - normalizer)
        gradient[label] = Scalar(scale * weight * (probability - (label == target ? 1 : 0)))
      }
    }
    return weight * (normalizer - Double(values[target]))
  }
}
