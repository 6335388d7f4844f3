import Lexing
import Testing

@testable import Prediction

/// Arguments and parts of tuples in each other's place.
@Suite struct SlipArgumentTests {
  private static let lines = (0..<160).map { number in
    [
      "let size = measure(width, height)\n", "let (total, count) = combine(first, second)\n",
      "let count = second + height\n", "let total = first + width\n",
    ][number * 7 % 4]
  }.joined()

  /// What is said of a line behind others.
  private func swapped(_ line: String, behind before: String = Self.lines) throws -> String? {
    let model = try makeSlipModel(of: [Self.lines, Self.lines], grammar: testGrammar)
    let text = before + line
    let document = DocumentPredictor(text: Array(text.utf8), grammar: testGrammar, model: model)
    return document.slips(in: 0..<text.utf8.count).first {
      $0.kind == .swappedArguments && $0.byteRange.lowerBound >= before.utf8.count
    }?.corrections[0].text
  }

  @Test func findsArgumentsInTheWrongOrder() throws {
    #expect(try swapped("let size = measure(height, width)\n") == "width, height")
    #expect(try swapped("let size = measure(width, height)\n") == nil)
  }

  @Test func findsPartsOfTuplesInTheWrongOrder() throws {
    #expect(try swapped("let (count, total) = combine(first, second)\n") == "total, count")
    #expect(try swapped("let (total, count) = combine(first, second)\n") == nil)
  }

  /// Where a text begins nothing stands before the bracket.
  @Test func aTupleMayBeginTheText() throws {
    #expect(try swapped("(total, count) = combine(first, second)\n", behind: "") == nil)
    #expect(try swapped("(count, total) = combine(first, second)\n", behind: "") == "total, count")
  }
}
