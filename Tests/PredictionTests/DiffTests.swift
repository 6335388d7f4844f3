import LanguageModeling
import Lexing
import Platform
import Privacy
import Testing

@testable import Prediction

/// What a diff is to the message about it.
/// Expects that a mixture sums to 1 at the position that it is prepared for, and that the best words, whatever names them, have
/// their exact probability.
func expectDistribution(
  _ engine: MixtureEngine, _ lexicon: Lexicon, sourceLocation: SourceLocation = #_sourceLocation
) {
  let ids = Array(0..<lexicon.firstUnknownID) + (lexicon.firstUnknownID..<lexicon.firstUnknownID + 512)
  let sum = ids.reduce(0.0) { $0 + Double(engine.countedProbability(of: $1)) }
  #expect(abs(sum + Double(engine.spellingWeight) - 1) < 1e-4, sourceLocation: sourceLocation)
  for (token, probability) in engine.best(8) {
    #expect(
      abs(engine.countedProbability(of: token) - probability) < 1e-6, sourceLocation: sourceLocation)
  }
}

@Suite struct DiffTests {
  static let scissors = "# ------------------------ >8 ------------------------\n"

  static func grammar() throws -> Grammar {
    try #require(try GrammarLibrary.standard().grammar(languageID: CommitMessageText.languageID))
  }

  static func diff(file: String, added: String) -> String {
    """
    diff --git a/Sources/Model/\(file).swift b/Sources/Model/\(file).swift
    index 0123456..789abcd 100644
    --- a/Sources/Model/\(file).swift
    +++ b/Sources/Model/\(file).swift
    @@ -3,2 +3,3 @@ func openWindow(
     let kept = 1
    -let gone = taken
    +\(added)

    """
  }

  static func words(_ diff: String, forgotten: ForgottenWords = ForgottenWords()) throws -> DiffWords {
    DiffWords(Array(diff.utf8), grammar: try grammar(), types: TypeReader(forgotten: forgotten))
  }

  @Test("words are where they stand")
  func places() throws {
    let words = try Self.words(Self.diff(file: "SlipRates", added: "let slipRate = SlipRates()"))
    func names(_ place: DiffWords.Place) -> Set<String> {
      Set(words.counts[place.rawValue].keys.map { String(decoding: $0, as: UTF8.self) })
    }
    #expect(names(.fileName) == ["SlipRates"])
    #expect(names(.folder) == ["Sources", "Model", "swift"])
    #expect(names(.hunk) == ["func", "openWindow"])
    #expect(names(.added) == ["let", "slipRate", "SlipRates"])
    #expect(names(.removed) == ["let", "gone", "taken"])
    #expect(names(.context) == ["let", "kept"])
    #expect(names(.part).isSuperset(of: ["slip", "rates", "rate", "open", "window"]))
    #expect(words.successors[Array("let".utf8)]?[Array("slipRate".utf8)] == 1)
  }

  @Test(
    "what is written for people is known apart",
    arguments: [
      ("a.swift", "let value = 1 // said", []), ("a.swift", "  // said aloud", ["said", "aloud"]),
      ("a.py", "# said", ["said"]), ("a.c", "#include said", []), ("a.md", "said", ["said"]),
      ("README", "said", ["said"]), ("a.rst", "  said", ["said"]),
    ] as [(String, String, Set<String>)])
  func prose(file: String, line: String, expected: Set<String>) throws {
    let words = try Self.words("--- a/\(file)\n+++ b/\(file)\n@@ -1 +1 @@\n-gone \(line)\n+\(line)\n")
    let prose = words.counts[DiffWords.Place.prose.rawValue].keys
    #expect(Set(prose.map { String(decoding: $0, as: UTF8.self) }) == expected)
  }

