/// Values in calls, elements and tables.
extension SecretAssignments {
  /// The literal in a call, unless the call gets the secret by the literal.
  func argument(_ start: Int) -> Range<Int>? {
    let getters: [StaticString] = [
      "get", "read", "ask", "prompt", "input", "fetch", "load", "find", "decrypt", "lookup", "show",
      "request",
    ]
    guard !getters.contains(where: { line.has($0, at: name.lowerBound) }) else { return nil }
    return literal(line.skippingBlanks(start))
  }

  /// Whether the name is what a call or a directive defines.
  var isDefined: Bool {
    line.firstWord("define", in: max(line.start, name.lowerBound - 24)..<name.lowerBound) != nil
  }

  /// The literal behind the name in a list of arguments; in lists of names there are only words.
  func secondArgument(_ start: Int) -> Range<Int>? {
    guard let value = literal(line.skippingBlanks(start)) else { return nil }
    let bytes = line.text[value]
    return isDefined || bytes.contains(where: isDigit) || SecretValues.Kinds.hasRareSign(bytes)
      ? value : nil
  }

  func element(_ start: Int) -> Range<Int>? {
    var start = line.skippingBlanks(start)
    // The value of the name in an element of its own, and text that is left as it is.
    if line[start] == UInt8(ascii: "<"), line[start + 1] == UInt8(ascii: "/") {
      while start < line.end, line[start] != UInt8(ascii: ">") { start += 1 }
      start = line.skippingBlanks(start + 1)
      guard line[start] == UInt8(ascii: "<"), isLetter(line[start + 1]) else { return nil }
    }
    for tag: StaticString in ["<string>", "<value>", "<td>", "<dd>", "<code>"] where line.has(tag, at: start)
    {
      start += tag.utf8CodeUnitCount
    }
    if line.has("<![cdata[", at: start) { start += 9 }
    var end = start
    while end < line.end, line[end] != UInt8(ascii: "<"), !line.has("]]>", at: end),
      end - start < SecretLine.longestValue
    { end += 1 }
    let value = line.trimmed(start..<end)
    guard !value.isEmpty else { return nil }
    if line[start] == UInt8(ascii: "<") { return nil }
    if !isTag && !SecretValues.Kinds(line.text[value]).isMixed { return nil }
    return secret(value, .quoted) ? value : nil
  }

  func attribute(_ start: Int) -> Range<Int>? {
    var offset = start
    while offset < min(line.end, start + 128), line[offset] != UInt8(ascii: ">") {
      if line.hasWord("value", at: offset) {
        let sign = line.skippingBlanks(offset + 5)
        // In JSON and YAML the word is quoted.
        let behind = isQuote(line[sign]) ? line.skippingBlanks(sign + 1) : sign
        if line[behind] == UInt8(ascii: "=") || line[behind] == UInt8(ascii: ":") {
          return literal(line.skippingBlanks(behind + 1))
        }
      }
      offset += 1
    }
    return nil
  }

  func cell(_ start: Int) -> Range<Int>? {
    guard line[line.skippingBlanks(line.start)] == UInt8(ascii: "|") else { return nil }
    var end = start
    while end < line.end, line[end] != UInt8(ascii: "|") { end += 1 }
    let value = line.trimmed(start..<end)
    return secret(value, .bare) && SecretValues.Kinds(line.text[value]).isMixed ? value : nil
  }
}
