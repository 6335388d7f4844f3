import Lexing
import Prediction

/// A `DocumentPredictor` in the server's terms.
struct PredictorEngine: DocumentEngine {
  private let predictor: DocumentPredictor
  /// Tokens counted in one slice of background work; a slice should end within a keystroke's patience.
  private static let sliceTokenCount = 400

  init(_ predictor: DocumentPredictor) { self.predictor = predictor }

  mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) {
    predictor.replace(byteRange, with: bytes)
  }

  mutating func prepare() -> Bool { !predictor.index(maximumTokenCount: Self.sliceTokenCount) }

  mutating func suggestions(at byteOffset: Int, limit: Int) -> SuggestionList {
    let list = predictor.completions(at: byteOffset, limit: limit)
    return SuggestionList(
      items: list.items.map {
        Suggestion(
          text: $0.text, insertedText: $0.insertedText, replacedBytes: $0.replacedBytes,
          probability: $0.probability, source: $0.source.rawValue)
      }, isIncomplete: list.isIncomplete)
  }

  mutating func surprisals(in byteRange: Range<Int>) -> [Surprisal] {
    predictor.surprisals(in: byteRange).map { surprisal in
      Surprisal(
        byteRange: surprisal.byteRange, bits: surprisal.surprisalBits,
        expected: surprisal.expected.map { .init(text: $0.text, probability: $0.probability) },
        isSlip: surprisal.isSlip)
    }
  }

  mutating func continuation(at byteOffset: Int, minimumProbability: Double) -> Prediction.Continuation? {
    predictor.continuation(at: byteOffset, minimumProbability: minimumProbability)
  }

  mutating func context(at byteOffset: Int) -> TokenContext {
    predictor.withDocument { document in
      guard document.tokenCount > 0 else { return document.grammar.isProse ? .prose : .code }
      // The token before the place, and the one behind it or around it.
      let next = byteOffset == 0 ? 0 : document.tokenIndex(endingAfter: byteOffset - 1)
      let before = next > 0 ? document.token(at: next - 1) : nil
      guard next < document.tokenCount else { return before?.context ?? .code }
      let token = document.token(at: next)
      if token.byteOffset < byteOffset { return token.context }
      // Between two tokens: behind the last word of a comment that ends with the line it is still the comment.
      if let before, before.context == .comment, token.kind == .lineEnd { return .comment }
      return before?.context == token.context ? token.context : (document.grammar.isProse ? .prose : .code)
    }
  }
}
