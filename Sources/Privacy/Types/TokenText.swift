/// Text that somebody has split into tokens: separated by white space (space, NUL, and the control characters 9 to 13),
/// single spaces as a rule, so that results compare token for token with other toolkits.
///
/// A token `<s>` or `</s>` is passed over: it would stand for a boundary that is not there.
enum TokenText {
  /// Gives the byte ranges of the tokens, and nil for each line feed.
  @inline(__always)
  static func forEachToken<Problem: Error>(
    in bytes: UnsafeRawBufferPointer, _ body: (Range<Int>?) throws(Problem) -> Void
  ) throws(Problem) {
    var start = 0
    var position = 0
    let count = bytes.count
    while position < count {
      let byte = bytes[position]
      if isSeparator(byte) {
        if position > start, !isBoundaryMark(bytes, start..<position) { try body(start..<position) }
        start = position + 1
        if byte == 0x0A { try body(nil) }
      }
      position += 1
    }
    if count > start, !isBoundaryMark(bytes, start..<count) { try body(start..<count) }
  }

  /// Space, tab, line feed, vertical tab, form feed, carriage return, NUL.
  @inline(__always)
  static func isSeparator(_ byte: UInt8) -> Bool {
    byte <= 0x20 && (byte == 0x20 || byte == 0 || 9...13 ~= byte)
  }

  @inline(__always)
  private static func isBoundaryMark(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    guard bytes[range.lowerBound] == UInt8(ascii: "<"), 3...4 ~= range.count else { return false }
    return bytes[range].elementsEqual("<s>".utf8) || bytes[range].elementsEqual("</s>".utf8)
  }
}

/// What stands between `<s>` and `</s>` in token files.
package enum SequenceUnit: String, CaseIterable, Sendable {
  /// Each line, as KenLM has it.
  case line
  /// The whole file; its line ends are no tokens.
  case document
}
