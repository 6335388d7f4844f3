import Platform
import Testing

@testable import Tagging

@Suite struct ConditionalRandomFieldTests {
  static func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }

  /// Text in which the word before decides.
  static func sentences(_ count: Int) -> [TaggedSentence] {
    var random = SplitMix64(seed: 31)
    return (0..<count).map { _ in
      var words: [[UInt8]] = []
      var tags: [Int] = []
      for _ in 0..<Int(1 + random.next() % 9) {
        let word = ["to", "the", "run", "walk", "Paris", "sleeping"][Int(random.next() % 6)]
        let previous = words.last.map { String(decoding: $0, as: UTF8.self) }
        words.append(Array(word.utf8))
        switch word {
        case "to": tags.append(0)
        case "the": tags.append(1)
        case "Paris": tags.append(2)
        case "sleeping": tags.append(3)
        default: tags.append(previous == "to" ? 3 : 2)
        }
      }
      return TaggedSentence(words: words, tags: tags)
    }
  }
  static let tags = ["P", "D", "N", "V"]

  static func train(_ threadCount: Int, epochs: Int = 6) throws -> (ConditionalRandomFieldTagger, [Double]) {
    var options = ConditionalRandomFieldOptions()
    options.threadCount = threadCount
    let trainer = try ConditionalRandomFieldTrainer(sentences(200), tags: tags, options: options)
    var losses: [Double] = []
    for epoch in 0..<epochs { losses.append(try trainer.pass(epoch)) }
    return (trainer.tagger(), losses)
  }

  @Test("the loss falls, and the context decides")
  func learning() throws {
    let (tagger, losses) = try Self.train(2)
    #expect(losses.last! < 0.1 * losses.first!)
    #expect(tagger.tags(of: Self.words("the run to run")) == [1, 2, 0, 3])
    let probabilities = tagger.probabilities(of: Self.words("the run to run"))
    for row in 0..<4 {
      #expect(abs(probabilities[row * 4..<row * 4 + 4].reduce(0, +) - 1) < 1e-9)
    }
    #expect(tagger.filteredProbabilities(of: Self.words("the run")) == nil)
  }

  @Test("weights do not depend on the number of threads")
  func threads() throws {
    let (one, _) = try Self.train(1, epochs: 2)
    let (two, _) = try Self.train(2, epochs: 2)
    let (three, _) = try Self.train(3, epochs: 2)
    // Transitions are summed thread by thread, features feature by feature.
    #expect(Self.isNear(one, two) && Self.isNear(one, three))
  }

  private static func isNear(_ one: ConditionalRandomFieldTagger, _ other: ConditionalRandomFieldTagger)
    -> Bool
  {
    zip(one.chain.weights, other.chain.weights).allSatisfy { abs($0 - $1) < 1e-3 * $0 }
      && sentences(20).allSatisfy { one.tags(of: $0.words) == other.tags(of: $0.words) }
  }

  @Test("a field is the same after writing and reading; bytes that are damaged are refused")
  func files() throws {
    let (tagger, _) = try Self.train(1, epochs: 2)
    let bytes = tagger.serialized()
    let again = try bytes.withUnsafeBytes { bytes throws(Failure) in
      try ConditionalRandomFieldTagger(bytes, tags: Self.tags)
    }
    #expect(again.serialized() == bytes)
    for length in stride(from: 0, to: bytes.count, by: 97) {
      #expect(throws: Failure.self) {
        try bytes.prefix(length).withUnsafeBytes { bytes throws(Failure) in
          try ConditionalRandomFieldTagger(bytes, tags: Self.tags)
        }
      }
    }
    var random = SplitMix64(seed: 6)
    for _ in 0..<200 {
      var damaged = bytes
      damaged[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 << (random.next() % 8))
      let tagger = try? damaged.withUnsafeBytes { bytes throws(Failure) in
        try ConditionalRandomFieldTagger(bytes, tags: Self.tags)
      }
      if let tagger { #expect(tagger.tags(of: Self.words("the frog runs")).count == 3) }
    }
  }

  @Test("one tag, and words that are nothing")
  func oddities() throws {
    let only = [TaggedSentence(words: [Array("a".utf8)], tags: [0])]
    let trainer = try ConditionalRandomFieldTrainer(
      only, tags: ["only"], options: ConditionalRandomFieldOptions())
    _ = try trainer.pass(0)
    #expect(trainer.tagger().tags(of: [[], [0xFF, 0xFE], Array("👩‍👩‍👧".utf8)]) == [0, 0, 0])
    #expect(throws: Failure.self) {
      try ConditionalRandomFieldTrainer([], tags: ["a"], options: ConditionalRandomFieldOptions())
    }
  }

  @Test("a table finds what it was given, however it grew and was filtered")
  func featureIndex() {
    var index = FeatureIndex(capacity: 1)
    var random = SplitMix64(seed: 8)
    let hashes = (0..<5000).map { _ in random.next() }
    for (number, hash) in hashes.enumerated() { #expect(index.insert(hash) == number) }
    for (number, hash) in hashes.enumerated() { #expect(index.insert(hash) == number) }
    let (kept, numbers) = index.filtered { $0 % 3 == 0 }
    #expect(kept.count == 1667)
    for (number, hash) in hashes.enumerated() {
      #expect(index.number(of: hash) == number)
      #expect(kept.number(of: hash) == (number % 3 == 0 ? number / 3 : nil))
      #expect(Int(numbers[number]) == (number % 3 == 0 ? number / 3 : -1))
    }
  }
}
