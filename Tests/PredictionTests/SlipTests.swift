import LanguageModeling
import Lexing
import NGrams
import Platform
import Testing

@testable import Prediction

/// Sentences of a small language with few words, the same for each seed.
private func sentences(_ count: Int, seed: UInt64) -> String {
  var random = SplitMix64(seed: seed)
  let subjects = ["the reader", "the writer", "the printer", "the server"]
  let verbs = ["opens", "closes", "stores", "deletes"]
  let objects = ["the document", "the storage", "the message", "the connection"]
  let ends = ["before the session ends", "when their time comes", "if the machine is there", "after that"]
  func pick(_ words: [String]) -> String { words[Int(random.next() % UInt64(words.count))] }
  return (0..<count).map { _ in
    "\(pick(subjects)) \(pick(verbs)) \(pick(objects)) \(pick(ends)).\n"
  }.joined()
}

/// A model of such sentences, or of any text.
func makeSlipModel(of texts: [String], grammar: Grammar = .plainText) throws -> Model {
  var options = EstimationOptions()
  options.order = 4
  let estimator = try NGramEstimator(options)
  var counter = estimator.makeCorpus()
  for text in texts {
    let lexed = LexedDocument(text: Array(text.utf8), grammar: grammar)
    for token in lexed.tokens {
      try counter.append(type: token.kind == .lineEnd ? [0x0A] : lexed.bytes(of: token))
    }
    try counter.endSequence()
  }
  let estimated = try estimator.estimate(counter)
  let path = "/tmp/inkling-slip-tests-\(getpid())-\(UInt64.random(in: 0 ... .max)).bin"
  _ = try NGramModelWriter.write(estimated.table, to: path)
  defer { unlink(path) }
  return Model(
    vocabulary: estimated.vocabulary, ngrams: try NGramModel(path: path), discounts: estimated.discounts)
}

@Suite struct SlipTests {
  private static let model = try! makeSlipModel(of: (0..<6).map { sentences(150, seed: UInt64($0)) })

  private func slips(_ text: String, model: Model? = SlipTests.model, grammar: Grammar = .plainText)
    -> [DetectedSlip]
  {
    let document = DocumentPredictor(text: Array(text.utf8), grammar: grammar, model: model)
    return document.slips(in: 0..<text.utf8.count)
  }

  /// Plants a slip in the midst of clean text and checks that it is the likeliest of all, and how it is put right.
  private func check(
    _ kind: DetectedSlip.Kind, _ slip: String, _ meant: String, model: Model? = SlipTests.model,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let (before, behind) = (sentences(20, seed: 71), sentences(20, seed: 72))
    let text = before + slip + "\n" + behind
    let found = slips(text, model: model).max { $0.logOdds < $1.logOdds }
    guard let found else {
      Issue.record("nothing found", sourceLocation: sourceLocation)
      return
    }
    #expect(found.kind == kind, sourceLocation: sourceLocation)
    #expect(applied(found, to: text) == before + meant + "\n" + behind, sourceLocation: sourceLocation)
  }

