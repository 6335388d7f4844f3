/// The value that stands beside the name of a secret, in the syntax of any language.
struct SecretAssignments {
  let line: SecretLine
  let name: Range<Int>
  let strength: SecretNames.Strength

  init(line: SecretLine, name: Range<Int>, strength: SecretNames.Strength) {
    self.line = line
    self.name = name
    self.strength = strength
  }

  /// The value, if it is a secret.
  func value() -> Range<Int>? {
    var offset = name.upperBound
    if line[offset] == UInt8(ascii: "\\"), isQuote(line[offset + 1]) { offset += 1 }
    if line.has("'s ", at: offset) {
      return prose.value(behindName: offset + 3) ?? prose.value(told: offset + 3)
    }
    if line[offset] == UInt8(ascii: ")") || isQuote(line[offset]) && line[offset + 1] == UInt8(ascii: ")"),
      let value = inserted() ?? keyed()
    {
      return value
    }
    let isQuotedName = isQuote(line[offset])
    if isQuotedName { offset += 1 }
    offset = skippingSubscript(offset)
    // Emphasis in notes.
    if line[offset] == UInt8(ascii: "*"), line[offset + 1] == UInt8(ascii: "*") { offset += 2 }
    // A variable of Lisp: `*password*`
    if line[offset] == UInt8(ascii: "*"), line[name.lowerBound - 1] == UInt8(ascii: "*") { offset += 1 }
    let next = line.skippingBlanks(offset)
    switch line[next] {
    case UInt8(ascii: "="): return assigned(next + 1, sign: UInt8(ascii: "="), isTight: next == offset)
    // An attribute that is bound to an expression begins with a colon.
    case UInt8(ascii: ":") where isQuotedName && next > offset && isLetter(line[next + 1]): return nil
    case UInt8(ascii: ":"): return behindColon(next, isTight: next == offset)
    case 0xEF where line[next + 1] == 0xBC && line[next + 2] == 0x9A:
      return assigned(next + 3, sign: UInt8(ascii: ":"), isTight: false)
    case UInt8(ascii: "("): return next == offset ? argument(next + 1) : behindRemark(next + 1)
    case UInt8(ascii: ","):
      let behind = line.skippingBlanks(next + 1)
      if line.hasWord("value", at: behind) || line.hasWord("value", at: behind + 1) {
        return attribute(behind)
      }
      if let value = besideValue(offset) ?? inserted() ?? inTuple(next + 1) { return value }
      if isQuotedName, isNamed, let value = member(behind) { return value }
      if let value = prose.value(behindComma: behind) { return value }
      if isCopied { return literal(behind) }
      return isQuotedName || isDefined || isCompared ? secondArgument(next + 1) : nil
    case UInt8(ascii: ".") where isComparison(next + 1):
      return line.text[next..<line.end].firstIndex(of: UInt8(ascii: "(")).flatMap { secondArgument($0 + 1) }
    case UInt8(ascii: "}"): return besideValue(offset)
    case UInt8(ascii: "<") where line[next + 1] == UInt8(ascii: "-"):
      return assigned(next + 2, sign: UInt8(ascii: "="), isTight: false)
    case UInt8(ascii: "<"): return line[next + 1] == UInt8(ascii: "/") ? element(next) : nil
    case UInt8(ascii: "{"): return inBraces(next)
    case UInt8(ascii: ">"): return isQuotedName || isTag ? element(next + 1) : nil
    case UInt8(ascii: "|") where line[next + 1] == UInt8(ascii: "|"),
      UInt8(ascii: "?") where line[next + 1] == UInt8(ascii: "?"):
      return literal(line.skippingBlanks(next + (line[next + 2] == UInt8(ascii: "=") ? 3 : 2)))
    case UInt8(ascii: "|"): return cell(next + 1)
    // Behind a list of parameters there is the type of what is returned.
    case UInt8(ascii: "-") where line[next + 1] == UInt8(ascii: ">"):
      return line[name.upperBound] == UInt8(ascii: ")")
        ? nil : assigned(next + 2, sign: UInt8(ascii: ":"), isTight: false)
    case let sign where isQuote(sign):
      if line.has("'s ", at: next) { return prose.value(behindName: next + 3) }
      return next > offset && (strength == .strong || isHeader) ? quoted(next) : nil
    default: return unsigned(offset, next, isQuotedName: isQuotedName)
    }
  }

