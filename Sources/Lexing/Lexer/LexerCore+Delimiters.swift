// What opens and closes strings, comments and interpolations.
extension LexerCore {
  /// Tries what may begin with `first` in code: sigils, comments, strings, heredocs.
  @inline(never)
  mutating func codeCandidate(_ first: UInt8, _ offset: Int) -> Bool {
    let range = tables.codeOpenerRanges[Int(first)]
    if range.count > 0 && open(tables.codeOpeners, range, offset) { return true }
    return sigil(offset, .code)
  }

  /// A sigil and the name behind it, as one identifier or keyword.
  mutating func sigil(_ offset: Int, _ context: TokenContext) -> Bool {
    for sigil in tables.sigils where matches(sigil, offset) {
      var stop = offset + sigil.count
      guard stop < window.count, flags(byte(stop)) & ByteFlag.identifierStart != 0 || byte(stop) >= 0x80
      else {
        continue
      }
      let nameStart = stop
      while stop < window.count, flags(byte(stop)) & ByteFlag.identifierRest != 0 || byte(stop) >= 0x80 {
        if byte(stop) >= 0x80 {
          let scalar = DecodedScalar.at(stop, in: window.base, count: window.count)
          guard scalar.isValid, [.letter, .mark, .digit, .ideograph].contains(ScalarClass.of(scalar.value))
          else {
            break
          }
          stop += scalar.byteCount
        } else {
          stop += 1
        }
      }
      guard stop > nameStart else { continue }
      let isWord = isKeywordAt(offset, stop - offset)
      isAfterOperand = tables.usesOperands && !isWord
      return emit(isWord ? .keyword : .identifier, context, offset, stop)
    }
    return false
  }

  /// Opens the first region of a list that matches at `offset`.
  mutating func open(
    _ openers: UnsafePointer<CompiledOpener>, _ range: TableRange, _ offset: Int
  ) -> Bool {
    for i in Int(range.start)..<Int(range.start) + Int(range.count) {
      let opener = openers[i]
      let region = tables.regions[Int(opener.region)]
      var parameter: UInt64 = 0
      let stop = opener.pattern.endOfOpening(offset, window, parameter: &parameter)
      guard stop > offset && isInPlace(region, offset, stop) else { continue }
      if region.kind == .heredoc {
        if openHeredoc(region, opener.region, offset, stop) { return true }
        continue
      }
      if region.holdsOneCharacter && !closesAfterOneCharacter(region, stop) { continue }
      let kind: LexerFrame.Kind = region.kind == .code ? .embeddedCode : .text
      setFrame(
        states.push(
          kind, region: opener.region, parameter: parameter, onto: frame,
          endsAtLineEnd: !region.isMultiline))
      isAfterOperand = false
      return emit(.delimiter, region.kind == .code ? .prose : region.context, offset, stop)
    }
    return false
  }

  private func isInPlace(_ region: CompiledRegion, _ offset: Int, _ stop: Int) -> Bool {
    if region.isFollowedByName {
      let next = byteOrZero(stop)
      let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(next | 0x20)
      let isSign = next == UInt8(ascii: "/") || next == UInt8(ascii: "!") || next == UInt8(ascii: "?")
      if !isLetter && !isSign { return false }
    }
    switch region.place {
    case .anywhere: return true
    case .lineStart: return isLineStart(offset)
    case .afterSpace: return isLineStart(offset) || byte(offset - 1) == 0x20 || byte(offset - 1) == 0x09
    case .notAfterWord:
      guard offset > 0 else { return true }
      return byte(offset - 1) < 0x80 && flags(byte(offset - 1)) & ByteFlag.identifierRest == 0
    case .operand:
      let next = byteOrZero(stop)
      return !isAfterOperand && next > 0x20 && next != UInt8(ascii: "=")
    }
  }

  /// Whether one character, or one escape, and the closing delimiter are at `offset`.
  private func closesAfterOneCharacter(_ region: CompiledRegion, _ offset: Int) -> Bool {
    guard offset < window.count, byte(offset) != 0x0A && byte(offset) != 0x0D else { return false }
    if region.hasEscape, region.escape.endOfMatch(offset, window, parameter: 0) > offset {
      // The longest escape is `\u{10FFFF}`.
      for stop in offset + 2..<offset + 14 {
        guard stop < window.count, byte(stop) != 0x0A, byte(stop) != 0x0D else { return false }
        if region.close.endOfMatch(stop, window, parameter: 0) > stop { return true }
      }
      return false
    }
    let scalar = DecodedScalar.at(offset, in: window.base, count: window.count)
    let stop = scalar.isValid ? marksEnd(offset + scalar.byteCount) : offset + 1
    return stop < window.count && stop - offset < 32
      && region.close.endOfMatch(offset, window, parameter: 0) < 0
      && region.close.endOfMatch(stop, window, parameter: 0) > stop
  }

