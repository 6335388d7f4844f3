import Lexing
import Testing

@testable import Prediction

/// A document from a text in which `|` marks the caret.
func fixture(
  _ marked: String, grammar: Grammar = Grammar.plainText, model: Model? = nil
) -> (predictor: DocumentPredictor, caret: Int) {
  let bytes = Array(marked.utf8)
  let caret = bytes.firstIndex(of: UInt8(ascii: "|")) ?? bytes.count
  let text = Array(bytes.prefix(caret) + bytes.dropFirst(caret + 1))
  return (DocumentPredictor(text: text, grammar: grammar, model: model), caret)
}

/// Checks which words are offered first at the caret.
func check(
  _ marked: String, _ expected: [String], grammar: Grammar = Grammar.plainText, model: Model? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let (predictor, caret) = fixture(marked, grammar: grammar, model: model)
  let list = predictor.completions(at: caret, limit: max(expected.count, 1))
  #expect(list.items.prefix(expected.count).map(\.text) == expected, sourceLocation: sourceLocation)
}

/// A small language for tests that read no files.
let testGrammar: Grammar = {
  var definition = GrammarDefinition()
  definition.languageID = "test"
  definition.keywords = ["let", "func", "return", "if"]
  definition.operators = ["(", ")", "{", "}", "[", "]", ",", ".", ":", "=", "+", "->", "=="]
  return Grammar(definition)
}()

@Suite struct CompletionTests {
  @Test func offersTheWordThatFollowedBefore() {
    check("alpha beta gamma\nalpha beta |", ["gamma"])
    check("let total = count(items)\nlet total = cou|", ["count"], grammar: testGrammar)
  }

  @Test func prefersTheLongerContext() {
    check("red apple pie\ngreen apple juice\nblue apple juice\nred apple |", ["pie", "juice"])
  }

  @Test func knowsTheWholeDocumentButNotTheWordItself() {
    // "zeb" is the word being typed; "zebra" comes later in the text.
    check("a zeb|\nthe zebra runs", ["zebra"])
    check("nothing else begins like quux|", [])
    let (predictor, caret) = fixture("nothing else begins like quu|")
    #expect(predictor.completions(at: caret, limit: 5).items.isEmpty)
  }

  @Test func ranksExactMatchesAboveOthers() {
    check("Value value Value Value\nval|", ["value", "Value"])
    check("getWordCount other\ngWC|", ["getWordCount"], grammar: testGrammar)
  }

  @Test func replacesTheWholeWord() {
    let (predictor, caret) = fixture("counter = 1\ncou|nt = 2", grammar: testGrammar)
    let item = predictor.completions(at: caret, limit: 1).items.first
    #expect(item?.text == "counter")
    #expect(item?.replacedBytes == 12..<17)
  }

  @Test func spacesAsTheTextDoes() {
    let (predictor, caret) = fixture("x = f(a, b)\ny = f(a, b)\nz =|", grammar: testGrammar)
    #expect(predictor.completions(at: caret, limit: 1).items.first?.insertedText == " f")
    let (dotted, place) = fixture("self.count\nself.count\nself.|", grammar: testGrammar)
    #expect(dotted.completions(at: place, limit: 1).items.first?.insertedText == "count")
  }

  @Test func writesACapitalWhereASentenceBegins() {
    check("he sat. the cat ran. the dog sat. |", ["The"])
    check("under the tree\nthe end. Und|", ["Under"])
  }

  @Test func continuesToTheEndOfTheLine() {
    let line = "let result = compute(first, second)\n"
    let (predictor, caret) = fixture(line + line + line + "let res|", grammar: testGrammar)
    #expect(predictor.continuation(at: caret)?.text == "ult = compute(first, second)")
  }
}
