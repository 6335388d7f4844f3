import Dispatch
import Platform

/// How a conditional random field is trained.
public struct ConditionalRandomFieldOptions: Hashable, Sendable {
  /// Passes over the sentences.
  public var epochs = 8
  /// Features that fewer words have are left out.
  public var minimumCount = 2
  /// The rate of AdaGrad (Duchi, Hazan and Singer 2011).
  public var rate = 0.05
  /// What each batch takes off the weights it has features of: L2 regularisation.
  public var decay = 1e-5
  /// Sentences before the weights move.
  public var batchSize = 8
  public var seed: UInt64 = 1
  public var threadCount = 1

  public init() {}
}

/// Trains a conditional random field by the gradient of its log-likelihood: what is observed less what is expected
/// (Lafferty et al. 2001; Sutton and McCallum 2012, section 5), a batch of sentences at a time, with a rate a weight.
///
/// Threads share a batch's sentences, then its features: which weights are moved, and in which order, does not depend on
/// how many threads there are.
public final class ConditionalRandomFieldTrainer {
  private struct Example: Sendable {
    /// Numbers of features, word by word.
    var features: [Int32] = []
    /// Where each word's begin; one more than words.
    var offsets: [Int32] = [0]
    var tags: [Int]
  }

  private let tags: [String]
  private let options: ConditionalRandomFieldOptions
  private var examples: [Example]
  private let index: FeatureIndex
  /// features × 2 × tags: weights, and behind them the sums of squares of their gradients.
  private let weights: UnsafeMutablePointer<Float>
  /// The batch that a feature's weights were decayed in last.
  private let touched: UnsafeMutablePointer<Int32>
  /// contexts × (tags + 1) of the chain: scores, and the sums of squares.
  private var transitions: [Double]
  private var transitionSquares: [Double]
  private var chain: TagChain
  private var batchCount: Int32 = 0
  private var tagCount: Int { tags.count }

  /// - Throws: `Failure` where there is no word, or too many tags.
  public init(
    _ sentences: [TaggedSentence], tags: [String], options: ConditionalRandomFieldOptions
  ) throws(Failure) {
    guard !tags.isEmpty, sentences.contains(where: { !$0.words.isEmpty }) else {
      throw Failure("tagged text", why: "there is no word in it", remedy: "name files with tagged sentences")
    }
    self.tags = tags
    self.options = options
    let transitionCount = (tags.count + 1) * (tags.count + 1)
    transitions = [Double](repeating: 0, count: transitionCount)
    transitionSquares = transitions
    chain = try TagChain(
      tagCount: tags.count, order: 1, weights: [Double](repeating: 1, count: transitionCount))
    (index, examples) = Self.read(sentences, minimumCount: options.minimumCount)
    weights = .allocate(capacity: max(1, index.count * 2 * tags.count))
    weights.initialize(repeating: 0, count: max(1, index.count * 2 * tags.count))
    touched = .allocate(capacity: max(1, index.count))
    touched.initialize(repeating: 0, count: max(1, index.count))
  }

  deinit {
    weights.deallocate()
    touched.deallocate()
  }

  /// Features with any weight.
  public var featureCount: Int { index.count }

  private static func read(
    _ sentences: [TaggedSentence], minimumCount: Int
  ) -> (FeatureIndex, [Example]) {
    var index = FeatureIndex(capacity: 1 << 18)
    var counts: [Int32] = []
    var examples: [Example] = []
    for sentence in sentences where !sentence.words.isEmpty {
      var example = Example(tags: sentence.tags)
      let features = TokenFeatures(sentence.words)
      for place in sentence.words.indices {
        features.forEach(at: place) { hash in
          let number = index.insert(hash)
          if number == counts.count { counts.append(0) }
          counts[number] += 1
          example.features.append(Int32(number))
        }
        example.offsets.append(Int32(example.features.count))
      }
      examples.append(example)
    }
    guard minimumCount > 1 else { return (index, examples) }
    let (kept, numbers) = index.filtered { Int(counts[$0]) >= minimumCount }
    for place in examples.indices {
      let old = examples[place]
      examples[place].features.removeAll(keepingCapacity: true)
      examples[place].offsets = [0]
      for word in old.tags.indices {
        for feature in old.features[Int(old.offsets[word])..<Int(old.offsets[word + 1])]
        where numbers[Int(feature)] >= 0 {
          examples[place].features.append(numbers[Int(feature)])
        }
        examples[place].offsets.append(Int32(examples[place].features.count))
      }
    }
    return (kept, examples)
  }

