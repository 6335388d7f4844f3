import LanguageServerProtocol

/// `inkling/complete`: what may come at a place, with probabilities, for people who write their own clients.
enum RawCompletionRequest: DocumentRequest {
  static let method = "inkling/complete"

  static func document(of params: RawCompletionParams) -> TextDocumentIdentifier { params.place.document }

  static func answer(
    _ params: RawCompletionParams, _ content: inout DocumentContent, _ document: OpenDocument,
    _ context: RequestContext
  ) -> RawCompletionList {
    let place = content.text.byteOffset(of: params.place.position, context.encoding)
    let limit = params.limit ?? context.settings.completion.limit
    let list = content.suggestions(at: place, limit: limit, context)
    return RawCompletionList(
      items: list.items.filter { $0.replacedBytes.upperBound <= content.text.byteCount }.map { item in
        RawCompletionList.Item(
          text: item.text, newText: item.insertedText,
          range: content.text.range(item.replacedBytes, context.encoding), probability: item.probability,
          source: item.source)
      }, isIncomplete: list.isIncomplete, usesNetwork: list.usesNetwork)
  }
}

extension DocumentContent {
  /// What may come at a place; that the network was not ready in time is counted. Whatever was not, is made so.
  mutating func suggestions(at place: Int, limit: Int, _ context: RequestContext) -> SuggestionList {
    let list = engine.suggestions(at: place, limit: limit, deadline: context.deadline)
    context.services.models.networkUse.add(usesNetwork: list.usesNetwork)
    if list.usesNetwork == false || list.isIncomplete { wantsPreparation = true }
    return list
  }
}
