import Platform

/// The lines of a text in which nothing is to be marked, because somebody wrote so there: those that hold
/// `inkling:ignore`, and those behind a line that holds `inkling:ignore-next-line`, whatever comments look like in the
/// language.
package struct IgnoreComments: Hashable, Sendable {
  /// In the order of the text; none overlaps another.
  private var byteRanges: [Range<Int>] = []

  private static let word = Array("inkling:ignore".utf8)
  private static let nextLine = Array("-next-line".utf8)

  package init(_ text: [UInt8]) {
    text.withUnsafeBytes { text in
      var offset = 0
      // Of the last comment, so that many on one line cost no more than one.
      var line = 0..<0
      var hidesNext = false
      while let place = Self.find(in: text, from: offset) {
        offset = place + Self.word.count
        let isOfNextLine = text[offset...].starts(with: Self.nextLine)
        guard isOfNextLine || offset == text.count || !Self.isPartOfWord(text[offset]) else { continue }
        if place >= line.upperBound {
          line = Self.lineStart(text, place)..<Self.lineEnd(text, offset)
          hidesNext = false
          add(line)
        }
        if isOfNextLine, !hidesNext, line.upperBound < text.count {
          hidesNext = true
          add(line.lowerBound..<Self.lineEnd(text, Self.behindLineEnd(text, line.upperBound)))
        }
      }
    }
  }

  private mutating func add(_ range: Range<Int>) {
    if let last = byteRanges.last, last.upperBound >= range.lowerBound {
      byteRanges[byteRanges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
    } else {
      byteRanges.append(range)
    }
  }

  /// Whether a part of the text is on such a line.
  package func hides(_ byteRange: Range<Int>) -> Bool { byteRanges.containsOverlap(with: byteRange) }

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

extension [Range<Int>] {
  /// Whether one of them overlaps a range. They are in order, and none overlaps another.
  package func containsOverlap(with range: Range<Int>) -> Bool {
    var (lower, upper) = (0, count)
    while lower < upper {
      let middle = (lower + upper) / 2
      if self[middle].upperBound <= range.lowerBound { lower = middle + 1 } else { upper = middle }
    }
    return lower < count && self[lower].overlaps(range)
  }
}
