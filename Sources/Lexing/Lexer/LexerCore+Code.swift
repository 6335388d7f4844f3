// Tokens of code.
extension LexerCore {
  mutating func nextInCode() -> Bool {
    var offset = end
    if tables.indentationMatters && isLineStart(offset) && (top.kind == .rootCode || top.kind == .indent) {
      if indentationChange(offset) { return true }
    }
    while offset < window.count {
      let first = byte(offset)
      let codeClass = tables.codeClasses[Int(first)]
      if codeClass == CodeClass.space {
        offset += 1
        continue
      }
      if codeClass & CodeClass.candidate != 0 && codeCandidate(first, offset) { return true }
      switch codeClass & CodeClass.mask {
      case CodeClass.identifier: return identifier(offset)
      case CodeClass.lineEnd: return emitLineEnd(offset, .code)
      case CodeClass.digit: return number(offset)
      case CodeClass.symbol: return symbol(first, offset)
      case CodeClass.point:
        if flags(byteOrZero(offset + 1)) & ByteFlag.digit != 0 && !isBehindName(offset) {
          return number(offset)
        }
        return symbol(first, offset)
      case CodeClass.quote: return quotedIdentifier(first, offset)
      case CodeClass.nonASCII:
        if nonASCIICode(&offset) { return true }
      default:
        isAfterOperand = false
        return emit(.other, .code, offset, offset + 1)
      }
    }
    end = offset
    return false
  }

  /// Whether a name or a closing bracket ends right before `offset`.
  private func isBehindName(_ offset: Int) -> Bool {
    guard offset > 0 else { return false }
    let before = byte(offset - 1)
    return flags(before) & ByteFlag.identifierRest != 0 || before >= 0x80 || before == UInt8(ascii: ")")
      || before == UInt8(ascii: "]")
  }

  // MARK: Names and numbers

  @inline(__always)
  private mutating func identifier(_ offset: Int) -> Bool {
    var stop = offset + 1
    while stop < window.count {
      let next = byte(stop)
      if flags(next) & ByteFlag.identifierRest != 0 {
        stop += 1
      } else if next >= 0x80 {
        let end = identifierRestEnd(stop)
        if end == stop { break }
        stop = end
      } else {
        break
      }
    }
    let isWord = isKeyword(offset, stop - offset)
    isAfterOperand = tables.usesOperands && !isWord
    return emit(isWord ? .keyword : .identifier, .code, offset, stop)
  }

  /// The end of the character outside ASCII at `offset` if it can continue an identifier, else `offset`.
  @inline(never)
  private func identifierRestEnd(_ offset: Int) -> Int {
    let scalar = DecodedScalar.at(offset, in: window.base, count: window.count)
    guard scalar.isValid else { return offset }
    switch ScalarClass.of(scalar.value) {
    case .letter, .mark, .digit, .ideograph: return offset + scalar.byteCount
    default: return offset
    }
  }

  @inline(__always)
  private func isKeyword(_ offset: Int, _ count: Int) -> Bool {
    if count > tables.longestKeyword { return false }
    let text = window.base + offset
    let fold: UInt8 = tables.keywordsIgnoreCase ? 0x20 : 0
    let mask = tables.keywords.count - 1
    var place = GrammarTables.keywordHash(text, count, fold: fold) & mask
    let places = tables.keywords.baseAddress.unsafelyUnwrapped
    while places[place].count != 0 {
      if places[place].count == count && matchesKeyword(places[place].bytes, text, count, fold) {
        return true
      }
      place = (place + 1) & mask
    }
    return false
  }

  @inline(never)
  func isKeywordAt(_ offset: Int, _ count: Int) -> Bool { isKeyword(offset, count) }

  @inline(__always)
  private func matchesKeyword(
    _ keyword: UnsafePointer<UInt8>, _ text: UnsafePointer<UInt8>, _ count: Int, _ fold: UInt8
  ) -> Bool {
    var i = 0
    while i < count {
      var next = text[i]
      if fold != 0 && next >= UInt8(ascii: "A") && next <= UInt8(ascii: "Z") { next |= 0x20 }
      if next != keyword[i] { return false }
      i += 1
    }
    return true
  }

  /// An identifier between quotes of its own, on one line; else the quote alone is an operator.
  private mutating func quotedIdentifier(_ quote: UInt8, _ offset: Int) -> Bool {
    var stop = offset + 1
    let limit = min(window.count, offset + Self.lookahead - 8)
    while stop < limit, byte(stop) != quote, byte(stop) != 0x0A, byte(stop) != 0x0D { stop += 1 }
    guard stop < limit && byte(stop) == quote && stop > offset + 1 else { return symbol(quote, offset) }
    isAfterOperand = tables.usesOperands
    return emit(.identifier, .code, offset, stop + 1)
  }

