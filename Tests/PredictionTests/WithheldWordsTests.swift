import Lexing
import Testing

@testable import Prediction

/// Words that are not offered, whoever wrote them.
@Suite struct WithheldWordsTests {
  /// The secrets' words are in one line, and asked for in another.
  @Test(arguments: [
    ("my password is kangaroo wallaby quokka\n", ["kang", "wall", "quok"]),
    ("DB_PASSWORD: kangaroo\n", ["kang"]),
    ("password = \"kangaroo wallaby quokka\"\n", ["kang", "wall", "quok"]),
    ("curl -u ann:kangaroo7 https://example.com\n", ["kang"]),
    ("<password>kangaroo7</password>\n", ["kang"]),
  ])
  func doesNotOfferSecrets(line: String, beginnings: [String]) {
    for beginning in beginnings {
      check(line + line + beginning + "|", [], grammar: testGrammar)
      let (predictor, caret) = fixture(line + beginning + "|")
      #expect(predictor.completions(at: caret, limit: 5).items.isEmpty)
    }
  }

  /// While it is typed, a value is redacted as far as it goes.
  @Test func doesNotOfferWhatIsBeingTyped() {
    let text = "kang \npassword: "
    let predictor = DocumentPredictor(text: Array(text.utf8), grammar: testGrammar, model: nil)
    var end = text.utf8.count
    for letter in "kangaroo7 wallaby!".utf8 {
      _ = predictor.replace(end..<end, with: [letter])
      end += 1
      guard end > text.utf8.count + 4 else { continue }
      #expect(!predictor.completions(at: 4, limit: 5).items.contains { $0.text.hasPrefix("kanga") })
    }
  }

  /// Values on the line behind their name are withheld, and an edit of either line, or between them, changes that.
  @Test func withholdsWhatTheLineBeforeNames() {
    let word = "kangaroo"
    func isWithheld(_ predictor: DocumentPredictor) -> Bool {
      !predictor.completions(at: predictor.bytes.count, limit: 5).items.contains { $0.text == word }
    }
    let predictor = DocumentPredictor(
      text: Array("- name: DB_PASSWORD\n  value: \(word)\n\nkang".utf8), grammar: testGrammar, model: nil)
    #expect(isWithheld(predictor))
    let edits: [(Range<Int>, String, Bool)] = [
      (11..<19, "HOSTNAME", false), (11..<19, "PASSWORD", true), (20..<20, "\n", false),
      (20..<21, "", true), (19..<19, "x", false), (19..<20, "", true), (22..<27, "what", false),
      (22..<26, "value", true),
    ]
    for (range, new, expected) in edits {
      _ = predictor.replace(range, with: Array(new.utf8))
      #expect(isWithheld(predictor) == expected, "\(String(decoding: predictor.bytes, as: UTF8.self))")
    }
  }

  /// After edits of all kinds the same tokens are withheld as in a document opened afresh.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func editsWithholdWhatOpeningAfreshDoes(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let pieces = [
      "- name: DB_PASSWORD", "  value: kangaroo", "  value: x7kQ9", "password: |", "  hunter2", "password:",
      "password =", "\"hunter2\"", "<key>password</key>", "<string>wallaby</string>", "login ann",
      "password quokka", "sshpass -p \\", "--password \\", "secret", "\n", "\n", "\n", "\n", "\r\n", "\r\n",
      "\r", " ", "x", "let x = 1", "\"", "Passwort:", "Kurt7raus", "пароль:", "name: token",
    ]
    func piece() -> String { pieces[Int(random.next() % UInt64(pieces.count))] }
    var text = Array((0..<40).map { _ in piece() }.joined().utf8)
    var edited = DocumentState(text: text)
    for _ in 0..<60 {
      let lower = Int(random.next() % UInt64(text.count + 1))
      let upper = min(text.count, lower + Int(random.next() % 10))
      let new = random.next() % 3 == 0 ? [] : Array(piece().utf8)
      text.replaceSubrange(lower..<upper, with: new)
      _ = edited.replace(lower..<upper, with: new)
      let fresh = DocumentState(text: text)
      #expect(edited.withheldTokens == fresh.withheldTokens, "\(String(decoding: text, as: UTF8.self))")
    }
  }

  @Test(arguments: [
    "user\u{202E}resu", "user\u{2066}Name", "user\u{200B}Name", "user\u{FEFF}Name", "userName\u{200F}",
    "user\u{E0041}",
    "user\u{200D}Name", "user\u{61C}", "user\u{2062}x", "\u{AD}user", "日本\u{202D}語", "user\u{3164}",
  ])
  func withholdsInvisibleControls(word: String) {
    #expect(Array(word.utf8).withUnsafeBytes { InvisibleControls.areHeld(by: $0) })
    #expect(!Array(word.utf8).withUnsafeBytes { OfferedWords.isOffered($0) })
  }

  @Test(arguments: [
    "می\u{200C}خواهم", "क्\u{200D}ष", "👩\u{200D}👩\u{200D}👧", "Donau\u{AD}dampfschiff", "naïve", "日本語",
    "🏴\u{E0067}\u{E0062}\u{E007F}",
    "plain", "שלום",
  ])
  func keepsJoinersOfScripts(word: String) {
    #expect(Array(word.utf8).withUnsafeBytes { OfferedWords.isOffered($0) })
  }
}

extension DocumentState {
  fileprivate init(text: [UInt8]) {
    self.init(text: text, grammar: testGrammar, model: nil, neighbours: nil)
  }

  /// Which tokens are redacted.
  fileprivate var withheldTokens: [Bool] {
    (0..<sequence.count).map { lexicon.bytes(of: sequence.id(at: $0)) == Tokenization.redacted }
  }
}