  private func applied(_ slip: DetectedSlip, to text: String) -> String {
    var bytes = Array(text.utf8)
    bytes.replaceSubrange(slip.byteRange, with: slip.corrections[0].text.utf8)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func findsWordsThatAreNone() {
    check(.newWord, "the reader opens the stoarge after that.", "the reader opens the storage after that.")
    check(.newWord, "the reader opens the documnt after that.", "the reader opens the document after that.")
    check(.newWord, "the reader opens the messsage after that.", "the reader opens the message after that.")
    check(
      .newWord, "the printer delwtes the storage after that.", "the printer deletes the storage after that.")
  }

  /// What the language has is less of a slip where the model has never seen it than what nobody writes.
  @Test func trustsWordsOfTheLanguage() {
    func logOdds(_ written: String) -> Double {
      let text =
        sentences(20, seed: 71) + "the reader opens the \(written) after that.\n" + sentences(20, seed: 72)
      return slips(text).map(\.logOdds).max() ?? -99
    }
    #expect(logOdds("massage") < logOdds("messsage") - 2)
    #expect(logOdds("connections") < logOdds("connecton") - 2)
  }

  /// What was meant may be a word that no text has.
  @Test func suggestsWordsOfTheLanguage() {
    check(
      .newWord, "the reader opens the wardrbe after that.", "the reader opens the wardrobe after that.")
    check(.newWord, "the reader opens the Wardrboe after that.", "the reader opens the Wardrobe after that.")
  }

  @Test func findsWordsThatStandTwice() {
    check(
      .doubledWord, "the reader opens the the storage after that.", "the reader opens the storage after that."
    )
  }

  @Test func findsWordsThatStandTwiceOverTheEndOfALine() {
    check(
      .doubledWord, "the reader opens the\nthe storage after that.",
      "the reader opens the storage after that.")
    check(
      .doubledWord, "the reader opens the\n    the storage after that.",
      "the reader opens the\n    storage after that.")
  }

  /// Columns and lists are no sentences.
  @Test func leavesAloneWhatStandsInColumns() {
    for written in [
      "the   the storage", "the\t the storage", "storage\nstorage", "storage\n- storage",
      "the\n# the storage", "the\n- the storage",
    ] {
      let text = sentences(20, seed: 71) + "the reader opens " + written + " after that.\n"
      #expect(!slips(text).contains { $0.kind == .doubledWord }, "\(written)")
    }
  }

  /// The log-odds of the likeliest slip of a kind in text that the model was trained on.
  private func learnedLogOdds(_ kind: DetectedSlip.Kind, _ written: String) throws -> Double {
    let text = sentences(20, seed: 71) + "the reader opens \(written) after that.\n" + sentences(20, seed: 72)
    let model = try makeSlipModel(of: (0..<6).map { sentences(150, seed: UInt64($0)) } + [text])
    return slips(text, model: model).filter { $0.kind == kind }.map(\.logOdds).max() ?? -99
  }

  /// In text that was kept, patterns and pieces of names that stand twice are there because somebody wanted them.
  @Test func trustsWhatStandsTwiceInTextThatWasLearned() throws {
    let slip = try learnedLogOdds(.doubledWord, "the the storage")
    #expect(slip > -3)
    for written in [
      "storage storage storage", "the the storage storage", "the the.txt storage", "a-the the storage",
      "the the_storage", "a_the the storage",
    ] {
      #expect(try learnedLogOdds(.doubledWord, written) < slip - 2, "\(written)")
    }
  }

  /// Pieces of names and what options are given are no sentences, whether somebody kept them or types them; what stands twice in a
  /// path is less of a slip.
  @Test func leavesAloneWhatStandsTwiceInNames() {
    func logOdds(_ written: String) -> Double {
      let text =
        sentences(20, seed: 71) + "the reader opens \(written) after that.\n" + sentences(20, seed: 72)
      return slips(text).filter { $0.kind == .doubledWord }.map(\.logOdds).max() ?? -99
    }
    let slip = logOdds("the storage storage")
    for written in [
      "the the storage", "the storage storage", "use `foo' when the the storage", "it--the the storage",
      "**the the** storage", "|storage storage|",
    ] {
      #expect(logOdds(written) > -3, "\(written)")
    }
    for written in [
      "a.storage storage.the", ":storage storage:`the`", "a.storage storage", "the/storage storage",
      "the /storage storage/the", "the storage storage/the", "the@storage storage",
      "the storage storage.storage",
    ] {
      #expect((-6..<slip - 2).contains(logOdds(written)), "\(written)")
    }
    for written in ["THE THE_storage", "V V:the"] { #expect(logOdds(written) > -6, "\(written)") }
    for written in [
      "the the.txt", "the storage storage.tar.gz", "it -t storage storage", "set_the the",
      "it --storage storage",
      "storage storage-the", "the the_storage",
    ] {
      #expect(logOdds(written) == -99, "\(written)")
    }
  }

  /// "The `node node` of a declaration": what is named in marks of its own was kept so on purpose.
  @Test func trustsPairsThatAreNamed() throws {
    let slip = try learnedLogOdds(.doubledWord, "the the storage")
    for written in ["\"the the\" storage", "`the the` storage", "`opens the the storage`"] {
      #expect(try learnedLogOdds(.doubledWord, written) < slip - 2, "\(written)")
    }
  }

  /// A word of a path or an option, and one in capitals, is less of a slip than one in a sentence.
  @Test func pathsAndAbbreviationsAreNotAsLikelySlipsAsWords() {
    func logOdds(_ written: String) -> Double {
      let text =
        sentences(20, seed: 71) + "the reader opens the \(written) after that.\n" + sentences(20, seed: 72)
      return slips(text).filter { slipText($0, text).lowercased() == "stoarge" }.map(\.logOdds).max() ?? -99
    }
    let slip = logOdds("stoarge")
    #expect(logOdds("STOARGE") < slip - 1)
    for written in ["/stoarge/x", "--stoarge", "|stoarge|", "stoarge(3)"] {
      #expect((-20..<slip - 1).contains(logOdds(written)), "\(written)")
    }
    // Marks of emphasis are none of a name, nor is a cell of several words.
    for written in [
      "**stoarge.**", "_stoarge,_", "(stoarge)", "\"stoarge\"", "stoarge!", "|stoarge is|", "|a stoarge|",
    ] {
      #expect(logOdds(written) > slip - 2, "\(written)")
    }
  }

  /// Names that a year stands behind are cited, and what has capitals before an `s` is several of an abbreviation.
  @Test func namesThatAreCitedAreNotAsLikelySlipsAsWords() {
    func logOdds(_ written: String, _ name: String) -> Double {
      let text =
        sentences(20, seed: 71) + "the reader opens the \(written) after that.\n" + sentences(20, seed: 72)
      return slips(text).filter { slipText($0, text) == name }.map(\.logOdds).max() ?? -99
    }
    for written in ["Stoarge and Moore 1977", "Stoarge, Good (1977)", "Stoarge et al. 1977"] {
      #expect(logOdds(written, "Stoarge") < logOdds("Stoarge", "Stoarge") - 2, "\(written)")
      #expect(logOdds(written, "Stoarge") > -20)
    }
    // `Febuary 2020`
    #expect(logOdds("Stoarge 1977", "Stoarge") > logOdds("Stoarge, Good 1977", "Stoarge") + 1)
  }

  /// What is spoken of beside its counterpart is not taken for it.
  @Test func neverSuggestsWhatStandsBesideAWord() {
    func isSaid(_ end: String) -> Bool {
      let text =
        sentences(20, seed: 71) + "the writer closes the message if the machine is \(end).\n"
        + sentences(20, seed: 72)
      return slips(text).contains {
        slipText($0, text) == "their" && $0.corrections.contains { $0.text == "there" }
      }
    }
    #expect(isSaid("their"))
    #expect(!isSaid("their there"))
  }

  @Test func aPartOfAnAddressThatWasLearnedIsNotAsLikelyASlipAsAWord() throws {
    let free = try learnedLogOdds(.newWord, "the stoarge")
    #expect(free > -3)
    for written in ["the/stoarge", "the stoarge.txt", "--stoarge", "a@stoarge", "the stoarge(3)"] {
      #expect(try learnedLogOdds(.newWord, written) < free - 2, "\(written)")
    }
  }

  @Test func findsWordsInTheWrongOrder() {
    check(
      .swappedWords, "the server stores message the after that.", "the server stores the message after that.")
  }

  @Test func findsOneWordForAnother() {
    check(
      .confusion, "the writer closes the message when there time comes.",
      "the writer closes the message when their time comes.")
    check(
      .confusion, "the writer closes the message if the machine is their.",
      "the writer closes the message if the machine is there.")
  }

  @Test func findsWordsThatAreMissing() {
    check(
      .missingWord, "the writer closes message after that.", "the writer closes the message after that.")
  }

  @Test func marksNothingInTextThatRepeatsItself() {
    #expect(slips(sentences(200, seed: 9)).filter { $0.logOdds > 0 }.isEmpty)
    let same = String(
      repeating: "the same line comes again and again, and nothing is wrong with it.\n", count: 60)
    #expect(slips(same, model: nil).filter { $0.logOdds > 0 }.isEmpty)
  }

  @Test func caseAndDigitsAreNoSlips() {
    let clean = sentences(30, seed: 5)
    for written in [
      "The reader", "THE READER", "the Reader", "the reader7", "the reader 7", "the reader 1984",
    ] {
      let text = clean + written + " opens the storage after that.\n"
      let lower = written.lowercased()
      for slip in slips(text) where slip.byteRange.lowerBound >= clean.utf8.count {
        for correction in slip.corrections {
          #expect(correction.text.lowercased() != lower)
          #expect(correction.text.filter(\.isNumber) == slipText(slip, text).filter(\.isNumber))
        }
      }
    }
    for number in ["1983", "1985", "42"] {
      let text = clean + "the reader opens the storage \(number) after that.\n" + clean
      #expect(!slips(text).contains { slipText($0, text) == number })
    }
  }

  private func slipText(_ slip: DetectedSlip, _ text: String) -> String {
    String(decoding: Array(text.utf8)[slip.byteRange], as: UTF8.self)
  }

  @Test func aNewWordThatComesTwiceIsAName() {
    let once = sentences(20, seed: 4) + "the reader opens the stoarge after that.\n" + sentences(20, seed: 6)
    let twice = once + "the server closes the stoarge after that.\n"
    #expect(slips(once).contains { $0.kind == .newWord })
    #expect(!slips(twice).contains { $0.kind == .newWord })
    // In a file nearby it is one too.
    let neighbours = NeighbourCache(model: Self.model)
    neighbours.add(key: "other", text: Array("the stoarge".utf8), grammar: .plainText)
    let document = DocumentPredictor(
      text: Array(once.utf8), grammar: .plainText, model: Self.model, neighbours: neighbours)
    #expect(!document.slips(in: 0..<once.utf8.count).contains { $0.kind == .newWord })
  }

  /// A slip that the model was trained on is not its own evidence.
  @Test func findsSlipsThatWereLearned() throws {
    for (slip, meant) in [
      ("the reader opens the documnet after that.", "the reader opens the document after that."),
      ("the reader opens the the document after that.", "the reader opens the document after that."),
      ("the server deletes storage the after that.", "the server deletes the storage after that."),
    ] {
      let text = sentences(20, seed: 81) + slip + "\n" + sentences(20, seed: 82)
      let model = try makeSlipModel(of: (0..<6).map { sentences(150, seed: UInt64($0)) } + [text])
      let found = try #require(slips(text, model: model).max { $0.logOdds < $1.logOdds }, "\(slip)")
      #expect(applied(found, to: text).contains(meant), "\(slip)")
      // And no other is as likely as in a text that was not learned.
      let others = slips(text, model: model).filter { $0 != found }
      #expect(others.allSatisfy { $0.logOdds < found.logOdds - 1 }, "\(slip)")
    }
  }

  @Test func editedTextHasTheSlipsOfTextThatWasOpenedSo() {
    var random = SplitMix64(seed: 31)
    var text = Array(sentences(60, seed: 8).utf8)
    let document = DocumentPredictor(text: text, grammar: .plainText, model: Self.model)
    let fragments = ["x", " the", "storag", "their ", "", "\n", "opens the the", "é"]
    for _ in 0..<25 {
      let lower = Int(random.next() % UInt64(text.count + 1))
      let upper = min(text.count, lower + Int(random.next() % 6))
      let new = Array(fragments[Int(random.next() % UInt64(fragments.count))].utf8)
      text.replaceSubrange(lower..<upper, with: new)
      document.replace(lower..<upper, with: new)
      let fresh = DocumentPredictor(text: text, grammar: .plainText, model: Self.model)
      let all = fresh.slips(in: 0..<text.count)
      #expect(document.slips(in: 0..<text.count) == all)
      // A part of the text has those of the whole that touch it.
      let part = lower..<min(text.count, lower + 300)
      #expect(
        document.slips(in: part)
          == all.filter {
            $0.byteRange.upperBound >= part.lowerBound && $0.byteRange.lowerBound <= part.upperBound
          })
    }
  }

  /// Whoever waits for an answer has the look given up; the next one finds all.
  @Test func isGivenUpWhereSomebodyWaits() {
    let text = sentences(60, seed: 8) + "The storag is full of the the apples.\n"
    let document = DocumentPredictor(text: Array(text.utf8), grammar: .plainText, model: Self.model)
    let all = document.slips(in: 0..<text.utf8.count)
    var left = 10
    let found = document.slips(in: 0..<text.utf8.count, maximumStepCount: .max) {
      left -= 1
      return left >= 0
    }
    #expect(found == nil && left == -1)
    #expect(!all.isEmpty && document.slips(in: 0..<text.utf8.count, maximumStepCount: .max) == all)
  }

  @Test func findsSlipsOfCode() throws {
    let lines = (0..<160).map { number in
      [
        "let size = measure(width, height)\n", "return size == limit\n",
        "if count + size == limit { return total }\n",
        "let total = combine(first, second)\n",
      ][number * 7 % 4]
    }.joined()
    let model = try makeSlipModel(of: [lines, lines], grammar: testGrammar)
    func likeliest(_ line: String) -> (kind: DetectedSlip.Kind, text: String)? {
      let text = lines + line + lines
      let found = slips(text, model: model, grammar: testGrammar).max { $0.logOdds < $1.logOdds }
      guard let found else { return nil }
      let whole = applied(found, to: text)
      return (found.kind, String(whole.dropFirst(lines.count).dropLast(lines.count)))
    }
    let swapped = likeliest("let size = measure(height, width)\n")
    #expect(swapped?.kind == .swappedArguments && swapped?.text == "let size = measure(width, height)\n")
    let typo = likeliest("let size = measrue(width, height)\n")
    #expect(typo?.kind == .newWord && typo?.text == "let size = measure(width, height)\n")
    let keyword = likeliest("if count + size == limit { total }\n")
    #expect(keyword?.kind == .missingToken && keyword?.text == "if count + size == limit { return total }\n")
  }

  @Test func anyBytesAreNoTrouble() {
    var random = SplitMix64(seed: 17)
    for length in [0, 1, 2, 3, 7, 40, 300] {
      for _ in 0..<20 {
        let text = (0..<length).map { _ in
          random.next() % 3 == 0
            ? UInt8(truncatingIfNeeded: random.next())
            : Array("the storage (, \n".utf8)[Int(random.next() % 15)]
        }
        let document = DocumentPredictor(text: text, grammar: .plainText, model: Self.model)
        for slip in document.slips(in: 0..<text.count) {
          #expect(slip.byteRange.upperBound <= text.count && !slip.corrections.isEmpty)
          #expect(slip.corrections.count <= 3)
        }
        _ = document.slips(in: 5..<5)
        _ = document.slips(in: -3..<10_000)
      }
    }
  }
}
