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

  package func write(to text: inout JSONText) {
    text.object { text in
      if let insert = range.insert {
        text.member("newText", newText)
        text.member("insert", insert.write)
        text.member("replace", range.replace.write)
      } else {
        text.member("range", range.replace.write)
        text.member("newText", newText)
      }
    }
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

  package func write(to text: inout JSONText) {
    text.object { text in
      text.member("label", label)
      text.member("kind", kind.rawValue)
      if let labelDescription {
        text.member("labelDetails") { $0.object { $0.member("description", labelDescription) } }
      }
      text.member("detail", detail)
      text.member("sortText", sortText)
      text.member("filterText", filterText)
      text.member("textEditText", textEditText)
      if let textEdit { text.member("textEdit", textEdit.write) }
      if !commitCharacters.isEmpty {
        text.member("commitCharacters") {
          $0.array { for character in commitCharacters { $0.write(character) } }
        }
      }
      text.member("insertTextMode", insertTextMode)
      if let dataURI { text.member("data") { $0.object { $0.member("uri", dataURI) } } }
    }
  }
}

/// LSP 3.17, "TextEdit".
package struct TextEdit: MessageValue {
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

  package func write(to text: inout JSONText) {
    text.object { text in
      text.member("isIncomplete", isIncomplete)
      if !itemDefaults.isEmpty { text.member("itemDefaults") { $0.write(.object(itemDefaults)) } }
      text.member("items") { $0.array { for item in items { item.write(to: &$0) } } }
    }
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
