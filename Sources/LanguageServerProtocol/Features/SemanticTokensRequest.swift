import JSON

/// LSP 3.17, "SemanticTokens": each token's place as a difference to that of the one before, its length and its type.
package struct SemanticTokens: MessageValue {
  private var data: [JSON] = []
  private var last = Position(line: 0, character: 0)

  package init() {}

  /// Adds a token. Tokens come in the order of the text; one that does not, or that goes on over a line's end, is left out, as
  /// clients without multi-line tokens need it.
  ///
  /// - Parameter type: an index into the legend.
  package mutating func append(from start: Position, to end: Position, type: Int) {
    guard start.line == end.line, start.character < end.character, start >= last else { return }
    let isSameLine = start.line == last.line
    data += [
      JSON(start.line - last.line), JSON(isSameLine ? start.character - last.character : start.character),
      JSON(end.character - start.character), JSON(type), 0,
    ]
    last = start
  }

  package var json: JSON { ["data": .array(data)] }
}