  /// The value where no sign stands behind the name: attributes, elements, sentences.
  private func unsigned(_ offset: Int, _ next: Int, isQuotedName: Bool) -> Range<Int>? {
    if line[next] >= 0x80, let verbEnd = SecretNames.foreignVerbEnd(next, line) {
      return prose.value(told: verbEnd)
    }
    if isQuotedName || isTag, let value = attribute(next) { return value }
    if isTag, let close = (next..<min(line.end, next + 256)).first(where: { line[$0] == UInt8(ascii: ">") }) {
      return element(close + 1)
    }
    if isQuotedName, isSettingElement,
      let close = (next..<min(line.end, next + 128)).first(where: { line[$0] == UInt8(ascii: ">") })
    {
      return element(close + 1)
    }
    return next > offset ? behindBlank(next) : nil
  }

  var prose: SecretProse { SecretProse(line: line, name: name, strength: strength) }

  /// Whether the line sets a header: its name is quoted by nothing.
  private var isHeader: Bool {
    let first = line.skippingBlanks(line.start)
    let setters: [StaticString] = [
      "proxy_set_header", "add_header", "fastcgi_param", "uwsgi_param", "set_header", "requestheader",
      "header",
      "more_set_headers", "more_set_input_headers", "grpc_set_header", "http-request", "http-response",
    ]
    return setters.contains { line.has($0, at: first) && isBlank(line[first + $0.utf8CodeUnitCount]) }
  }

  /// What stands behind a remark in brackets on the name: `password (staging): …`.
  func behindRemark(_ start: Int) -> Range<Int>? {
    var close = start
    while close - start < 32, isNameByte(line[close]) || " -./,".utf8.contains(line[close]) { close += 1 }
    guard line[close] == UInt8(ascii: ")"), line[close + 1] == UInt8(ascii: ":"), isBlank(line[close + 2])
    else {
      return nil
    }
    return behindColon(close + 1, isTight: false)
  }

  /// Behind the bracket that closes a subscript, an array's length, or the sign of an optional.
  func skippingSubscript(_ start: Int) -> Int {
    var offset = start
    while line[offset] == UInt8(ascii: "]") || line[offset] == UInt8(ascii: ")") { offset += 1 }
    if line[offset] == UInt8(ascii: "[") {
      var close = offset + 1
      while close - offset < 24, isNameByte(line[close]) { close += 1 }
      if line[close] == UInt8(ascii: "]") { offset = close + 1 }
    }
    // What Lua says of its variables.
    if line.has(" <const>", at: offset) || line.has(" <close>", at: offset) { offset += 8 }
    if line[offset] == UInt8(ascii: "?") || line[offset] == UInt8(ascii: "!"),
      line[offset + 1] == UInt8(ascii: ":")
    {
      offset += 1
    }
    return offset
  }

  // MARK: The name

  /// In capitals, as environments have them.
  var isCapital: Bool {
    let bytes = line.text[name]
    // Tests pass as well.
    if bytes.elementsEqual("PASS".utf8), line[name.upperBound] != UInt8(ascii: "=") { return false }
    return bytes.contains(where: isUpperCase) && !bytes.contains(where: isLowerCase)
  }

  var isTag: Bool {
    var start = name.lowerBound
    while isNameByte(line[start - 1]) || line[start - 1] == UInt8(ascii: ":") { start -= 1 }
    // Types have parameters in such brackets, at once behind their names.
    return line[start - 1] == UInt8(ascii: "<") && !isNameByte(line[start - 2])
  }

