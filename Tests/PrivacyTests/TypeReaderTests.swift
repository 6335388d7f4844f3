import Lexing
import Privacy
import Testing

@Suite struct TypeReaderTests {
  private func sequences(
    _ text: String, _ unit: SequenceUnit, forgotten: ForgottenWords = ForgottenWords()
  ) throws -> [[String]] {
    let bytes = Array(text.utf8)
    var result: [[String]] = []
    try bytes.withUnsafeBytes { buffer in
      try TypeReader(forgotten: forgotten).forEachSequence(ofTokens: buffer, unit: unit) { types, _ in
        result.append(types.map { String(decoding: $0, as: UTF8.self) })
      }
    }
    return result
  }

  @Test func aLineIsASentence() throws {
    #expect(try sequences("a b\n\nc  d\te\r\nlast", .line) == [["a", "b"], [], ["c", "d", "e"], ["last"]])
    #expect(try sequences("a\n", .line) == [["a"]])
    #expect(try sequences("\n", .line) == [[]])
    #expect(try sequences("", .line) == [])
  }

  @Test func aDocumentIsOneSequence() throws {
    #expect(try sequences("a b\n\nc\n", .document) == [["a", "b", "c"]])
    #expect(try sequences("", .document) == [[]])
  }

  @Test func boundaryMarksAreNoTokens() throws {
    #expect(try sequences("<s> a </s> <unk> <su>\n", .line) == [["a", "<unk>", "<su>"]])
  }

  private static func forgotten(_ words: String...) -> ForgottenWords {
    var list = ForgottenList(salt: [1, 2])
    for word in words { list.forget(word: word) }
    return list.lastingWords
  }

  private func characters(_ text: String, _ words: ForgottenWords = ForgottenWords()) -> [String] {
    var result: [String] = []
    Array(text.utf8).withUnsafeBytes { text in
      TypeReader(forgotten: words).forEachCharacter(of: text, grammar: .plainText) {
        result.append(String(decoding: $0, as: UTF8.self))
      }
    }
    return result
  }

  @Test func whatIsWithheldIsOneType() throws {
    let words = Self.forgotten("walnut", "x-ray")
    let reader = TypeReader(forgotten: words)
    let types = reader.types(of: Array("a walnut, walnuts\n".utf8), grammar: .plainText)
    #expect(types.map { String(decoding: $0, as: UTF8.self) } == ["a", "\u{1A}", ",", "walnuts", "\n"])
    #expect(
      try sequences("a walnut x-ray\n", .line, forgotten: words) == [["a", "\u{1A}", "\u{1A}"]])
    #expect(characters("a walnut, x-ray", words) == ["a", " ", "\u{1A}", ",", " ", "\u{1A}"])
    #expect(characters("é\n") == ["é", "\n"])
    #expect(reader.isForgotten(Array("walnut".utf8)) && !reader.isForgotten(Array("walnuts".utf8)))
  }

  @Test func secretsAreWithheldHoweverTextIsSplit() throws {
    let secret = "wJalrXUtnFEMIqK7MDENGxbPxRfiCYzEXQMPLEKEY"
    #expect(try sequences("key = \(secret)\n", .line) == [["key", "=", "\u{1A}"]])
    try Array("key = \(secret)\n".utf8).withUnsafeBytes { text in
      try TypeReader(keepsSecretTokens: true).forEachSequence(ofTokens: text, unit: .line) { types, _ in
        #expect(types.last.map { String(decoding: $0, as: UTF8.self) } == secret)
      }
    }
    #expect(characters("b \(secret) c") == ["b", " ", "\u{1A}", " ", "c"])
    let types = TypeReader().types(of: Array("key = \(secret)".utf8), grammar: .plainText)
    #expect(types.last == Tokenization.redacted && types.count == 3)
  }
}