  private mutating func number(_ offset: Int) -> Bool {
    isAfterOperand = tables.usesOperands
    if let end = keycapEnd(offset) { return emit(.emoji, .code, offset, end) }
    let isHexadecimal =
      byte(offset) == UInt8(ascii: "0") && byteOrZero(offset + 1) | 0x20 == UInt8(ascii: "x")
    let exponent = isHexadecimal ? ByteFlag.hexadecimalExponent : ByteFlag.exponent
    // Behind one point the digits are a member's index, as in `pair.0.1`.
    var mayHavePoint =
      offset == 0 || byte(offset - 1) != UInt8(ascii: ".")
      || (offset > 1 && byte(offset - 2) == UInt8(ascii: "."))
    var stop = offset + (isHexadecimal ? 2 : 1)
    if byte(offset) == UInt8(ascii: ".") { mayHavePoint = false }
    while stop < window.count {
      let next = byte(stop)
      let nextFlags = flags(next)
      let following = byteOrZero(stop + 1)
      if nextFlags & exponent != 0 && (following == UInt8(ascii: "+") || following == UInt8(ascii: "-"))
        && flags(byteOrZero(stop + 2)) & ByteFlag.digit != 0
      {
        stop += 3
      } else if nextFlags & (ByteFlag.digit | ByteFlag.identifierStart) != 0 && next != UInt8(ascii: "$") {
        stop += 1
      } else if nextFlags & ByteFlag.numberSeparator != 0
        && flags(following) & (ByteFlag.digit | ByteFlag.identifierStart) != 0
      {
        stop += 2
      } else if next == UInt8(ascii: ".") && mayHavePoint && pointBelongs(stop, following) {
        mayHavePoint = false
        stop += 1
      } else {
        break
      }
    }
    return emit(.number, .code, offset, stop)
  }

  /// Whether the point at `offset` is a number's decimal point rather than a range or a member access.
  private func pointBelongs(_ offset: Int, _ following: UInt8) -> Bool {
    if flags(following) & ByteFlag.digit != 0 { return true }
    guard tables.trailingPoint && following != UInt8(ascii: ".") else { return false }
    if flags(following) & ByteFlag.identifierStart == 0 { return following < 0x80 }
    // `1.f`, `1.e5`, but not `1.count`.
    return flags(byteOrZero(offset + 2)) & ByteFlag.identifierStart == 0
  }

  // MARK: Operators and brackets

  @inline(__always)
  private mutating func symbol(_ first: UInt8, _ offset: Int) -> Bool {
    if top.kind.countsBrackets && bracket(first, offset) { return true }
    if tables.usesOperands {
      isAfterOperand = first == UInt8(ascii: ")") || first == UInt8(ascii: "]")
    }
    if first == UInt8(ascii: "#") || first == UInt8(ascii: "*"), let end = keycapEnd(offset) {
      return emit(.emoji, .code, offset, end)
    }
    let range = tables.operatorRanges[Int(first)]
    var i = Int(range.start)
    let stop = i + Int(range.count)
    var length = 1
    while i < stop {
      let candidate = tables.operators[i]
      if matches(candidate, offset) {
        length = candidate.count
        break
      }
      i += 1
    }
    if tables.hasOperatorRuns && flags(first) & ByteFlag.operatorRun != 0 {
      var run = 1
      while offset + run < window.count, flags(byte(offset + run)) & ByteFlag.operatorRun != 0 { run += 1 }
      length = max(length, run)
    }
    return emit(.operator, .code, offset, offset + length)
  }

  @inline(__always)
  func matches(_ word: CompiledWord, _ offset: Int) -> Bool {
    if offset + word.count > window.count { return false }
    var i = 0
    while i < word.count {
      if window.base[offset + i] != word.bytes[i] { return false }
      i += 1
    }
    return true
  }

  /// Ends an interpolation, or keeps count of the brackets within it.
  @inline(never)
  private mutating func bracket(_ first: UInt8, _ offset: Int) -> Bool {
    let (close, opening, closing) = enclosing()
    if top.kind == .bracket {
      if first == closing {
        setFrame(top.parent)
        isAfterOperand = tables.usesOperands
        return emit(.operator, .code, offset, offset + 1)
      }
    } else {
      let stop = close.endOfMatch(offset, window, parameter: 0)
      if stop > offset {
        setFrame(top.parent)
        isAfterOperand = false
        return emit(.delimiter, top.kind.isText ? context(of: top) : .code, offset, stop)
      }
    }
    if opening != 0 && first == opening {
      setFrame(
        states.push(.bracket, region: top.region, parameter: top.parameter, onto: frame, endsAtLineEnd: false)
      )
      isAfterOperand = false
      return emit(.operator, .code, offset, offset + 1)
    }
    return false
  }