  /// Whether nothing but marks, a word that sets variables, or a path of names stands before the name on its line.
  var isFirst: Bool {
    var start = name.lowerBound
    let first = max(line.start, start - 128)
    while start > first, isNameByte(line[start - 1]) || ".-:'\"$/[*".utf8.contains(line[start - 1]) {
      start -= 1
    }
    var before = start
    while before > first, isBlank(line[before - 1]) { before -= 1 }
    // Or nothing in the quotes that the name stands in: a header, an item of a list.
    if isQuote(line[start]), isBlank(line[start - 1]) || line[start - 1] == UInt8(ascii: "="),
      line.isWithin(line[start], at: name.lowerBound),
      !isQuote(line[name.upperBound])
    {
      return true
    }
    if before == line.start { return true }
    var word = before
    while word > first, line[word - 1] > 0x20 { word -= 1 }
    guard word == line.skippingBlanks(line.start) else { return false }
    // The name of a section.
    if line[word] == UInt8(ascii: "["), line[before - 1] == UInt8(ascii: "]") { return true }
    let setters: [StaticString] = [
      "-", "*", "export", "set", "setenv", "declare", "env", "arg", "local", "readonly", "#", "//", ";", "--",
      "setx",
      "+", ">", "typeset", "let",
    ]
    return setters.contains { $0.utf8CodeUnitCount == before - word && line.has($0, at: word) }
  }

  // MARK: Assignments

  func behindColon(_ colon: Int, isTight: Bool) -> Range<Int>? {
    let next = line[colon + 1]
    if next == UInt8(ascii: ":"), isBlank(line[colon + 2]) { return encoded(line.skippingBlanks(colon + 2)) }
    if next == UInt8(ascii: ":") || next == UInt8(ascii: "/") && line[colon + 2] == UInt8(ascii: "/") {
      return nil
    }
    if next == UInt8(ascii: "=") { return assigned(colon + 2, sign: UInt8(ascii: "="), isTight: false) }
    if next == UInt8(ascii: "-") || next == UInt8(ascii: "?"), isTight {
      // The default of a variable: ${NAME:-value}
      var end = colon + 2
      while line[end] > 0x20, line[end] != UInt8(ascii: "}") { end += 1 }
      return line[end] == UInt8(ascii: "}") && next == UInt8(ascii: "-")
        ? secret(colon + 2..<end, .setting, isCapital: true) : nil
    }
    if isTight, isInPlaceholder {
      // The same as Spring has it: ${name:value}
      var end = colon + 1
      while line[end] > 0x20, line[end] != UInt8(ascii: "}") { end += 1 }
      return line[end] == UInt8(ascii: "}") ? secret(colon + 1..<end, .setting, isCapital: isCapital) : nil
    }
    let first = line.skippingBlanks(colon + 1)
    if line[first] == UInt8(ascii: "{"), let value = inBraces(first) { return value }
    return declared(colon + 1) ?? assigned(colon + 1, sign: UInt8(ascii: ":"), isTight: false)
  }

  /// Whether the name is that of a variable whose value is put in: `${name`.
  private var isInPlaceholder: Bool {
    var start = name.lowerBound
    while isNameByte(line[start - 1]) || ".-".utf8.contains(line[start - 1]) { start -= 1 }
    return line[start - 1] == UInt8(ascii: "{") && line[start - 2] == UInt8(ascii: "$")
  }

  /// What a directory writes in base64, behind two colons, to the end of the line.
  func encoded(_ start: Int) -> Range<Int>? {
    let value = start..<line.chunkEnd(start)
    let isBase64 = line.text[value].allSatisfy { isAlphanumeric($0) || "+/=".utf8.contains($0) }
    return isBase64 && value.count >= 8 && value.count % 4 == 0
      && line.skippingBlanks(value.upperBound) >= line.end
      ? value : nil
  }

