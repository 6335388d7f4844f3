import Platform
import Testing

@testable import Lexing

/// After any edits the tokens are those of the whole text lexed afresh.
@Suite struct RelexingTests {
  /// Pieces that change the meaning of everything behind them, and others that break characters apart.
  static let pieces: [[UInt8]] =
    [
      "/*", "*/", "//", "\"", "'", "\"\"\"", "'''", "`", "\n", "\r\n", "\r", "#", "##\"", "\"##", "#\"", "\\",
      "\\(",
      ")", "(", "{", "}", "${", "#{", "$(", "\t", "    ", "  ", "\n    ", "\n\t\tif x:\n", "abc", "x", " ",
      "0x1F",
      "1.5e-3", "1..2", ".", "...", "->", "<<EOF\n", "\nEOF\n", "<<~TEXT\n", "TEXT", "R\"tag(", ")tag\"",
      "r#\"",
      "\"#", "--[==[", "]==]", "[[", "]]", "é", "日本", "한 글", "한", "👩‍👩‍👧", "🇫🇷🇩🇪", "1️⃣", "\u{301}", "don't",
      "well-known", "’",
      "<!--", "-->", "```", "\n```\n", "<a href=\"", ">", "%", "$", "$$", "{-", "-}", "=begin\n", "\n=end\n",
      "@x",
      "f\"a{b}\"", "{{", "/re/", " / ", "'a'", "'\\u{1F600}'", "struct", "return", "\u{FEFF}", "\u{200D}",
    ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x80], [0x80], [0x00], [0xF0, 0x9F]]

  static func randomText(_ generator: inout SplitMix64, pieces count: Int) -> [UInt8] {
    (0..<count).flatMap { _ in Self.pieces.randomElement(using: &generator) ?? [] }
  }

  @Test(arguments: library.entries.map(\.languageID))
  func editedEqualsFresh(_ languageID: String) throws {
    let grammar = try grammar(languageID)
    for seed in 0..<4 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      var text = Self.randomText(&generator, pieces: seed % 2 == 0 ? 20 : 300)
      var document = LexedDocument(text: text, grammar: grammar)
      var tokens = document.tokens
      for step in 0..<40 {
        let start = Int.random(in: 0...text.count, using: &generator)
        let longest = Int.random(in: 0..<10, using: &generator) == 0 ? 400 : 6
        let end = min(text.count, start + Int.random(in: 0...longest, using: &generator))
        let inserted = Self.randomText(&generator, pieces: Int.random(in: 0...2, using: &generator))
        text.replaceSubrange(start..<end, with: inserted)
        let change = document.replace(start..<end, with: inserted)
        let fresh = Lexer(grammar).tokens(of: text)
        try #require(document.bytes == text)
        try #require(document.tokens == fresh, "\(languageID) seed \(seed) step \(step)")
        // What is outside the change is as it was.
        let shift = inserted.count - (end - start)
        try #require(fresh[..<change.inserted.lowerBound] == tokens[..<change.removed.lowerBound])
        let moved = tokens[change.removed.upperBound...].map { token in
          var token = token
          token.byteOffset += shift
          return token
        }
        try #require(Array(fresh[change.inserted.upperBound...]) == moved)
        tokens = fresh
      }
    }
  }

  /// Every byte is in one token or in white space between tokens.
  @Test(arguments: library.entries.map(\.languageID))
  func gapsAreWhiteSpace(_ languageID: String) throws {
    let grammar = try grammar(languageID)
    for seed in 100..<110 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      var text = Self.randomText(&generator, pieces: 200)
      text += (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) }
      var end = 0
      for token in Lexer(grammar).tokens(of: text) {
        try #require(token.byteOffset >= end && (token.byteCount > 0 || token.kind == .dedent))
        try #require(isWhiteSpace(text[end..<token.byteOffset]))
        end = token.endOffset
      }
      try #require(isWhiteSpace(text[end...]))
    }
  }

  private func isWhiteSpace(_ bytes: ArraySlice<UInt8>) -> Bool {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.allSatisfy {
      $0.properties.isWhitespace && $0 != "\n" && $0 != "\r" || $0 == "\u{FEFF}" || $0 == "\u{200B}"
    }
  }

  @Test func editIsSmall() throws {
    let line = "let value = compute(first, second) // a comment of some words\n"
    let text = Array(String(repeating: line, count: 2000).utf8)
    var document = LexedDocument(text: text, grammar: try grammar("swift"))
    let typed = document.replace(61_000..<61_000, with: Array("x".utf8))
    #expect(typed.removed.count <= 2 && typed.inserted.count <= 2)
    // Opening a comment changes all tokens behind it, closing it gives them back.
    let opened = document.replace(0..<0, with: Array("/*".utf8))
    #expect(opened.removed.upperBound == opened.removed.lowerBound + opened.removed.count)
    #expect(opened.inserted.count > 10_000)
    document.replace(0..<2, with: [])
    #expect(document.tokens == Lexer(try grammar("swift")).tokens(of: document.bytes))
  }
}
