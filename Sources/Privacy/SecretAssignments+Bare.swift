/// Values without quotes: where they end, and whether they may be variables.
extension SecretAssignments {
  func bare(_ start: Int, sign: UInt8, isTight: Bool, isApart: Bool) -> Range<Int>? {
    if line[start] == UInt8(ascii: "#"), isApart { return nil }
    for scheme: StaticString in ["bearer ", "basic ", "token ", "digest "] where line.has(scheme, at: start) {
      return SecretCommands.credentials(at: line.skippingBlanks(start + scheme.utf8CodeUnitCount), line)
    }
    let before = line[name.lowerBound - 1]
    if before == UInt8(ascii: "?") || before == UInt8(ascii: "&"), isTight {
      return upTo(start) { "&#\"'<>`)".utf8.contains($0) || $0 <= 0x20 }
    }
    if let range = untilSemicolon(start, sign) { return connecting(range) }
    let limit = enclosingEnd(start)
    let isFirst = isFirst || sign == UInt8(ascii: ":") && isLabel
    let whole = line.trimmed(start..<min(limit, withoutComment(start)))
    if whole.isEmpty { return nil }
    if strength == .phrase || strength == .codes { return secret(whole, .setting) ? whole : nil }
    var chunk = whole.lowerBound..<min(line.chunkEnd(start), whole.upperBound)
    // A shell's blanks within words.
    while isTight, chunk.count > 1, line[chunk.upperBound - 1] == UInt8(ascii: "\\"),
      chunk.upperBound < whole.upperBound
    {
      chunk = chunk.lowerBound..<min(line.chunkEnd(chunk.upperBound + 1), whole.upperBound)
    }
    if chunk.count < whole.count, SecretValues.isReference(chunk, line) { return nil }
    if strength == .weak || strength == .medium, isBesideNetwork || sign == UInt8(ascii: ":") && isOwned,
      SecretValues.isSecret(chunk, line, .strong, strength == .medium ? .setting : .bare)
    {
      return chunk
    }
    let isSetting =
      isTight && (isFirst || isCapital || isOption || isOptionValue) || sign == UInt8(ascii: ":") && isFirst
    // The end of a sentence, a list or a statement belongs to no value.
    let end = line[whole.upperBound - 1]
    let isStatement =
      end == UInt8(ascii: ";") || end == UInt8(ascii: ",") || end == UInt8(ascii: "{")
      || end == UInt8(ascii: ":")
      || end == UInt8(ascii: ")")
    if chunk.count < whole.count, !isFirst, let value = joined(chunk, isTight) { return value }
    if chunk.count < whole.count {
      return isFirst && !isStatement && !isOption && takesLine(whole, chunk, sign, isTight)
        ? phrase(whole, chunk) : word(chunk, isSetting: isSetting || isArgument(chunk, isTight))
    }
    if isInFlow(sign) || isLastArgument(chunk, isTight), let value = word(chunk, isSetting: true) {
      return value
    }
    if let value = listed(chunk, isTight) ?? joined(chunk, isTight) { return value }
    if isFirst && !isStatement {
      if isAtMargin(whole) { return SecretValues.isSecret(whole, line, .strong, .setting) ? whole : nil }
      let isSetting = isSetting || isCapital
      return secret(whole, isSetting ? .setting : .bare) ? whole : nil
    }
    return word(
      chunk, isSetting: isSetting && !isStatement || isArgument(chunk, isTight) || isBesideUser(sign))
  }

  /// A value of a connection string, which braces may quote.
  private func connecting(_ range: Range<Int>) -> Range<Int>? {
    let start = range.lowerBound
    if line[start] == UInt8(ascii: "{"),
      let close = (start..<line.end).first(where: { line[$0] == UInt8(ascii: "}") }),
      line[close + 1] == UInt8(ascii: ";") || line[close + 1] == UInt8(ascii: "\"") || close + 1 >= line.end
    {
      return secret(start + 1..<close, .setting) ? start + 1..<close : nil
    }
    return secret(range, .setting, isCapital: isCapital || strength == .strong) ? range : nil
  }

  /// Whether the name of a network stands before on the line: `SSID: home, key: …`.
  var isBesideNetwork: Bool {
    let head = max(line.start, name.lowerBound - 64)..<name.upperBound
    return line.hasWord(of: ["ssid", "wifi", "wlan", "wi-fi", "hotspot"], in: head)
  }

  /// Whether the word before says whose it is: `root pass: …`.
  var isOwned: Bool {
    let owners: [StaticString] = [
      "root", "admin", "db", "user", "mail", "ftp", "ssh", "sudo", "vpn", "router", "server", "login", "my",
      "guest",
      "database", "mysql", "email", "nas", "account", "backup",
    ]
    return isBlank(line[name.lowerBound - 1])
      && owners.contains {
        line.hasWord($0, at: name.lowerBound - 1 - $0.utf8CodeUnitCount)
      }
  }

