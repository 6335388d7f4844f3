/// Values in calls, elements and tables.
extension SecretAssignments {
  /// The literal in a call, unless the call gets the secret by the literal.
  func argument(_ start: Int) -> Range<Int>? {
    let getters: [StaticString] = [
      "get", "read", "ask", "prompt", "input", "fetch", "load", "find", "decrypt", "lookup", "show",
      "request",
    ]
    guard !getters.contains(where: { line.has($0, at: name.lowerBound) }) else { return nil }
    let first = line.skippingBlanks(start)
    // Behind the name of whom it is set for.
    if isQuote(line[first]) {
      let next = line.skippingBlanks(line.quoted(at: first).upperBound + 1)
      let setters: [StaticString] = ["set", "change", "update", "reset"]
      if line[next] == UInt8(ascii: ","), isQuote(line[line.skippingBlanks(next + 1)]),
        setters.contains(where: { line.has($0, at: name.lowerBound) })
      {
        return literal(line.skippingBlanks(next + 1))
      }
    }
    return literal(first)
  }

  /// What a column of a table has where nothing is given: `password VARCHAR(20) DEFAULT '…'`.
  func columnDefault(_ start: Int) -> Range<Int>? {
    guard let word = line.firstWord("default", in: start..<min(line.end, start + 64)), word > start,
      line.text[start..<word].allSatisfy({ isNameByte($0) || " (),".utf8.contains($0) })
    else { return nil }
    return literal(line.skippingBlanks(word + 7))
  }

  /// Whether the name is what a call or a directive defines.
  var isDefined: Bool {
    if line.firstWord("define", in: max(line.start, name.lowerBound - 24)..<name.lowerBound) != nil {
      return true
    }
    // The call may begin on the line before.
    guard isQuote(line[name.lowerBound - 1]), line.skippingBlanks(line.start) == name.lowerBound - 1,
      let before = line.lineBefore
    else { return false }
    let end = before.trimmed(before.start..<before.end).upperBound
    guard before[end - 1] == UInt8(ascii: "(") else { return false }
    let word = before.trimmed(before.start..<end - 1).upperBound
    return before.hasWord("define", at: word - 6)
  }

  /// The literal behind the name in a list of arguments; in lists of names there are only words.
  func secondArgument(_ start: Int) -> Range<Int>? {
    guard let value = literal(line.skippingBlanks(start)) else { return nil }
    let bytes = line.text[value]
    return isDefined || hasDefault || isOption || bytes.contains(where: isDigit)
      || SecretValues.Kinds.hasRareSign(bytes)
      ? value : nil
  }

  /// Whether the name is the first argument of a call that compares: `strcmp(password, "…")`.
  var isCompared: Bool {
    var open = name.lowerBound
    while isNameByte(line[open - 1]) || ".>-".utf8.contains(line[open - 1]) { open -= 1 }
    guard strength == .strong, line[open - 1] == UInt8(ascii: "(") else { return false }
    let calls: [StaticString] = [
      "strcmp", "strncmp", "strcasecmp", "memcmp", "equals", "compare", "compare_digest", "secure_compare",
      "timingsafeequal", "hash_equals", "constanttimecompare", "isequal", "strings.equalfold",
    ]
    return calls.contains { line.hasWord($0, at: open - 1 - $0.utf8CodeUnitCount) }
  }

  /// Whether the name is the first argument of a call that copies a text: `strcpy(password, "…")`.
  var isCopied: Bool {
    var open = name.lowerBound
    while isNameByte(line[open - 1]) || ".>-".utf8.contains(line[open - 1]) { open -= 1 }
    guard strength == .strong, line[open - 1] == UInt8(ascii: "(") else { return false }
    return (["strcpy", "strlcpy", "strncpy", "strcpy_s"] as [StaticString]).contains {
      line.hasWord($0, at: open - 1 - $0.utf8CodeUnitCount)
    }
  }

  /// Whether a method that compares stands behind the name's point.
  func isComparison(_ start: Int) -> Bool {
    strength == .strong
      && (["equals(", "equalsignorecase(", "isequaltostring(", "eq(", "contentequals("] as [StaticString])
        .contains {
          line.has($0, at: start)
        }
  }

  /// The literal of a pair in braces: `{password, "…"}`.
  func inTuple(_ start: Int) -> Range<Int>? {
    var offset = name.lowerBound
    while isNameByte(line[offset - 1]) { offset -= 1 }
    guard line[offset - 1] == UInt8(ascii: "{") else { return nil }
    var value = line.skippingBlanks(start)
    if line.has("<<", at: value) { value += 2 }
    return literal(value)
  }

  /// The literal in the place of the name's column: `INSERT INTO users (name, password) VALUES ('ann', '…')`.
  func inserted() -> Range<Int>? {
    var open = name.lowerBound
    var column = 0
    while open > line.start, line[open] != UInt8(ascii: "("), name.lowerBound - open < 512 {
      if line[open] == UInt8(ascii: ",") { column += 1 }
      open -= 1
    }
    guard line[open] == UInt8(ascii: "("),
      line.firstWord("into", in: max(line.start, open - 128)..<open) != nil,
      let values = line.firstWord("values", in: name.upperBound..<min(line.end, name.upperBound + 512))
    else { return nil }
    var offset = line.skippingBlanks(values + 6) + 1
    while offset < line.end, offset - values < 1024, column > 0 {
      if isQuote(line[offset]) { offset = line.quoted(at: offset).upperBound }
      if line[offset] == UInt8(ascii: ",") { column -= 1 }
      if line[offset] == UInt8(ascii: ")") { return nil }
      offset += 1
    }
    let value = line.skippingBlanks(offset)
    return literal(value) ?? wrapped(value)
  }

