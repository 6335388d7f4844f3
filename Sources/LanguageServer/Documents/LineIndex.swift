import Lexing

/// Where the lines of a document start, kept up to date edit by edit.
///
/// Line ends are `\n`, `\r\n` and `\r` (LSP 3.17, "Text Documents"). Starts before the last edit are kept as
/// offsets from the beginning, those after it as distances from the end, so that an edit changes only what lies
/// between it and the edit before.
struct LineIndex: Sendable {
  /// Offsets of line starts up to the last edit, ascending; the first is always 0.
  private var head: [Int] = [0]
  /// Distances from the end of the starts after it; the last element is the nearest to the edit.
  private var tail: [Int] = []
  private var byteCount: Int

  init(_ text: TextBuffer) {
    byteCount = text.count
    appendStarts(from: 1, through: text.count, in: text)
  }

  /// At least 1: text after the last line end is a line, even if empty.
  var lineCount: Int { head.count + tail.count }

  /// Where a line starts; `line` is less than `lineCount`.
  func start(ofLine line: Int) -> Int {
    line < head.count ? head[line] : byteCount - tail[lineCount - 1 - line]
  }

  /// The line that a byte offset inside the text or at its end belongs to.
  func line(at byteOffset: Int) -> Int {
    var low = 0
    var high = lineCount
    while high - low > 1 {
      let middle = (low + high) / 2
      if start(ofLine: middle) <= byteOffset { low = middle } else { high = middle }
    }
    return low
  }

  /// Takes an edit into account: `range` of the old text became `newCount` bytes, and `text` is the result.
  ///
  /// Whether a line starts at an offset depends on the bytes before and after it, so the starts at either
  /// edge of the edit are looked at again too: a `\r` may have lost or found its `\n`.
  mutating func replace(_ range: Range<Int>, newCount: Int, in text: TextBuffer) {
    while let start = head.last, start > range.upperBound, head.count > 1 {
      tail.append(byteCount - start)
      head.removeLast()
    }
    while let distance = tail.last, byteCount - distance <= range.upperBound {
      tail.removeLast()
      if byteCount - distance < range.lowerBound { head.append(byteCount - distance) }
    }
    while head.count > 1, let start = head.last, start >= range.lowerBound { head.removeLast() }
    byteCount = text.count
    appendStarts(from: max(range.lowerBound, 1), through: range.lowerBound + newCount, in: text)
  }

  private mutating func appendStarts(from first: Int, through last: Int, in text: TextBuffer) {
    guard first <= last else { return }
    // A piece ends at the gap; what was the previous byte crosses it.
    var previous = text[first - 1]
    var offset = first
    func startsLine(_ previous: UInt8, _ next: UInt8?) -> Bool {
      previous == UInt8(ascii: "\n") || (previous == UInt8(ascii: "\r") && next != UInt8(ascii: "\n"))
    }
    text.forEachPiece(in: first..<min(last + 1, text.count)) { piece in
      for byte in piece {
        if previous <= 0x0D && startsLine(previous, byte) { head.append(offset) }
        previous = byte
        offset += 1
      }
    }
    if last == text.count && startsLine(previous, nil) { head.append(last) }
  }
}
