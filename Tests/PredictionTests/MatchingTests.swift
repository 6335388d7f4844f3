import LanguageModeling
import Lexing
import Platform
import Testing

@testable import Prediction

/// How words agree with what is typed of them, and which items a list is made of.
@Suite struct MatchingTests {
  private func match(_ word: String, _ typed: String, allowsSlip: Bool = false) -> PrefixMatch? {
    Array(word.utf8).withUnsafeBytes {
      PrefixMatch.of($0, typed: TypedWord(Array(typed.utf8)), allowsSlip: allowsSlip)
    }
  }

  @Test(arguments: [
    ("gather", "gath", PrefixMatch.exact), ("gather", "Gath", .caseInsensitive),
    ("Gather", "gath", .caseInsensitive),
    ("собирать", "Соб", .caseInsensitive), ("système", "syste", .accents),
    ("syste\u{300}me", "systè", .accents),
    ("أحمد", "احم", .accents), ("don’t", "don't", .accents), ("getPanelVisibility", "gPV", .humps),
    ("getPanelVisibility", "gpv", .humps), ("get_panel_visibility", "gpv", .humps),
    ("_getPanel", "gp", .humps),
    ("HTTPClient", "hc", .humps), ("getPanelVisibility", "panel", .inner), ("word_count", "count", .inner),
  ])
  func wordsAgreeWithWhatIsTyped(word: String, typed: String, expected: PrefixMatch) {
    #expect(match(word, typed) == expected)
  }

  @Test(arguments: [
    ("gather", "gb"), ("getPanelVisibility", "gvp"), ("getPanelVisibility", "anel"), ("getPanel", "pa"),
    ("storage", "stoarge"), ("か", "が"),
  ])
  func otherWordsDoNot(word: String, typed: String) { #expect(match(word, typed) == nil) }

  @Test(arguments: [
    ("administration", "adminsi"), ("counter", "conuter"), ("counter", "couter"), ("counter", "counnt"),
  ])
  func oneSlipIsForgiven(word: String, typed: String) {
    #expect(match(word, typed) == nil)
    #expect(match(word, typed, allowsSlip: true) == .slip)
    // What the vocabulary is searched for has the word's beginning among it.
    #expect(Slip.variants(of: Array(typed.utf8)).contains { word.utf8.starts(with: $0) })
  }

  @Test(arguments: [
    ("adminxyz", "administration"), ("conuetr", "counter"), ("xounter", "counter"), ("con", "cno"),
  ])
  func twoAreNot(typed: String, word: String) { #expect(match(word, typed, allowsSlip: true) == nil) }

  /// The index finds exactly the words that a look at all of them finds.
  @Test func theIndexFindsWhatALookAtAllWordsFinds() {
    let words = [
      "Gather", "GATHER", "gather", "getPanel", "getPanelVisibility", "panelView", "Système", "système",
      "gpv", "_private",
      "HTTPClient", "Über", "über", "snake_case_name", "Straße",
    ]
    let vocabulary = Vocabulary(types: words.map { Array($0.utf8) })
    let index = NameIndex(vocabulary)
    func found(_ look: ((UInt32) -> Bool) -> Void) -> Set<String> {
      var found: Set<String> = []
      look {
        found.insert(vocabulary.string(of: TokenID(rawValue: $0)))
        return true
      }
      return found
    }
    #expect(found { index.forEachFolded(withPrefix: Array("gath".utf8), $0) } == ["Gather", "GATHER"])
    #expect(found { index.forEachFolded(withPrefix: Array("systeme".utf8), $0) } == ["Système", "système"])
    #expect(found { index.forEachFolded(withPrefix: Array("ub".utf8), $0) } == ["Über", "über"])
    #expect(
      found { index.forEachInitials(withPrefix: Array("gp".utf8), $0) } == ["getPanel", "getPanelVisibility"])
    #expect(
      found { index.forEachInner(withPrefix: Array("panel".utf8), $0) } == ["getPanel", "getPanelVisibility"])
    #expect(found { index.forEachInner(withPrefix: Array("name".utf8), $0) } == ["snake_case_name"])
    #expect(found { index.forEachFolded(withPrefix: Array("zz".utf8), $0) }.isEmpty)
  }

  /// Several threads make the same file as one: names of many blocks, with equal keys among them.
  @Test func threadsMakeTheSameIndex() {
    let words = (0..<30_000).map { "get\($0 % 7 == 0 ? "É" : "")Panel\($0 % 3 == 0 ? "_" : "")\($0 / 2)View" }
    let vocabulary = Vocabulary(types: words.map { Array($0.utf8) })
    let alone = NameIndexFile.content(for: vocabulary, digest: 1, threadCount: 1)
    #expect(alone.count > 1 << 20)
    #expect(NameIndexFile.content(for: vocabulary, digest: 1, threadCount: 3) == alone)
  }

