import JSON

/// A place in a document (LSP 3.17, "TextDocumentPositionParams").
package struct PlaceParams: MessageParams {
  package var document: TextDocumentIdentifier
  package var position: Position

  package init(_ params: JSONDecoding) throws(JSONError) {
    document = try TextDocumentIdentifier(params["textDocument"])
    position = try Position(params["position"])
  }
}

/// A document, or some of its lines.
package struct LinesParams: MessageParams {
  package var document: TextDocumentIdentifier
  /// Nil for all of them.
  package var range: PositionRange?

  package init(_ params: JSONDecoding) throws(JSONError) {
    document = try TextDocumentIdentifier(params["textDocument"])
    range = try params["range"].optional.map { (range) throws(JSONError) in try PositionRange(range) }
  }
}

/// Parameters of `inkling/score`.
package struct ScoreParams: MessageParams {
  package var lines: LinesParams
  /// Whether what stands behind each token is to be known, too.
  package var bothSides: Bool

  package init(_ params: JSONDecoding) throws(JSONError) {
    lines = try LinesParams(params)
    bothSides = try params["bothSides"].optional.map { (flag) throws(JSONError) in try flag.bool() } ?? false
  }
}
