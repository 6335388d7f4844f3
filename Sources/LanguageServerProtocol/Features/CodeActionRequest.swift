import JSON

/// `textDocument/codeAction`.
package struct CodeActionParams: MessageParams {
  package var document: TextDocumentIdentifier
  package var range: PositionRange
  /// The kinds that are wanted; nil for all.
  package var only: [String]?

  package init(_ params: JSONDecoding) throws(JSONError) {
    document = try TextDocumentIdentifier(params["textDocument"])
    range = try PositionRange(params["range"])
    only = params["context"]["only"].value?.arrayValue?.compactMap(\.stringValue)
  }
}

/// LSP 3.17, "Command".
package struct Command: MessageValue {
  package var title: String
  package var command: String
  package var arguments: [String]

  package init(title: String, command: String, arguments: [String]) {
    self.title = title
    self.command = command
    self.arguments = arguments
  }

  package var json: JSON {
    [
      "title": .string(title), "command": .string(command),
      "arguments": .array(arguments.map(JSON.string)),
    ]
  }
}

/// LSP 3.17, "CodeAction" or "Command": old clients know commands only.
package enum CodeAction: MessageValue {
  /// - Parameter isPreferred: nil says nothing.
  case quickFix(title: String, Diagnostic, isPreferred: Bool?, Repair)
  case bare(Command)

  package enum Repair: Sendable {
    case edit(uri: String, TextEdit)
    case command(Command)
  }

  package var json: JSON {
    switch self {
    case .bare(let command): return command.json
    case .quickFix(let title, let diagnostic, let isPreferred, let repair):
      var action: JSONObject = [
        "title": .string(title), "kind": "quickfix", "diagnostics": [diagnostic.json],
      ]
      action["isPreferred"] = isPreferred.map(JSON.bool)
      switch repair {
      case .edit(let uri, let edit):
        action["edit"] = ["changes": .object(JSONObject([(uri, .array([edit.json]))]))]
      case .command(let command): action["command"] = command.json
      }
      return .object(action)
    }
  }
}

/// The answer to `textDocument/codeAction`.
package struct CodeActions: MessageValue {
  package var items: [CodeAction] = []

  package init() {}

  package var json: JSON { .array(items.map(\.json)) }
}
