import LanguageServerProtocol
import Lexing

/// The text of a document with its lines: positions of the protocol to byte offsets and back.
///
/// The text is valid UTF-8, since it comes from JSON strings and edits never leave half a character.
struct SourceText: Sendable {
  var buffer: TextBuffer
  var lines: LineIndex

  var byteCount: Int { buffer.count }

  /// The bytes of a line without its end. A line after the last one is empty and at the end.
  func contentRange(ofLine line: Int) -> Range<Int> {
    guard line < lines.lineCount else { return byteCount..<byteCount }
    let start = lines.start(ofLine: line)
    guard line + 1 < lines.lineCount else { return start..<byteCount }
    var end = lines.start(ofLine: line + 1) - 1
    if buffer[end] == UInt8(ascii: "\n"), end > start, buffer[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  /// Whether a line has only white space before an offset.
  func isIndentation(before byteOffset: Int) -> Bool {
    let offset = min(max(byteOffset, 0), byteCount)
    var place = offset
    let start = lines.start(ofLine: lines.line(at: offset))
    while place > start, let width = blankWidth(endingAt: place), place - width >= start { place -= width }
    return place == start
  }

  /// The bytes of the blank that ends at an offset: a space, a tab, U+00A0, or the ideographic space U+3000 that begins
  /// paragraphs in Chinese and Japanese; nil where there is none.
  private func blankWidth(endingAt offset: Int) -> Int? {
    switch buffer[offset - 1] {
    case 0x20, 0x09: return 1
    case 0xA0 where offset > 1 && buffer[offset - 2] == 0xC2: return 2
    case 0x80 where offset > 2 && buffer[offset - 2] == 0x80 && buffer[offset - 3] == 0xE3: return 3
    default: return nil
    }
  }

  /// Where a position is. Beyond a line's end it is the line's end; beyond the last line, the text's end; inside
  /// a character, its beginning.
  func byteOffset(of position: Position, _ encoding: PositionEncoding) -> Int {
    place(of: position, encoding).byteOffset
  }

  /// The same, and whether the position was between the two UTF-16 units of one character.
  func place(of position: Position, _ encoding: PositionEncoding) -> (byteOffset: Int, splitsPair: Bool) {
    guard position.line >= 0 else { return (0, false) }
    let content = contentRange(ofLine: position.line)
    if encoding == .utf8 {
      var offset = content.lowerBound + min(max(position.character, 0), content.count)
      while offset > content.lowerBound && offset < byteCount && buffer[offset] & 0xC0 == 0x80 { offset -= 1 }
      return (offset, false)
    }
    // The scalar that reaches beyond the position begins at its byte offset.
    var remaining = max(position.character, 0)
    var offset = content.lowerBound
    var isFound = false
    var splitsPair = false
    buffer.forEachPiece(in: content) { piece in
      if isFound { return }
      var index = 0
      while index < piece.count {
        if remaining >= 8, piece.isASCII(at: index) {
          (index, offset, remaining) = (index + 8, offset + 8, remaining - 8)
          continue
        }
        let units = encoding.unitCount(ofByte: piece[index])
        if units > remaining || (units > 0 && remaining == 0) {
          isFound = true
          splitsPair = remaining > 0
          return
        }
        (index, offset, remaining) = (index + 1, offset + 1, remaining - units)
      }
    }
    return (offset, splitsPair)
  }

  /// The position of a byte offset; an offset inside a line end is the end of its line.
  func position(of byteOffset: Int, _ encoding: PositionEncoding) -> Position {
    let offset = min(max(byteOffset, 0), byteCount)
    let line = lines.line(at: offset)
    let content = contentRange(ofLine: line)
    let end = min(offset, content.upperBound)
    return Position(line: line, character: unitCount(in: content.lowerBound..<end, encoding))
  }

  /// How many units the bytes of a range within the text are.
  func unitCount(in byteRange: Range<Int>, _ encoding: PositionEncoding) -> Int {
    if encoding == .utf8 { return byteRange.count }
    var units = 0
    buffer.forEachPiece(in: byteRange) { piece in
      var index = 0
      while index < piece.count {
        let isASCII = piece.isASCII(at: index)
        units += isASCII ? 8 : encoding.unitCount(ofByte: piece[index])
        index += isASCII ? 8 : 1
      }
    }
    return units
  }

  /// The bytes that a range of the protocol covers.
  func byteRange(of range: PositionRange, _ encoding: PositionEncoding) -> Range<Int> {
    let start = byteOffset(of: range.lowerBound, encoding)
    return start..<max(start, byteOffset(of: range.upperBound, encoding))
  }

  /// The range of the protocol for a range of bytes.
  func range(_ bytes: Range<Int>, _ encoding: PositionEncoding) -> PositionRange {
    PositionRange(
      start: position(of: bytes.lowerBound, encoding), end: position(of: bytes.upperBound, encoding))
  }

  /// What a change of the protocol does in bytes. Where it parts the two UTF-16 units of a character, the unit
  /// that stays becomes U+FFFD, one unit too, so that later columns still agree with the client's.
  func edit(
    _ range: PositionRange, _ text: String, _ encoding: PositionEncoding
  ) -> (byteRange: Range<Int>, bytes: [UInt8]) {
    let first = place(of: range.lowerBound, encoding)
    let last = place(of: range.upperBound, encoding)
    var bytes = Array(text.utf8)
    var upper = last.byteOffset
    if first.splitsPair { bytes.insert(contentsOf: "\u{FFFD}".utf8, at: 0) }
    if last.splitsPair {
      bytes.append(contentsOf: "\u{FFFD}".utf8)
      upper += 4
    }
    return (first.byteOffset..<upper, bytes)
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether there are eight bytes from an index on, and all of them ASCII, a unit each in every encoding: a line of a
  /// megabyte is walked through with every keystroke in it.
  @inline(__always)
  fileprivate func isASCII(at index: Int) -> Bool {
    guard let baseAddress, index + 8 <= count else { return false }
    let word = UnsafeRawPointer(baseAddress + index).loadUnaligned(as: UInt64.self)
    return word & 0x8080_8080_8080_8080 == 0
  }
}
