/// Values in quotes, and what stands around them.
extension SecretAssignments {
  func literalStart(_ start: Int) -> Int? {
    var offset = start
    if line[offset] == UInt8(ascii: "\\") { offset += 1 }
    while offset - start < 3, "bBrRuUfFlL@#$".utf8.contains(line[offset]) { offset += 1 }
    return isQuote(line[offset]) ? offset : nil
  }

  func isLiteral(_ start: Int) -> Bool { literalStart(start) != nil }

  /// The contents of a literal, and of those that are joined to it.
  func literal(_ start: Int) -> Range<Int>? {
    guard let quote = literalStart(start) else { return nil }
    if let value = quotedInShell(quote) { return value }
    guard let first = quoted(quote) else { return nil }
    var value = first
    while true {
      var next = value.upperBound + 1
      guard line[value.upperBound] == line[quote] else { break }
      next = line.skippingBlanks(next)
      if line[next] == UInt8(ascii: "+") || line[next] == UInt8(ascii: ".") {
        next = line.skippingBlanks(next + 1)
      }
      guard line[next] == line[quote], next > value.upperBound + 1 else { break }
      value = value.lowerBound..<line.quoted(at: next).upperBound
    }
    return value
  }

  /// A literal of a shell with quotes in it: `'it'\''s'`.
  func quotedInShell(_ quote: Int) -> Range<Int>? {
    guard line[quote] == UInt8(ascii: "'") else { return nil }
    var value = line.quoted(at: quote)
    while line.has("'\\''", at: value.upperBound) {
      value = value.lowerBound..<line.quoted(at: value.upperBound + 3).upperBound
    }
    return line.text[value].contains(UInt8(ascii: "'")) && secret(value, .quoted) ? value : nil
  }

  func quoted(_ quote: Int) -> Range<Int>? {
    let value = line.trimmed(line.quoted(at: quote))
    if let part = credentials(value) ?? filtered(value) ?? prefixed(value) { return part }
    if isNamesake(value) { return nil }
    let isList = line.hasWord("machine", at: line.skippingBlanks(line.start)) && strength == .strong
    if isList || isDefined && isCapital && strength == .strong && line.text[value].contains(0x20),
      isList || !SecretWords.isSentence(line.text[value]), !SecretValues.isReference(value, line)
    {
      return value
    }
    if isQuotedSetting(value) || isConstant(value) || isMember(value) { return value }
    if line.has("passphrase", at: name.upperBound - 10), line.text[value].contains(where: isDigit),
      isPassphrase(value)
    {
      return value
    }
    return secret(value, .quoted, isCapital: isCapital && (isDefined || !line.text[value].contains(0x20)))
      ? value : nil
  }

  /// Whether a text is the name once more, for people: `"apiKey": "API key"`.
  func isNamesake(_ value: Range<Int>) -> Bool {
    guard value.count <= name.count + 4 else { return false }
    let letters = line.text[value].filter(isLetter).map { $0 | 0x20 }
    let named = line.text[name].filter(isLetter).map { $0 | 0x20 }
    return letters.count > 2 && letters.count >= line.text[value].filter(isAlphanumeric).count
      && named.suffix(letters.count).elementsEqual(letters)
  }

  /// Whether a name in capitals has a literal with digits and dashes: longer than a name with a number.
  func isConstant(_ value: Range<Int>) -> Bool {
    guard isCapital, strength == .weak || strength == .token, value.count >= 10 else { return false }
    let bytes = line.text[value]
    return bytes.contains(UInt8(ascii: "-")) && SecretValues.isPlain(SecretValues.Kinds(bytes), value.count)
      && !SecretWords.isTechnical(bytes) && !SecretValues.isReference(value, line)
  }

  /// Whether a member called `pass` has a word that is no verdict.
  func isMember(_ value: Range<Int>) -> Bool {
    let isQuoted = isQuote(line[name.lowerBound - 1]) && isQuote(line[name.upperBound])
    let first = line.skippingBlanks(line.start)
    let isSet =
      line.start == name.lowerBound && line.isLast(value.upperBound + 1) || line.hasWord("update", at: first)
    let sign = line.skippingBlanks(name.upperBound)
    let isPaired =
      line.has("=>", at: sign)
      || line[sign] == UInt8(ascii: ":")
        && (isFirst || isBehindUser || line.has("string = ", at: value.lowerBound - 10))
    guard strength == .medium, isQuoted || isSet || isPaired else { return false }
    return isWordForPass(value)
  }

  /// Whether what is called `pass` is a word that is no verdict.
  func isWordForPass(_ value: Range<Int>) -> Bool {
    value.count >= 5 && line.text[value].allSatisfy(isLetter)
      && !SecretWords.isStatus(line.text[value])
      && !["failed", "skipped", "passed", "error", "success", "fail"].contains {
        $0.utf8.count == value.count && line.text[value].elementsEqual($0.utf8)
      }
  }

  /// Whether a member before has the name of whose it is: `{ user: "ann", pass: "…" }`.
  private var isBehindUser: Bool {
    let head = max(line.start, name.lowerBound - 96)..<name.lowerBound
    return line.hasWord(of: ["user", "username", "login", "email"], in: head)
      && line.text[head].contains(UInt8(ascii: ":"))
  }