  /// The literal of a declaration with its type before it: `String = "…"`, with the type at `start`.
  func declared(_ start: Int) -> Range<Int>? {
    var offset = start
    var isArray = false
    while offset - start < 64,
      isNameByte(line[offset]) || " \t&'<>?![].,*|:".utf8.contains(line[offset])
        || isArray && line[offset] == UInt8(ascii: ";")
    {
      // The length of an array stands behind a semicolon: `[u8; 16]`
      isArray = line[offset] == UInt8(ascii: "[") || isArray && line[offset] != UInt8(ascii: "]")
      offset += 1
    }
    guard offset > start, line[offset] == UInt8(ascii: "=") else {
      // Accessors may stand between: `{ get; set; } = "…"`
      return nil
    }
    var first = line.skippingBlanks(offset + 1)
    if line[first] == UInt8(ascii: "*"), isLiteral(first + 1) { first += 1 }
    return literal(first) ?? wrapped(first) ?? octets(first)
  }

  /// A literal in braces that initialises, or behind those of accessors.
  func inBraces(_ brace: Int) -> Range<Int>? {
    let first = line.skippingBlanks(brace + 1)
    if isQuote(line[first]), brace == name.upperBound { return literal(first) }
    if isQuote(line[first]), line.hasWord("value", at: first + 1) || line.hasWord("default", at: first + 1) {
      let sign = line.skippingBlanks(line.nameEnd(first + 1) + 1)
      return line[sign] == UInt8(ascii: ":") ? literal(line.skippingBlanks(sign + 1)) : nil
    }
    if line.hasWord("default", at: first) || line.hasWord("value", at: first) {
      let sign = line.skippingBlanks(line.nameEnd(first))
      return line[sign] == UInt8(ascii: "=") || line[sign] == UInt8(ascii: ":")
        ? literal(line.skippingBlanks(sign + 1)) : nil
    }
    guard line.hasWord("get", at: first) || line.hasWord("private", at: first) else { return nil }
    guard let close = (first..<min(line.end, first + 64)).first(where: { line[$0] == UInt8(ascii: "}") })
    else { return nil }
    let sign = line.skippingBlanks(close + 1)
    return line[sign] == UInt8(ascii: "=") ? literal(line.skippingBlanks(sign + 1)) : nil
  }

  func assigned(_ start: Int, sign: UInt8, isTight: Bool) -> Range<Int>? {
    var start = start
    while sign == UInt8(ascii: "="), "=>~".utf8.contains(line[start]) { start += 1 }
    if sign == UInt8(ascii: ":"), line.has("** ", at: start) { start += 2 }
    let offset = line.skippingBlanks(start)
    if let value = literal(offset) ?? wrapped(offset) ?? octets(offset) ?? collection(offset)
      ?? fallback(offset)
    {
      return value
    }
    if isLiteral(offset) || offset >= line.end { return nil }
    return bare(offset, sign: sign, isTight: isTight && offset == start, isApart: offset > start)
  }

  // MARK: Behind a blank

  func behindBlank(_ start: Int) -> Range<Int>? {
    if line[name.lowerBound] == UInt8(ascii: "-") {
      let chunk = start..<line.chunkEnd(start)
      guard line[start] != UInt8(ascii: "-"),
        !line.text[chunk].allSatisfy({ isUpperCase($0) || $0 == UInt8(ascii: "_") })
      else { return nil }
      return word(chunk, isSetting: true)
    }
    if line.has("value=", at: start) || line.has("value =", at: start) { return attribute(start) }
    for option: StaticString in ["--value ", "--body ", "-b ", "-string ", "/d ", "/t reg_sz /d "]
    where line.has(option, at: start) {
      let from = line.skippingBlanks(start + option.utf8CodeUnitCount)
      return literal(from) ?? word(from..<line.chunkEnd(from), isSetting: true)
    }
    if let value = typed(start) ?? columnDefault(start) ?? ofList(start) { return value }
    let command = line.skippingBlanks(line.start)
    let setters: [StaticString] = [
      "env", "arg", "setenv", "setx", "fastcgi_param", "export", "set", "label", "machine", "default",
      "login", "npm", "nmcli", "netsh", "wpa_cli", "iwctl", "networksetup",
    ]
    let isConfiguration =
      line.hasWord("git", at: command) && line.firstWord("config", in: command..<name.lowerBound) != nil
    if isConfiguration
      || setters.contains(where: {
        line.hasWord($0, at: command) && isBlank(line[command + $0.utf8CodeUnitCount])
      })
    {
      let chunk = start..<line.chunkEnd(start)
      if SecretWords.isDirectiveWord(line.text[chunk]) { return nil }
      let whole = line.trimmed(start..<line.end)
      // "Set the password with …"
      if line.hasWord("set", at: command), !line.text[chunk].contains(where: isDigit),
        SecretWords.isSentence(line.text[whole])
      {
        return nil
      }
      if isCapital, strength != .weak, chunk.count < whole.count, line.hasWord("env", at: command),
        !line.text[whole].contains(where: { "=\\".utf8.contains($0) || isQuote($0) }),
        !SecretWords.isSentence(line.text[whole]), !SecretValues.isReference(whole, line)
      {
        return whole
      }
      if let value = word(chunk, isSetting: true) { return value }
    }
    if let value = configured(start) { return value }
    return prose.value(behindName: start)
  }

