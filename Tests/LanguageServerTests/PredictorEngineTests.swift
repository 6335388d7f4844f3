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
}