  /// Whether the name of a user stands before on the line: `user: ann pass: …`.
  func isBesideUser(_ sign: UInt8) -> Bool {
    let head = max(line.start, name.lowerBound - 64)..<name.lowerBound
    guard sign == UInt8(ascii: ":"),
      isBlank(line[name.lowerBound - 1]) || line[name.lowerBound - 1] == UInt8(ascii: ",")
    else { return false }
    return [
      "user:", "username:", "login:", "user name:", "benutzer:", "email:", "usuario:", "network:", "ssid:",
      "host:", "server:", "utilisateur:",
    ].contains { (word: StaticString) in
      head.contains { line.has(word, at: $0) }
    } && !line.text[head].contains { "({[".utf8.contains($0) }
  }

  /// Whether the line is nothing but `name: { …, name: value }`, as settings have it and programs seldom do.
  func isInFlow(_ sign: UInt8) -> Bool {
    guard sign == UInt8(ascii: ":"), strength == .strong, line.end - line.start < 512 else { return false }
    var offset = line.skippingBlanks(line.start)
    if line[offset] == UInt8(ascii: "-") { offset = line.skippingBlanks(offset + 1) }
    if line[offset] != UInt8(ascii: "{") {
      let first = offset
      while isNameByte(line[offset]) || line[offset] == UInt8(ascii: "-") { offset += 1 }
      guard offset > first, line[offset] == UInt8(ascii: ":") else { return false }
      offset = line.skippingBlanks(offset + 1)
    } else if offset == line.skippingBlanks(line.start) {
      return false
    }
    let whole = line.trimmed(offset..<line.end)
    return line[offset] == UInt8(ascii: "{") && line[whole.upperBound - 1] == UInt8(ascii: "}")
      && !line.text[whole].contains { "();=".utf8.contains($0) }
  }

  /// Whether it is the last of a command's arguments, on a line without the signs of programs.
  func isLastArgument(_ chunk: Range<Int>, _ isTight: Bool) -> Bool {
    guard isTight, strength == .strong, line.skippingBlanks(chunk.upperBound) >= line.end,
      line.end - line.start < 512, !isFirst
    else { return false }
    let head = line.text[line.start..<name.lowerBound]
    return head.split(separator: 0x20).count > 2
      && !line.text[line.start..<line.end].contains { "(){}[],;:<>\"'`".utf8.contains($0) }
      && line.text[chunk].allSatisfy(isAlphanumeric)
  }

  /// Whether an option of a command stands before: `--set name=value`.
  var isOptionValue: Bool {
    var end = name.lowerBound
    while isNameByte(line[end - 1]) || ".-".utf8.contains(line[end - 1]) { end -= 1 }
    if isQuote(line[end - 1]) { end -= 1 }
    if line[end - 1] == UInt8(ascii: "=") { end -= 1 }
    while isBlank(line[end - 1]) { end -= 1 }
    var start = end
    while line[start - 1] > 0x20, end - start < 32 { start -= 1 }
    return line[start] == UInt8(ascii: "-") && end - start > 1 && isLetter(line[end - 1])
  }

  /// A value in a list that commas join, `user=ann,password=…`, as mounts have them.
  func listed(_ chunk: Range<Int>, _ isTight: Bool) -> Range<Int>? {
    guard isTight, strength == .strong || strength == .medium, line[name.lowerBound - 1] == UInt8(ascii: ","),
      line.text[line.start..<name.lowerBound].contains(where: isBlank)
    else { return nil }
    var start = name.lowerBound
    while line[start - 1] > 0x20, name.lowerBound - start < 256 { start -= 1 }
    guard line.text[start..<name.lowerBound].contains(UInt8(ascii: "=")),
      !line.text[start..<chunk.upperBound].contains(where: { "(){}[]".utf8.contains($0) || isQuote($0) })
    else { return nil }
    let end = line.text[chunk].firstIndex(of: UInt8(ascii: ",")) ?? chunk.upperBound
    return secret(chunk.lowerBound..<end, .setting) ? chunk.lowerBound..<end : nil
  }

