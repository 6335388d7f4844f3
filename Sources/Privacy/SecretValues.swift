/// What can stand as a value beside the name of a secret: the secret, or a reference to it, a placeholder, a type.
enum SecretValues {
  enum Style {
    case quoted
    /// Bare, where nothing but a value can stand: files of settings, environments, options of commands.
    case setting
    /// Bare, where it may be a variable as well.
    case bare
  }

  /// Whether a value is a secret.
  ///
  /// - Parameter isCapital: whether the name is in capitals, as names in environments are.
  static func isSecret(
    _ value: Range<Int>, _ line: SecretLine, _ strength: SecretNames.Strength, _ style: Style,
    isCapital: Bool = false
  ) -> Bool {
    guard !value.isEmpty, value.count <= SecretLine.longestValue else { return false }
    let bytes = line.text[value]
    let kinds = Kinds(bytes)
    // On keypads there are two signs as well.
    if strength == .number {
      let others = bytes.count { !isDigit($0) && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "*") }
      return kinds.digits >= 3 && kinds.digits <= 9
        && (others == 0 || kinds.letters == 0 && kinds.signs == 0 && kinds.blanks <= 2)
    }
    if strength == .codes {
      return (kinds.digits >= 4 || kinds.digits >= 2 && value.count >= 8) && kinds.blanks <= kinds.digits
        && bytes.allSatisfy { isAlphanumeric($0) || " -,;/|".utf8.contains($0) }
        && !SecretWords.isSentence(bytes)
    }
    let strength = strength == .token ? style == .bare ? .weak : .medium : strength
    if value.count < (strength == .weak ? 6 : 3) || isReference(value, line) { return false }
    if style != .quoted && isCode(value, line) { return false }
    if strength == .phrase {
      return kinds.letters >= 8 && (kinds.blanks > 10 || !SecretWords.isSentence(bytes))
    }
    if SecretWords.isRemark(bytes) { return false }
    // Rules of checks: 'required|string|min:8'
    if bytes.contains(UInt8(ascii: "|")), kinds.capitals == 0,
      bytes.split(separator: UInt8(ascii: "|")).contains(where: { SecretWords.isStatus($0) })
    {
      return false
    }
    if kinds.blanks > 10, SecretWords.isSeed(bytes) { return true }
    if kinds.blanks > 0 {
      return isSecretPhrase(bytes, kinds, strength, isCapital: isCapital)
        || strength == .strong && style != .bare && SecretWords.isJoinedPhrase(bytes)
    }
    if kinds.isMixed {
      if SecretWords.isTechnical(bytes) { return false }
      if strength == .weak {
        return isScrambled(bytes) || isCapital && style == .setting && isPlain(kinds, value.count)
          || style != .bare && !bytes.contains(UInt8(ascii: ",")) && isNumbered(kinds, value.count)
      }
      return style != .bare || value.count >= 6
    }
    // A date or the like; how many tests pass has fewer digits.
    if strength == .medium, style != .bare, value.count >= 6, kinds.digits == value.count { return true }
    // Where variables have a sign of their own, `$pass` is one, and holds what it says.
    let isVariable = strength == .medium && style == .quoted && isPassVariable(value, line)
    if strength == .weak || strength == .medium && !isVariable {
      return isCapital && style == .setting && kinds.letters >= 6 && kinds.signs == 0 && !isPlaceholder(bytes)
    }
    if kinds.letters == 0 { return kinds.digits >= 4 && style != .bare || kinds.digits >= 6 }
    switch style {
    case .quoted: return value.count >= 4 && !isPlaceholder(bytes)
    case .setting:
      return value.count >= 4 && !(isCapital ? SecretWords.isNothing(bytes) : isPlaceholder(bytes))
    case .bare: return false
    }
  }

  private static func isPassVariable(_ value: Range<Int>, _ line: SecretLine) -> Bool {
    let first = line.skippingBlanks(line.start)
    let head = first..<min(value.lowerBound, first + 96)
    let types: [StaticString] = ["char", "string", "nsstring", "qstring", "my", "our", "str"]
    return (line[first] == UInt8(ascii: "$") || line.hasWord(of: types, in: head))
      && !line.text[head].contains(UInt8(ascii: "("))
      && (!line.text[head].contains(UInt8(ascii: ":")) || line.has("string = ", at: value.lowerBound - 10))
  }

  /// How many bytes of each kind there are.
  struct Kinds {
    var letters = 0
    var capitals = 0
    var digits = 0
    var signs = 0
    var blanks = 0

    init(_ bytes: some Sequence<UInt8>) {
      for byte in bytes {
        if isLetter(byte) || byte >= 0x80 {
          letters += 1
          if isUpperCase(byte) { capitals += 1 }
        } else if isDigit(byte) {
          digits += 1
        } else if isBlank(byte) {
          blanks += 1
        } else if byte != UInt8(ascii: "_") && byte != UInt8(ascii: "-") && byte != UInt8(ascii: ".") {
          signs += 1
        }
      }
    }

    /// Signs that no path, list or sentence is written with.
    static func hasRareSign(_ bytes: some Sequence<UInt8>) -> Bool {
      bytes.contains { "!@#$%^&*~+=".utf8.contains($0) }
    }

    /// More than a word or a number.
    var isMixed: Bool { letters > 0 && (digits > 0 || signs > 0) || digits > 0 && signs > 0 }
  }

  /// Digits among the letters, in more places than numbered names have them.
  private static func isScrambled(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    var changes = 0
    var wasDigit = bytes.first.map(isDigit) ?? false
    for byte in bytes where isAlphanumeric(byte) {
      if isDigit(byte) != wasDigit { changes += 1 }
      wasDigit = isDigit(byte)
    }
    return changes >= 3 && bytes.count >= 8 && !bytes.contains(UInt8(ascii: "/"))
      && !bytes.starts(with: "0x".utf8)
  }

  /// A word with numbers in it, which only names in capitals let stand for a secret.
  static func isPlain(_ kinds: Kinds, _ count: Int) -> Bool {
    kinds.letters >= 5 && kinds.digits > 0 && kinds.signs == 0 && count >= 8
  }

  private static func isNumbered(_ kinds: Kinds, _ count: Int) -> Bool {
    kinds.digits >= 2 && kinds.letters >= 2 || kinds.signs > 0 && kinds.digits > 0 && count >= 8
      || kinds.digits > 0 && count >= 12
  }

  private static func isSecretPhrase(
    _ bytes: Slice<UnsafeRawBufferPointer>, _ kinds: Kinds, _ strength: SecretNames.Strength, isCapital: Bool
  ) -> Bool {
    if isCapital && strength != .weak { return !SecretNames.isMention(bytes) }
    guard !SecretWords.isSentence(bytes), !SecretNames.isMention(bytes) else { return false }
    // Other names and their values behind a comma.
    if strength != .strong, bytes.contains(UInt8(ascii: ",")) || bytes.contains(UInt8(ascii: ":")) {
      return false
    }
    // Operators between the words: a program.
    if bytes.split(separator: 0x20).contains(where: { !$0.contains(where: isNameByte) }) { return false }
    let isSigned = "@$".utf8.contains(bytes.first!) && bytes.dropFirst().first.map(isLetter) ?? false
    return strength == .strong || (kinds.digits > 0 || isSigned && strength == .medium) && kinds.letters > 3
  }

  private static func isPlaceholder(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    if SecretWords.isStatus(bytes) { return true }
    // A variable's or a field's name: words that are all said of secrets.
    var words: [ArraySlice<UInt8>] = []
    let all = Array(bytes)
    var start = 0
    for index in 1...all.count {
      let isEnd = index == all.count || "_-.".utf8.contains(all[index])
      guard isEnd || isUpperCase(all[index]) && isLowerCase(all[index - 1]) else { continue }
      let word = all[start..<index].drop { "_-.".utf8.contains($0) }
      if !word.isEmpty { words.append(word) }
      start = index
    }
    return words.count > 1 && SecretNames.isMention(bytes)
      && words.allSatisfy {
        SecretWords.isStatus($0) || SecretWords.isFunction($0) || SecretWords.isBeside($0)
          || SecretNames.isMention($0)
      }
  }

  // MARK: References

  /// Whether a value says where the real one is kept, or leaves room for it.
  static func isReference(_ value: Range<Int>, _ line: SecretLine) -> Bool {
    let bytes = line.text[value]
    guard let first = bytes.first, let last = bytes.last else { return true }
    let rest = bytes.dropFirst()
    if bytes.allSatisfy({ "*xX.-_•#?=".utf8.contains($0) || $0 == 0xE2 || $0 == 0x80 || $0 == 0xA2 }) {
      return true
    }
    if hasInterpolation(bytes) { return true }
    switch first {
    case UInt8(ascii: "$"):
      if isLiteral(line, value), rest.count > 4, rest.allSatisfy(isLowerCase), !SecretNames.isMention(rest) {
        return SecretWords.isStatus(rest)
      }
      return isVariable(rest, line, quote: line[value.lowerBound - 1])
    case UInt8(ascii: "@"), UInt8(ascii: "&"):
      let isQuoted = isQuote(line[value.lowerBound - 1]) && rest.count > 3
      if isLiteral(line, value) || isQuoted, !SecretNames.isMention(rest) {
        return rest.contains { "/.".utf8.contains($0) }
      }
      return rest.allSatisfy { isLetter($0) || "_/.".utf8.contains($0) }
    case UInt8(ascii: ":"): return rest.allSatisfy { isNameByte($0) && !isDigit($0) }
    case UInt8(ascii: "%"):
      return last == UInt8(ascii: "%") || rest.count <= 2
        || rest.first.map { "({@".utf8.contains($0) } ?? true
    case UInt8(ascii: "<"): return last == UInt8(ascii: ">") || rest.first == UInt8(ascii: "<")
    case UInt8(ascii: "["): return last == UInt8(ascii: "]")
    case UInt8(ascii: "{"): return last == UInt8(ascii: "}")
    case UInt8(ascii: "!"):
      if isLiteral(line, value), rest.count > 3, rest.allSatisfy(isLowerCase) {
        return SecretWords.isTag(rest)
      }
      return rest.allSatisfy { isLetter($0) || $0 == 0x20 || $0 == UInt8(ascii: "_") }
    case UInt8(ascii: "/"), UInt8(ascii: "~"), UInt8(ascii: "."): return isPath(bytes)
    default: return hasScheme(bytes)
    }
  }

  /// `$name`, `$NAME`, `$1`, `$name->member` and the like; `$ecret!` and `$a4b` are none.
  private static func isVariable(
    _ rest: Slice<UnsafeRawBufferPointer>, _ line: SecretLine, quote: UInt8
  ) -> Bool {
    guard let first = rest.first else { return true }
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "(") { return true }
    if isDigit(first) { return rest.first { !isDigit($0) }.map { ".[(,;)".utf8.contains($0) } ?? true }
    if first == UInt8(ascii: "$") { return isVariable(rest.dropFirst(), line, quote: quote) }
    let name = rest.prefix(while: isNameByte)
    let behind = rest[name.endIndex...]
    if name.isEmpty { return false }
    let isCapital = !name.contains(where: isLowerCase)
    if let next = behind.first {
      if "[(".utf8.contains(next) { return true }
      let isMember =
        "-:.?".utf8.contains(next)
        && behind.dropFirst().first.map { isLetter($0) || ">:-=".utf8.contains($0) } ?? false
      return isMember && behind.allSatisfy { isNameByte($0) || "->.:[]()'\"?$/".utf8.contains($0) }
    }
    if isCapital { return true }
    if SecretNames.isMention(name) { return true }
    // Where nothing is put in for variables: in single quotes, in JSON, in lists of logins.
    if isLiteral(line, quote: quote) { return false }
    return !name.contains(where: isDigit)
  }

  /// Whether a bare value stands where its first sign can mean nothing: in YAML, at once behind `=`, in lists of logins.
  private static func isLiteral(_ line: SecretLine, _ value: Range<Int>) -> Bool {
    guard line.skippingBlanks(value.upperBound) >= line.end else { return false }
    let first = line.skippingBlanks(line.start)
    if line.hasWord("machine", at: first) || line.has("default login ", at: first) { return true }
    let before = line[value.lowerBound - 1]
    if before == UInt8(ascii: "="), !isBlank(line[value.lowerBound - 2]) {
      return line[value.lowerBound] != UInt8(ascii: "$")
    }
    let sign = line[value.lowerBound - 2]
    guard before == 0x20, sign == UInt8(ascii: ":") || sign == UInt8(ascii: "=") else { return false }
    let head = line.trimmed(first..<value.lowerBound - 2)
    return line.text[head].allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "-") }
      && (sign == UInt8(ascii: ":") ? head.upperBound == value.lowerBound - 2 : first == line.start)
  }

  private static func isLiteral(_ line: SecretLine, quote: UInt8) -> Bool {
    if quote == UInt8(ascii: "'") { return true }
    let first = line[line.skippingBlanks(line.start)]
    // Attributes.
    if isQuote(quote), first == UInt8(ascii: "<"),
      line[line.skippingBlanks(line.start) + 1] != UInt8(ascii: "?")
    {
      return true
    }
    if quote == UInt8(ascii: "\"") {
      return first == UInt8(ascii: "{") || first == UInt8(ascii: "\"") || isPlainSetting(line)
    }
    return line.hasWord("machine", at: line.skippingBlanks(line.start))
  }

  /// Whether the line is nothing but `name = "…"`, as TOML has it.
  private static func isPlainSetting(_ line: SecretLine) -> Bool {
    let nameEnd = line.text[line.start..<line.end].firstIndex { !isNameByte($0) && !"-.".utf8.contains($0) }
    guard let nameEnd, nameEnd > line.start, line.has(" = \"", at: nameEnd) else { return false }
    let value = line.quoted(at: nameEnd + 3)
    return line[value.upperBound] == UInt8(ascii: "\"") && line.isLast(value.upperBound + 1)
  }

  private static func hasInterpolation(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    var previous: UInt8 = 0
    for byte in bytes {
      switch (previous, byte) {
      case (UInt8(ascii: "$"), UInt8(ascii: "{")), (UInt8(ascii: "$"), UInt8(ascii: "(")),
        (UInt8(ascii: "#"), UInt8(ascii: "{")), (UInt8(ascii: "{"), UInt8(ascii: "{")),
        (UInt8(ascii: "\\"), UInt8(ascii: "(")), (UInt8(ascii: "<"), UInt8(ascii: "%")),
        (UInt8(ascii: "<"), UInt8(ascii: "?")), (UInt8(ascii: "%"), UInt8(ascii: "{")):
        return true
      default: previous = byte
      }
    }
    return false
  }

  /// A path whose parts are names, and not a secret that begins with a slash.
  private static func isPath(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    if bytes.first == UInt8(ascii: "/"), bytes.dropFirst().allSatisfy(isLowerCase) { return true }
    return isLongPath(bytes)
  }

  private static func isLongPath(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    bytes.dropFirst().contains(UInt8(ascii: "/"))
      && bytes.allSatisfy { isNameByte($0) || "/.-~+".utf8.contains($0) } && !Kinds(bytes).isRandomPath
  }

  private static func hasScheme(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    let scheme = bytes.prefix { isLetter($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    let rest = bytes[scheme.endIndex...]
    if rest.starts(with: "://".utf8) { return true }
    guard rest.first == UInt8(ascii: ":") else { return false }
    return ["env", "file", "vault", "op", "ref", "ssm", "arn", "secretsmanager", "fd"].contains(
      String(decoding: scheme, as: UTF8.self))
  }

  // MARK: Code

  /// Names of members, calls and elements of collections: a program takes the value from there.
  private static func isCode(_ value: Range<Int>, _ line: SecretLine) -> Bool {
    var offset = value.lowerBound
    while "*&!".utf8.contains(line[offset]) { offset += 1 }
    guard isLetter(line[offset]) || line[offset] == UInt8(ascii: "_") else {
      return "({[".utf8.contains(line[offset]) && offset == value.lowerBound
    }
    var isPath = false
    while offset < value.upperBound {
      let end = line.nameEnd(offset)
      guard end > offset, end <= value.upperBound else { return false }
      offset = end
      let next = line[end]
      if end == value.upperBound { return isPath && !hasInnerDigits(value, line) }
      if "([<".utf8.contains(next) {
        return next != UInt8(ascii: "<") || line.text[value].contains(UInt8(ascii: ">"))
      }
      let isOptional = next == UInt8(ascii: "?") || next == UInt8(ascii: "!")
      if next == UInt8(ascii: ".")
        || isOptional && (line[end + 1] == UInt8(ascii: ".") || end + 1 == value.upperBound && isPath)
      {
        offset += 1
        if line[offset] == UInt8(ascii: ".") { offset += 1 }
        if offset >= value.upperBound { return isPath || next == UInt8(ascii: ".") }
      } else if next == UInt8(ascii: ":") && line[end + 1] == UInt8(ascii: ":")
        || next == UInt8(ascii: "-") && line[end + 1] == UInt8(ascii: ">")
      {
        offset += 2
      } else if isBlank(next) {
        let word = line.skippingBlanks(end)
        let sign = line[word]
        // An operator, or an operand behind a word of the language.
        if "+?|&=<>*/:(".utf8.contains(sign) && isBlank(line[word + 1]) { return true }
        if "|&?=".utf8.contains(sign), line[word + 1] == sign { return true }
        return SecretWords.isLeadingKeyword(line.text[value.lowerBound..<end])
      } else {
        return false
      }
      isPath = true
    }
    return isPath
  }

  private static func hasInnerDigits(_ value: Range<Int>, _ line: SecretLine) -> Bool {
    var isBehindDigit = false
    for offset in value {
      if isDigit(line[offset]) {
        isBehindDigit = true
      } else if isBehindDigit && isLetter(line[offset]) {
        return true
      }
    }
    return false
  }
}

extension SecretValues.Kinds {
  /// Base64 has slashes, but digits and capitals among the letters as no path has them.
  fileprivate var isRandomPath: Bool { digits * 8 >= letters && digits > 2 && capitals * 4 >= letters }
}
