import LanguageServerProtocol

/// `textDocument/hover`: how probable the token under the pointer is, and what would be more so.
enum HoverRequest: DocumentRequest {
  static let method = "textDocument/hover"

  static func feature(for client: ClientCapabilities) -> ServerFeature? {
    ServerFeature(method: method, name: "hoverProvider")
  }

  static func document(of params: PlaceParams) -> TextDocumentIdentifier { params.document }

  static func answer(
    _ params: PlaceParams, _ content: inout DocumentContent, _ document: OpenDocument,
    _ context: RequestContext
  ) -> Hover? {
    let place = content.text.byteOffset(of: params.position, context.encoding)
    let near = max(0, place - 1)..<min(content.text.byteCount, place + 1)
    let tokens = content.engine.surprisals(in: near)
    guard let token = tokens.first(where: { $0.byteRange.contains(place) }), !token.byteRange.isEmpty,
      token.byteRange.upperBound <= content.text.byteCount,
      isSingleLine(content.string(in: token.byteRange))
    else { return nil }
    let kind = context.client.hoverContents
    return Hover(
      kind: kind, text: description(token, content, isMarkdown: kind == .markdown),
      range: content.text.range(token.byteRange, context.encoding))
  }

  /// What the layers below the model, and all else, make of a token; nil where no layer has a say.
  private static func layerShares(_ token: Surprisal, _ content: DocumentContent) -> String? {
    var engine = content.engine
    let word = content.string(in: token.byteRange)
    guard let knowledge = engine.knowledge(of: word, at: token.byteRange.lowerBound) else { return nil }
    let layers = knowledge.shares.compactMap { share in
      share.layer.map { "\(share.component.rawValue) \($0) \(percentage(share.probability))" }
    }
    guard !layers.isEmpty else { return nil }
    let rest = knowledge.shares.reduce(0) { $0 + ($1.layer == nil ? $1.probability : 0) }
    return "Said by: \(layers.joined(separator: ", ")); all else \(percentage(rest))"
  }

  private static func description(_ token: Surprisal, _ content: DocumentContent, isMarkdown: Bool) -> String
  {
    func quoted(_ text: String) -> String { isMarkdown && !text.contains("`") ? "`\(text)`" : "“\(text)”" }
    let word = quoted(content.string(in: token.byteRange))
    var lines = ["\(word): \(decimal(ofBits: token.bits)) bits, \(percentage(ofBits: token.bits))"]
    let expected = token.expected.filter { isSingleLine($0.text) }.prefix(5)
    if !expected.isEmpty {
      lines.append("More probable here:")
      lines += expected.map { "- \(quoted($0.text)) \(percentage($0.probability))" }
    }
    if let shares = layerShares(token, content) { lines.append(shares) }
    return lines.joined(separator: isMarkdown ? "\n\n" : "\n").replacing("\n\n- ", with: "\n- ")
  }
}
