import JSON

/// A place in a document as LSP has it: both numbers count from 0.
package struct Position: Hashable, Sendable, Comparable {
  package var line: Int
  /// In units of the session's `PositionEncoding`.
  package var character: Int

  package init(line: Int, character: Int) {
    self.line = line
    self.character = character
  }

  package static func < (a: Position, b: Position) -> Bool { (a.line, a.character) < (b.line, b.character) }

  /// LSP's `uinteger` is at most 2³¹ − 1.
  package init(_ decoding: JSONDecoding) throws(JSONError) {
    _ = try decoding.object()
    line = try decoding["line"].integer(in: 0...Int(Int32.max))
    character = try decoding["character"].integer(in: 0...Int(Int32.max))
  }

  package var json: JSON { ["line": JSON(line), "character": JSON(character)] }

  package func write(to text: inout JSONText) {
    text.object {
      $0.member("line", line)
      $0.member("character", character)
    }
  }
}

/// A range of a document (LSP 3.17, "Range").
package struct PositionRange: Hashable, Sendable {
  package var start: Position
  package var end: Position

  package init(start: Position, end: Position) {
    self.start = start
    self.end = end
  }

  /// As the client has it: which end comes first is not looked at.
  package init(_ decoding: JSONDecoding) throws(JSONError) {
    start = try Position(decoding["start"])
    end = try Position(decoding["end"])
  }

  /// The end that comes first.
  package var lowerBound: Position { min(start, end) }
  package var upperBound: Position { max(start, end) }

  /// The lines that are touched.
  package var lines: Range<Int> { lowerBound.line..<upperBound.line + 1 }

  package var json: JSON { ["start": start.json, "end": end.json] }

  package func write(to text: inout JSONText) {
    text.object {
      $0.member("start", start.write)
      $0.member("end", end.write)
    }
  }
}