  /// Several words in quotes to the end of a line that is nothing but `name="…"`, as programs do not write them.
  func isQuotedSetting(_ value: Range<Int>) -> Bool {
    guard strength == .strong, line[name.upperBound] == UInt8(ascii: "="), isQuote(line[name.upperBound + 1]),
      line.skippingBlanks(value.upperBound + 1) >= line.end, isFirst
    else { return false }
    let words = line.text[value].split(separator: 0x20)
    let isText =
      SecretNames.isMention(line.text[value]) && (!isCapital || SecretWords.isSentence(line.text[value]))
    return words.count > 1 && words.count <= 8 && !isText
      && !SecretValues.isReference(value, line) && !line.text[value].contains { "$%{}<>()".utf8.contains($0) }
  }

  /// What stands behind `Bearer` and the like in a header.
  func credentials(_ value: Range<Int>) -> Range<Int>? {
    for scheme: StaticString in ["bearer ", "basic ", "token ", "digest ", "apikey "]
    where line.has(scheme, at: value.lowerBound) {
      let start = line.skippingBlanks(value.lowerBound + scheme.utf8CodeUnitCount)
      return start < value.upperBound ? SecretCommands.credentials(at: start, line) : nil
    }
    return nil
  }

  /// A literal in a call that does nothing but convert it.
  func wrapped(_ start: Int) -> Range<Int>? {
    var offset = start
    var last = start
    if line.has("new ", at: offset) { offset = line.skippingBlanks(offset + 4) }
    while offset - start < 64 {
      last = offset
      offset = line.nameEnd(offset)
      guard line[offset] == UInt8(ascii: ".") || line[offset] == UInt8(ascii: ":") else { break }
      while line[offset] == UInt8(ascii: ".") || line[offset] == UInt8(ascii: ":") { offset += 1 }
    }
    guard offset > last, line[offset] == UInt8(ascii: "(") else { return nil }
    let wrappers: [StaticString] = [
      "string", "md5", "sha1", "sha2", "sha256", "sha512", "crypt", "encrypt", "hash", "bcrypt", "from",
      "new", "some", "str", "bytes", "secret", "secretstr", "secretstring", "of", "just",
      "data",
      "nsstring", "qstring", "string_view", "cstring", "text", "tostring", "securestring", "encode",
      "password", "sensitive",
    ]
    guard wrappers.contains(where: { $0.utf8CodeUnitCount == offset - last && line.has($0, at: last) }) else {
      return nil
    }
    return literal(line.skippingBlanks(offset + 1))
  }

  /// A literal of letters and digits that a variable goes on with: `"hunter2x${year}"`.
  func prefixed(_ value: Range<Int>) -> Range<Int>? {
    guard strength == .strong || strength == .token || isCapital && strength != .weak || isCapital && isFirst,
      let sign = line.text[value].firstIndex(of: UInt8(ascii: "$")), sign - value.lowerBound >= 6,
      line[sign + 1] == UInt8(ascii: "{") || line[sign + 1] == UInt8(ascii: "(")
    else { return nil }
    let prefix = line.text[value.lowerBound..<sign]
    return prefix.contains(where: isDigit) && prefix.contains(where: isLetter)
      && !SecretNames.isMention(prefix)
      && prefix.allSatisfy { isNameByte($0) || "-!@#%^&*+.".utf8.contains($0) }
      ? value.lowerBound..<sign : nil
  }

  /// The literal that a template puts in where nothing else gives a value: `{{ … | default('…') }}`.
  func filtered(_ value: Range<Int>) -> Range<Int>? {
    let open = line.skippingBlanks(value.lowerBound)
    guard line[open] == UInt8(ascii: "{"), line[open + 1] == UInt8(ascii: "{"), value.count < 512,
      let call = line.firstWord("default", in: value) ?? line.firstWord("d", in: value),
      let bracket = value.first(where: { $0 > call && line[$0] == UInt8(ascii: "(") })
    else { return nil }
    let quote = line.skippingBlanks(bracket + 1)
    guard line[line.trimmed(line.start..<call).upperBound - 1] == UInt8(ascii: "|"), isQuote(line[quote])
    else {
      return nil
    }
    let inner = line.quoted(at: quote)
    return inner.upperBound < value.upperBound && secret(inner, .quoted) ? inner : nil
  }

  /// The literal that stands in where nothing else gives a value: `?? "…"`, `|| "…"`, `?: "…"`, `or "…"`, `else "…"`, and
  /// behind both signs of a choice.
  func fallback(_ start: Int) -> Range<Int>? {
    var offset = start
    var isChoice = false
    while offset < min(line.end, start + 128) {
      let isOperator =
        line.has("||", at: offset) || line.has("??", at: offset) || line.has("?:", at: offset)
        || line.has("or", at: offset) && isBlank(line[offset - 1]) && isBlank(line[offset + 2])
      if isOperator, let value = literal(line.skippingBlanks(offset + 2)) { return value }
      if line[offset] == UInt8(ascii: "{"), isBlank(line[offset - 1]), line[offset - 2] == UInt8(ascii: ")"),
        let value = literal(line.skippingBlanks(offset + 1))
      {
        return value
      }
      let isElse = line[offset] | 0x20 == UInt8(ascii: "e") && line.hasWord("else", at: offset)
      if isElse, let value = literal(line.skippingBlanks(offset + 4)) { return value }
      if line[offset] == UInt8(ascii: "?"), isBlank(line[offset - 1]), isBlank(line[offset + 1]) {
        isChoice = true
      }
      if isChoice, line[offset] == UInt8(ascii: ":"), isBlank(line[offset - 1]), isBlank(line[offset + 1]),
        let value = literal(line.skippingBlanks(offset + 1))
      {
        return value
      }
      offset += 1
    }
    return nil
  }
}