  @Test("endings are learned from a history, in whole characters, whatever comes first")
  func endings() throws {
    func set(_ words: String...) -> Set<[UInt8]> { Set(words.map { Array($0.utf8) }) }
    var counts = WordEndingCounts()
    for _ in 0..<3 { counts.add(message: set("maisonnette", "layer's"), diff: set("maison", "layer", "let")) }
    for _ in 0..<2 { counts.add(message: set("caf\u{e9}s"), diff: set("caf\u{e9}", "cafe")) }
    let endings = counts.endings
    func change(_ dropped: String, _ added: String) -> Bool {
      endings.endings.contains { $0.change == WordEndings.Change(dropped.utf8, added.utf8) }
    }
    // Five letters are no ending.
    #expect(!change("", "nette") && change("", "'s") && change("", "s"))
    for ending in endings.endings {
      #expect(String(validating: ending.change.dropped, as: UTF8.self) != nil)
      #expect(String(validating: ending.change.added, as: UTF8.self) != nil)
      #expect(ending.rate > 0 && ending.rate < 1)
    }
    var forms: Set<String> = []
    endings.forEachForm(of: Array("measure".utf8)) { form, _ in
      forms.insert(String(decoding: form, as: UTF8.self))
    }
    #expect(forms.isSuperset(of: ["measures", "measure's", "measured", "measuring"]))
    endings.forEachForm(of: Array("a2b".utf8)) { _, _ in Issue.record("a name with a digit has no forms") }
  }

  @Test(
    "what stands behind the message's last words in the diff comes first, whatever mostly stands behind the last one",
    arguments: [
      "Move the ", "move the ", "Then move\nthe ", "Move the,", "Move the\n\n",
    ])
  func following(message: String) throws {
    let lines = ["Drop the alpha", "Take the alpha", "Leave the alpha", "Move the beta"]
    let diff = "--- a/a.md\n+++ b/a.md\n@@ -0,0 +1,4 @@\n" + lines.map { "+\($0)\n" }.joined()
    let words = try Self.words(diff)
    let lexicon = Lexicon(vocabulary: nil)
    let distribution = DiffDistribution(words, weights: .standard, lexicon: lexicon)
    let sequence = lexicon.sequence(
      of: LexedDocument(text: Array(message.utf8), grammar: try Self.grammar()))
    let two = distribution.contexts(sequence, sequence.count)[DiffText.Context.twoWords.rawValue]
    // Not over other marks, and not over the end of a paragraph.
    guard message.last == " " else {
      #expect(two.isEmpty)
      return
    }
    #expect(two.map { distribution.tokens[Int($0.index)] } == [lexicon.knownID(of: Array("beta".utf8))])
    let document = DocumentPredictor(
      text: Array(message.utf8), grammar: try Self.grammar(), model: nil)
    document.setDiff(Array(diff.utf8))
    #expect(document.completions(at: message.utf8.count).items.first?.text == "beta")
  }

  @Test(
    "a capital is a name's amid a sentence, and a sentence's where one begins",
    arguments: [
      ("Move the Fif", "FifoWatcher"), ("Move it, Fif", "FifoWatcher"), ("Move `Fif", "FifoWatcher"),
      ("Fif", "Fifo"),
      ("Move it. Fif", "Fifo"),
      ("Move it\n\nFif", "Fifo"), ("Move the fif", "fifo"),
    ])
  func capitals(message: String, expected: String) throws {
    let document = DocumentPredictor(text: Array(message.utf8), grammar: try Self.grammar(), model: nil)
    document.setDiff(
      Array(Self.diff(file: "pipes", added: "// fifo fifo fifo fifo fifo = FifoWatcher(fifo, fifo)").utf8))
    #expect(document.completions(at: message.utf8.count).items.first?.text == expected)
  }

  @Test("three words say more than two, and lines that have the message's words what is near")
  func contexts() {
    //          0: see, 1: the, 2: pane, 3: Pane, 4: edge, 5: corner, 6: far
    let folds: [Int32] = [0, 1, 2, 2, 4, 5, 6]
    let text = DiffText([[0, 1, 3, 4], [6, 1, 2, 5], [6, 6, 6, 6, 6]], folds: folds)
    let (two, three) = text.following([2, 1, 0])
    #expect(two.map(\.index) == [4, 5] && two.map(\.probability) == [0.5, 0.5])
    #expect(three.map(\.index) == [4] && three.map(\.probability) == [1])
    #expect(text.following([2]).two.isEmpty && text.following([]).two.isEmpty)
    let worths: [Float] = [1, 1, 1, 1, 1, 1, 0.5]
    // `see` is in the first line, and the second one is beside it; what was written is not offered again.
    let near = text.near([0, nil], worths: worths)
    #expect(Set(near.map(\.index)) == [1, 2, 3, 4, 5, 6])
    #expect(abs(near.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
    func probability(_ index: Int32) -> Float { near.first { $0.index == index }?.probability ?? 0 }
    #expect(probability(4) > 2 * probability(5) && probability(5) > probability(6) && probability(6) > 0)
    #expect(text.near([nil, nil], worths: worths).isEmpty)
    #expect(DiffText([], folds: folds).near([0, 2], worths: worths).isEmpty)
  }