  /// From a file, and whatever bytes that has, an index gives words of the vocabulary and ends.
  @Test func anIndexIsNotTrusted() throws {
    let words = (0..<300).map { "get\($0 % 7 == 0 ? "É" : "")Panel_\($0)View" }
    let vocabulary = Vocabulary(types: words.map { Array($0.utf8) })
    let content = NameIndexFile.content(for: vocabulary, digest: 0xABC, threadCount: 1)
    func found(_ index: NameIndex, _ prefix: String) -> [[UInt32]] {
      var found: [[UInt32]] = [[], [], []]
      index.forEachFolded(withPrefix: Array(prefix.utf8)) {
        found[0].append($0); return true
      }
      index.forEachInner(withPrefix: Array(prefix.utf8)) {
        found[1].append($0); return true
      }
      index.forEachInitials(withPrefix: Array(prefix.utf8)) {
        found[2].append($0); return true
      }
      return found
    }
    let made = NameIndex(vocabulary)
    let folder = try TemporaryFolder("inkling-names", in: "/tmp")
    let path = folder.path + "/" + NameIndexFile.name
    try writeFileAtomically(path, content)
    let file = try MappedFile(path)
    #expect(NameIndexFile(file, typeCount: 1, digest: "abc") == nil)
    #expect(NameIndexFile(file, typeCount: vocabulary.count, digest: "abd") == nil)
    let mapped = NameIndex(
      try #require(NameIndexFile(file, typeCount: vocabulary.count, digest: "0000000000000abc")))
    for prefix in ["ge", "getp", "panel_1", "gp", "view", "12"] {
      #expect(found(mapped, prefix) == found(made, prefix))
    }
    #expect(found(made, "panel_1")[1].count > 90)
    var random = SplitMix64(seed: 9)
    for _ in 0..<300 {
      var damaged = content
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        damaged[Int.random(in: 64..<damaged.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      let index = NameIndex(NameIndexFile(damaged))
      for prefix in ["g", "getpanel_", "gp", "view"] {
        #expect(found(index, prefix).joined().allSatisfy { $0 < vocabulary.count })
      }
    }
  }

  @Test func wordsAreCasedAsThePlaceWants() {
    func cased(_ word: String, _ typed: String, beginsSentence: Bool = false) -> String {
      Casing(typed: TypedWord(Array(typed.utf8)), beginsSentence: beginsSentence).applied(to: word)
    }
    #expect(cased("gather", "Ga") == "Gather")
    #expect(cased("gather", "GA") == "GATHER")
    #expect(cased("gather", "ga") == "gather")
    #expect(cased("gather", "", beginsSentence: true) == "Gather")
    #expect(cased("собирать", "Со") == "Собирать")
    #expect(cased("iPhone", "I") == "iPhone")
  }

  // MARK: Lists

  private func item(_ text: String, _ probability: Double, isKept: Bool = false, isPiece: Bool = false)
    -> ListChoice.Item
  {
    ListChoice.Item(
      Completion(
        text: text, insertedText: text, replacedBytes: 0..<0, probability: probability, source: .document,
        match: .exact),
      typedCount: 0, isKept: isKept, isPiece: isPiece)
  }

  @Test func whatSavesMostIsChosen() {
    let words = [item("of", 0.4), item("for", 0.1), item("administration", 0.1), item("an", 0.1)]
    let pieces = [item("of the", 0.3, isPiece: true), item("for a", 0.001, isPiece: true)]
    let chosen = ListChoice(words + pieces, typedCount: 0).chosen(limit: 3, pieceLimit: 2).map(\.text)
    #expect(chosen == ["of", "of the", "administration"])
    #expect(ListChoice(words + pieces, typedCount: 0).chosen(limit: 3, pieceLimit: 0).count == 3)
  }

  @Test func theTypedWordStaysFirst() {
    let list = ListChoice([item("count", 0.2, isKept: true), item("counter", 0.7)], typedCount: 5)
      .chosen(limit: 2, pieceLimit: 1)
    #expect(list.map(\.text) == ["count", "counter"])
  }

  /// Where nobody knows the ending, what the endings have in common is offered behind the words.
  @Test func stemsAreOffered() throws {
    let words = [item("серверами", 0.3), item("сервера", 0.3), item("серверов", 0.3), item("и", 0.1)]
    let list = ListChoice(words, typedCount: 0).chosen(limit: 5, pieceLimit: 1)
    let stem = try #require(list.first { $0.text == "сервер" })
    #expect(abs(stem.probability - 0.9) < 1e-9)
    #expect(list.first?.text != "сервер")
  }

  @Test func phrasesAreOffered() {
    let text = String(repeating: "the quick brown fox jumps over it\n", count: 6) + "then the qu|"
    let (predictor, caret) = fixture(text)
    let items = predictor.completions(at: caret, limit: 5).items
    #expect(items.first?.text == "quick" || items.first?.text.hasPrefix("quick brown") == true)
    #expect(items.contains { $0.text.hasPrefix("quick brown") && $0.insertedText == $0.text })
  }

  /// Words of scripts without spaces come whole, and without spaces.
  @Test func charactersComeAsWords() {
    let text = String(repeating: "データベースを使う。ネットワークを使う。\n", count: 8) + "新しいデ|"
    let (predictor, caret) = fixture(text)
    let items = predictor.completions(at: caret, limit: 5).items
    #expect(items.contains { $0.insertedText.hasPrefix("ータベース") })
    #expect(items.allSatisfy { !$0.insertedText.contains(" ") })
  }

  @Test func aSigilIsTypedOfAName() {
    var definition = GrammarDefinition()
    definition.isProse = true
    definition.identifiers.sigils = ["\\"]
    let text = "\\begin list\n\\item one\n\\item two\n\\item three\n\\end list\n\\|"
    let (predictor, caret) = fixture(text, grammar: Grammar(definition))
    let items = predictor.completions(at: caret, limit: 5).items
    #expect(items.contains { $0.text == "\\item" })
    #expect(items.allSatisfy { $0.replacedBytes == caret - 1..<caret })
  }
}

@Suite struct WordSignatureTests {
  /// What agrees with what is typed is never passed over for how it begins or what it lacks.
  @Test func passOverNothingThatAgrees() {
    let words = [
      "getPanelVisibility", "panel", "_private", "__init__", "HTTPClient", "snake_case_name", "$hash",
      "--color", "\\alpha",
      "Système", "x1", "a", "Ünder", "getURL2Path", "don't", String(repeating: "aB", count: 90),
    ]
    for word in words {
      let bytes = Array(word.utf8)
      let own = bytes.withUnsafeBytes { WordSignature(of: $0) }
      var typings =
        (1...min(bytes.count, 5)).map { Array(bytes[..<$0]) }
        + ["gpv", "vis", "cli", "cas", "pan"].map { Array($0.utf8) }
      typings += typings.map { Array(String(decoding: $0, as: UTF8.self).uppercased().utf8) }
      for typing in typings {
        let typed = TypedWord(typing)
        for allowsSlip in [false, true]
        where bytes.withUnsafeBytes({
          PrefixMatch.of($0, typed: typed, allowsSlip: allowsSlip) != nil
        }) {
          #expect(
            own.mayAgree(with: typed.signature, allowsSlip: allowsSlip),
            "\(word) \(String(decoding: typing, as: UTF8.self))")
        }
      }
    }
    let panel = Array("panel".utf8).withUnsafeBytes { WordSignature(of: $0) }
    #expect(!panel.mayAgree(with: TypedWord(Array("x".utf8)).signature, allowsSlip: true))
    let paint = TypedWord(Array("pait".utf8)).signature
    #expect(!panel.mayAgree(with: paint, allowsSlip: false))
    #expect(panel.mayAgree(with: paint, allowsSlip: true))
  }

  /// Pieces that were found at earlier keys are those that a fresh document finds.
  @Test func piecesAreThoseOfAFreshDocument() throws {
    let line = "the printer stores the document when their time comes\n"
    let text = Array(String(repeating: line, count: 30).utf8)
    let document = DocumentPredictor(text: text, grammar: .plainText, model: nil)
    document.index(maximumTokenCount: .max)
    for (count, letter) in Array("the pri".utf8).enumerated() {
      _ = document.replace(text.count + count..<text.count + count, with: [letter])
      let now = text + Array("the pri".utf8.prefix(count + 1))
      let fresh = DocumentPredictor(text: now, grammar: .plainText, model: nil)
      fresh.index(maximumTokenCount: .max)
      let (old, new) = (document.completions(at: now.count), fresh.completions(at: now.count))
      #expect(old.items.map(\.insertedText) == new.items.map(\.insertedText))
      #expect(zip(old.items, new.items).allSatisfy { abs($0.probability - $1.probability) < 1e-3 })
    }
  }
}
