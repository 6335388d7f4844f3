/// Values on the lines behind that of their name.
extension SecretAssignments {
  /// The value on the next line, where this one ends before it.
  func continued() -> Range<Int>? {
    var offset = name.upperBound
    while isQuote(line[offset]) || line[offset] == UInt8(ascii: "\\") && isQuote(line[offset + 1]) {
      offset += 1
    }
    let isQuotedName = offset > name.upperBound
    offset = skippingSubscript(offset)
    if line[offset] == UInt8(ascii: "*"), line[offset + 1] == UInt8(ascii: "*") { offset += 2 }
    let next = line.skippingBlanks(offset)
    if next >= line.end { return isOption ? listedOption() : mapped() ?? paired() }
    switch line[next] {
    case UInt8(ascii: ":") where isFirst || isLabel || isQuotedName, UInt8(ascii: "="),
      UInt8(ascii: "-") where line[next + 1] == UInt8(ascii: ">"):
      return behindSign(next)
    case UInt8(ascii: ":"): return typedBehindSign(next)
    case 0xEF where line.isLast(next + 3): return lone(sign: UInt8(ascii: ":"))
    case UInt8(ascii: ","):
      guard line.isLast(next + 1) else { return nil }
      return isOption ? listedOption() : isDefined ? atNextLine { $0.secondArgument($1) } : paired()
    case UInt8(ascii: "(") where line.isLast(next + 1):
      return atNextLine { assignment, first in
        assignment.isLiteral(first) ? assignment.argument(first) : nil
      }
    case UInt8(ascii: "{") where line.isLast(next + 1): return valued()
    case UInt8(ascii: "\\"), UInt8(ascii: "`"), UInt8(ascii: "^"):
      guard isOption, line.isLast(next + 1) else { return nil }
      return atNextLine { assignment, first in
        if assignment.isLiteral(first) { return assignment.literal(first) }
        return assignment.line[first] == UInt8(ascii: "-") ? nil : assignment.behindBlank(first)
      }
    case UInt8(ascii: "<") where line[next + 1] == UInt8(ascii: "/"): return inNextElement(behind: next)
    case UInt8(ascii: ">") where line.isLast(next + 1): return inElement(isNamed: isTag || isSettingElement)
    default:
      if isQuotedName || isTag, let value = behindAttributes(next) { return value }
      return next > offset ? told(next) : nil
    }
  }

  // MARK: The two lines

  /// The same name on both lines together.
  private func joined(_ next: SecretLine) -> SecretAssignments {
    SecretAssignments(
      line: SecretLine(text: line.text, start: line.start, end: next.end), name: name, strength: strength)
  }

  /// What is found at the first byte of the next line that is no blank.
  private func atNextLine(_ find: (SecretAssignments, Int) -> Range<Int>?) -> Range<Int>? {
    guard let next = line.following else { return nil }
    let first = next.skippingBlanks(next.start)
    return first < next.end ? find(joined(next), first) : nil
  }

  // MARK: Signs

  /// Behind `:` or `=` at the line's end, or what says there that the value begins on the next line.
  private func behindSign(_ start: Int) -> Range<Int>? {
    let sign = line[start] == UInt8(ascii: "=") ? UInt8(ascii: "=") : UInt8(ascii: ":")
    var offset = start + 1
    while ":=>~*".utf8.contains(line[offset]) && !isBlank(line[offset - 1]) { offset += 1 }
    let isBlock = line[line.skippingBlanks(offset)] == UInt8(ascii: "|") || line[offset] == 0x20
    offset = line.skippingBlanks(offset)
    if line.isLast(offset) { return lone(sign: sign) }
    switch line[offset] {
    case UInt8(ascii: "|") where isBlock, UInt8(ascii: ">") where isBlock:
      offset += 1
      while "+-".utf8.contains(line[offset]) || isDigit(line[offset]) { offset += 1 }
      if line.isLast(offset) { return block() }
    case UInt8(ascii: "\\"), UInt8(ascii: "("), UInt8(ascii: "`"):
      if line.isLast(offset + 1) { return lone(sign: sign) }
    case UInt8(ascii: "{"):
      if line.isLast(offset + 1) { return valued() }
    case UInt8(ascii: "<") where line[offset + 1] == UInt8(ascii: "<"):
      // Text up to a word of its own.
      offset += 2
      while isNameByte(line[offset]) || "-~'\"".utf8.contains(line[offset]) { offset += 1 }
      if line.isLast(offset) { return lone(sign: UInt8(ascii: ":")) }
    default: break
    }
    return typedBehindSign(start) ?? fallbackOnNext()
  }

