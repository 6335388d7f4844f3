import JSON

/// `textDocument/completion`.
package struct CompletionParams: MessageParams {
  /// LSP 3.17, "CompletionTriggerKind".
  package enum TriggerKind: Int, Sendable {
    case invoked = 1
    case triggerCharacter, forIncompleteCompletions
  }

  package var place: PlaceParams
  /// Nil from clients that send no context, such as Helix.
  package var triggerKind: TriggerKind?

  package init(_ params: JSONDecoding) throws(JSONError) {
    place = try PlaceParams(params)
    triggerKind = params["context"]["triggerKind"].integerIfAny.map {
      TriggerKind(rawValue: $0) ?? .triggerCharacter
    }
  }
}

/// LSP 3.17, "CompletionItem", as far as this server has something to say.
package struct CompletionItem: MessageResult {
  package var label: String
  /// LSP 3.17, "CompletionItemKind".
  package var kind = 1
  /// Beside the label; nil for clients that show `detail` only.
  package var labelDescription: String?
  package var detail: String?
  package var sortText: String
  package var filterText: String
  /// What an item that shares its range with the others inserts, if that is not its label.
  package var textEditText: String?
  package var textEdit: TextEdit?
  package var commitCharacters: [String] = []
  /// What `completionItem/resolve` needs, unless the list has it.
  package var dataURI: String?

  package init(label: String, sortText: String, filterText: String) {
    self.label = label
    self.sortText = sortText
    self.filterText = filterText
  }

  package var json: JSON {
    var item: JSONObject = ["label": .string(label), "kind": JSON(kind)]
    item["labelDetails"] = labelDescription.map { ["description": .string($0)] }
    item["detail"] = detail.map(JSON.string)
    item["sortText"] = .string(sortText)
    item["filterText"] = .string(filterText)
    item["textEditText"] = textEditText.map(JSON.string)
    item["textEdit"] = textEdit?.json
    if !commitCharacters.isEmpty { item["commitCharacters"] = .array(commitCharacters.map(JSON.string)) }
    item["data"] = dataURI.map { ["uri": .string($0)] }
    return .object(item)
  }
}

/// LSP 3.17, "TextEdit".
package struct TextEdit: MessageResult {
  package var range: PositionRange
  package var newText: String

  package init(range: PositionRange, newText: String) {
    self.range = range
    self.newText = newText
  }

  package var json: JSON { ["range": range.json, "newText": .string(newText)] }
}

/// LSP 3.17, "CompletionItemList".
package struct CompletionItemList: MessageResult {
  package var isIncomplete = false
  package var itemDefaults: JSONObject = [:]
  package var items: [CompletionItem] = []

  package init() {}

  package var json: JSON {
    var list: JSONObject = ["isIncomplete": .bool(isIncomplete)]
    if !itemDefaults.isEmpty { list["itemDefaults"] = .object(itemDefaults) }
    list["items"] = .array(items.map(\.json))
    return .object(list)
  }
}

/// `completionItem/resolve`: an item of this server's, or of anybody's.
package struct ResolveParams: MessageParams {
  package var item: JSONObject
  package var label: String?
  package var dataURI: String?

  package init(_ params: JSONDecoding) throws(JSONError) {
    item = try params.object()
    label = params["label"].stringIfAny
    dataURI = params["data"]["uri"].stringIfAny
  }
}
