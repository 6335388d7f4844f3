import JSON

/// `textDocument/inlineCompletion` (LSP 3.18) and `inkling/inlineCompletion`.
package struct InlineCompletionParams: MessageParams {
  package var place: PlaceParams
  /// Whether a person asked (LSP 3.18, "InlineCompletionTriggerKind": 1 is Invoked, 2 Automatic).
  package var isInvoked: Bool
  /// The menu's selected item, which ghost text has to continue.
  package var selected: (range: PositionRange, text: String)?

  package init(_ params: JSONDecoding) throws(JSONError) {
    place = try PlaceParams(params)
    isInvoked = params["context"]["triggerKind"].integerIfAny == 1
    let info = params["context"]["selectedCompletionInfo"]
    if let range = try? PositionRange(info["range"]), let text = info["text"].stringIfAny {
      selected = (range, text)
    }
  }
}

/// LSP 3.18, "InlineCompletionList".
package struct InlineCompletionList: MessageValue {
  package var items: [(insertText: String, range: PositionRange)] = []

  package init(_ items: [(insertText: String, range: PositionRange)] = []) { self.items = items }

  package var json: JSON {
    ["items": .array(items.map { ["insertText": .string($0.insertText), "range": $0.range.json] })]
  }
}