  /// A value in a list that blanks join, `user=ann password=…`, as drivers have them.
  func joined(_ chunk: Range<Int>, _ isTight: Bool) -> Range<Int>? {
    guard isTight, strength == .strong || strength == .medium, isBlank(line[name.lowerBound - 1]) else {
      return nil
    }
    var end = name.lowerBound
    while isBlank(line[end - 1]) { end -= 1 }
    var start = end
    while line[start - 1] > 0x20, end - start < 64 { start -= 1 }
    let before = line.text[start..<end]
    guard let sign = before.firstIndex(of: UInt8(ascii: "=")), sign > start, sign + 1 < end,
      !before.contains(where: { "(){}[],;<>".utf8.contains($0) }) || line[start] == UInt8(ascii: "("),
      !isQuote(line[end - 1])
    else { return nil }
    return word(chunk, isSetting: true)
  }

  /// Whether a few plain words and the name make a label, as in notes: `TOTP seed: …`, `Wifi password: …`.
  var isLabel: Bool {
    let first = line.skippingBlanks(line.start)
    guard name.lowerBound - first < 48, first < name.lowerBound else { return false }
    var words = 0
    for word in line.text[first..<name.lowerBound].split(separator: 0x20) {
      words += 1
      guard words <= 4, word.allSatisfy({ isNameByte($0) || "-/*#&'".utf8.contains($0) }),
        !SecretWords.isStatementWord(word)
      else { return false }
    }
    // People have secrets of many kinds.
    return strength != .strong || !line.hasWord("secret", at: name.lowerBound)
  }

  /// Whether a lone word is the value of a file of settings: at the margin, where programs seldom have assignments.
  func isAtMargin(_ whole: Range<Int>) -> Bool {
    guard strength == .strong || strength == .medium,
      line[line.skippingBlanks(name.upperBound)] == UInt8(ascii: "="), !isBlank(line[line.start])
    else { return false }
    let bytes = line.text[whole]
    return line.start == name.lowerBound && whole.count >= 5
      && bytes.dropFirst().allSatisfy { isLowerCase($0) || $0 >= 0x80 }
      && (isLetter(bytes.first!) || bytes.first! >= 0x80)
      && !SecretWords.isFunction(bytes) && !SecretWords.isBeside(bytes) && !SecretNames.isMention(bytes)
  }

  var isOption: Bool { line[name.lowerBound] == UInt8(ascii: "-") }

  /// Whether it can be but an argument of a command: `name=value` with digits or signs, and nothing behind it.
  func isArgument(_ chunk: Range<Int>, _ isTight: Bool) -> Bool {
    isTight && isBlank(line[name.lowerBound - 1]) && isAlphanumeric(line[chunk.upperBound - 1])
      && SecretValues.Kinds(line.text[chunk]).isMixed
      && !line.text[chunk].contains { ",()[]{}".utf8.contains($0) }
  }

  /// Whether a value with blanks may be meant: not where a command follows variables that are set for it.
  func takesLine(_ whole: Range<Int>, _ chunk: Range<Int>, _ sign: UInt8, _ isTight: Bool) -> Bool {
    if sign == UInt8(ascii: ":") || !isTight { return true }
    let rest = line.text[chunk.upperBound..<whole.upperBound]
    return !rest.contains(UInt8(ascii: "="))
      && !rest.split(separator: 0x20).contains { "-/.$&|<>;(".utf8.contains($0.first!) }
  }

  /// A value of several words, or its first word where the others are a remark on it.
  func phrase(_ whole: Range<Int>, _ chunk: Range<Int>) -> Range<Int>? {
    if secret(whole, .setting) { return whole }
    if isFirst, line.has("passphrase", at: name.upperBound - 10), isPassphrase(whole) { return whole }
    if isSentenceAsValue(whole) || isBesideNetwork && isNetworkPhrase(whole) { return whole }
    return word(chunk, isSetting: false)
  }

  /// Words that say nothing of phrases themselves.
  func isPassphrase(_ whole: Range<Int>) -> Bool {
    let words = line.text[whole].split(separator: 0x20)
    return words.count > 2 && words.count <= 10 && !SecretNames.isMention(line.text[whole])
      && !SecretWords.isRemark(line.text[whole])
      && words.allSatisfy { !SecretWords.isStatus($0) && $0.allSatisfy(isNameByte) }
  }

  /// Several words beside the name of a network.
  func isNetworkPhrase(_ whole: Range<Int>) -> Bool {
    let words = line.text[whole].split(separator: 0x20)
    return strength == .strong && words.count <= 6 && !words.contains { SecretWords.isStatus($0) }
      && !SecretWords.isRemark(line.text[whole]) && words.allSatisfy { $0.allSatisfy(isNameByte) }
  }

