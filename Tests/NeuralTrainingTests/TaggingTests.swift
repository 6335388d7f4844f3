import JSON
import LanguageModeling
import Neural
import Platform
import Tagging
import Testing

@testable import NeuralTraining

/// Whole runs of networks that tag.
@Suite struct TaggingTests {
  static let tags = ["N", "V", "D"]

  /// A word has the tag that the word behind it says, so that only who looks ahead can know.
  static func sentences(_ count: Int) -> [TaggedSentence] {
    var random = SplitMix64(seed: 12)
    return (0..<count).map { _ in
      let words = (0..<Int(2 + random.next() % 7)).map { _ in Int(random.next() % 3) }
      let tags = words.indices.map { place in
        place + 1 < words.count && words[place] == 0 && words[place + 1] == 1 ? 1 : words[place] == 0 ? 0 : 2
      }
      return TaggedSentence(words: words.map { Array(["run", "the", "of"][$0].utf8) }, tags: tags)
    }
  }

  static let vocabulary = Vocabulary(types: ["run", "the", "of"].map { Array($0.utf8) })

  static func text(_ sentences: [TaggedSentence]) -> TaggedText {
    let input = TaggingInput(vocabulary: vocabulary)
    let sequences = sentences.map { sentence in
      TaggedSequence(
        words: sentence.words.map(input.id), letters: sentence.words.map { TaggingInput.letters(of: $0) },
        tags: sentence.tags.map { Int32($0) })
    }
    return TaggedText(
      training: Array(sequences.dropLast(40)), heldOut: Array(sequences.suffix(40)), tagCount: tags.count,
      typeCount: vocabulary.count, letterCount: TaggingInput.letterCount)
  }

  static func description(_ encoder: TaggingEncoder) throws -> NetworkDescription {
    var sizes = TaggingNetworkSizes()
    (sizes.word, sizes.letter, sizes.filters, sizes.hidden) = (8, 4, 5, 7)
    sizes.dropout = 0.1
    return try .tagging(encoder, sizes: sizes, typeCount: vocabulary.count, tagCount: tags.count)
  }

  static func options(hasField: Bool) -> TaggingOptions {
    var options = TaggingOptions()
    options.length = .epochs(25)
    options.batchSize = 10
    options.rate = 0.02
    options.hasField = hasField
    options.threadCount = 2
    return options
  }

  @Test(
    "what is trained is what is computed, and a tagger that looks ahead knows what one that does not cannot",
    arguments: [(TaggingEncoder.bilstm, true), (.bilstm, false), (.lstm, false), (.rnn, true)])
  func runs(encoder: TaggingEncoder, hasField: Bool) throws {
    let sentences = Self.sentences(240)
    let trainer = try TaggerTrainer(
      Self.text(sentences), description: Self.description(encoder), options: Self.options(hasField: hasField))
    let trained = try trainer.run(report: { _ in })
    let measured = try #require(trained.score?.value)
    if encoder.looksAhead { #expect(measured > 0.98) } else if !hasField { #expect(measured < 0.95) }

    let path = "/tmp/inkling-tagging-\(getpid())-\(encoder)-\(hasField).safetensors"
    defer { unlink(path) }
    try writeFileAtomically(path, trained.serialized)
    for (precision, tolerance) in [(WeightPrecision.float32, 0.0), (.int8, 0.02)] {
      let tagger = try NetworkTagger(
        trained.description, weights: Safetensors(path), vocabulary: Self.vocabulary, tags: Self.tags,
        precision: precision)
      var (right, total) = (0, 0)
      for sentence in sentences.suffix(40) {
        let answers = try tagger.tags(of: sentence.words)
        right += zip(answers, sentence.tags).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
        total += answers.count
        let probabilities = try tagger.probabilities(of: sentence.words)
        for row in answers.indices {
          let sum = probabilities[row * 3..<row * 3 + 3].reduce(0, +)
          #expect(abs(sum - 1) < 1e-6)
        }
      }
      let share = Double(right) / Double(total)
      #expect(abs(share - measured) <= tolerance)
      #expect(try tagger.tags(of: []).isEmpty && tagger.probabilities(of: []).isEmpty)
      #expect(
        try (tagger.filteredProbabilities(of: sentences[0].words) == nil) == (encoder.looksAhead || hasField))
    }
  }

  @Test("text and networks that do not fit each other are refused")
  func refused() throws {
    let text = Self.text(Self.sentences(60))
    var other = text
    other.tagCount = 4
    #expect(throws: Failure.self) {
      try TaggerTrainer(
        other, description: Self.description(.lstm), options: Self.options(hasField: false))
    }
    for change in [
      { (text: inout TaggedText) in text.training[0].tags[0] = -1 },
      { $0.training[0].words[0] = 900 }, { $0.training[0].letters[0] = [900] },
      { $0.heldOut[0].tags.removeLast() }, { $0.training = [] },
    ] as [(inout TaggedText) -> Void] {
      var changed = text
      change(&changed)
      #expect(throws: Failure.self) {
        try TaggerTrainer(
          changed, description: Self.description(.lstm), options: Self.options(hasField: false))
      }
    }
  }
}
