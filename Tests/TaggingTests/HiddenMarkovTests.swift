import Platform
import Testing

@testable import Tagging

@Suite struct HiddenMarkovTests {
  static func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }

  static func sentence(_ text: String, _ tags: [Int]) -> TaggedSentence {
    TaggedSentence(words: words(text), tags: tags)
  }

  /// D N V, with words that tell and one that does not.
  static let sentences = [
    sentence("the dog runs", [0, 1, 2]), sentence("a cat runs", [0, 1, 2]),
    sentence("the run ends", [0, 1, 2]), sentence("dogs run", [1, 2]), sentence("cats run", [1, 2]),
  ]
  static let tags = ["D", "N", "V"]

  @Test("transitions are a distribution in every context, and the weights of deleted interpolation sum to 1")
  func transitions() throws {
    for order in 1...2 {
      var estimation = try TransitionEstimation(tagCount: 3, order: order)
      for sentence in Self.sentences { estimation.count(sentence.tags) }
      let (chain, lambdas) = try estimation.chain()
      #expect(abs(lambdas.reduce(0, +) - 1) < 1e-12)
      #expect(order == 2 || lambdas[2] == 0)
      for context in 0..<chain.contextCount {
        let row = chain.weights[context * 4..<(context + 1) * 4]
        #expect(abs(row.reduce(0, +) - 1) < 1e-12)
      }
    }
  }

  @Test("deleted interpolation by hand")
  func interpolation() throws {
    // Tags A B twice: contexts (start) A, A B, B end; each bigram twice of two, each tag twice of six.
    var estimation = try TransitionEstimation(tagCount: 2, order: 1)
    estimation.count([0, 1])
    estimation.count([0, 1])
    // (2 − 1) / (2 − 1) = 1 beats (2 − 1) / (6 − 1): all votes are for the bigrams.
    #expect(try estimation.chain().interpolation == [0, 1, 0])
  }

  @Test("what the words around say decides between the tags of a word")
  func context() throws {
    let tagger = try HiddenMarkovTagger(Self.sentences, tags: Self.tags)
    #expect(tagger.tags(of: Self.words("the run runs")) == [0, 1, 2])
    #expect(tagger.tags(of: Self.words("dogs run")) == [1, 2])
    // Unknown words by their endings and by what is beside them.
    #expect(tagger.tags(of: Self.words("the frog runs")) == [0, 1, 2])
    #expect(tagger.tags(of: []) == [])
  }

  @Test("the filter's last row and the smoothed last row know the same words")
  func rows() throws {
    let tagger = try HiddenMarkovTagger(Self.sentences, tags: Self.tags)
    let words = Self.words("the run ends")
    let filtered = try #require(tagger.filteredProbabilities(of: words))
    let smoothed = tagger.probabilities(of: words)
    for row in 0..<3 {
      #expect(abs(filtered[row * 3..<row * 3 + 3].reduce(0, +) - 1) < 1e-9)
      #expect(abs(smoothed[row * 3..<row * 3 + 3].reduce(0, +) - 1) < 1e-9)
    }
    // Words behind do not change what was filtered.
    let first = try #require(tagger.filteredProbabilities(of: Array(words.prefix(2))))
    for (one, other) in zip(first, filtered) { #expect(abs(one - other) < 1e-12) }
    #expect(filtered[3..<6].elementsEqual(smoothed[3..<6]) == false)
  }

  @Test("a tagger is the same after writing and reading; bytes that are damaged are refused")
  func files() throws {
    let tagger = try HiddenMarkovTagger(Self.sentences, tags: Self.tags)
    let bytes = tagger.serialized()
    let again = try bytes.withUnsafeBytes { bytes throws(Failure) in
      try HiddenMarkovTagger(bytes, tags: Self.tags)
    }
    #expect(again.serialized() == bytes)
    #expect(again.tags(of: Self.words("the run runs")) == [0, 1, 2])
    #expect(throws: Failure.self) {
      try bytes.withUnsafeBytes { bytes throws(Failure) in try HiddenMarkovTagger(bytes, tags: ["A", "B"]) }
    }
    for length in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: Failure.self) {
        try bytes.prefix(length).withUnsafeBytes { bytes throws(Failure) in
          try HiddenMarkovTagger(bytes, tags: Self.tags)
        }
      }
    }
    var random = SplitMix64(seed: 4)
    for _ in 0..<400 {
      var damaged = bytes
      damaged[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 << (random.next() % 8))
      // Refused, or a tagger that answers something: never a trap.
      let tagger = try? damaged.withUnsafeBytes { bytes throws(Failure) in
        try HiddenMarkovTagger(bytes, tags: Self.tags)
      }
      if let tagger { #expect(tagger.tags(of: Self.words("the frog runs Far-9")).count == 4) }
    }
  }

  @Test("Baum–Welch never makes the text less likely, and tells what is unlike apart")
  func baumWelch() throws {
    var random = SplitMix64(seed: 9)
    let (first, second) = (["a", "b", "c"], ["x", "y", "z"])
    let sentences = (0..<300).map { _ -> TaggedSentence in
      // Words of the two sets take turns.
      let words = (0..<8).map { place in
        Array((place % 2 == 0 ? first : second)[Int(random.next() % 3)].utf8)
      }
      return TaggedSentence(words: words, tags: [])
    }
    var learner = try BaumWelch(sentences, classCount: 2, seed: 2, threadCount: 2)
    var last = -Double.infinity
    for _ in 0..<30 {
      let likelihood = try learner.step()
      // Smoothing takes a little off, once everything is learned.
      #expect(likelihood >= last - 0.5)
      last = likelihood
    }
    let tagger = learner.tagger(tags: ["1", "2"])
    let tags = tagger.tags(of: Self.words("a x b y c z"))
    #expect(tags == [0, 1, 0, 1, 0, 1] || tags == [1, 0, 1, 0, 1, 0])
  }

  @Test("the same seed finds the same classes with one thread and with two")
  func threads() throws {
    func likelihoods(_ threadCount: Int) throws -> [Double] {
      var learner = try BaumWelch(Self.sentences, classCount: 3, seed: 5, threadCount: threadCount)
      return try (0..<5).map { _ in try learner.step() }
    }
    for (one, two) in zip(try likelihoods(1), try likelihoods(2)) { #expect(abs(one - two) < 1e-9) }
  }
}
