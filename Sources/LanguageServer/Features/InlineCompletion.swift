import JSON
import Prediction

extension Session {
  /// `textDocument/inlineCompletion` (LSP 3.18) and `inkling/inlineCompletion`, the same for clients without it:
  /// ghost text.
  func inlineCompletion(
    _ content: inout DocumentContent, _ document: OpenDocument, _ params: JSONDecoding,
    _ context: RequestContext
  ) throws(ResponseError) -> JSON {
    let place: Int
    let wasInvoked: Bool
    let selected: (byteRange: Range<Int>, text: String)?
    do throws(JSONError) {
      place = content.text.byteOffset(of: try params["position"].position(), context.encoding)
      // LSP 3.18, "InlineCompletionTriggerKind": 1 is Invoked, 2 Automatic.
      wasInvoked = params["context"]["triggerKind"].integerIfAny == 1
      selected = Self.selectedItem(
        params["context"]["selectedCompletionInfo"], content.text, context.encoding)
    } catch { throw .invalidParams(error) }
    let settings = context.settings
    guard wasInvoked || settings.inlineCompletion.isEnabled,
      !isExcluded(&content, at: place, document, settings.completion)
    else { return ["items": []] }
    // Whoever asks for it gets what there is.
    let minimum = wasInvoked ? 0.02 : settings.inlineCompletion.minimumProbability
    let range = selected?.byteRange ?? place..<place
    let prefix = selected?.text ?? ""
    guard
      let continuation = content.continuation(
        afterReplacing: range, with: prefix, minimumProbability: minimum, deadline: context.deadline)
    else { return ["items": []] }
    return [
      "items": [
        [
          "insertText": .string(prefix + continuation.text),
          "range": content.text.range(range, context.encoding),
        ]
      ]
    ]
  }

  /// The menu's selected item, which ghost text has to continue; nil if there is none.
  private static func selectedItem(
    _ info: JSONDecoding, _ text: SourceText, _ encoding: PositionEncoding
  ) -> (byteRange: Range<Int>, text: String)? {
    guard let start = try? info["range"]["start"].position(),
      let end = try? info["range"]["end"].position(), let selected = info["text"].stringIfAny
    else { return nil }
    let first = text.byteOffset(of: min(start, end), encoding)
    return (first..<max(first, text.byteOffset(of: max(start, end), encoding)), selected)
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
    continuation.flatMap { Session.isSingleLine($0.text) ? $0 : nil }
  }
}
