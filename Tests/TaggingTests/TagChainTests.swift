import Platform
import Testing

@testable import Tagging

/// What is computed of chains, against the enumeration of all sequences of tags.
@Suite struct TagChainTests {
  /// A chain of random positive weights, and evidence.
  static func chain(
    tags: Int, order: Int, steps: Int, seed: UInt64, isProbabilistic: Bool = true
  ) throws -> (TagChain, TagEvidence) {
    var random = SplitMix64(seed: seed)
    let contexts = TagChain.contextCount(tags, order)
    var weights = (0..<contexts * (tags + 1)).map { _ in 0.01 + random.uniform() }
    if isProbabilistic {
      for context in 0..<contexts {
        let range = context * (tags + 1)..<(context + 1) * (tags + 1)
        let sum = weights[range].reduce(0, +)
        for index in range { weights[index] /= sum }
      }
    }
    var evidence = TagEvidence(tagCount: tags)
    for _ in 0..<steps {
      evidence.append(likelihoods: (0..<tags).map { _ in 0.001 + 0.2 * random.uniform() })
    }
    return (try TagChain(tagCount: tags, order: order, weights: weights), evidence)
  }

  /// Every sequence of tags and its weight, the end included or not.
  static func sequences(
    _ chain: TagChain, _ evidence: TagEvidence, steps: Int, countsEnd: Bool = true
  ) -> [(tags: [Int], weight: Double)] {
    let count = (0..<steps).reduce(1) { product, _ in product * chain.tagCount }
    return (0..<count).map { code in
      var (tags, rest): ([Int], Int) = ([], code)
      for _ in 0..<steps {
        tags.append(rest % chain.tagCount)
        rest /= chain.tagCount
      }
      var context = chain.startContext
      var weight = 1.0
      for (step, tag) in tags.enumerated() {
        weight *= chain.weights[context * (chain.tagCount + 1) + tag]
        weight *= evidence.values[step * chain.tagCount + tag]
        // Two tags back, by their definition and not by the chain's numbering.
        let before = step == 0 ? chain.tagCount : tags[step - 1]
        context = chain.order == 1 ? tag : before * chain.tagCount + tag
      }
      if countsEnd { weight *= chain.weights[context * (chain.tagCount + 1) + chain.tagCount] }
      return (tags, weight)
    }
  }

  @Test("filtering is the enumeration of all beginnings", arguments: [1, 2], [1, 2, 5])
  func filtering(order: Int, steps: Int) throws {
    let (chain, evidence) = try Self.chain(tags: 3, order: order, steps: steps, seed: 7)
    let filtered = chain.filter(evidence)
    for step in 0..<steps {
      let all = Self.sequences(chain, evidence, steps: step + 1, countsEnd: false)
      let total = all.reduce(0) { $0 + $1.weight }
      for tag in 0..<3 {
        let expected = all.reduce(0) { $0 + ($1.tags[step] == tag ? $1.weight : 0) } / total
        #expect(abs(filtered.probabilities[step * 3 + tag] - expected) < 1e-12)
      }
    }
    let whole = Self.sequences(chain, evidence, steps: steps).reduce(0) { $0 + $1.weight }
    #expect(abs(filtered.logLikelihood - (log(whole) + evidence.logScale)) < 1e-10)
  }

