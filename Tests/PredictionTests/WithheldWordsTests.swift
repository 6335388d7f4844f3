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