  @Test("other forms of a diff's words are offered, and none that was forgotten")
  func forms() throws {
    let grammar = try Self.grammar()
    let document = DocumentPredictor(text: Array("Read wid".utf8), grammar: grammar, model: nil)
    document.setDiff(Array(Self.diff(file: "widget", added: "let widget = 1").utf8))
    let offered = document.completions(at: 8).items.map(\.text)
    #expect(offered.first == "widget" && offered.contains("widget's") && offered.contains("widgets"))
    var list = ForgottenList()
    list.forget(word: "widgets")
    let forgotten = list.lastingWords
    let words = try Self.words(Self.diff(file: "widget", added: "let widget = 1"), forgotten: forgotten)
    let lexicon = Lexicon(vocabulary: nil, forgotten: forgotten)
    let diff = DiffDistribution(words, weights: .standard, lexicon: lexicon)
    #expect(lexicon.knownID(of: Array("widget's".utf8)) != nil)
    #expect(lexicon.knownID(of: Array("widgets".utf8)) == nil)
    lexicon.release(diff.sequence)
  }

  @Test("nothing of a diff looks like a secret or was forgotten")
  func withheld() throws {
    let secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    let words = try Self.words(Self.diff(file: "Plain", added: "let token = \"\(secret)\""))
    #expect(words.words.allSatisfy { !String(decoding: $0, as: UTF8.self).contains("ghp_") })
    #expect(words.words.contains(Array("token".utf8)))
  }

  @Test(
    "what is no diff does no harm",
    arguments: [
      "", "@@", "@@ -1 +1 @@", "+++ ", "diff --git\n+++ b/\n@@ \n+\n-\n",
      "\u{0}\u{1}\n--- a/x\u{0}y\n@@ @@\n+z\u{0}",
      "+++ /dev/null\n--- /dev/null\n", "rename to 😀/é.txt\n", String(repeating: "+x", count: 5_000),
    ])
  func odd(_ text: String) throws {
    let words = try Self.words(text)
    let lexicon = Lexicon(vocabulary: nil)
    let diff = DiffDistribution(words, weights: .standard, lexicon: lexicon)
    #expect(diff.probabilities.allSatisfy { $0 >= 0 && $0 <= 1 })
    lexicon.release(diff.sequence)
  }

  @Test("with a diff the mixture is a distribution")
  func distribution() throws {
    let model = try makeModel()
    let lexicon = model.makeLexicon()
    let diff = DiffDistribution(
      try Self.words(Self.diff(file: "SlipRates", added: "let alpha = SlipRates(other)")), weights: .standard,
      lexicon: lexicon)
    let sequence = lexicon.sequence(ofWords: ["let", "alpha", "=", "other", "let"].map { Array($0.utf8) })
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    for index in 0...sequence.count {
      var sources = MixtureSources()
      sources.diff = diff
      engine.prepare(sequence, at: index, sources)
      expectDistribution(engine, lexicon)
    }
  }

  @Test("after edits the answers are those of the final text")
  func incremental() throws {
    let grammar = try Self.grammar()
    let text =
      "Read the \n\n# Comment\n" + Self.scissors + Self.diff(file: "Window", added: "let pane = openPane()")
    let document = DocumentPredictor(text: Array(text.utf8), grammar: grammar, model: nil)
    var bytes = Array(text.utf8)
    var random = SplitMix64(seed: 3)
    let pieces = [
      "a", " ", "\n", "Window", "#", Self.scissors, ">8", "-", "open", "8 -", "\n+let extra = paneWidth\n",
    ]
    for round in 0..<100 {
      let lower = Int(random.next() % UInt64(bytes.count + 1))
      let upper = min(bytes.count, lower + (round % 5 == 0 ? Int(random.next() % 40) : 0))
      let piece = Array(pieces[Int(random.next() % UInt64(pieces.count))].utf8)
      document.replace(lower..<upper, with: piece)
      bytes.replaceSubrange(lower..<upper, with: piece)
      let fresh = DocumentPredictor(text: bytes, grammar: grammar, model: nil)
      let place = min(bytes.count, lower + piece.count)
      for offset in [0, place] {
        // Which of equally probable words comes first follows from their numbers.
        let (ours, theirs) = (document.completions(at: offset).items, fresh.completions(at: offset).items)
        #expect(ours.count == theirs.count, "round \(round)")
        for (one, other) in zip(ours, theirs) {
          #expect(abs(one.probability - other.probability) < 1e-5, "round \(round): \(one.text)")
        }
      }
    }
  }

