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

  /// Enter keeps what is typed: a word that is known comes first when all of it is typed, unless another is far more
  /// probable.
  @Test func wordsThatAreTypedWholeComeFirst() {
    let text = "let counter = 1\nlet counters = counter\nlet returnValue = counters\nreturn counter\n"
    check(text + "let sum = counter|", ["counter", "counters"], grammar: testGrammar)
    check(text + "return|", ["return", "returnValue"], grammar: testGrammar)
    check(text + "let total = counterx|", [], grammar: testGrammar)
    let (predictor, caret) = fixture(
      String(repeating: "value = items.count\n", count: 40) + "co = 1\nvalue = items.co|",
      grammar: testGrammar)
    let words = predictor.completions(at: caret, limit: 3).items.map(\.text)
    #expect(words.first == "count" && words.contains("co"))
    // Typed in another case it is in the list all the same.
    check("let Total = 1\nlet b = total|", ["Total"], grammar: testGrammar)
  }

  /// A joiner belongs to the word that it was typed in, where a word goes on with it.
  @Test func joinersThatAreTypedLastBelongToTheWord() {
    for (text, word) in [
      ("we didn't go, he didn'|", "didn't"), ("we didn’t go, he didn’|", "didn’t"),
      ("a well-known man and a well-|", "well-known"),
    ] {
      let (predictor, caret) = fixture(text)
      let item = predictor.completions(at: caret, limit: 1).items.first
      #expect(item?.text == word)
      #expect(item?.replacedBytes.upperBound == caret && item?.replacedBytes.count ?? 0 > 4)
    }
    check("'quoted' words, 'quoted' |", ["words"])
  }

  @Test func writesACapitalWhereASentenceBegins() {
    check("he sat. the cat ran. the dog sat. |", ["The"])
    check("under the tree\nthe end. Und|", ["Under"])
  }

  /// Within a sentence a capital is that of a name.
  @Test func readsACapitalWithinASentenceAsThatOfAName() {
    let text =
      String(repeating: "they think that the table and the tree are there.\n", count: 6)
      + "we saw Thor here.\n"
    check(text + "then we saw Th|", ["Thor"])
    check(text + "if so, Th|", ["Thor"])
    check(text + "it was so. Th|", ["The"])
  }

  @Test func continuesToTheEndOfTheLine() {
    let line = "let result = compute(first, second)\n"
    let (predictor, caret) = fixture(line + line + line + "let res|", grammar: testGrammar)
    #expect(predictor.continuation(at: caret)?.text == "ult = compute(first, second)")
  }

  private func continued(_ last: String, isBehindWord: Bool = false) -> String? {
    let lines = String(repeating: "register(alphaValue, betaValue)\namounts = amount + rest\n", count: 8)
    let (predictor, caret) = fixture(lines + last, grammar: testGrammar)
    return predictor.continuation(at: caret, isBehindWord: isBehindWord, minimumProbability: 0.05)?.text
  }

  /// Brackets that an editor has closed, and whatever else stands behind the caret, are not written again.
  @Test func continuesUpToWhatStandsBehind() {
    #expect(continued("register(alphaValue, be|)") == "taValue")
    #expect(continued("register(al|)") == "phaValue, betaValue")
    #expect(continued("regi|") == "ster(alphaValue, betaValue)")
    #expect(continued("register(alphaValue,| betaValue)") == nil)
    #expect(continued("register(alp|haValue, betaValue)") == nil)
    #expect(continued("register(|alphaValue, betaValue)") == nil)
    // What cannot be closed before what follows is not begun.
    #expect(continued("regi| = 1") == "ster(alphaValue, betaValue)")
  }

  @Test func doesNotContinueWholeWordsIntoOthers() {
    for text in ["amount|", "x = amount|", "register(amount|)"] {
      #expect(continued(text)?.first?.isLetter != true)
    }
    #expect(continued("regis|", isBehindWord: true)?.first?.isLetter != true)
  }

  /// What a string's format and escapes are made of is not set apart.
  @Test(arguments: [("\"%|", "s"), ("\"total:|", "\\n")])
  func joinsFormatsAndEscapes(begun: String, expected: String) throws {
    let grammar = try #require(try GrammarLibrary.standard().grammar(languageID: "c"))
    let lines = String(repeating: "print(\"%s\\n\", name);\nprint(\"total:\\n\");\n", count: 2)
    let (predictor, caret) = fixture(lines + "print(" + begun, grammar: grammar)
    let items = predictor.completions(at: caret, limit: 5).items
    #expect(items.first { $0.text.hasPrefix(expected) }?.insertedText.hasPrefix(expected) == true)
  }

  /// A remainder is none of that.
  @Test func setsOperatorsApart() throws {
    let grammar = try #require(try GrammarLibrary.standard().grammar(languageID: "c"))
    let (predictor, caret) = fixture("int i = hash % size;\nint k = hash %|", grammar: grammar)
    let items = predictor.completions(at: caret, limit: 5).items
    #expect(items.first { $0.text.hasPrefix("size") }?.insertedText.hasPrefix(" size") == true)
  }

  @Test func joinsTagsAtTheBeginningOfALine() {
    let items = offered("a <span b\na <span c\n<|")
    #expect(items.first { $0.text.hasPrefix("span") }?.insertedText.hasPrefix("span") == true)
  }

  // MARK: Characters without spaces

  private func offered(_ text: String, limit: Int = 5) -> [Completion] {
    let (predictor, caret) = fixture(text)
    return predictor.completions(at: caret, limit: limit).items
  }

  /// Of Korean, what is typed of a word is part of what is offered, and pieces go on over the spaces between words.
  @Test func completesWordsOfKorean() throws {
    let lines = String(repeating: "데비안은 자유 소프트웨어를 쓴다. 데비안은 자유 운영체제다.\n", count: 6)
    let begun = offered(lines + "소프|")
    #expect(begun.contains { $0.insertedText.hasPrefix("소프트웨어를") })
    #expect(begun.allSatisfy { $0.text.hasPrefix("소프") && $0.replacedBytes.count == "소프".utf8.count })
    let ended = offered(lines + "데비안은|")
    // Enter leaves the word that is typed as it is.
    #expect(ended.first?.insertedText == "데비안은")
    #expect(ended.contains { $0.insertedText.hasPrefix("데비안은 자유 ") })
    #expect(offered(lines + "데비안은 |").contains { $0.insertedText.hasPrefix("자유 ") })
    #expect(!ended.contains { $0.insertedText.hasSuffix(" ") })
  }

  /// Words of Korean that stand behind the caret are not written once more, and none is joined to the next one.
  @Test func wordsOfKoreanStayApart() {
    let lines = String(repeating: "데비안은 자유 소프트웨어를 쓴다. 데비안은 GNU 체제다. 데비안은 GNU 체제다.\n", count: 6)
    #expect(!offered(lines + "데비안은| 자유 소프트웨어를").contains { $0.insertedText.contains("자유") })
    for begun in ["데비안은|", "데비안|", "그는 데비안은|"] {
      #expect(!offered(lines + begun, limit: 12).contains { $0.insertedText.contains("데비안은자") })
    }
  }

  /// A single character saves nobody anything, and where a part of a sentence most likely ends nothing is offered.
  @Test func offersPiecesOfChineseWhereTheyGoOn() {
    let lines = String(repeating: "我们使用自由软件，因为它可靠。管理员使用自由软件。\n", count: 6)
    let list = offered(lines + "我们使|")
    #expect(list.contains { $0.insertedText.hasPrefix("用自由软件") })
    #expect((list.first?.insertedText.count ?? 0) > 1)
    #expect(offered(lines + "管理员使用自由软件|").isEmpty)
  }
}
