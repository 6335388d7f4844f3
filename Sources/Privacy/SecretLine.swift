/// One line of a text, or several where a value stands on the line behind its name. Reading outside gives line ends, so that
/// no verdict can depend on more.
struct SecretLine {
  let text: UnsafeRawBufferPointer
  let start: Int
  let end: Int

  /// How far a look back goes, in bytes, where lines are long: each is as dear as the line before is long otherwise.
  static let reach = 512
  /// The longest value, in bytes: a private key of 8192 bits in a line of JSON.
  static let longestValue = 8192

  @inline(__always) subscript(_ offset: Int) -> UInt8 {
    offset >= start && offset < end ? text[offset] : 0x0A
  }

  func skippingBlanks(_ offset: Int) -> Int {
    var offset = offset
    while isBlank(self[offset]) { offset += 1 }
    return offset
  }

  /// Whether these bytes stand at `offset`, letters in either case; `word` is in lower case.
  func has(_ word: StaticString, at offset: Int) -> Bool {
    guard offset >= start, offset + word.utf8CodeUnitCount <= end else { return false }
    for index in 0..<word.utf8CodeUnitCount {
      let byte = text[offset + index]
      let lower = isUpperCase(byte) ? byte | 0x20 : byte
      if lower != word.utf8Start[index] { return false }
    }
    return true
  }

  /// The same, where letters before and behind would make another word of it.
  func hasWord(_ word: StaticString, at offset: Int) -> Bool {
    has(word, at: offset) && !isNameByte(self[offset - 1])
      && !isNameByte(self[offset + word.utf8CodeUnitCount])
  }

  /// Where a word stands alone in a range; nil if nowhere.
  func firstWord(_ word: StaticString, in range: Range<Int>) -> Int? {
    let lower = max(start, range.lowerBound)
    let upper = min(end, range.upperBound) - word.utf8CodeUnitCount
    guard lower <= upper else { return nil }
    return (lower...upper).first { hasWord(word, at: $0) }
  }

  /// Whether one of several words stands alone in a range: all are looked for in one pass.
  func hasWord(of words: [StaticString], in range: Range<Int>) -> Bool {
    var offset = max(start, range.lowerBound)
    let upper = min(end, range.upperBound)
    while offset < upper {
      if isNameByte(text[offset]), !isNameByte(self[offset - 1]) {
        let first = isUpperCase(text[offset]) ? text[offset] | 0x20 : text[offset]
        for word in words where word.utf8Start[0] == first && offset + word.utf8CodeUnitCount <= upper {
          if hasWord(word, at: offset) { return true }
        }
      }
      offset += 1
    }
    return false
  }

  /// The end of the blank-free bytes from `offset` on.
  func chunkEnd(_ offset: Int) -> Int {
    var end = offset
    while self[end] > 0x20, self[end] != 0x7F, end - offset < Self.longestValue { end += 1 }
    return end
  }

  /// The end of the identifier that begins at `offset`.
  func nameEnd(_ offset: Int) -> Int {
    var end = offset
    while isNameByte(self[end]) { end += 1 }
    return end
  }

  /// The contents of the quotes that open at `offset`, up to the line's end where they do not close: then somebody is
  /// still typing.
  func quoted(at offset: Int) -> Range<Int> {
    let quote = self[offset]
    // In JSON within a string quotes have a backslash, and so has the end.
    let isEscaped = self[offset - 1] == UInt8(ascii: "\\")
    var from = offset + 1
    if self[from] == quote && self[from + 1] == quote { from += 2 }
    var end = from
    while end < self.end, end - from < Self.longestValue {
      let byte = text[end]
      if byte == quote {
        // A quote twice within text is one of it.
        guard quote == UInt8(ascii: "'"), self[end + 1] == quote, end > from, isNameByte(self[end - 1]),
          isNameByte(self[end + 2])
        else { break }
        end += 1
      }
      if byte == UInt8(ascii: "\\") {
        if isEscaped && self[end + 1] == quote { break }
        end += 1
      }
      end += 1
    }
    end = min(end, self.end)
    if self[end] != quote && !isEscaped { while end > from, isBlank(self[end - 1]) { end -= 1 } }
    return from..<end
  }

  /// Whether the place is within quotes of a kind that opened on this line.
  func isWithin(_ quote: UInt8, at offset: Int) -> Bool {
    var count = 0
    for index in max(start, offset - Self.reach)..<max(start, offset) where text[index] == quote {
      count += 1
    }
    return count % 2 == 1
  }

  /// A range without the blanks at its ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (lower, upper) = (range.lowerBound, range.upperBound)
    while lower < upper, isBlank(self[lower]) { lower += 1 }
    while upper > lower, isBlank(self[upper - 1]) { upper -= 1 }
    return lower..<upper
  }
}