  @Test("a given diff is used until the text has its own, and by messages alone")
  func given() throws {
    let grammar = try Self.grammar()
    let document = DocumentPredictor(text: Array("Move the Co".utf8), grammar: grammar, model: nil)
    func first() -> String? { document.completions(at: 11).items.first?.text }
    #expect(first() == nil)
    document.setDiff(Array(Self.diff(file: "CommitPane", added: "x").utf8))
    #expect(first() == "CommitPane")
    let own = "\n" + Self.scissors + Self.diff(file: "Corner", added: "y")
    document.replace(11..<11, with: Array(own.utf8))
    #expect(first() == "Corner")
    document.replace(11..<11 + own.utf8.count, with: [])
    #expect(first() == "CommitPane")
    let other = DocumentPredictor(text: Array("Move the Co".utf8), grammar: .plainText, model: nil)
    other.setDiff(Array(Self.diff(file: "CommitPane", added: "x").utf8))
    #expect(other.completions(at: 11).items.isEmpty)
  }

  @Test("what is fitted gives held-out messages more probability, and survives its file")
  func fitting() throws {
    let grammar = try Self.grammar()
    let types = TypeReader()
    let model = try makeModel()
    let names = ["Alpha", "Beta", "Gamma", "Delta", "Omega"]
    let history = (0..<30).map { (number: Int) -> DescribedDiff in
      let name = "File\(names[number % 5])\(number)"
      return DescribedDiff(
        message: Array("Repair \(name)\n".utf8),
        diff: Array(Self.diff(file: name, added: "let alpha\(number) = beta").utf8), grammar: grammar,
        types: types)
    }
    let counted = DiffFitting.copying(of: history.prefix(20), grammar: grammar, types: types)
    #expect(counted.rates[DiffWords.Place.fileName.rawValue] > counted.rates[DiffWords.Place.folder.rawValue])
    let fitted = DiffFitting.fit(counted, to: history, heldOut: Set(20..<30), model: model, grammar: grammar)
    let name = DiffWords.Place.fileName.rawValue
    #expect(fitted.places[name] > counted.places[name] && fitted.places[name] == fitted.places.max())
    let sum = fitted.places.reduce(0, +)
    #expect(abs(sum - 1) < 1e-4)

    let path = "/tmp/inkling-diff-weights-\(getpid()).json"
    defer { unlink(path) }
    try writeFileAtomically(path, fitted.serialized())
    let read = try #require(try DiffWeights(file: MappedFile(path)))
    #expect(read.copying == fitted.copying && zip(read.gate, fitted.gate).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(zip(read.contexts, fitted.contexts).allSatisfy { abs($0 - $1) < 1e-3 })
    // Of before there were forms of words, and contexts.
    for old in ["", "\"endings\": [], "] {
      try writeFileAtomically(path, Array("{\(old)\"places\": [1, 0, 0, 0, 0, 0, 0]}".utf8))
      #expect(try DiffWeights(file: MappedFile(path)) == nil)
    }
    // A whole one, but for the numbers of contexts.
    let whole = String(decoding: fitted.serialized(), as: UTF8.self)
    let start = try #require(whole.firstRange(of: "\"contexts\":["))
    let end = try #require(whole[start.upperBound...].firstIndex(of: "]"))
    let contexts = ["", "1, 2", "1, 2, -1"].map { whole[..<start.upperBound] + $0 + whole[end...] }
    for damaged in [
      "{\"endings\": {}, \"contexts\": [], \"recall\": []}",
      "{\"endings\": {}, \"contexts\": [], \"recall\": [], \"places\": [1, 2]}", "7",
      "{\"endings\": {}, \"contexts\": [], \"recall\": [], \"places\": [0,0,0,0,0,0,0,0,0]}",
    ] + contexts {
      try writeFileAtomically(path, Array(damaged.utf8))
      #expect(throws: Failure.self) { try DiffWeights(file: MappedFile(path)) }
    }
  }
}
