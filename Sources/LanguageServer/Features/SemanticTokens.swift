import JSON
import LanguageServerProtocol

/// How surprising a token is, as a semantic token's type: editors colour `inklingHeat1` to `inklingHeat5`.
enum HeatMap {
  /// The least bits of each level; what is below the first is not marked.
  static let levels = [Surprisal.leastShownBits, 7, 10, 13, 16]
  static let tokenTypes = (1...levels.count).map { "inklingHeat\($0)" }

  /// The index of a token's type; nil for probable text.
  static func level(ofBits bits: Double) -> Int? { levels.lastIndex { bits >= $0 } }

  static func feature(for client: ClientCapabilities) -> ServerFeature? {
    guard client.semanticTokens else { return nil }
    return ServerFeature(
      method: "textDocument/semanticTokens", name: "semanticTokensProvider", options: options)
  }

  private static let options: JSONObject = [
    "legend": ["tokenTypes": .array(tokenTypes.map(JSON.string)), "tokenModifiers": []],
    "full": true, "range": true,
  ]

  /// LSP 3.17, "SemanticTokensOptions".
  static let capability = JSON.object(options)

  /// The heat map of some lines, or of all of them, computed in the background.
  static func begin(
    _ document: OpenDocument, lines: Range<Int>?, _ context: RequestContext,
    _ answer: @escaping Answer<SemanticTokens>
  ) {
    guard context.settings.isHeatMapEnabled else { return answer(.success(SemanticTokens())) }
    context.services.documents.learnSurprisals(
      of: document, lines: lines, unless: { context.isCancelled.isRaised },
      abandoned: { answer(.failure(.cancelled)) },
      finished: { content in
        let range = content.byteRange(ofLines: lines)
        var positions = PositionReader(content.text, context.encoding)
        var tokens = SemanticTokens()
        for surprisal in content.surprisals.known(where: { range.contains($0.byteRange.lowerBound) }) {
          guard let level = level(ofBits: surprisal.bits) else { continue }
          let place = positions.range(surprisal.byteRange)
          tokens.append(from: place.start, to: place.end, type: level)
        }
        answer(.success(tokens))
      })
  }
}

/// `textDocument/semanticTokens/full`.
enum SemanticTokensRequest: BackgroundRequest {
  static let method = "textDocument/semanticTokens/full"

  static func feature(for client: ClientCapabilities) -> ServerFeature? { HeatMap.feature(for: client) }
  static func document(of params: TextDocumentParams) -> TextDocumentIdentifier { params.document }

  static func begin(
    _ params: TextDocumentParams, _ document: OpenDocument, _ context: RequestContext,
    _ answer: @escaping Answer<SemanticTokens>
  ) { HeatMap.begin(document, lines: nil, context, answer) }
}

/// `textDocument/semanticTokens/range`.
enum SemanticTokensRangeRequest: BackgroundRequest {
  static let method = "textDocument/semanticTokens/range"

  static func document(of params: LinesParams) -> TextDocumentIdentifier { params.document }

  static func begin(
    _ params: LinesParams, _ document: OpenDocument, _ context: RequestContext,
    _ answer: @escaping Answer<SemanticTokens>
  ) { HeatMap.begin(document, lines: params.range?.lines, context, answer) }
}
