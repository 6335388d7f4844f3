import Platform

/// The lines of a text in which nothing is to be marked, because somebody wrote so there: those that hold
/// `inkling:ignore`, and those behind a line that holds `inkling:ignore-next-line`, whatever comments look like in the
/// language.
package struct IgnoreComments: Hashable, Sendable {
  /// In the order of the text.
  private var byteRanges: [Range<Int>] = []

  private static let word = Array("inkling:ignore".utf8)
  private static let nextLine = Array("-next-line".utf8)

  package init(_ text: [UInt8]) {
    text.withUnsafeBytes { text in
      var offset = 0
      while let place = Self.find(in: text, from: offset) {
        let end = place + Self.word.count
        let start = Self.lineStart(text, place)
        var lineEnd = Self.lineEnd(text, end)
        offset = end
        if text[end...].starts(with: Self.nextLine) {
          if lineEnd < text.count { lineEnd = Self.lineEnd(text, Self.behindLineEnd(text, lineEnd)) }
        } else if end < text.count, Self.isPartOfWord(text[end]) {
          continue
        }
        byteRanges.append(start..<max(lineEnd, start))
      }
    }
  }

  /// Whether a part of the text touches such a line.
  package func hides(_ byteRange: Range<Int>) -> Bool {
    byteRanges.contains { $0.lowerBound <= byteRange.upperBound && byteRange.lowerBound <= $0.upperBound }
  }

  private static func find(in text: UnsafeRawBufferPointer, from offset: Int) -> Int? {
    var offset = offset
    while offset + word.count <= text.count,
      let first = memchr(text.baseAddress! + offset, Int32(word[0]), text.count - offset)
    {
      let place = text.baseAddress!.distance(to: UnsafeRawPointer(first))
      if text[place...].starts(with: word) { return place }
      offset = place + 1
    }
    return nil
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  private static func lineStart(_ text: UnsafeRawBufferPointer, _ offset: Int) -> Int {
    text[..<offset].lastIndex(where: isLineEnd).map { $0 + 1 } ?? 0
  }

  private static func lineEnd(_ text: UnsafeRawBufferPointer, _ offset: Int) -> Int {
    text[offset...].firstIndex(where: isLineEnd) ?? text.count
  }

  /// A carriage return and a line feed are one line end.
  private static func behindLineEnd(_ text: UnsafeRawBufferPointer, _ offset: Int) -> Int {
    let isPair = text[offset] == 0x0D && offset + 1 < text.count && text[offset + 1] == 0x0A
    return offset + (isPair ? 2 : 1)
  }

  private static func isPartOfWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
