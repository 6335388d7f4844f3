import Corpora
import Lexing
import Platform
import Prediction

/// Measures a network's gain as `inkling evaluate` would, on documents that neither it nor the n-grams have learned from.
struct NetworkGainMeasurement {
  /// Tokens that are predicted and characters that are typed, all together, each twice: some ten seconds.
  private static let tokenLimit = 6000
  private static let characterLimit = 1500
  /// A document is typed for so many characters at least: of a few tokens' worth each little is to be seen.
  private static let leastCharacterCount = 150

  /// One with a network, which has not learned from the documents.
  let model: Model
  let documents: [DocumentStore.Document]
  let reporter: BuildReporter

  /// - Returns: nil where there is nothing that could be read again.
  func run(trainingSeconds: Double?) throws(Failure) -> NetworkGain? {
    let texts = try readTexts()
    guard !texts.isEmpty else { return nil }
    reporter.begin(.networkGain)
    defer { reporter.end() }
    let with = measure(texts, switchedOff: [], share: 0..<0.5)
    let without = measure(texts, switchedOff: [.recurrent], share: 0.5..<1)
    return NetworkGain(
      with: Self.figures(with), without: Self.figures(without), tokenCount: with.tokenCount,
      typedCharacterCount: with.typing?.lists.characterCount ?? 0, trainingSeconds: trainingSeconds)
  }

  /// Documents of as many tokens as are predicted, spread over all.
  private func readTexts() throws(Failure) -> [EvaluationDocument] {
    let library = try GrammarLibrary.standard()
    let total = documents.reduce(0) { $0 + $1.range.count }
    let step = max(1, total / Self.tokenLimit)
    var texts: [EvaluationDocument] = []
    var tokenCount = 0
    for (place, document) in documents.enumerated() where place % step == step / 2 || documents.count <= step
    {
      guard tokenCount < Self.tokenLimit, document.range.count <= 4 * Self.tokenLimit else { continue }
      // What is gone or has become something else since it was read is passed over.
      guard let bytes = try? readFile(document.path, limit: 1 << 22) else { continue }
      let grammar = try library.grammar(languageID: document.languageID) ?? .plainText
      let text = EvaluationDocument(text: TextDecoding.text(bytes), grammar: grammar)
      texts.append(text)
      tokenCount += text.tokenCount
    }
    return texts
  }

  private func measure(
    _ texts: [EvaluationDocument], switchedOff: Set<Component>, share: Range<Double>
  ) -> EvaluationResult {
    var result = EvaluationResult()
    let evaluator = Evaluator(model: model, caches: .document, measures: .ranks, switchedOff: switchedOff)
    let typing = TypingEvaluator(model: model, caches: .document, switchedOff: switchedOff)
    let typedCount = max(1, min(texts.count, Self.characterLimit / Self.leastCharacterCount))
    for (place, text) in texts.enumerated() {
      result.add(evaluator.evaluate(text))
      let characterCount = min(Self.characterLimit / typedCount, text.byteCount / 10)
      if place < typedCount { result.addTyping(typing.type(text, characterCount: characterCount)) }
      let done = Double(place + 1) / Double(texts.count)
      reporter.update(fraction: share.lowerBound + done * (share.upperBound - share.lowerBound))
    }
    return result
  }

  private static func figures(_ result: EvaluationResult) -> NetworkGain.Figures {
    NetworkGain.Figures(
      bitsPerToken: result.bitsPerToken, meanReciprocalRank: result.tokens.meanReciprocalRank,
      keystrokesSaved: result.typing.flatMap {
        $0.lists.characterCount > 0 ? $0.lists.keystrokesSaved : nil
      })
  }
}
