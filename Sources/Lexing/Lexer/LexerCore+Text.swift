// Tokens of prose, and of what is within strings and comments.
extension LexerCore {
  mutating func nextInText() -> Bool {
    var offset = end
    let context = context(of: top)
    let classes =
      top.kind == .rootProse ? tables.rootTextClasses : tables.regions[Int(top.region)].textClasses
    if top.kind == .heredocBody && isLineStart(offset) && closeHeredoc(offset) { return true }
    while offset < window.count {
      let first = byte(offset)
      let textClass = classes[Int(first)]
      if textClass == TextClass.space {
        if offset == end, first == 0x20, partsSyllables(offset) {
          return emit(.other, context, offset, offset + 1)
        }
        offset += 1
        continue
      }
      if textClass & TextClass.special != 0 && textCandidate(first, offset) { return true }
      switch textClass & TextClass.mask {
      case TextClass.word: return word(offset, offset + 1, context, classes)
      case TextClass.lineEnd: return emitLineEnd(offset, context)
      case TextClass.digit: return digits(offset, context, classes)
      case TextClass.punctuation: return punctuation(first, offset, context, classes)
      case TextClass.nonASCII:
        if nonASCIIText(&offset, context, classes) { return true }
      case TextClass.space: offset += 1
      default: return emit(.other, context, offset, offset + 1)
      }
    }
    end = offset
    return false
  }

  /// Whether the space at `offset` parts words of Korean, or ends one that is the last of its line. Syllables are tokens each,
  /// and nothing else tells where their words end.
  @inline(__always)
  private func partsSyllables(_ offset: Int) -> Bool {
    guard offset >= 3, byte(offset - 1) >= 0x80, isSyllable(offset - 3) else { return false }
    let next = byteOrZero(offset + 1)
    return next == 0x0A || next == 0x0D || next >= 0x80 && isSyllable(offset + 1)
      || offset + 1 == window.count
  }

  /// Whether a syllable of Hangul begins at `offset`.
  @inline(never)
  private func isSyllable(_ offset: Int) -> Bool {
    let scalar = DecodedScalar.at(offset, in: window.base, count: window.count)
    return scalar.isValid && scalar.byteCount == 3 && 0xAC00...0xD7A3 ~= scalar.value
  }

  /// A word whose first character ends at `offset`.
  @inline(__always)
  private mutating func word(
    _ start: Int, _ offset: Int, _ context: TokenContext, _ classes: UnsafePointer<UInt8>
  ) -> Bool {
    var stop = offset
    while stop < window.count {
      let next = classes[Int(byte(stop))]
      let nextClass = next & TextClass.mask
      if nextClass == TextClass.word || nextClass == TextClass.digit {
        stop += 1
      } else if next & TextClass.joiner != 0 {
        if !joins(stop, stop + 1, classes) || (next & TextClass.special != 0 && mayInterrupt(stop)) { break }
        stop += 1
      } else if nextClass == TextClass.nonASCII {
        let end = wordRestEnd(stop, classes)
        if end == stop { break }
        stop = end
      } else {
        break
      }
    }
    return emit(.word, context, start, stop)
  }

  /// Whether a letter or digit follows the joiner from `offset` to `stop`.
  private func joins(_ offset: Int, _ stop: Int, _ classes: UnsafePointer<UInt8>) -> Bool {
    guard stop < window.count else { return false }
    switch classes[Int(byte(stop))] & TextClass.mask {
    case TextClass.word, TextClass.digit: return true
    case TextClass.nonASCII:
      let scalar = DecodedScalar.at(stop, in: window.base, count: window.count)
      return scalar.isValid && ScalarClass.of(scalar.value) == .letter
    default: return false
    }
  }

  /// Whether a delimiter stands where a word's joiner would.
  private func mayInterrupt(_ offset: Int) -> Bool {
    guard top.kind != .rootProse else {
      let range = tables.textOpenerRanges[Int(byte(offset))]
      return range.count > 0
    }
    let region = tables.regions[Int(top.region)]
    let parameter = top.kind == .text ? top.parameter : 0
    if region.hasClose && top.kind == .text
      && region.close.endOfMatch(offset, window, parameter: parameter) > 0
    {
      return true
    }
    if region.hasEscape && region.escape.endOfMatch(offset, window, parameter: parameter) > 0 { return true }
    return region.nests
  }

