import Lexing
import Testing

@testable import Prediction

/// Slips of names, operators and keywords.
@Suite struct SlipCodeTests {
  private static let grammar: Grammar = {
    var definition = GrammarDefinition()
    definition.languageID = "test"
    definition.keywords = ["let", "return", "if", "else", "while"]
    definition.operators = ["(", ")", ",", ":", "=", "==", "!="]
    return Grammar(definition)
  }()

  private static let lines = (0..<160).map { number in
    [
      "let size = measure(width, height)\n", "if size == limit:\n  return total\nelse:\n  return size\n",
      "let total = combine(get, set)\n", "let get = limits\n", "let set = limits\n",
      "while size != height:\n  return width\n",
    ][number * 7 % 6]
  }.joined()

  /// What is said of a line among others, in the line.
  private func slips(_ line: String) throws -> [(kind: DetectedSlip.Kind, written: String, meant: String)] {
    let model = try makeSlipModel(of: [Self.lines, Self.lines], grammar: Self.grammar)
    let text = Array((Self.lines + line + Self.lines).utf8)
    let document = DocumentPredictor(text: text, grammar: Self.grammar, model: model)
    let range = Self.lines.utf8.count..<text.count - Self.lines.utf8.count
    return document.slips(in: range).filter { range.contains($0.byteRange.lowerBound) }.flatMap { slip in
      slip.corrections.map {
        (slip.kind, String(decoding: text[slip.byteRange], as: UTF8.self), $0.text)
      }
    }
  }

  /// No space is put before a colon.
  @Test func aMissingKeywordStandsAsKeywordsDo() throws {
    let found = try slips("if size == limit:\n  return total\n:\n  return size\n")
    #expect(found.contains { $0.kind == .missingToken && $0.meant == "else:" }, "\(found)")
  }

  /// `if size = limit` is meant by nobody who compares.
  @Test func nothingIsAssignedInConditions() throws {
    let found = try slips("if size != limit:\n  return total\n")
    #expect(found.contains { $0.written == "!=" && $0.meant == "==" }, "\(found)")
    #expect(!found.contains { $0.written == "!=" && $0.meant == "=" }, "\(found)")
    #expect(try slips("let size == limits\n").contains { $0.written == "==" && $0.meant == "=" })
  }

  /// A name that is defined and used once each is what its slip was meant for; the other of a pair is not.
  @Test func findsSlipsOfNamesThatStandOnceElsewhere() throws {
    let found = try slips("let combined_total = measure(width, height)\nreturn combned_total\n")
    #expect(found.contains { $0.written == "combned_total" && $0.meant == "combined_total" }, "\(found)")
    let pair = try slips("let get_limits = measure(width, height)\nreturn set_limits\n")
    #expect(!pair.contains { $0.written == "set_limits" }, "\(pair)")
    let forms = try slips("let combined_part = measure(width, height)\nreturn combined_parts\n")
    #expect(!forms.contains { $0.written == "combined_parts" }, "\(forms)")
  }
}