  /// Words that no program has beside each other, behind `=`.
  func isSentenceAsValue(_ whole: Range<Int>) -> Bool {
    guard strength == .strong, line[line.skippingBlanks(name.upperBound)] == UInt8(ascii: "=") else {
      return false
    }
    let words = line.text[whole].split(separator: 0x20)
    let operators: Set<String> = [
      "if", "else", "or", "and", "not", "in", "is", "as", "new", "await", "unless", "then", "do", "of",
    ]
    return words.count > 2 && !SecretNames.isMention(line.text[whole])
      && words.allSatisfy { word in
        word.contains(where: isNameByte) && !word.contains { "()[]{}\"'=<>|&+*/\\;".utf8.contains($0) }
          && !operators.contains(String(decoding: word, as: UTF8.self))
      }
  }

  /// One word, without the punctuation of what it stands in.
  func word(_ chunk: Range<Int>, isSetting: Bool) -> Range<Int>? {
    var end = chunk.upperBound
    while end > chunk.lowerBound, ".,;:)}]>".utf8.contains(line[end - 1]) {
      let close = line[end - 1]
      let open: UInt8? =
        close == UInt8(ascii: ")")
        ? UInt8(ascii: "(")
        : close == UInt8(ascii: "}")
          ? UInt8(ascii: "{")
          : close == UInt8(ascii: "]")
            ? UInt8(ascii: "[") : close == UInt8(ascii: ">") ? UInt8(ascii: "<") : nil
      if let open, line.text[chunk].contains(open) { break }
      end -= 1
    }
    let value = chunk.lowerBound..<end
    if value.isEmpty { return nil }
    // Lists of arguments and members of structures.
    if !isSetting, let comma = line.text[value].firstIndex(of: UInt8(ascii: ",")), comma > value.lowerBound {
      return secret(value.lowerBound..<comma, .bare)
        && line.text[value.lowerBound..<comma].contains(where: isDigit)
        && !isCapital ? value.lowerBound..<comma : nil
    }
    return secret(value, isSetting ? .setting : .bare) ? value : nil
  }

  /// In a connection string: up to the next `;`.
  func untilSemicolon(_ start: Int, _ sign: UInt8) -> Range<Int>? {
    guard sign == UInt8(ascii: "=") else { return nil }
    var end = start
    while end < line.end, end - start < SecretLine.longestValue, line[end] != UInt8(ascii: ";"),
      line[end] != UInt8(ascii: "\"")
    { end += 1 }
    var before = name.lowerBound
    while before > line.start, name.lowerBound - before < 64, line[before - 1] != UInt8(ascii: ";"),
      line[before - 1] != UInt8(ascii: "=")
    { before -= 1 }
    let isBehind =
      before > line.start && line[before - 1] == UInt8(ascii: ";")
      && line.text[max(line.start, before - 128)..<before].contains(UInt8(ascii: "="))
    var next = line.skippingBlanks(end + 1)
    let nextName = next
    while isNameByte(line[next]) || line[next] == 0x20 { next += 1 }
    let isBefore =
      line[end] == UInt8(ascii: ";") && next > nextName && line[next] == UInt8(ascii: "=")
      && line[next + 1] != UInt8(ascii: "=")
    guard isBehind || isBefore && !isBlank(line[start - 1]) else { return nil }
    // A parameter of a URL may stand in one, too.
    let ampersand = line.text[start..<end].firstIndex(of: UInt8(ascii: "&")) ?? end
    return line.trimmed(start..<(isBehind ? end : ampersand))
  }

  func upTo(_ start: Int, _ isEnd: (UInt8) -> Bool) -> Range<Int>? {
    var end = start
    while end < line.end, end - start < SecretLine.longestValue, !isEnd(line[end]) { end += 1 }
    return secret(start..<end, .setting) ? start..<end : nil
  }

  /// The end of the quotes or brackets that the assignment stands in, or of the line.
  func enclosingEnd(_ start: Int) -> Int {
    let isQuoted: [UInt8] = "\"'`".utf8.filter { line.isWithin($0, at: name.lowerBound) }
    let brackets = line.text[max(line.start, name.lowerBound - SecretLine.reach)..<name.lowerBound].contains(
      UInt8(ascii: "{"))
    var end = start
    while end < line.end, end - start < SecretLine.longestValue {
      let byte = line[end]
      if isQuoted.contains(byte) || byte == UInt8(ascii: "<") && line[end + 1] == UInt8(ascii: "/") { break }
      if brackets, byte == UInt8(ascii: "}") || byte == UInt8(ascii: ",") { break }
      end += 1
    }
    return end
  }

  func withoutComment(_ start: Int) -> Int {
    var end = start
    while end < line.end {
      if isBlank(line[end]),
        line[line.skippingBlanks(end)] == UInt8(ascii: "#") || line.has("//", at: line.skippingBlanks(end))
      {
        return end
      }
      end += 1
    }
    return end
  }
}
