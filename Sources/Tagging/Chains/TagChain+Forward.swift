import Platform

extension TagChain {
  /// Distributions over the tags of each step, and how probable the whole is.
  public struct Marginals: Hashable, Sendable {
    /// steps × tags; each row sums to 1.
    public var probabilities: [Double]
    /// Of the evidence in a hidden Markov model; of a conditional random field log Z.
    public var logLikelihood: Double
  }

  /// The Bayes filter: for each step p(tag | words up to it), by predicting with the chain and correcting with the word
  /// (Särkkä 2013, theorem 4.1; the forward pass of Rabiner 1989, equations 18 to 21, scaled).
  ///
  ///     α₁(j) ∝ a(start, j) b(j, w₁)        αₜ(j) ∝ b(j, wₜ) Σᵢ αₜ₋₁(i) a(i, j)
  ///
  /// Words behind a step do not change its row. `logLikelihood` counts the end of the sequence.
  public func filter(_ evidence: TagEvidence) -> Marginals {
    precondition(evidence.tagCount == tagCount)
    let steps = evidence.stepCount
    var probabilities = [Double](repeating: 0, count: steps * tagCount)
    let logLikelihood = withForward(evidence) { pass in
      for step in 0..<steps {
        pass.advance(step)
        pass.addMarginals(at: step, to: &probabilities)
      }
      return pass.logLikelihood
    }
    return Marginals(probabilities: probabilities, logLikelihood: logLikelihood)
  }

  /// Runs `body` with a forward pass that stands before the first step.
  func withForward<Result>(_ evidence: TagEvidence, _ body: (inout ForwardPass) -> Result) -> Result {
    evidence.values.withUnsafeBufferPointer { values in
      weights.withUnsafeBufferPointer { weights in
        var pass = ForwardPass(
          self, weights: weights, evidence: values, logScale: evidence.logScale)
        defer { pass.deallocate() }
        return body(&pass)
      }
    }
  }
}

/// The forward variables of one sequence, a step at a time.
struct ForwardPass {
  let chain: TagChain
  let weights: UnsafeBufferPointer<Double>
  let evidence: UnsafeBufferPointer<Double>
  /// A number a context; they sum to 1.
  private(set) var alpha: UnsafeMutablePointer<Double>
  private var other: UnsafeMutablePointer<Double>
  /// The logarithm of what α was divided by so far.
  private var logSum: Double
  private var isAtStart = true

  init(
    _ chain: TagChain, weights: UnsafeBufferPointer<Double>, evidence: UnsafeBufferPointer<Double>,
    logScale: Double
  ) {
    self.chain = chain
    self.weights = weights
    self.evidence = evidence
    logSum = logScale
    alpha = .allocate(capacity: chain.contextCount)
    other = .allocate(capacity: chain.contextCount)
    alpha.initialize(repeating: 0, count: chain.contextCount)
    alpha[chain.startContext] = 1
  }

  func deallocate() {
    alpha.deallocate()
    other.deallocate()
  }

  /// Puts the pass where `alpha` was saved.
  mutating func restore(_ saved: UnsafePointer<Double>) {
    alpha.update(from: saved, count: chain.contextCount)
    isAtStart = saved[chain.startContext] > 0
  }

  /// Takes a step's word in.
  ///
  /// - Returns: what α was divided by.
  @discardableResult
  mutating func advance(_ step: Int) -> Double {
    let (tags, stride) = (chain.tagCount, chain.tagCount + 1)
    other.update(repeating: 0, count: chain.contextCount)
    let contexts = isAtStart ? chain.startContext..<chain.startContext + 1 : 0..<chain.startContext
    for context in contexts where alpha[context] > 0 {
      let (scale, row) = (alpha[context], weights.baseAddress! + context * stride)
      let target = other + chain.firstSuccessor(of: context)
      for tag in 0..<tags { target[tag] += scale * row[tag] }
    }
    isAtStart = false
    let word = evidence.baseAddress! + step * tags
    var sum = 0.0
    for first in Swift.stride(from: 0, to: chain.contextCount - 1, by: tags) {
      for tag in 0..<tags {
        other[first + tag] *= word[tag]
        sum += other[first + tag]
      }
    }
    let factor = 1 / sum
    for context in 0..<chain.contextCount { other[context] *= factor }
    swap(&alpha, &other)
    logSum += log(sum)
    return sum
  }

  /// What the end of the sequence weighs now.
  var endWeight: Double {
    var sum = 0.0
    for context in 0..<chain.contextCount where alpha[context] > 0 {
      sum += alpha[context] * weights[context * (chain.tagCount + 1) + chain.tagCount]
    }
    return sum
  }

  var logLikelihood: Double { logSum + log(endWeight) }

  /// Sums α over what lies before the last tag.
  func addMarginals(at step: Int, to probabilities: inout [Double]) {
    for first in stride(from: 0, to: chain.contextCount - 1, by: chain.tagCount) {
      for tag in 0..<chain.tagCount { probabilities[step * chain.tagCount + tag] += alpha[first + tag] }
    }
  }
}
