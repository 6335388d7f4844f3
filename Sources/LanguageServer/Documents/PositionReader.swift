import LanguageServerProtocol

/// Finds the positions of byte offsets of one text. Offsets that ascend cost what lies between them, not their distance
/// from the beginnings of their lines: a line may be a megabyte long.
struct PositionReader {
  private let text: SourceText
  private let encoding: PositionEncoding
  private var lastOffset = 0
  private var last = Position(line: 0, character: 0)

  init(_ text: SourceText, _ encoding: PositionEncoding) {
    self.text = text
    self.encoding = encoding
  }

  /// The same as `SourceText.position(of:_:)`.
  mutating func position(of byteOffset: Int) -> Position {
    let offset = min(max(byteOffset, 0), text.byteCount)
    let line = text.lines.line(at: offset)
    guard line == last.line, offset >= lastOffset else {
      last = text.position(of: offset, encoding)
      lastOffset = offset
      return last
    }
    let end = min(offset, text.contentRange(ofLine: line).upperBound)
    if end > lastOffset {
      last.character += text.unitCount(in: lastOffset..<end, encoding)
      lastOffset = end
    }
    return last
  }

  mutating func range(_ bytes: Range<Int>) -> PositionRange {
    let start = position(of: bytes.lowerBound)
    return PositionRange(start: start, end: position(of: bytes.upperBound))
  }
}
