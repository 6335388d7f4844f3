import Platform

/// A linear-chain conditional random field over sparse features (Lafferty, McCallum and Pereira 2001).
///
///     score(tags | words) = Σₜ Σ_f weight[f, tagₜ] + Σₜ transition[tagₜ₋₁, tagₜ]        p ∝ e^score
///
/// Of features it holds hashes, and their weights in 8 bits with a scale a feature.
public struct ConditionalRandomFieldTagger: SequenceTagger {
  public let tags: [String]
  /// e^transition, start and end included.
  public let chain: TagChain
  private let index: FeatureIndex
  /// features × tags.
  private let weights: [Int8]
  private let scales: [Float]

  init(tags: [String], chain: TagChain, index: FeatureIndex, weights: [Int8], scales: [Float]) {
    self.tags = tags
    self.chain = chain
    self.index = index
    self.weights = weights
    self.scales = scales
  }

  /// The scores of each word's tags by its features, as evidence for the chain.
  func evidence(_ words: [[UInt8]]) -> TagEvidence {
    var evidence = TagEvidence(tagCount: tags.count, stepCount: words.count)
    let features = TokenFeatures(words)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: tags.count) { scores in
      for place in words.indices {
        scores.update(repeating: 0)
        features.forEach(at: place) { hash in
          guard let number = index.number(of: hash) else { return }
          add(number, to: scores)
        }
        evidence.append(scores: UnsafeBufferPointer(scores))
      }
    }
    return evidence
  }

  @inline(__always)
  private func add(_ number: Int, to scores: UnsafeMutableBufferPointer<Float>) {
    let scale = scales[number]
    weights.withUnsafeBufferPointer { weights in
      let row = weights.baseAddress! + number * scores.count
      for tag in 0..<scores.count { scores[tag] += scale * Float(row[tag]) }
    }
  }

  // MARK: Answers

  public func tags(of words: [[UInt8]]) -> [Int] { chain.viterbi(evidence(words)) }
  public func probabilities(of words: [[UInt8]]) -> [Double] { chain.smooth(evidence(words)).probabilities }
  /// Its features look at the words behind.
  public func filteredProbabilities(of words: [[UInt8]]) -> [Double]? { nil }

  // MARK: Files

  public func serialized() -> [UInt8] {
    var file = TaggerFileWriter()
    file.append(array: chain.weights)
    file.append(index.count)
    file.append(array: index.slots)
    file.append(array: weights)
    file.append(array: scales)
    return file.bytes
  }

  /// - Throws: `Failure` for bytes that are no such model of these tags.
  public init(_ bytes: UnsafeRawBufferPointer, tags: [String]) throws(Failure) {
    var file = try TaggerFile(bytes)
    chain = try TagChain(tagCount: tags.count, order: 1, weights: file.array(of: Double.self))
    self.tags = tags
    let count = try file.number(in: 0...1 << 30)
    index = try FeatureIndex(slots: file.array(of: UInt64.self), count: count)
    weights = try file.array(of: Int8.self, count: count * tags.count)
    scales = try file.array(of: Float.self, count: count)
    guard scales.allSatisfy(\.isFinite) else { throw TaggerFile.damaged("a weight in it is not finite") }
    try file.end()
  }
}
