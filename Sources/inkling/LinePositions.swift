import Platform

/// Lines and columns of a text. Both count from 1; columns count bytes, as clang, ripgrep and Vim's quickfix do. A line
/// ends at a line feed, at a carriage return, or at both together, as for the lexer and the language server.
struct LinePositions {
  private let text: [UInt8]
  /// Where each line begins.
  private let lineStarts: [Int]

  struct Position: Hashable {
    var line: Int
    var column: Int
  }

  init(_ text: [UInt8]) {
    self.text = text
    var starts = [0]
    text.withUnsafeBytes { bytes in
      // Nearly every byte of a text is greater than both.
      for offset in 0..<bytes.count where bytes[offset] <= 0x0D {
        let isPair = bytes[offset] == 0x0D && offset + 1 < bytes.count && bytes[offset + 1] == 0x0A
        if bytes[offset] == 0x0A || (bytes[offset] == 0x0D && !isPair) { starts.append(offset + 1) }
      }
    }
    lineStarts = starts
  }

  /// The position of a byte; of the end for an offset beyond it.
  func position(of byteOffset: Int) -> Position {
    let offset = min(max(byteOffset, 0), text.count)
    var (lower, upper) = (0, lineStarts.count)
    while upper - lower > 1 {
      let middle = (lower + upper) / 2
      if lineStarts[middle] <= offset { lower = middle } else { upper = middle }
    }
    return Position(line: lower + 1, column: offset - lineStarts[lower] + 1)
  }

  /// The column of a byte in Unicode code points, from 1, as SARIF wants it.
  func codePointColumn(of byteOffset: Int) -> Int {
    let position = position(of: byteOffset)
    let start = lineStarts[position.line - 1]
    return text[start..<min(byteOffset, text.count)].count { $0 & 0xC0 != 0x80 } + 1
  }

  /// The bytes of a line (from 1) without its line end.
  func line(_ number: Int) -> ArraySlice<UInt8> { text[range(ofLine: number)] }

  /// Where a line (from 1) stands, its line end not included.
  func range(ofLine number: Int) -> Range<Int> {
    let start = lineStarts[number - 1]
    var end = number < lineStarts.count ? lineStarts[number] - 1 : text.count
    // A carriage return and a line feed are one line end.
    if number < lineStarts.count, text[end] == 0x0A, end > start, text[end - 1] == 0x0D { end -= 1 }
    return start..<end
  }

  /// Where the line behind a line (from 1) starts; the end of the text where there is none.
  func start(ofLineAfter number: Int) -> Int { number < lineStarts.count ? lineStarts[number] : text.count }

  /// The byte at a position; the start of the character if the column falls inside one.
  ///
  /// - Throws: `Failure` that says what there is, for a place outside the text.
  func byteOffset(of position: Position, in name: String) throws(Failure) -> Int {
    guard position.line >= 1, position.line <= lineStarts.count else {
      let lines = lineStarts.count == 1 ? "1 line" : "\(lineStarts.count) lines"
      throw Failure(
        "\(name):\(position.line):\(position.column)", why: "the text has \(lines)",
        remedy: "lines and columns count from 1")
    }
    let range = range(ofLine: position.line)
    guard position.column >= 1, position.column - 1 <= range.count else {
      throw Failure(
        "\(name):\(position.line):\(position.column)",
        why: "line \(position.line) ends at column \(range.count + 1)",
        remedy: "columns count bytes, from 1")
    }
    var offset = range.lowerBound + position.column - 1
    while offset > range.lowerBound, offset < text.count, text[offset] & 0xC0 == 0x80 { offset -= 1 }
    return offset
  }
}

extension LinePositions.Position {
  /// Reads `LINE:COLUMN` or `LINE`; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let line = Int(parts[0]), line >= 1 else { return nil }
    guard parts.count == 2 else {
      self.init(line: line, column: 1)
      return
    }
    guard let column = Int(parts[1]), column >= 1, column < .max else { return nil }
    self.init(line: line, column: column)
  }
}