  /// The end of the character outside ASCII at `offset` if it continues a word, else `offset`.
  @inline(never)
  private func wordRestEnd(_ offset: Int, _ classes: UnsafePointer<UInt8>) -> Int {
    let scalar = DecodedScalar.at(offset, in: window.base, count: window.count)
    guard scalar.isValid else { return offset }
    let stop = offset + scalar.byteCount
    switch scalar.value {
    // The typographic apostrophe and hyphens.
    case 0x2019, 0x2010, 0x2011: return joins(offset, stop, classes) ? stop : offset
    default: break
    }
    switch ScalarClass.of(scalar.value) {
    case .letter, .mark, .digit: return stop
    default: return offset
    }
  }

  /// A number, or a word that begins with digits (`3rd`).
  private mutating func digits(
    _ offset: Int, _ context: TokenContext, _ classes: UnsafePointer<UInt8>
  ) -> Bool {
    if let end = keycapEnd(offset) { return emit(.emoji, context, offset, end) }
    var stop = offset + 1
    while stop < window.count {
      let next = classes[Int(byte(stop))] & TextClass.mask
      if next == TextClass.digit {
        stop += 1
      } else if byte(stop) == UInt8(ascii: ".") || byte(stop) == UInt8(ascii: ","),
        classes[Int(byte(stop))] & TextClass.special == 0,
        classes[Int(byteOrZero(stop + 1))] & TextClass.mask == TextClass.digit
      {
        stop += 2
      } else if next == TextClass.word || (next == TextClass.nonASCII && wordRestEnd(stop, classes) > stop) {
        return word(offset, stop, context, classes)
      } else {
        break
      }
    }
    return emit(.number, context, offset, stop)
  }

  /// One mark of punctuation, or a run of the same.
  private mutating func punctuation(
    _ first: UInt8, _ offset: Int, _ context: TokenContext, _ classes: UnsafePointer<UInt8>
  ) -> Bool {
    if first == UInt8(ascii: "#") || first == UInt8(ascii: "*"), let end = keycapEnd(offset) {
      return emit(.emoji, context, offset, end)
    }
    var stop = offset + 1
    // Where a delimiter may begin with the byte, each is looked at alone.
    if classes[Int(first)] & TextClass.special == 0 {
      while stop < window.count, byte(stop) == first { stop += 1 }
    }
    return emit(.punctuation, context, offset, stop)
  }

  /// Reads a token, or moves `offset` over white space.
  @inline(never)
  private mutating func nonASCIIText(
    _ offset: inout Int, _ context: TokenContext, _ classes: UnsafePointer<UInt8>
  ) -> Bool {
    let scalar = DecodedScalar.at(offset, in: window.base, count: window.count)
    guard scalar.isValid else { return emit(.other, context, offset, invalidEnd(offset)) }
    let stop = offset + scalar.byteCount
    switch ScalarClass.of(scalar.value) {
    case .space:
      offset = stop
      return false
    case .letter: return word(offset, stop, context, classes)
    case .digit: return emit(.number, context, offset, digitsEnd(stop))
    case .ideograph: return emit(.ideograph, context, offset, marksEnd(stop))
    case .emoji: return emit(.emoji, context, offset, emojiEnd(stop, first: scalar.value))
    case .symbol:
      if isEmojiVariant(stop) {
        return emit(.emoji, context, offset, emojiEnd(stop, first: scalar.value))
      }
      return emit(.punctuation, context, offset, marksEnd(stop))
    case .mark, .other: return emit(.other, context, offset, marksEnd(stop))
    }
  }

  /// The end of a run of digits outside ASCII.
  private func digitsEnd(_ offset: Int) -> Int {
    var end = offset
    while end < window.count, byte(end) >= 0x80 {
      let scalar = DecodedScalar.at(end, in: window.base, count: window.count)
      guard scalar.isValid && ScalarClass.of(scalar.value) == .digit else { break }
      end += scalar.byteCount
    }
    return end
  }
}