  /// Behind a type and `=`, or where what stands there is the last thing in brackets.
  private func typedBehindSign(_ colon: Int) -> Range<Int>? {
    let last = line.trimmed(colon..<line.end).upperBound - 1
    guard last > colon + 1, line[last] == UInt8(ascii: "="), line[colon] == UInt8(ascii: ":"),
      line.text[colon + 1..<last].allSatisfy({ isNameByte($0) || " \t&'<>?![].,*|".utf8.contains($0) })
    else { return nil }
    return atNextLine { $0.literal($1) }
  }

  /// A literal behind an operator that says what stands in where there is nothing else.
  private func fallbackOnNext() -> Range<Int>? {
    let last = line.trimmed(name.upperBound..<line.end).upperBound
    let isOpen = ["||", "??", "?:"].contains { line.has($0, at: last - 2) }
    return atNextLine { assignment, first in
      if isOpen { return assignment.literal(first) }
      let isOperator = ["||", "??", "?:", "or"].contains { assignment.line.has($0, at: first) }
      return isOperator ? assignment.literal(assignment.line.skippingBlanks(first + 2)) : nil
    }
  }

  /// The first line of a block in YAML.
  private func block() -> Range<Int>? {
    atNextLine { assignment, first in
      let value = assignment.line.trimmed(first..<assignment.line.end)
      return isBlank(assignment.line[first - 1]) && assignment.secret(value, .setting) ? value : nil
    }
  }

  /// A literal or a single word on a line of its own.
  private func lone(sign: UInt8) -> Range<Int>? {
    let end = line.end
    return atNextLine { assignment, first in
      let line = assignment.line
      // Behind an empty line a word may be a heading, and code begins.
      let isApart = line.isApart(end, first)
      if isApart, line[first] == UInt8(ascii: "`") { return nil }
      if assignment.isLiteral(first) {
        let value = assignment.literal(first).flatMap { value in
          strength == .weak && line.text[value].contains { isBlank($0) || "\\%".utf8.contains($0) }
            ? nil : value
        }
        let end = line.skippingBlanks((value ?? first..<first).upperBound + 1)
        return line[end] == UInt8(ascii: ":") ? nil : value
      }
      if sign == UInt8(ascii: ":"), let value = assignment.valued(at: first) { return value }
      if let value = assignment.wrapped(first) ?? assignment.fallback(first) { return value }
      let whole = line.trimmed(first..<line.end)
      if strength == .phrase || strength == .codes || strength == .number {
        let isValue = strength != .phrase || SecretWords.isSeed(line.text[whole])
        return isValue && assignment.secret(whole, .setting) ? whole : nil
      }
      return assignment.isValueAlone(whole, sign)
        && (!isApart || SecretValues.Kinds(line.text[whole]).isMixed)
        ? whole : nil
    }
  }

