import JSON

/// `textDocument/selectionRange`.
package struct SelectionRangeParams: MessageParams {
  package var document: TextDocumentIdentifier
  package var positions: [Position]

  /// One request holds a document's lane up for all of its places; an editor asks for one a cursor.
  private static let positionLimit = 500

  package init(_ params: JSONDecoding) throws(JSONError) {
    document = try TextDocumentIdentifier(params["textDocument"])
    let places = try params["positions"].elements()
    if places.count > Self.positionLimit {
      throw params["positions"].mismatch(expected: "at most \(Self.positionLimit) positions")
    }
    positions = []
    for place in places { positions.append(try Position(place)) }
  }
}

/// LSP 3.17, "SelectionRange", one for each position that was asked about.
package struct SelectionRanges: MessageValue {
  /// From the inside out; at least one each.
  package var ranges: [[PositionRange]]

  package init(_ ranges: [[PositionRange]]) { self.ranges = ranges }

  package var json: JSON {
    .array(
      ranges.map { chain in
        chain.reversed().reduce(JSON.null) { parent, range in
          var object: JSONObject = ["range": range.json]
          if parent != .null { object["parent"] = parent }
          return .object(object)
        }
      })
  }
}
