import LanguageServerProtocol

/// Every request there is, and when it is answered: the whole ordering policy.
///
/// | | answered | may |
/// |---|---|---|
/// | `immediately` | by the reading thread, before the next message is read | touch memory only |
/// | `afterEdits` | in the document's lane, after the edits that came before it, before all background work | take milliseconds: somebody waits |
/// | `inBackground` | in the document's lane, in slices of a millisecond, after everything more urgent | go through the text |
/// | `aside` | apart from the document's lane | read and write files |
enum RequestTable {
  static let all: [RequestHandler] = [
    .immediately(InitializeRequest.self),
    .immediately(ShutdownRequest.self),
    .afterEdits(CompletionRequest.self),
    .aside(ResolveCompletionRequest.self),
    .afterEdits(HoverRequest.self),
    .afterEdits(SelectionRangeRequest.self),
    .inBackground(DiagnosticRequest.self),
    .inBackground(SemanticTokensRequest.self),
    .inBackground(SemanticTokensRangeRequest.self),
    .afterEdits(InlineCompletionRequest.self),
    .afterEdits(CodeActionRequest.self),
    .aside(ExecuteCommandRequest.self),
    .afterEdits(RawCompletionRequest.self),
    .afterEdits(RankRequest.self),
    .inBackground(ScoreRequest.self),
    .aside(ClassifyRequest.self),
    .inBackground(TagRequest.self),
    .immediately(StatusRequest.self),
  ]

  static let handlers: [String: RequestHandler] = {
    var handlers: [String: RequestHandler] = [:]
    for handler in all { for method in handler.methods { handlers[method] = handler } }
    return handlers
  }()

  /// What the server offers a client.
  static func features(for client: ClientCapabilities) -> [ServerFeature] {
    all.compactMap { $0.feature(client) }
  }
}
