import LanguageServerProtocol

/// `textDocument/selectionRange`: what a person selects who widens a selection step by step.
enum SelectionRangeRequest: DocumentRequest {
  static let method = "textDocument/selectionRange"

  static func feature(for client: ClientCapabilities) -> ServerFeature? {
    client.selectionRanges ? ServerFeature(method: method, name: "selectionRangeProvider") : nil
  }

  static func document(of params: SelectionRangeParams) -> TextDocumentIdentifier { params.document }

  static func answer(
    _ params: SelectionRangeParams, _ content: inout DocumentContent, _ document: OpenDocument,
    _ context: RequestContext
  ) -> SelectionRanges {
    let text = content.text
    let places = params.positions.map { text.byteOffset(of: $0, context.encoding) }
    let chains = content.engine.selectionRanges(around: places)
    return SelectionRanges(
      zip(places, chains).map { place, chain in
        // Every position has a range, where nothing else is known that of the place itself.
        let ranges = chain.map { text.range($0, context.encoding) }
        return ranges.isEmpty ? [text.range(place..<place, context.encoding)] : ranges
      })
  }
}
