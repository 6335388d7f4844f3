import Platform

extension TagChain {
  /// Steps whose forward variables are kept together; of a longer sequence they are computed twice, so that its memory
  /// does not grow with length × contexts.
  static let segmentLength = 512

  /// Forward–backward smoothing: for each step p(tag | all words) (Rabiner 1989, equation 27).
  ///
  ///     βₜ(i) = Σⱼ a(i, j) b(j, wₜ₊₁) βₜ₊₁(j)        γₜ(i) ∝ αₜ(i) βₜ(i)
  public func smooth(_ evidence: TagEvidence) -> Marginals { smooth(evidence, counts: nil) }

  /// The same, adding how often each weight is used in expectation: what Baum–Welch and the gradient of a conditional
  /// random field need.
  ///
  /// - Parameter counts: contexts × (tags + 1).
  package func smooth(_ evidence: TagEvidence, counts: UnsafeMutablePointer<Double>?) -> Marginals {
    precondition(evidence.tagCount == tagCount)
    let steps = evidence.stepCount
    let segments = max(1, (steps + Self.segmentLength - 1) / Self.segmentLength)
    let kept = min(steps, Self.segmentLength)
    let memory = UnsafeMutablePointer<Double>.allocate(
      capacity: (segments + kept + 3) * contextCount + max(1, steps))
    defer { memory.deallocate() }
    let starts = memory
    let alphas = starts + segments * contextCount
    let beta = alphas + (kept + 1) * contextCount
    let sums = beta + 2 * contextCount
    return withForward(evidence) { pass in
      for step in 0..<steps {
        if step % Self.segmentLength == 0 {
          (starts + step / Self.segmentLength * contextCount).update(from: pass.alpha, count: contextCount)
        }
        sums[step] = pass.advance(step)
      }
      let end = pass.endWeight
      let logLikelihood = pass.logLikelihood
      finish(&pass, end: end, beta: beta, counts)
      var backward = BackwardPass(
        chain: self, weights: pass.weights, evidence: pass.evidence, beta: beta, other: beta + contextCount,
        counts: counts, probabilities: [Double](repeating: 0, count: steps * tagCount))
      for segment in (0..<segments).reversed() where steps > 0 {
        let first = segment * Self.segmentLength
        let range = first..<min(steps, first + Self.segmentLength)
        pass.restore(starts + segment * contextCount)
        alphas.update(from: pass.alpha, count: contextCount)
        for step in range {
          pass.advance(step)
          (alphas + (step - first + 1) * contextCount).update(from: pass.alpha, count: contextCount)
        }
        for step in range.reversed() {
          backward.retreat(
            step, before: alphas + (step - first) * contextCount,
            after: alphas + (step - first + 1) * contextCount, sum: sums[step])
        }
      }
      return Marginals(probabilities: backward.probabilities, logLikelihood: logLikelihood)
    }
  }

  /// β behind the last step, from what the end weighs.
  private func finish(
    _ pass: inout ForwardPass, end: Double, beta: UnsafeMutablePointer<Double>,
    _ counts: UnsafeMutablePointer<Double>?
  ) {
    for context in 0..<contextCount {
      let place = context * (tagCount + 1) + tagCount
      beta[context] = pass.weights[place] / end
      if let counts, pass.alpha[context] > 0 { counts[place] += pass.alpha[context] * beta[context] }
    }
  }
}

/// The backward variables of one sequence, a step at a time from its end.
private struct BackwardPass {
  let chain: TagChain
  let weights: UnsafeBufferPointer<Double>
  let evidence: UnsafeBufferPointer<Double>
  /// A number a context.
  var beta: UnsafeMutablePointer<Double>
  var other: UnsafeMutablePointer<Double>
  let counts: UnsafeMutablePointer<Double>?
  var probabilities: [Double]

  /// Goes back over a step.
  ///
  /// - Parameters:
  ///   - before: α before the step.
  ///   - after: α behind it.
  ///   - sum: what α was divided by there.
  mutating func retreat(
    _ step: Int, before: UnsafePointer<Double>, after: UnsafePointer<Double>, sum: Double
  ) {
    let (tags, stride) = (chain.tagCount, chain.tagCount + 1)
    for first in Swift.stride(from: 0, to: chain.contextCount - 1, by: tags) {
      for tag in 0..<tags {
        probabilities[step * tags + tag] += after[first + tag] * beta[first + tag]
      }
    }
    let word = evidence.baseAddress! + step * tags
    // e(tag) β(next) / sum is the same for all contexts with one successor.
    for first in Swift.stride(from: 0, to: chain.contextCount - 1, by: tags) {
      for tag in 0..<tags { beta[first + tag] *= word[tag] / sum }
    }
    for context in 0..<chain.contextCount {
      guard before[context] > 0 else {
        other[context] = 0
        continue
      }
      let row = weights.baseAddress! + context * stride
      let next = beta + chain.firstSuccessor(of: context)
      var value = 0.0
      for tag in 0..<tags { value += row[tag] * next[tag] }
      other[context] = value
      if let counts {
        let (target, scale) = (counts + context * stride, before[context])
        for tag in 0..<tags { target[tag] += scale * row[tag] * next[tag] }
      }
    }
    swap(&beta, &other)
  }
}