  /// Whether the name is asked for in a call whose second argument stands in for its value.
  private var hasDefault: Bool {
    var quote = name.lowerBound
    while isNameByte(line[quote - 1]) || ".-".utf8.contains(line[quote - 1]) { quote -= 1 }
    guard isQuote(line[quote - 1]), line[quote - 2] == UInt8(ascii: "(") else { return false }
    let calls: [StaticString] = [
      "env", "getenv", "get", "fetch", "getproperty", "getordefault", "get_or", "config", "setdefault",
      "envor",
      "getenvordefault", "lookup", "option", "setproperty", "put", "set", "setenv", "putenv", "setitem",
      "environ", "add", "append", "field", "param", "insert",
    ]
    return calls.contains { line.has($0, at: quote - 2 - $0.utf8CodeUnitCount) }
  }

  /// The value that stands before the name, where both are attributes or members: `value="…" name="password"`.
  func besideValue(_ end: Int) -> Range<Int>? {
    var offset = name.lowerBound
    let first = max(line.start, offset - 128)
    while offset > first, !"{<[".utf8.contains(line[offset]) {
      offset -= 1
      guard line[offset] | 0x20 == UInt8(ascii: "v"), line.hasWord("value", at: offset) else { continue }
      let sign = line.skippingBlanks(offset + (isQuote(line[offset + 5]) ? 6 : 5))
      guard line[sign] == UInt8(ascii: ":") || line[sign] == UInt8(ascii: "=") else { return nil }
      return literal(line.skippingBlanks(sign + 1)).flatMap { $0.upperBound < name.lowerBound ? $0 : nil }
    }
    return nil
  }

  /// Whether the element that the name is an attribute of holds settings, and not a text for people.
  var isSettingElement: Bool {
    var open = name.lowerBound
    let first = max(line.start, open - 96)
    while open > first, line[open] != UInt8(ascii: "<") { open -= 1 }
    let elements: [StaticString] = [
      "property", "entry", "param", "parameter", "setting", "prop", "init-param", "config", "attribute",
      "arg",
      "variable", "env", "constant", "preference", "add", "cfg", "var", "credential", "secret",
    ]
    return elements.contains { line.hasWord($0, at: open + 1) }
  }

  func element(_ start: Int) -> Range<Int>? {
    var start = line.skippingBlanks(start)
    var isBeside = false
    // The value of the name in an element of its own, and text that is left as it is.
    if line[start] == UInt8(ascii: "<"), line[start + 1] == UInt8(ascii: "/") {
      while start < line.end, line[start] != UInt8(ascii: ">") { start += 1 }
      start = line.skippingBlanks(start + 1)
      guard line[start] == UInt8(ascii: "<"), isLetter(line[start + 1]) else { return nil }
      isBeside =
        line.has("<string>", at: start) || line.has("<value>", at: start)
        || line.has("<param-value>", at: start)
    }
    for tag: StaticString in ["<string>", "<value>", "<param-value>", "<td>", "<dd>", "<code>"]
    where line.has(tag, at: start) {
      start += tag.utf8CodeUnitCount
    }
    if line.has("<![cdata[", at: start) { start += 9 }
    let value = line.trimmed(start..<textEnd(start))
    guard !value.isEmpty else { return nil }
    if line[start] == UInt8(ascii: "<") { return nil }
    if !isTag && !SecretValues.Kinds(line.text[value]).isMixed && !isSettingElement && !isBeside {
      return nil
    }
    return secret(value, .quoted) || isTag && strength == .medium && isWordForPass(value) ? value : nil
  }

  /// The end of an element's text, which may be left as it is up to `]]>`.
  func textEnd(_ start: Int) -> Int {
    let isLeft = line[start - 1] == UInt8(ascii: "[")
    var end = start
    while end < line.end, isLeft || line[end] != UInt8(ascii: "<"), !line.has("]]>", at: end),
      end - start < SecretLine.longestValue
    { end += 1 }
    return end
  }

  func attribute(_ start: Int) -> Range<Int>? {
    var offset = start
    while offset < min(line.end, start + 128), line[offset] != UInt8(ascii: ">") {
      if line.hasWord("value", at: offset) {
        let sign = line.skippingBlanks(offset + 5)
        // In JSON and YAML the word is quoted.
        let behind = isQuote(line[sign]) ? line.skippingBlanks(sign + 1) : sign
        if line[behind] == UInt8(ascii: "=") || line[behind] == UInt8(ascii: ":") {
          let from = line.skippingBlanks(behind + 1)
          if isLiteral(from) || line[behind] == UInt8(ascii: "=") { return literal(from) }
          var end = from
          while line[end] > 0x20, !",}]".utf8.contains(line[end]) { end += 1 }
          return secret(from..<end, .setting) ? from..<end : nil
        }
      }
      offset += 1
    }
    return nil
  }

  /// The value of the name in an object in which other members stand between: `"name": "…", "type": "…", "value": "…"`.
  func member(_ start: Int) -> Range<Int>? {
    let end = (start..<min(line.end, start + 128)).first { "{}".utf8.contains(line[$0]) } ?? start + 128
    let value = attribute(start)
    return value.flatMap { $0.lowerBound < end ? $0 : nil }
  }

  func cell(_ start: Int) -> Range<Int>? {
    guard line[line.skippingBlanks(line.start)] == UInt8(ascii: "|") else { return nil }
    var end = start
    while end < line.end, line[end] != UInt8(ascii: "|") { end += 1 }
    let value = line.trimmed(start..<end)
    return secret(value, .bare) && SecretValues.Kinds(line.text[value]).isMixed ? value : nil
  }
}