  @Test("smoothing and expected counts are those of enumeration", arguments: [1, 2], [true, false])
  func smoothing(order: Int, isProbabilistic: Bool) throws {
    let (chain, evidence) = try Self.chain(
      tags: 3, order: order, steps: 6, seed: 11, isProbabilistic: isProbabilistic)
    var counts = [Double](repeating: 0, count: chain.weights.count)
    let smoothed = counts.withUnsafeMutableBufferPointer {
      chain.smooth(evidence, counts: $0.baseAddress)
    }
    let all = Self.sequences(chain, evidence, steps: 6)
    let total = all.reduce(0) { $0 + $1.weight }
    #expect(abs(smoothed.logLikelihood - (log(total) + evidence.logScale)) < 1e-10)
    for step in 0..<6 {
      for tag in 0..<3 {
        let expected = all.reduce(0) { $0 + ($1.tags[step] == tag ? $1.weight : 0) } / total
        #expect(abs(smoothed.probabilities[step * 3 + tag] - expected) < 1e-12)
      }
    }
    var expected = [Double](repeating: 0, count: counts.count)
    for (tags, weight) in all {
      var context = chain.startContext
      for tag in tags {
        expected[context * 4 + tag] += weight / total
        context = chain.firstSuccessor(of: context) + tag
      }
      expected[context * 4 + 3] += weight / total
    }
    for (found, expected) in zip(counts, expected) { #expect(abs(found - expected) < 1e-12) }
  }

  @Test("Viterbi finds the sequence that enumeration finds", arguments: [1, 2], 0..<20)
  func viterbi(order: Int, seed: Int) throws {
    let (chain, evidence) = try Self.chain(
      tags: 3, order: order, steps: 6, seed: UInt64(seed) + 100, isProbabilistic: seed % 2 == 0)
    let best = Self.sequences(chain, evidence, steps: 6).max { $0.weight < $1.weight }!
    #expect(chain.viterbi(evidence) == best.tags)
  }

  @Test("sequences of several segments are as those that are kept whole", arguments: [1, 2])
  func segments(order: Int) throws {
    // What a word says decides nearly alone, so that a long sequence is short ones side by side.
    let steps = 3 * TagChain.segmentLength + 17
    let (chain, evidence) = try Self.chain(tags: 4, order: order, steps: steps, seed: 3)
    let smoothed = chain.smooth(evidence)
    for step in 0..<steps {
      let sum = smoothed.probabilities[step * 4..<(step + 1) * 4].reduce(0, +)
      #expect(abs(sum - 1) < 1e-9)
    }
    #expect(abs(smoothed.logLikelihood - chain.filter(evidence).logLikelihood) < 1e-8)
    // The last step's smoothed distribution differs from the filtered one by the end alone; the path that Viterbi
    // finds weighs at least as much as the one of the best tags step by step.
    func weight(_ tags: [Int]) -> Double {
      var (context, sum) = (chain.startContext, 0.0)
      for (step, tag) in tags.enumerated() {
        sum += log(chain.weights[context * 5 + tag]) + log(evidence.values[step * 4 + tag])
        context = chain.firstSuccessor(of: context) + tag
      }
      return sum + log(chain.weights[context * 5 + 4])
    }
    let greedy = (0..<steps).map { step in
      (0..<4).max { smoothed.probabilities[step * 4 + $0] < smoothed.probabilities[step * 4 + $1] }!
    }
    let path = chain.viterbi(evidence)
    #expect(weight(path) >= weight(greedy))
    // No single change makes it better.
    for step in stride(from: 1, to: steps, by: 97) {
      for tag in 0..<4 {
        var other = path
        other[step] = tag
        #expect(weight(other) <= weight(path) + 1e-9)
      }
    }
  }

  @Test("words that say nothing, or nonsense, leave distributions")
  func nonsense() throws {
    let (chain, _) = try Self.chain(tags: 3, order: 2, steps: 0, seed: 5)
    var evidence = TagEvidence(tagCount: 3)
    evidence.append(likelihoods: [0, 0, 0])
    evidence.append(likelihoods: [.nan, 1, 1])
    evidence.append(likelihoods: [0, 0, .infinity])
    evidence.append(likelihoods: [1e-300, 0, 0])
    for step in 0..<4 {
      let sum = chain.smooth(evidence).probabilities[step * 3..<step * 3 + 3].reduce(0, +)
      #expect(abs(sum - 1) < 1e-12)
    }
    #expect(chain.viterbi(evidence).count == 4)
    #expect(chain.viterbi(evidence).last == 0)
    #expect(chain.viterbi(TagEvidence(tagCount: 3)).isEmpty)
    #expect(chain.smooth(TagEvidence(tagCount: 3)).probabilities.isEmpty)
  }

  @Test("weights that are none are refused")
  func refusedWeights() {
    for weights in [[0.5], [1, 1, 1, -1], [1, 1, 1, .nan], [1, 1, 0, 1]] {
      #expect(throws: Failure.self) { try TagChain(tagCount: 1, order: 1, weights: weights) }
    }
    #expect(throws: Failure.self) { try TagChain(tagCount: 1000, order: 2, weights: []) }
  }
}

extension TagChainTests {
  @Test(
    "marginals are the gradient of log Z in the scores, expected counts that in the weights",
    arguments: [1, 2])
  func gradients(order: Int) throws {
    var random = SplitMix64(seed: 77)
    let (tags, steps) = (3, 5)
    let contexts = TagChain.contextCount(tags, order)
    let transitions = (0..<contexts * (tags + 1)).map { _ in 2 * random.uniform() - 1 }
    let scores = (0..<steps * tags).map { _ in 3 * random.uniform() - 1.5 }
    func logZ(_ transitions: [Double], _ scores: [Double]) throws -> Double {
      let chain = try TagChain(tagCount: tags, order: order, weights: transitions.map { exp($0) })
      return chain.smooth(Self.evidence(scores, tags)).logLikelihood
    }
    let chain = try TagChain(tagCount: tags, order: order, weights: transitions.map { exp($0) })
    var counts = [Double](repeating: 0, count: transitions.count)
    let smoothed = counts.withUnsafeMutableBufferPointer {
      chain.smooth(Self.evidence(scores, tags), counts: $0.baseAddress)
    }
    /// Central differences of fourth order.
    func difference(_ value: (Double) throws -> Double) rethrows -> Double {
      let step = 1e-3
      return try (value(-2 * step) - 8 * value(-step) + 8 * value(step) - value(2 * step)) / (12 * step)
    }
    func isNear(_ found: Double, _ expected: Double) -> Bool {
      abs(found - expected) < 1e-6 * max(abs(expected), 1e-3)
    }
    for place in scores.indices {
      let expected = try difference { offset in
        var moved = scores
        moved[place] += offset
        return try logZ(transitions, moved)
      }
      #expect(isNear(smoothed.probabilities[place], expected))
    }
    for place in transitions.indices {
      let expected = try difference { offset in
        var moved = transitions
        moved[place] += offset
        return try logZ(moved, scores)
      }
      #expect(isNear(counts[place], expected))
    }
  }

  static func evidence(_ scores: [Double], _ tags: Int) -> TagEvidence {
    var evidence = TagEvidence(tagCount: tags)
    for step in 0..<scores.count / tags {
      evidence.append(likelihoods: scores[step * tags..<(step + 1) * tags].map { exp($0) })
    }
    return evidence
  }
}
