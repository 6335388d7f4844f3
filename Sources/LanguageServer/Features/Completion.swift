import LanguageServerProtocol
import Prediction

/// `textDocument/completion`.
enum CompletionRequest: DocumentRequest {
  static let method = "textDocument/completion"

  static func feature(for client: ClientCapabilities) -> ServerFeature? {
    ServerFeature(
      method: method, name: "completionProvider",
      options: [
        "triggerCharacters": [" ", ".", "(", "[", "{", ",", "=", ":", "<", "\"", "'", "/", "-"],
        "resolveProvider": true, "completionItem": ["labelDetailsSupport": true],
      ])
  }

  static func document(of params: CompletionParams) -> TextDocumentIdentifier { params.place.document }

  static func answer(
    _ params: CompletionParams, _ content: inout DocumentContent, _ document: OpenDocument,
    _ context: RequestContext
  ) -> CompletionItemList {
    let place = content.text.byteOffset(of: params.place.position, context.encoding)
    // Helix sends no context at all, and asks at spaces.
    let isAutomatic =
      params.triggerKind.map { $0 != .invoked } ?? (place > 0 && content.text.buffer[place - 1] == 0x20)
    let settings = context.settings.completion
    // Where a line begins Return has to make an empty line, and Tab an indentation.
    guard settings.isEnabled, params.triggerKind == .invoked || !content.text.isIndentation(before: place),
      !settings.isExcluded(at: place, in: &content, document.identity)
    else { return CompletionItemList() }
    let list = content.suggestions(at: place, limit: settings.limit, context)
    let usable = list.items.filter { item in
      isSingleLine(item.insertedText) && item.replacedBytes.upperBound <= content.text.byteCount
        && (!isAutomatic || !item.replacedBytes.isEmpty
          || item.probability >= settings.nextWordMinimumProbability)
    }
    content.offered = usable
    content.offeredPlace = place
    let builder = CompletionItems(
      content: content, place: place, uri: document.identity.uri,
      isCode: content.engine.context(at: place) == .code, context: context)
    var answer = CompletionItemList()
    answer.isIncomplete = list.isIncomplete || list.items.count >= settings.limit
    answer.itemDefaults = builder.defaults
    answer.items = usable.enumerated().map { builder.item($1, rank: $0) }
    return answer
  }
}

extension Settings.Completion {
  /// Whether nothing is to be offered at a place of a document.
  func isExcluded(
    at byteOffset: Int, in content: inout DocumentContent, _ identity: DocumentIdentity
  ) -> Bool {
    if excludedContexts.isEmpty { return false }
    let excluded = (excludedContexts[identity.languageID] ?? []) + (excludedContexts["*"] ?? [])
    return !excluded.isEmpty && excluded.contains(content.engine.context(at: byteOffset))
  }
}
