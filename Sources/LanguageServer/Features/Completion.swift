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
    let occasion = CompletionOccasion(params, at: place, in: &content, received: context.received)
    let settings = context.settings.completion
    guard settings.isEnabled, !settings.isExcluded(at: place, in: &content, document.identity)
    else { return CompletionItemList() }
    // Where a line begins Return has to make an empty line, and Tab an indentation.
    guard occasion.isAsked || !occasion.isIndentation else { return CompletionItemList(isIncomplete: true) }
    let list = content.suggestions(at: place, limit: settings.limit, context)
    let usable = list.items.filter {
      isSingleLine($0.insertedText) && $0.replacedBytes.upperBound <= content.text.byteCount
    }
    // Words of strings, comments and prose are words.
    let isCode = content.engine.context(at: place) == .code
    let shown = occasion.shown(usable, in: content, isCode: isCode, settings)
    content.offered = shown
    content.offeredPlace = place
    let kinds =
      isCode && !shown.isEmpty
      ? content.engine.kinds(of: shown.map(\.text), near: shown[0].replacedBytes.lowerBound)
      : shown.map { _ in .text }
    let builder = CompletionItems(
      content: content, kinds: kinds, place: place, uri: document.identity.uri, isCode: isCode,
      context: context)
    var answer = CompletionItemList()
    // What is left out may be meant once more is typed.
    answer.isIncomplete =
      list.isIncomplete || list.items.count >= settings.limit || shown.count < usable.count
    answer.itemDefaults = builder.defaults
    answer.items = shown.enumerated().map { builder.item($1, rank: $0) }
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
