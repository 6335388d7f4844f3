import Lexing
import Prediction
import Testing

@testable import LanguageServer

@Suite struct PredictorEngineTests {
  /// Whoever opens a document and types at once is offered its words, though nothing was counted in the background.
  @Test func countsWithTheFirstAnswers() {
    let text = Array("a wonderful day\nit was won".utf8)
    var engine = PredictorEngine(
      DocumentPredictor(text: text, grammar: .plainText, model: nil, indexesAtOnce: false))
    engine.replace(text.count..<text.count, with: Array("d".utf8))
    let list = engine.suggestions(
      at: text.count + 1, limit: 5, deadline: ContinuousClock.now.advanced(by: .seconds(10)))
    #expect(list.items.first?.text == "wonderful")
  }

  /// A look for slips is given up where somebody waits, and goes on in smaller pieces.
  @Test func slipsAreGivenUpWhereSomebodyWaits() {
    let text = Array(String(repeating: "a wonderful day in a wonderful year\n", count: 60).utf8)
    var content = DocumentContent(
      version: 1, engine: PredictorEngine(DocumentPredictor(text: text, grammar: .plainText, model: nil)))
    while content.slipSliceSize.byteCount < 1024 { content.slipSliceSize.adapt(to: .zero) }
    for size in [512, 256, 128] {
      let isDone = content.learnSlips(while: { false })
      #expect(!isDone)
      #expect(content.slipSliceSize.byteCount == size)
    }
    var stepCount = 1
    while !content.learnSlips(while: { true }) { stepCount += 1 }
    #expect((1..<40).contains(stepCount))
  }
}