  /// What closes the interpolation that the topmost frame is, or is in.
  private func enclosing() -> (CompiledPattern, UInt8, UInt8) {
    var owner = top
    while owner.kind == .bracket { owner = states[owner.parent] }
    let region = tables.regions[Int(owner.region)]
    if owner.kind == .interpolation {
      let interpolation = region.interpolations[Int(owner.parameter)]
      return (interpolation.close, interpolation.openingBracket, interpolation.closingBracket)
    }
    return (region.close, region.openingBracket, region.closingBracket)
  }

  func context(of frame: LexerFrame) -> TokenContext {
    frame.kind == .rootProse ? .prose : tables.regions[Int(frame.region)].context
  }

  // MARK: Indentation

  /// Reads a change of indentation at a line's start. Blank lines and lines of comment alone change nothing.
  ///
  /// An indent's bytes are the line's leading white space; a dedent is empty and lies before it. A line that is
  /// less deep than the last one but as deep as no open level takes the innermost level over.
  private mutating func indentationChange(_ offset: Int) -> Bool {
    var stop = offset
    var width: UInt64 = 0
    // Half of the lookahead, so that what follows the white space is seen as well.
    let limit = min(window.count, offset + Self.lookahead / 2)
    while stop < limit {
      if byte(stop) == 0x20 {
        width += 1
      } else if byte(stop) == 0x09 {
        width = (width / 8 + 1) * 8
      } else {
        break
      }
      stop += 1
    }
    guard stop < window.count, tables.codeClasses[Int(byte(stop))] & CodeClass.mask != CodeClass.lineEnd,
      !isComment(stop)
    else { return false }
    let current = top.kind == .indent ? top.parameter : 0
    if width > current {
      setFrame(states.push(.indent, region: 0, parameter: width, onto: frame, endsAtLineEnd: false))
      // Too deep to be remembered: then the white space is a gap.
      if top.kind != .indent || top.parameter != width { return false }
      return emit(.indent, .code, offset, stop)
    }
    guard width < current else { return false }
    let outer = states[top.parent]
    let outerWidth = outer.kind == .indent ? outer.parameter : 0
    setFrame(top.parent)
    if width > outerWidth {
      setFrame(states.push(.indent, region: 0, parameter: width, onto: frame, endsAtLineEnd: false))
      return false
    }
    return emit(.dedent, .code, offset, offset)
  }

  private func isComment(_ offset: Int) -> Bool {
    let range = tables.codeOpenerRanges[Int(byte(offset))]
    for i in Int(range.start)..<Int(range.start) + Int(range.count) {
      let opener = tables.codeOpeners[i]
      let region = tables.regions[Int(opener.region)]
      var parameter: UInt64 = 0
      if region.kind == .comment && !region.hasClose
        && opener.pattern.endOfOpening(offset, window, parameter: &parameter) > 0
      {
        return true
      }
    }
    return false
  }

  // MARK: Characters outside ASCII

  /// Reads a token, or moves `offset` over white space.
  @inline(never)
  private mutating func nonASCIICode(_ offset: inout Int) -> Bool {
    let scalar = DecodedScalar.at(offset, in: window.base, count: window.count)
    guard scalar.isValid else {
      isAfterOperand = false
      return emit(.other, .code, offset, invalidEnd(offset))
    }
    let stop = offset + scalar.byteCount
    let scalarClass = ScalarClass.of(scalar.value)
    switch scalarClass {
    case .space:
      offset = stop
      return false
    case .letter, .ideograph, .digit:
      _ = identifier(stop - 1)
      start = offset
      return true
    case .emoji:
      isAfterOperand = tables.usesOperands
      return emit(.emoji, .code, offset, emojiEnd(stop, first: scalar.value))
    case .symbol, .mark, .other:
      isAfterOperand = false
      let marked = marksEnd(stop)
      if scalarClass == .symbol && isEmojiVariant(stop) {
        return emit(.emoji, .code, offset, emojiEnd(stop, first: scalar.value))
      }
      return emit(scalarClass == .symbol ? .operator : .other, .code, offset, marked)
    }
  }

  /// Whether the variation selector for emoji is at `offset`.
  @inline(__always)
  func isEmojiVariant(_ offset: Int) -> Bool {
    offset + 2 < window.count && byte(offset) == 0xEF && byte(offset + 1) == 0xB8 && byte(offset + 2) == 0x8F
  }
}
