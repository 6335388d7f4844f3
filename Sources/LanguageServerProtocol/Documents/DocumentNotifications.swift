import JSON

/// A document as a client opens it (LSP 3.17, "TextDocumentItem").
package struct TextDocumentItem: Sendable {
  package var uri: String
  package var languageID: String
  package var version: Int
  package var text: String

  package init(_ item: JSONDecoding) throws(JSONError) {
    uri = try item["uri"].string()
    languageID = item["languageId"].stringIfAny ?? "plaintext"
    version = item["version"].integerIfAny ?? 0
    text = try item["text"].string()
  }
}

/// Which document is meant, and at which version where the client says so (LSP 3.17, "VersionedTextDocumentIdentifier").
package struct TextDocumentIdentifier: Sendable {
  package var uri: String
  package var version: Int?
  private let place: JSONDecoding

  /// The error of there being no such document.
  package var notOpen: JSONError {
    .mismatch(path: place.path, expected: "an open document", found: uri)
  }

  package init(_ identifier: JSONDecoding) throws(JSONError) {
    place = identifier["uri"]
    uri = try place.string()
    version = identifier["version"].integerIfAny
  }
}

/// LSP 3.17, "TextDocumentContentChangeEvent".
package enum ContentChange: Sendable {
  case whole(String)
  case part(PositionRange, text: String)

  package init(_ change: JSONDecoding) throws(JSONError) {
    let text = try change["text"].string()
    if let range = change["range"].optional {
      self = .part(try PositionRange(range), text: text)
    } else {
      self = .whole(text)
    }
  }

  package var text: String {
    switch self {
    case .whole(let text), .part(_, let text): text
    }
  }

  /// All of a message's changes, or the first error: a half-applied message would leave neither text.
  package static func changes(_ list: JSONDecoding) throws(JSONError) -> [ContentChange] {
    var changes: [ContentChange] = []
    for change in try list.elements() { changes.append(try ContentChange(change)) }
    return changes
  }
}

/// `textDocument/didOpen`.
package struct DidOpenParams: MessageParams {
  package var document: TextDocumentItem

  package init(_ params: JSONDecoding) throws(JSONError) {
    document = try TextDocumentItem(params["textDocument"])
  }
}

/// `textDocument/didChange`.
package struct DidChangeParams: MessageParams {
  package var document: TextDocumentIdentifier
  package var changes: [ContentChange]

  package init(_ params: JSONDecoding) throws(JSONError) {
    document = try TextDocumentIdentifier(params["textDocument"])
    changes = try ContentChange.changes(params["contentChanges"])
  }
}

/// `textDocument/didSave` and `textDocument/didClose`.
package struct TextDocumentParams: MessageParams {
  package var document: TextDocumentIdentifier

  package init(_ params: JSONDecoding) throws(JSONError) {
    document = try TextDocumentIdentifier(params["textDocument"])
  }
}
