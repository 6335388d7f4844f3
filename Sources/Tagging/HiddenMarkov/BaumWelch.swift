import Dispatch
import Platform
import Synchronization

/// Classes of words without anybody's tags: a hidden Markov model of order 1 whose likelihood expectation–maximisation
/// makes larger with every pass (Baum et al. 1970; Rabiner 1989, equations 40a to 40c).
///
///     var learner = try BaumWelch(sentences, classCount: 17, seed: 1)
///     for _ in 0..<30 { print(learner.step()) }
///     let tagger = try learner.tagger(tags: names)
public struct BaumWelch: Sendable {
  public static let classCounts = 2...256

  public let classCount: Int
  private let threadCount: Int
  private let sentences: [[Int32]]
  private let wordCount: Int
  private var emissions: EmissionCounts
  /// words × classes: p(word | class).
  private var likelihoods: [Double]
  private var chain: TagChain
  /// Added to every expected count, so that nothing becomes impossible.
  private static let smoothing = (transition: 0.1, emission: 1e-3)

  /// - Parameters:
  ///   - sentences: words, UTF-8; their tags are not looked at.
  ///   - classCount: within `classCounts`.
  /// - Throws: `Failure` where there is no word.
  public init(
    _ sentences: [TaggedSentence], classCount: Int, seed: UInt64, threadCount: Int = 1
  ) throws(Failure) {
    precondition(Self.classCounts.contains(classCount) && threadCount > 0)
    var emissions = EmissionCounts(tagCount: classCount)
    self.sentences = sentences.filter { !$0.words.isEmpty }.map { sentence in
      sentence.words.map { Int32(emissions.number(of: $0)) }
    }
    guard !self.sentences.isEmpty else {
      throw Failure("text", why: "there is no word in it", remedy: "name files with sentences")
    }
    self.classCount = classCount
    self.threadCount = threadCount
    self.emissions = emissions
    wordCount = emissions.forms.count
    var counts = [Double](repeating: 0, count: wordCount)
    for sentence in self.sentences { for word in sentence { counts[Int(word)] += 1 } }
    // Every class begins as all words together, a little off at random: alike, they would stay alike.
    var random = SplitMix64(seed: seed)
    likelihoods = []
    for word in 0..<wordCount {
      for _ in 0..<classCount { likelihoods.append(counts[word] * (0.5 + random.uniform())) }
    }
    let rows = (classCount + 1) * (classCount + 1)
    chain = try Self.chain((0..<rows).map { _ in 0.9 + 0.2 * random.uniform() }, classCount)
    normalizeLikelihoods()
  }

  /// From expected counts, (classes and the start) × (classes and the end).
  private static func chain(_ counts: [Double], _ classCount: Int) throws(Failure) -> TagChain {
    var weights = counts
    let width = classCount + 1
    for context in 0..<width {
      let sum = counts[context * width..<(context + 1) * width].reduce(0, +)
      for tag in 0..<width { weights[context * width + tag] /= sum }
    }
    return try TagChain(tagCount: classCount, order: 1, weights: weights)
  }

  private mutating func normalizeLikelihoods() {
    var sums = [Double](repeating: 0, count: classCount)
    for index in likelihoods.indices { sums[index % classCount] += likelihoods[index] }
    for index in likelihoods.indices { likelihoods[index] /= sums[index % classCount] }
  }

  private final class Expectations: Sendable {
    nonisolated(unsafe) var transitions: [Double]
    nonisolated(unsafe) var emissions: [Double]
    nonisolated(unsafe) var firstEmissions: [Double]
    nonisolated(unsafe) var logLikelihood = 0.0

    init(transitions: Int, emissions: Int) {
      self.transitions = [Double](repeating: 0, count: transitions)
      self.emissions = [Double](repeating: 0, count: emissions)
      firstEmissions = self.emissions
    }
  }

  /// One pass: expected counts under the model as it is, and the model that they make most likely.
  ///
  /// - Returns: the logarithm of the sentences' likelihood before the step, in nats.
  public mutating func step() throws(Failure) -> Double {
    let parts = (0..<threadCount).map { _ in
      Expectations(
        transitions: (classCount + 1) * (classCount + 1), emissions: wordCount * classCount)
    }
    let (learner, threads) = (self, threadCount)
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      let count = learner.sentences.count
      learner.expect(count * thread / threads..<count * (thread + 1) / threads, into: parts[thread])
    }
    let transitions = (0..<parts[0].transitions.count).map { index in
      Self.smoothing.transition + parts.reduce(0) { $0 + $1.transitions[index] }
    }
    for index in likelihoods.indices {
      emissions.counts[index] = parts.reduce(0) { $0 + $1.emissions[index] }
      emissions.firstCounts[index] = parts.reduce(0) { $0 + $1.firstEmissions[index] }
      likelihoods[index] = emissions.counts[index] + Self.smoothing.emission
    }
    normalizeLikelihoods()
    chain = try Self.chain(transitions, classCount)
    return parts.reduce(0) { $0 + $1.logLikelihood }
  }

  private func expect(_ range: Range<Int>, into part: Expectations) {
    for sentence in sentences[range] {
      var evidence = TagEvidence(tagCount: classCount, stepCount: sentence.count)
      for word in sentence {
        evidence.append(likelihoods: likelihoods[Int(word) * classCount..<(Int(word) + 1) * classCount])
      }
      let marginals = part.transitions.withUnsafeMutableBufferPointer {
        chain.smooth(evidence, counts: $0.baseAddress)
      }
      part.logLikelihood += marginals.logLikelihood
      for (step, word) in sentence.enumerated() {
        for tag in 0..<classCount {
          let amount = marginals.probabilities[step * classCount + tag]
          part.emissions[Int(word) * classCount + tag] += amount
          if step == 0 { part.firstEmissions[Int(word) * classCount + tag] += amount }
        }
      }
    }
  }

  /// The model of the last step as a tagger; unknown words go by the endings of rare ones.
  ///
  /// - Parameter tags: a name for each class.
  public func tagger(tags: [String]) -> HiddenMarkovTagger {
    precondition(tags.count == classCount)
    return HiddenMarkovTagger(tags: tags, chain: chain, emissions: emissions)
  }
}