  /// `<<TAG`, `<<"TAG"` and the like: the body begins at the next line.
  private mutating func openHeredoc(
    _ region: CompiledRegion, _ index: UInt16, _ offset: Int, _ afterOpen: Int
  ) -> Bool {
    guard top.kind != .heredocPending else { return false }
    var stop = afterOpen
    let quote = byteOrZero(stop)
    let isQuoted = quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "`")
    if isQuoted { stop += 1 }
    let tagStart = stop
    var hash = TagHash()
    while stop < window.count, stop - tagStart < CompiledPattern.tagLimit, TagHash.isTagByte(byte(stop)) {
      hash.combine(byte(stop))
      stop += 1
    }
    guard stop > tagStart, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte(tagStart)) else {
      return false
    }
    if isQuoted {
      guard byteOrZero(stop) == quote else { return false }
      stop += 1
    } else if region.needsCapital
      && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte(tagStart))
    {
      return false
    }
    setFrame(
      states.push(.heredocPending, region: index, parameter: hash.value, onto: frame, endsAtLineEnd: false))
    isAfterOperand = tables.usesOperands
    return emit(.delimiter, .string, offset, stop)
  }

  /// Ends a heredoc where its tag stands alone at the start of a line, perhaps indented.
  mutating func closeHeredoc(_ offset: Int) -> Bool {
    var tagStart = offset
    let limit = min(window.count, offset + Self.lookahead / 2)
    while tagStart < limit, byte(tagStart) == 0x20 || byte(tagStart) == 0x09 { tagStart += 1 }
    var stop = tagStart
    var hash = TagHash()
    while stop < window.count, stop - tagStart <= CompiledPattern.tagLimit, TagHash.isTagByte(byte(stop)) {
      hash.combine(byte(stop))
      stop += 1
    }
    guard stop > tagStart && hash.value == top.parameter else { return false }
    setFrame(top.parent)
    isAfterOperand = tables.usesOperands
    return emit(.delimiter, .string, tagStart, stop)
  }

  /// Tries what may end or interrupt the text of the topmost region at `offset`.
  @inline(never)
  mutating func textCandidate(_ first: UInt8, _ offset: Int) -> Bool {
    if top.kind == .rootProse {
      let range = tables.textOpenerRanges[Int(first)]
      if range.count > 0 && open(tables.textOpeners, range, offset) { return true }
      return sigil(offset, .prose)
    }
    let region = tables.regions[Int(top.region)]
    let parameter = top.kind == .text ? top.parameter : 0
    if region.hasClose && top.kind == .text {
      let stop = region.close.endOfMatch(offset, window, parameter: parameter)
      if stop > offset { return close(region, offset, stop) }
    }
    if interpolation(region, parameter, offset) { return true }
    if region.hasEscape {
      let stop = region.escape.endOfMatch(offset, window, parameter: parameter)
      if stop > offset { return emit(.punctuation, region.context, offset, escapeEnd(stop)) }
    }
    if region.nests { return nest(region, offset) }
    return false
  }

  private mutating func close(_ region: CompiledRegion, _ offset: Int, _ stop: Int) -> Bool {
    if region.isEscapedByDoubling {
      let doubled = region.close.endOfMatch(stop, window, parameter: top.parameter)
      if doubled > stop { return emit(.punctuation, region.context, offset, doubled) }
    }
    setFrame(top.parent)
    isAfterOperand = tables.usesOperands && region.kind == .string
    return emit(.delimiter, region.context, offset, stop)
  }

  private mutating func interpolation(_ region: CompiledRegion, _ parameter: UInt64, _ offset: Int) -> Bool {
    for (index, interpolation) in region.interpolations.enumerated() {
      var stop = interpolation.open.endOfMatch(offset, window, parameter: parameter)
      guard stop > offset else { continue }
      if interpolation.openingBracket != 0 && stop == offset + 1 && byteOrZero(stop) == byte(offset) {
        // `{{` stands for a brace where one brace opens an interpolation.
        return emit(.punctuation, region.context, offset, stop + 1)
      }
      if interpolation.takesIdentifier {
        guard stop < window.count, flags(byte(stop)) & ByteFlag.identifierStart != 0 else { continue }
        while stop < window.count, flags(byte(stop)) & ByteFlag.identifierRest != 0 { stop += 1 }
        return emit(.identifier, region.context, offset, stop)
      }
      let pushed = states.push(
        .interpolation, region: top.region, parameter: UInt64(index), onto: frame, endsAtLineEnd: false)
      guard pushed != frame else { return false }
      setFrame(pushed)
      isAfterOperand = false
      return emit(.delimiter, region.context, offset, stop)
    }
    return false
  }

  /// The end of an escape whose introducer ends at `offset`: one character more.
  private func escapeEnd(_ offset: Int) -> Int {
    guard offset < window.count else { return offset }
    if byte(offset) == 0x0D && byteOrZero(offset + 1) == 0x0A { return offset + 2 }
    return offset + DecodedScalar.at(offset, in: window.base, count: window.count).byteCount
  }

  private mutating func nest(_ region: CompiledRegion, _ offset: Int) -> Bool {
    let range = tables.codeOpenerRanges[Int(byte(offset))]
    for i in Int(range.start)..<Int(range.start) + Int(range.count) {
      let opener = tables.codeOpeners[i]
      let nested = tables.regions[Int(opener.region)]
      guard nested.nests && nested.kind == region.kind else { continue }
      var parameter: UInt64 = 0
      let stop = opener.pattern.endOfOpening(offset, window, parameter: &parameter)
      guard stop > offset else { continue }
      // A level of nesting is a frame of its own although it looks like the one below.
      setFrame(
        states.push(.text, region: opener.region, parameter: parameter, onto: frame, endsAtLineEnd: false))
      return emit(.delimiter, region.context, offset, stop)
    }
    return false
  }
}