  /// Whether a line's text is one word that is no part of a program, a list or a text.
  private func isValueAlone(_ whole: Range<Int>, _ sign: UInt8) -> Bool {
    let bytes = line.text[whole]
    guard whole.count >= 4, whole.count <= 256, !bytes.contains(where: isBlank),
      !",;:{([".utf8.contains(bytes.last!), !"#<>|-*".utf8.contains(bytes.first!)
    else { return false }
    // Another name and its value.
    let named = bytes.prefix { isNameByte($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    if named.endIndex < whole.upperBound, ":=".utf8.contains(line[named.endIndex]) { return false }
    if SecretValues.Kinds(bytes).isMixed {
      return sign == UInt8(ascii: ":")
        ? secret(whole, .setting) : secret(whole, isFirst ? .setting : .bare)
    }
    return strength == .strong && isFirst && !isPathOfNames && secret(whole, .setting)
      && bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 >= 0x80 || $0 == UInt8(ascii: "-") }
      && !bytes.dropFirst().contains(where: isUpperCase) && !SecretWords.isAspect(bytes)
      && !SecretWords.isFunction(bytes) && !SecretWords.isBeside(bytes) && !SecretWords.isJump(bytes)
      && !SecretNames.isMention(bytes)
  }

  /// Whether the name is a member of something.
  private var isPathOfNames: Bool {
    var start = name.lowerBound
    while isNameByte(line[start - 1]) { start -= 1 }
    return line[start - 1] == UInt8(ascii: ".") || line[start - 1] == UInt8(ascii: ">")
  }

  // MARK: Pairs

  /// `: …` behind `? password`, as YAML may write a key and its value.
  private func mapped() -> Range<Int>? {
    let mark = line.skippingBlanks(line.start)
    guard line[mark] == UInt8(ascii: "?"), isBlank(line[mark + 1]) else { return nil }
    return atNextLine { assignment, first in
      let line = assignment.line
      guard line[first] == UInt8(ascii: ":"), isBlank(line[first + 1]) else { return nil }
      let start = line.skippingBlanks(first + 1)
      if assignment.isLiteral(start) { return assignment.literal(start) }
      let value = line.trimmed(start..<assignment.withoutComment(start))
      return assignment.secret(value, .setting) ? value : nil
    }
  }

  /// `value: …` behind `name: DB_PASSWORD`.
  private func paired() -> Range<Int>? { isNamed ? valued() : nil }

  /// Whether the name is said to be one: the value of `name`, `key` and the like.
  var isNamed: Bool {
    var offset = name.lowerBound
    while isNameByte(line[offset - 1]) || ".-/".utf8.contains(line[offset - 1]) { offset -= 1 }
    let isQuoted = isQuote(line[offset - 1])
    if isQuoted { offset -= 1 }
    if line[offset - 1] == UInt8(ascii: "\\") { offset -= 1 }
    while isBlank(line[offset - 1]) { offset -= 1 }
    if line[offset - 1] == UInt8(ascii: ">"), line[offset - 2] == UInt8(ascii: "=") { offset -= 1 }
    guard line[offset - 1] == UInt8(ascii: ":") || line[offset - 1] == UInt8(ascii: "=") && isQuoted else {
      return false
    }
    offset -= 1
    while isBlank(line[offset - 1]) || isQuote(line[offset - 1]) || line[offset - 1] == UInt8(ascii: "\\") {
      offset -= 1
    }
    let words: [StaticString] = [
      "name", "key", "id", "field", "variable", "var", "env", "property", "option", "setting", "parameter",
      "param",
    ]
    return words.contains { line.has($0, at: offset - $0.utf8CodeUnitCount) }
  }

  /// Behind other attributes up to the line's end, or up to the end of a tag.
  private func behindAttributes(_ start: Int) -> Range<Int>? {
    let last = line.trimmed(start..<line.end).upperBound - 1
    guard last >= start, last - start < 256 else { return nil }
    if line[last] == UInt8(ascii: ">") {
      let isTag =
        isTag && isBlank(line[name.upperBound]) && line.text[start..<last].contains(UInt8(ascii: "="))
      return line[last - 1] == UInt8(ascii: "/") ? nil : inElement(isNamed: isTag || isSettingElement)
    }
    if line[last] == UInt8(ascii: "{"), start == last { return valued() }
    return isQuote(line[last]) ? paired() : nil
  }

  /// On one of the next lines, where nothing but other members stand between.
  private func valued() -> Range<Int>? {
    var next = line.nextLine
    for _ in 0..<3 {
      guard let candidate = next else { return nil }
      let first = candidate.skippingBlanks(candidate.start)
      if let value = joined(candidate).valued(at: first) { return value }
      guard candidate.isMember(first) else { return nil }
      next = candidate.nextLine
    }
    return nil
  }

  /// What is given to a name such as `value` or `default` that begins at `start`.
  func valued(at start: Int) -> Range<Int>? {
    var offset = start
    if line[offset] == UInt8(ascii: "\\") { offset += 1 }
    if isQuote(line[offset]) { offset += 1 }
    let first = offset
    while isNameByte(line[offset]) || line[offset] == UInt8(ascii: "-") { offset += 1 }
    guard offset - first >= 5, line.has("value", at: offset - 5) || line.hasWord("default", at: first) else {
      return nil
    }
    if line[offset] == UInt8(ascii: "\\") { offset += 1 }
    if isQuote(line[offset]) { offset += 1 }
    offset = line.skippingBlanks(offset)
    guard line[offset] == UInt8(ascii: ":") || line[offset] == UInt8(ascii: "=") else { return nil }
    offset += 1
    if line[offset] == UInt8(ascii: ">") { offset += 1 }
    offset = line.skippingBlanks(offset)
    if line[offset] == UInt8(ascii: "\\"), isQuote(line[offset + 1]) { offset += 1 }
    if isLiteral(offset) { return literal(offset) }
    var value = line.trimmed(offset..<withoutComment(offset))
    if line[value.upperBound - 1] == UInt8(ascii: ","), !value.isEmpty {
      value = value.lowerBound..<value.upperBound - 1
    }
    return secret(value, .setting) ? value : nil
  }

  // MARK: Elements

  /// `<string>…</string>` behind `<key>password</key>`.
  private func inNextElement(behind start: Int) -> Range<Int>? {
    var close = start
    while close < line.end, line[close] != UInt8(ascii: ">") { close += 1 }
    return line.isLast(close + 1) ? inElement(isNamed: false) : nil
  }

  /// What the next line has between its tags, or by itself where the tag before has the name.
  private func inElement(isNamed: Bool) -> Range<Int>? {
    atNextLine { assignment, first in
      let line = assignment.line
      var start = first
      if line[first] == UInt8(ascii: "<"), line[first + 1] != UInt8(ascii: "!") {
        var end = first + 1
        while isNameByte(line[end]) || line[end] == UInt8(ascii: "-") || line[end] == UInt8(ascii: ":") {
          end += 1
        }
        let isValue =
          line.has("value", at: end - 5) || line.has("string", at: end - 6) || line.has("data", at: end - 4)
        guard isValue else { return nil }
        while end < line.end, line[end] != UInt8(ascii: ">") { end += 1 }
        start = line.skippingBlanks(end + 1)
      } else if !isNamed {
        return nil
      }
      if line.has("<![cdata[", at: start) { start += 9 }
      let value = line.trimmed(start..<assignment.textEnd(start))
      return assignment.secret(value, .quoted) ? value : nil
    }
  }

  // MARK: Options and sentences

  /// The item behind an option in a list: `- --password`, `- …`, or `"--password",`, `"…"`.
  private func listedOption() -> Range<Int>? {
    let isItem =
      line[line.skippingBlanks(line.start)] == UInt8(ascii: "-") && isBlank(line[name.lowerBound - 1])
    return atNextLine { assignment, first in
      if assignment.isLiteral(first) { return isItem ? nil : assignment.literal(first) }
      guard isItem, assignment.line[first] == UInt8(ascii: "-"), isBlank(assignment.line[first + 1]) else {
        return nil
      }
      let start = assignment.line.skippingBlanks(first + 2)
      if assignment.line[start] == UInt8(ascii: "-") { return nil }
      return assignment.literal(start)
        ?? assignment.word(start..<assignment.line.chunkEnd(start), isSetting: true)
    }
  }

  /// The first word of the next line, where a sentence or a label ends before it.
  private func told(_ start: Int) -> Range<Int>? {
    let rest = line.trimmed(start..<line.end)
    let isLabel = line[rest.upperBound - 1] == UInt8(ascii: ":")
    let verbs: [StaticString] = ["is", "ist", "lautet", "est", "es", "was"]
    guard rest.count <= 64,
      isLabel || verbs.contains(where: { line.hasWord($0, at: rest.upperBound - $0.utf8CodeUnitCount) }),
      line.text[rest].dropLast().allSatisfy({ isNameByte($0) || " '()/-".utf8.contains($0) }),
      let next = line.following
    else { return nil }
    let first = next.skippingBlanks(next.start)
    let prose = SecretProse(line: next, name: name, strength: strength)
    guard let value = prose.mixedWord(first), !isLabel || next.isLast(value.upperBound) else { return nil }
    return value
  }
}

extension SecretLine {
  /// Whether a line is a name and its value, or nothing: between the name of a setting and what it is set to.
  fileprivate func isMember(_ first: Int) -> Bool {
    if first >= end { return true }
    var offset = first
    if self[offset] == UInt8(ascii: "\\") { offset += 1 }
    if isQuote(self[offset]) { offset += 1 }
    let name = offset
    while isNameByte(self[offset]) || self[offset] == UInt8(ascii: "-") && offset > name { offset += 1 }
    guard offset > name else { return false }
    if self[offset] == UInt8(ascii: "\\") { offset += 1 }
    if isQuote(self[offset]) { offset += 1 }
    offset = skippingBlanks(offset)
    return ":=".utf8.contains(self[offset]) && !"{[(".utf8.contains(self[trimmed(start..<end).upperBound - 1])
  }

