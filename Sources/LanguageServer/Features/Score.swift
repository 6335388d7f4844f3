import JSON
import LanguageServerProtocol
import Platform

/// `inkling/score`: the surprisal of every token of a document or of some of its lines.
enum ScoreRequest: BackgroundRequest {
  static let method = "inkling/score"

  static func document(of params: ScoreParams) -> TextDocumentIdentifier { params.lines.document }

  static func begin(
    _ params: ScoreParams, _ document: OpenDocument, _ context: RequestContext,
    _ answer: @escaping Answer<JSON>
  ) {
    context.services.documents.sweep(
      document, lines: params.lines.range?.lines, bothSides: params.bothSides,
      unless: { context.isCancelled.isRaised },
      abandoned: { answer(.failure(.cancelled)) },
      finished: { content, found in answer(.success(scores(found, content, context.encoding))) })
  }

  private static func scores(_ found: [Surprisal], _ content: DocumentContent, _ encoding: PositionEncoding)
    -> JSON
  {
    let total = found.reduce(0) { $0 + $1.bits }
    var positions = PositionReader(content.text, encoding)
    let tokens = found.map { surprisal -> JSON in
      var object: JSONObject = [
        "range": positions.range(surprisal.byteRange).json, "surprisalBits": JSON(surprisal.bits),
        "isSlip": .bool(surprisal.isSlip),
        "expected": .array(
          surprisal.expected.map { ["text": .string($0.text), "probability": JSON($0.probability)] }),
      ]
      if let bits = surprisal.bitsBetweenBothSides { object["surprisalBitsBetweenBothSides"] = JSON(bits) }
      return .object(object)
    }
    return [
      "version": JSON(content.version), "tokenCount": JSON(found.count), "surprisalBits": JSON(total),
      "perplexity": found.isEmpty ? .null : JSON(exp2(total / Double(found.count))), "tokens": .array(tokens),
    ]
  }
}
