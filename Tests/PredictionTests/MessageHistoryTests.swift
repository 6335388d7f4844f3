import LanguageModeling
import Lexing
import Platform
import Privacy
import Testing

@testable import Prediction

/// Messages that are recalled because their diffs are like one.
@Suite struct MessageHistoryTests {
  /// Two subjects in turn: windows and parsers.
  private static func history(count: Int) throws -> [DescribedDiff] {
    let grammar = try DiffTests.grammar()
    return (0..<count).map { number in
      let isWindow = number % 2 == 0
      return DescribedDiff(
        message: Array((isWindow ? "let alpha = beta\n" : "let delta ( epsilon\n").utf8),
        diff: Array(
          DiffTests.diff(
            file: isWindow ? "Window\(number)" : "Parser\(number)",
            added: isWindow ? "drawPane(corner)" : "readToken(table)"
          ).utf8), grammar: grammar, types: TypeReader())
    }
  }

  private static func content(_ history: [DescribedDiff], _ model: Model) throws -> [UInt32] {
    MessageHistory.content(of: history, lexicon: model.makeLexicon(), grammar: try DiffTests.grammar())
  }

  private static let paneDiff = DiffTests.diff(file: "Frame", added: "drawPanes()")

  @Test("those are likest whose diffs share rare words, in whatever form, and only those asked for")
  func likeness() throws {
    let history = try #require(MessageHistory(try Self.content(Self.history(count: 20), makeModel())))
    #expect(history.messageCount == 20)
    let words = try DiffTests.words(Self.paneDiff)
    let found = history.messages(like: words)
    // `pane` is in ten of twenty diffs: in too many to say anything. Of one in four it says something.
    #expect(found.isEmpty)
    let rare = try #require(
      MessageHistory(
        try Self.content(
          Self.history(count: 2) + Self.history(count: 20).filter { $0.message.count == 20 }, makeModel())))
    let likest = rare.messages(like: words)
    #expect(likest.map(\.message) == [0] && likest[0].likeness > 0 && likest[0].likeness <= 1)
    #expect(rare.messages(like: words) { $0 != 0 }.isEmpty)
    #expect(rare.messages(like: try DiffTests.words("")).isEmpty)
  }

  @Test("words of recalled messages come as they stand there, those of likest messages first")
  func recalled() throws {
    let model = try makeModel()
    let grammar = try DiffTests.grammar()
    let history = try #require(MessageHistory(try Self.content(Self.history(count: 4), model)))
    let count = UInt32(model.vocabulary.count)
    let messages = RecalledMessages(history, [(0, 0.5), (1, 0.1), (7, 0.05)], count: count)
    let lexicon = model.makeLexicon()
    func id(_ word: String) throws -> UInt32 { try #require(lexicon.knownID(of: Array(word.utf8))) }
    func sequence(_ text: String) -> TokenSequence {
      lexicon.sequence(of: LexedDocument(text: Array(text.utf8), grammar: grammar))
    }
    #expect(messages.likeness == 0.5)
    #expect(abs(messages.words.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
    #expect(messages.probability(of: try id("alpha")) > messages.probability(of: try id("delta")))
    #expect(messages.probability(of: try id("theta")) == 0)
    let begin = messages.following(sequence(""), 0)
    #expect(begin.one.map(\.token) == [try id("let")] && begin.two.isEmpty)
    let after = messages.following(sequence("let "), 1)
    let (alpha, delta) = (try id("alpha"), try id("delta"))
    #expect(Set(after.one.map(\.token)) == [alpha, delta] && after.one.count == after.two.count)
    let probability = after.one.first { $0.token == alpha }?.probability ?? 0
    #expect(abs(probability - 25 / 26) < 1e-4)
    #expect(messages.following(sequence("theta "), 1).one.isEmpty)
    // `let` is no beginning here.
    #expect(messages.following(sequence("beta let "), 2).two.isEmpty)
  }

  @Test("with recalled messages the mixture is a distribution, and they have their say")
  func distribution() throws {
    let model = try makeModel()
    let lexicon = model.makeLexicon()
    let history = try #require(MessageHistory(try Self.content(Self.history(count: 2), model)))
    let words = try DiffTests.words(Self.paneDiff)
    func diff(_ messages: [(message: Int, likeness: Float)]) -> DiffDistribution {
      DiffDistribution(
        words, weights: .standard, lexicon: lexicon,
        recalled: RecalledMessages(history, messages, count: lexicon.modelCount))
    }
    let sequence = lexicon.sequence(ofWords: ["let", "alpha", "="].map { Array($0.utf8) })
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    var probabilities: [Float] = []
    for recalled in [diff([]), diff([(1, 0.9)]), diff([(0, 0.9)])] {
      for index in 0...sequence.count {
        var sources = MixtureSources()
        sources.diff = recalled
        engine.prepare(sequence, at: index, sources)
        expectDistribution(engine, lexicon)
        let beta = try #require(lexicon.knownID(of: Array("beta".utf8)))
        if index == 3 { probabilities.append(engine.countedProbability(of: beta)) }
      }
    }
    #expect(probabilities[2] > probabilities[0] && probabilities[0] > probabilities[1])
  }

  @Test("a damaged file is refused, or does no harm")
  func damaged() throws {
    let whole = try Self.content(Self.history(count: 6), makeModel())
    let path = "/tmp/inkling-message-history-\(getpid()).bin"
    defer { unlink(path) }
    try writeFileAtomically(path, MessageHistory.bytes(of: whole))
    let read = try MessageHistory(file: MappedFile(path))
    let words = try DiffTests.words(Self.paneDiff)
    #expect(read.messageCount == 6 && read.tokens(of: 5) == MessageHistory(whole)?.tokens(of: 5))
    for bytes in [
      [], Array(MessageHistory.bytes(of: whole).dropLast()),
      Array(MessageHistory.bytes(of: whole).dropLast(4)),
    ] {
      try writeFileAtomically(path, bytes)
      #expect(throws: Failure.self) { try MessageHistory(file: MappedFile(path)) }
    }
    var random = SplitMix64(seed: 5)
    for _ in 0..<300 {
      var content = whole
      for _ in 0..<3 {
        content[Int(random.next() % UInt64(content.count))] =
          [UInt32.max, 0x7FFF_FFFF, 7][Int(random.next() % 3)]
      }
      guard let history = MessageHistory(content) else { continue }
      let recalled = RecalledMessages(history, history.messages(like: words), count: 5)
      #expect(recalled.words.allSatisfy { $0.token < 5 })
      for message in [-1, 0, 5, 6, .max] { _ = history.tokens(of: message) }
    }
  }
}