  /// The longest lines that are looked at together, in bytes.
  private static let longestJoined = 4096

  /// Whether nothing but blanks stands from `offset` to the line's end.
  func isLast(_ offset: Int) -> Bool { skippingBlanks(offset) >= end }

  /// Whether an empty line stands between the end of a line and a place behind it.
  fileprivate func isApart(_ end: Int, _ offset: Int) -> Bool {
    (end..<offset).count { text[$0] == 0x0A || text[$0] == 0x0D && text[$0 + 1] != 0x0A } > 1
  }

  /// The next line that is not blank, where no more than two blank ones stand between.
  var following: SecretLine? {
    var next = nextLine
    for _ in 0..<2 {
      guard let line = next, line.isLast(line.start) else { return next }
      next = line.nextLine
    }
    return next
  }

  /// The line behind this one, if both are known as a whole.
  var nextLine: SecretLine? {
    guard end < text.count, end - start <= Self.longestJoined, text[end] == 0x0A || text[end] == 0x0D,
      start == 0 || text[start - 1] == 0x0A || text[start - 1] == 0x0D
    else { return nil }
    var from = end + 1
    if text[end] == 0x0D, from < text.count, text[from] == 0x0A { from += 1 }
    var to = from
    while to < text.count, text[to] != 0x0A, text[to] != 0x0D {
      to += 1
      if to - from > Self.longestJoined { return nil }
    }
    return SecretLine(text: text, start: from, end: to)
  }

  /// The line before this one, if both are known as a whole.
  var lineBefore: SecretLine? {
    guard start > 0, end - start <= Self.longestJoined, text[start - 1] == 0x0A || text[start - 1] == 0x0D
    else { return nil }
    var to = start - 1
    if text[to] == 0x0A, to > 0, text[to - 1] == 0x0D { to -= 1 }
    var from = to
    while from > 0, text[from - 1] != 0x0A, text[from - 1] != 0x0D {
      from -= 1
      if to - from > Self.longestJoined { return nil }
    }
    return SecretLine(text: text, start: from, end: to)
  }
}