  /// Several words behind the name in a list of logins, where nothing but an account may stand behind them.
  func ofList(_ start: Int) -> Range<Int>? {
    let first = line.skippingBlanks(line.start)
    guard strength == .strong, line.hasWord("machine", at: first) || line.has("default login ", at: first),
      line.firstWord("login", in: first..<name.lowerBound) != nil
    else { return nil }
    let end = line.firstWord("account", in: start..<line.end) ?? line.end
    let value = line.trimmed(start..<end)
    let words = line.text[value].split(separator: 0x20)
    return words.count > 1 && words.count <= 6 && !words.contains { SecretWords.isFunction($0) }
      && !line.text[value].contains { "=:;(){}#".utf8.contains($0) || isQuote($0) }
      && !SecretValues.isReference(value, line) ? value : nil
  }

  /// The last word of a command that sets what it names: `… config set --secret name value`.
  func configured(_ start: Int) -> Range<Int>? {
    let chunk = start..<line.chunkEnd(start)
    guard line.skippingBlanks(chunk.upperBound) >= line.end,
      let set = line.firstWord("set", in: line.start..<name.lowerBound),
      line.firstWord("config", in: line.start..<set) != nil
        || line.firstWord("secret", in: line.start..<set) != nil
        || line.firstWord("secrets", in: line.start..<set) != nil
        || line.firstWord("env", in: line.start..<set) != nil,
      !line.text[line.start..<start].contains(where: { ".,;(){}".utf8.contains($0) })
    else { return nil }
    return word(chunk, isSetting: true)
  }

  /// A declaration with the type behind the name: `password string = "…"`.
  func typed(_ start: Int) -> Range<Int>? {
    var offset = start
    for _ in 0..<2 where offset == start || isNameByte(line[offset]) {
      let word = offset
      while isNameByte(line[offset]) || "*[].".utf8.contains(line[offset]) { offset += 1 }
      guard offset > word, isBlank(line[offset]) else { return nil }
      offset = line.skippingBlanks(offset)
    }
    guard
      line[offset] == UInt8(ascii: "=")
        || line[offset] == UInt8(ascii: ":") && line[offset + 1] == UInt8(ascii: "=")
    else { return nil }
    return literal(line.skippingBlanks(offset + (line[offset] == UInt8(ascii: ":") ? 2 : 1)))
  }

  func secret(_ value: Range<Int>, _ style: SecretValues.Style, isCapital: Bool? = nil) -> Bool {
    // A literal or a setting for `pw` is one, though the word is short.
    let isAlone = line[name.upperBound] == UInt8(ascii: ":") && !line.text[value].contains(0x20)
    let isPw =
      strength == .medium && (style == .quoted || style == .setting && isAlone)
      && line.has("pw", at: name.upperBound - 2)
    return SecretValues.isSecret(
      value, line, isPw ? .strong : strength, style, isCapital: isCapital ?? self.isCapital)
  }

  func secret(_ value: Range<Int>, _ style: SecretValues.Style, isCapital: Bool) -> Range<Int>? {
    SecretValues.isSecret(value, line, strength, style, isCapital: isCapital) ? value : nil
  }
}
