import Lexing
import Testing

@testable import Prediction

/// Keys that typing a text takes.
@Suite struct TypingTests {
  private func document(_ text: String, _ grammar: Grammar = .plainText) -> EvaluationDocument {
    EvaluationDocument(text: Array(text.utf8), grammar: grammar)
  }

  private func typed(_ text: String, _ count: Int, caches: Evaluator.Caches = .document) -> TypingResult? {
    TypingEvaluator(model: nil, caches: caches).type(document(text), characterCount: count)
  }

  @Test func countsWhatWasTypedAndWhatWasAccepted() throws {
    let text = String(repeating: "the harbour master forgot the lighthouse keeper\n", count: 20)
    let result = try #require(typed(text, 200))
    for counts in [result.lists, result.ghostText] {
      #expect(counts.isOriginal && counts.documentCount == 1)
      #expect(counts.characterCount >= 200 && counts.characterCount < 260)
      // Each character was typed with a key, or came with others.
      #expect(counts.keyCount - counts.acceptedCount == counts.characterCount - counts.acceptedCharacterCount)
      #expect(counts.keystrokesSaved == 1 - Double(counts.keyCount) / Double(counts.characterCount))
      #expect(counts.acceptedCount <= counts.shownCount)
    }
    #expect(result.lists.keystrokesSaved > 0.5)
    #expect(result.spoiledCount == 0 && result.cancelledCount <= result.lists.shownCount)
  }

  @Test func nothingIsKnownOfNewWords() throws {
    let text = (0..<80).map { "w\($0 * 7919 % 1000)x" }.joined(separator: " ")
    let result = try #require(typed(text, 60, caches: .none))
    #expect(result.lists.keyCount == result.lists.characterCount && result.lists.shownCount == 0)
    #expect(result.ghostText.keyCount == result.ghostText.characterCount)
  }

  @Test func earlierDocumentsAreKnownWithTheHistory() throws {
    let first = String(repeating: "quokka wallaby kangaroo ", count: 30)
    let second = "one two three four five six quokka wallaby kangaroo quokka wallaby"
    let typist = TypingEvaluator(model: nil, caches: .history)
    _ = typist.type(document(first), characterCount: 0)
    let known = try #require(typist.type(document(second), characterCount: 33))
    let alone = try #require(typed(second, 33))
    #expect(known.lists.keyCount < alone.lists.keyCount)
    #expect(known.lists.isOriginal && alone.lists.isOriginal)
  }

  @Test func aListThatIsNotTypedOnIsCancelled() throws {
    // "be" is offered for "b", and "bold" is typed.
    let result = try #require(typed("bear bear bear bear bear bold  ", 100))
    #expect(result.cancelledCount > 0 && result.cancelRate <= 1)
  }

  @Test(arguments: ["日本語のテキストです。", "Größe über Straße – ещё", "👩‍👩‍👧 é e\u{301} \r\nx\r\n", "x", ""])
  func charactersAreWhole(text: String) {
    let repeated = String(repeating: text, count: 9)
    let source = EvaluationDocument.Source(text: Array(repeated.utf8), grammar: .plainText)
    let scalars = Array(repeated.unicodeScalars)
    let sample = TypingSample(source, characterCount: 7)
    let end = min(scalars.count, scalars.count / 2 + 7)
    #expect(sample.documentStart == 0)
    #expect(sample.characterCount(in: 0..<sample.range.lowerBound) == scalars.count / 2)
    #expect(sample.characterCount(in: sample.range) == end - scalars.count / 2)
    let result = typed(repeated, 7)
    #expect((result == nil) == (scalars.isEmpty))
    #expect(result?.lists.isOriginal != false && result?.ghostText.isOriginal != false)
  }

  @Test func onlySoMuchStandsBefore() {
    let text = Array(String(repeating: "ä", count: 50_000).utf8)
    let sample = TypingSample(.init(text: text, grammar: .plainText), characterCount: 10)
    #expect(sample.characterCount(in: sample.documentStart..<sample.range.lowerBound) == 20_000)
  }

  @Test func charactersAreSpreadEvenly() {
    #expect(TypingSample.spread(1000, over: 4, leastCount: 60) == [250, 250, 250, 250])
    #expect(TypingSample.spread(120, over: 4, leastCount: 60) == [60, 0, 60, 0])
    #expect(TypingSample.spread(10, over: 3, leastCount: 60) == [10, 0, 0])
    #expect(TypingSample.spread(1000, over: 0, leastCount: 60) == [])
    let documents = [document("a b c"), document("d e f")]
    #expect(TypingEvaluator.characterCounts(documents, perDocument: 7) == [7, 7])
    let split = EvaluationDocument(types: [], byteCount: 0, language: "", keywords: [])
    #expect(TypingEvaluator.characterCounts([split], perDocument: nil) == [0])
  }

  /// What is measured without a component is what the rest knows, whichever way it is left out.
  @Test func componentsCanBeLeftOut() throws {
    let model = try makeModel()
    let text = document(String(repeating: "let alpha = beta(delta, theta)\n", count: 12), testGrammar)
    func keys(_ caches: Evaluator.Caches, without: Set<Component>) -> Int? {
      TypingEvaluator(model: model, caches: caches, switchedOff: without)
        .type(text, characterCount: 80)?.lists.keyCount
    }
    let all = try #require(keys(.document, without: []))
    #expect(keys(.none, without: []) == keys(.document, without: [.document]))
    #expect(try #require(keys(.document, without: [.ngram, .contexts])) >= all)
    #expect(try #require(keys(.none, without: [.ngram, .contexts])) > all)
  }
}