  // MARK: Passes

  /// One pass over all sentences in an order of its own.
  ///
  /// - Parameters:
  ///   - progress: told the part of the pass that is done, after each batch.
  ///   - shouldStop: asked after each batch; true ends the pass.
  /// - Returns: the mean loss in nats a word, measured before each batch.
  public func pass(
    _ epoch: Int, progress: (Double) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws(Failure) -> Double {
    var order = Array(examples.indices)
    var random = SplitMix64(seed: SplitMix64.mix(options.seed &+ UInt64(epoch)))
    order.shuffle(using: &random)
    var (loss, words) = (0.0, 0)
    for start in stride(from: 0, to: order.count, by: options.batchSize) {
      let batch = order[start..<min(order.count, start + options.batchSize)].map { examples[$0] }
      loss += try learn(batch, rate: options.rate)
      words += batch.reduce(0) { $0 + $1.tags.count }
      progress(Double(start + batch.count) / Double(order.count))
      if shouldStop() { break }
    }
    return loss / Double(max(1, words))
  }

  /// What one thread finds out about its sentences of a batch.
  private final class Part: Sendable {
    nonisolated(unsafe) var transitions: [Double]
    nonisolated(unsafe) var loss = 0.0
    /// Of each of its sentences, words × tags: expected less observed.
    nonisolated(unsafe) var differences: [[Float]] = []
    init(_ count: Int) { transitions = [Double](repeating: 0, count: count) }
  }

  private struct Memory: @unchecked Sendable {
    let weights: UnsafeMutablePointer<Float>
    let touched: UnsafeMutablePointer<Int32>
  }

  private func learn(_ batch: [Example], rate: Double) throws(Failure) -> Double {
    batchCount += 1
    let threads = max(1, min(options.threadCount, batch.count))
    let parts = (0..<threads).map { _ in Part(transitions.count) }
    let memory = Memory(weights: weights, touched: touched)
    let scores = transitions
    let step = Step(
      tagCount: tagCount, chain: chain, memory: memory, batchNumber: batchCount, rate: Float(rate),
      decay: Float(options.decay))
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for example in batch[batch.count * thread / threads..<batch.count * (thread + 1) / threads] {
        step.expect(example, transitionScores: scores, into: parts[thread])
      }
    }
    let differences = parts.flatMap(\.differences)
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for (example, difference) in zip(batch, differences) {
        step.move(example, difference, thread: thread, of: threads)
      }
    }
    try moveTransitions(parts, rate: rate)
    return parts.reduce(0) { $0 + $1.loss }
  }

  private func moveTransitions(_ parts: [Part], rate: Double) throws(Failure) {
    for index in transitions.indices {
      let gradient = parts.reduce(0) { $0 + $1.transitions[index] }
      guard gradient != 0 else { continue }
      transitionSquares[index] += gradient * gradient
      transitions[index] -= rate * gradient / (transitionSquares[index].squareRoot() + 1e-6)
      // e^±30 is still far from what numbers hold.
      transitions[index] = min(30, max(-30, transitions[index]))
    }
    chain = try TagChain(tagCount: tagCount, order: 1, weights: transitions.map { exp($0) })
  }

  /// The parts of a batch's work that threads share.
  private struct Step: Sendable {
    let tagCount: Int
    let chain: TagChain
    let memory: Memory
    let batchNumber: Int32
    let rate: Float
    let decay: Float

    /// Expected less observed of one sentence, and its loss.
    func expect(_ example: Example, transitionScores: [Double], into part: Part) {
      let words = example.tags.count
      var scores = [Float](repeating: 0, count: words * tagCount)
      var evidence = TagEvidence(tagCount: tagCount, stepCount: words)
      var observed = 0.0
      var context = chain.startContext
      scores.withUnsafeMutableBufferPointer { scores in
        for word in 0..<words {
          let row = scores.baseAddress! + word * tagCount
          for feature in example.offsets[word]..<example.offsets[word + 1] {
            let source = memory.weights + Int(example.features[Int(feature)]) * 2 * tagCount
            for tag in 0..<tagCount { row[tag] += source[tag] }
          }
          evidence.append(scores: UnsafeBufferPointer(start: row, count: tagCount))
          let tag = example.tags[word]
          observed += Double(row[tag]) + transitionScores[context * (tagCount + 1) + tag]
          part.transitions[context * (tagCount + 1) + tag] -= 1
          context = tag
        }
      }
      observed += transitionScores[context * (tagCount + 1) + tagCount]
      part.transitions[context * (tagCount + 1) + tagCount] -= 1
      let marginals = part.transitions.withUnsafeMutableBufferPointer {
        chain.smooth(evidence, counts: $0.baseAddress)
      }
      part.loss += marginals.logLikelihood - observed
      var difference = marginals.probabilities.map(Float.init)
      for (word, tag) in example.tags.enumerated() { difference[word * tagCount + tag] -= 1 }
      part.differences.append(difference)
    }

    /// Moves the weights of those of a sentence's features that are this thread's.
    func move(_ example: Example, _ difference: [Float], thread: Int, of threads: Int) {
      difference.withUnsafeBufferPointer { difference in
        for word in example.tags.indices {
          let gradient = difference.baseAddress! + word * tagCount
          for place in example.offsets[word]..<example.offsets[word + 1] {
            let feature = Int(example.features[Int(place)])
            guard feature % threads == thread else { continue }
            let row = memory.weights + feature * 2 * tagCount
            let squares = row + tagCount
            let passed = batchNumber - memory.touched[feature]
            if passed > 0 {
              memory.touched[feature] = batchNumber
              let kept = max(0, 1 - decay * Float(passed))
              for tag in 0..<tagCount { row[tag] *= kept }
            }
            for tag in 0..<tagCount {
              let value = gradient[tag]
              squares[tag] += value * value
              row[tag] -= rate * value / (squares[tag].squareRoot() + 1e-6)
            }
          }
        }
      }
    }
  }

  // MARK: The result

  /// The field with the weights of now, in 8 bits; features whose weights are all next to nothing are left out.
  public func tagger() -> ConditionalRandomFieldTagger {
    let threshold: Float = 0.01
    func largest(_ feature: Int) -> Float {
      var largest: Float = 0
      for tag in 0..<tagCount { largest = max(largest, abs(weights[feature * 2 * tagCount + tag])) }
      return largest
    }
    let (kept, numbers) = index.filtered { largest($0) >= threshold }
    var quanta = [Int8](repeating: 0, count: kept.count * tagCount)
    var scales = [Float](repeating: 0, count: kept.count)
    for feature in 0..<index.count where numbers[feature] >= 0 {
      let row = Int(numbers[feature])
      scales[row] = largest(feature) / 127
      for tag in 0..<tagCount {
        let value = weights[feature * 2 * tagCount + tag] / scales[row]
        quanta[row * tagCount + tag] = Int8(max(-127, min(127, value.rounded())))
      }
    }
    return ConditionalRandomFieldTagger(
      tags: tags, chain: chain, index: kept, weights: quanta, scales: scales)
  }
}
