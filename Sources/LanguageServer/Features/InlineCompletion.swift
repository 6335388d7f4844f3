import LanguageServerProtocol
import Prediction

/// `textDocument/inlineCompletion` (LSP 3.18) and `inkling/inlineCompletion`, the same for clients without it:
/// ghost text.
enum InlineCompletionRequest: DocumentRequest {
  static let method = "textDocument/inlineCompletion"
  static let aliases = ["inkling/inlineCompletion"]
  /// Whoever asks for it gets what there is.
  private static let invokedMinimumProbability = 0.02

  static func feature(for client: ClientCapabilities) -> ServerFeature? {
    client.inlineCompletion ? ServerFeature(method: method, name: "inlineCompletionProvider") : nil
  }

  static func document(of params: InlineCompletionParams) -> TextDocumentIdentifier { params.place.document }

  static func answer(
    _ params: InlineCompletionParams, _ content: inout DocumentContent, _ document: OpenDocument,
    _ context: RequestContext
  ) -> InlineCompletionList {
    let place = content.text.byteOffset(of: params.place.position, context.encoding)
    let settings = context.settings
    guard params.isInvoked || settings.inlineCompletion.isEnabled,
      !settings.completion.isExcluded(at: place, in: &content, document.identity)
    else { return InlineCompletionList() }
    let range =
      params.selected.map { content.text.byteRange(of: $0.range, context.encoding) } ?? place..<place
    let prefix = params.selected?.text ?? ""
    let minimum =
      params.isInvoked ? invokedMinimumProbability : settings.inlineCompletion.minimumProbability
    guard
      let continuation = content.continuation(
        afterReplacing: range, with: prefix, minimumProbability: minimum, deadline: context.deadline)
    else { return InlineCompletionList() }
    return InlineCompletionList([
      (prefix + continuation.text, content.text.range(range, context.encoding))
    ])
  }
}

extension DocumentContent {
  /// What continues the text if `range` were `replacement`. The engine takes the edit and its undoing, which cost
  /// what typing costs.
  fileprivate mutating func continuation(
    afterReplacing range: Range<Int>, with replacement: String, minimumProbability: Double,
    deadline: ContinuousClock.Instant
  ) -> Prediction.Continuation? {
    let bytes = Array(replacement.utf8)
    if bytes.isEmpty && range.isEmpty {
      return usable(
        engine.continuation(
          at: range.lowerBound, isBehindWord: false, minimumProbability: minimumProbability,
          deadline: deadline))
    }
    let old = text.buffer.bytes(in: range)
    engine.replace(range, with: bytes)
    let end = range.lowerBound + bytes.count
    let continuation = engine.continuation(
      at: end, isBehindWord: true, minimumProbability: minimumProbability, deadline: deadline)
    engine.replace(range.lowerBound..<end, with: old)
    return usable(continuation)
  }

  private func usable(_ continuation: Prediction.Continuation?) -> Prediction.Continuation? {
    continuation.flatMap { isSingleLine($0.text) ? $0 : nil }
  }
}
