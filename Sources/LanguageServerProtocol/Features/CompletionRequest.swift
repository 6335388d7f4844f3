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

/// LSP 3.17, "CompletionItemKind", as far as this server tells them apart. All are of those that every client knows.
package enum CompletionItemKind: Int, Hashable, Sendable {
  case text = 1
  case method, function
  case variable = 6
  case type
  case keyword = 14
}

/// What a completion replaces: all of a word, or, where the client lets people choose, that or only what is before the
/// place in it (LSP 3.17, "InsertReplaceEdit").
package struct CompletionRange: Hashable, Sendable {
  package var replace: PositionRange
  /// Nil where there is nothing to choose.
  package var insert: PositionRange?

  package init(replace: PositionRange, insert: PositionRange? = nil) {
    self.replace = replace
    self.insert = insert
  }

  /// As a list's `editRange`.
  package var json: JSON {
    guard let insert else { return replace.json }
    return ["insert": insert.json, "replace": replace.json]
  }
}

/// LSP 3.17, "TextEdit" or "InsertReplaceEdit".
package struct CompletionEdit: Hashable, Sendable {
  package var range: CompletionRange
  package var newText: String

  package init(range: CompletionRange, newText: String) {
    self.range = range
    self.newText = newText
  }

  package var json: JSON {
    guard let insert = range.insert else { return TextEdit(range: range.replace, newText: newText).json }
    return ["newText": .string(newText), "insert": insert.json, "replace": range.replace.json]
  }
}

/// LSP 3.17, "CompletionItem", as far as this server has something to say.
package struct CompletionItem: MessageResult {
  package var label: String
  package var kind = CompletionItemKind.text
  /// Beside the label; nil for clients that show `detail` only.
  package var labelDescription: String?
  package var detail: String?
  package var sortText: String
  package var filterText: String
  /// What an item that shares its range with the others inserts, if that is not its label.
  package var textEditText: String?
  package var textEdit: CompletionEdit?
  package var commitCharacters: [String] = []
  /// LSP 3.17, "InsertTextMode"; nil for clients that do not know it, and where the list has it.
  package var insertTextMode: Int?
  /// What `completionItem/resolve` needs, unless the list has it.
  package var dataURI: String?

  package init(label: String, sortText: String, filterText: String) {
    self.label = label
    self.sortText = sortText
    self.filterText = filterText
  }

  package var json: JSON {
    var item: JSONObject = ["label": .string(label), "kind": JSON(kind.rawValue)]
    item["labelDetails"] = labelDescription.map { ["description": .string($0)] }
    item["detail"] = detail.map(JSON.string)
    item["sortText"] = .string(sortText)
    item["filterText"] = .string(filterText)
    item["textEditText"] = textEditText.map(JSON.string)
    item["textEdit"] = textEdit?.json
    if !commitCharacters.isEmpty { item["commitCharacters"] = .array(commitCharacters.map(JSON.string)) }
    item["insertTextMode"] = insertTextMode.map { JSON($0) }
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

  package init(isIncomplete: Bool = false) { self.isIncomplete = isIncomplete }

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
