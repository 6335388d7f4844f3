/// What people tell of their passwords in sentences.
struct SecretProse {
  let line: SecretLine
  let name: Range<Int>
  let strength: SecretNames.Strength

  init(line: SecretLine, name: Range<Int>, strength: SecretNames.Strength) {
    self.line = line
    self.name = name
    // People have secrets of many kinds, and tell of passwords what they are like.
    let isSecret =
      line.has("secret", at: name.lowerBound) && name.count < 8
      || line.has("passwords", at: name.upperBound - 9)
    // In sentences the short word means nothing else.
    let isPw = strength == .medium && line.has("pw", at: name.upperBound - 2)
    // The key to a door, or what one has to know.
    let isClave = strength == .weak && name.count == 5 && line.has("clave", at: name.lowerBound)
    self.strength = strength == .strong && isSecret ? .weak : isPw ? .strong : isClave ? .medium : strength
  }

  private static let verbs: [StaticString] = [
    "is", "was", "ist", "lautet", "est", "es", "are", "war", "=", ":", "é", "будет", "это", "->", "→", "–",
    "—", "-",
    "zu", "to", "becomes", "je", "jest", "är", "er", "è", "este", "sera", "bleibt", "equals", "stays",
    "remains",
    "hieß", "era", "será", "remained", "=>", "~",
  ]
  /// The first words of lines that set something up and have no syntax but blanks: routers, daemons, shells of devices.
  private static let directives: [StaticString] = [
    "enable", "username", "neighbor", "crypto", "snmp-server", "tacacs-server", "radius-server", "tacacs",
    "radius", "ppp", "isakmp", "key-string", "rootpw", "bindpw", "rocommunity", "rwcommunity",
    "rocommunity6", "rwcommunity6", "trapcommunity", "com2sec", "requirepass", "masterauth", "aaa", "ntp",
    "vtp", "standby", "vrrp", "glbp", "isis", "wpa-psk", "wpa-passphrase", "wpa-password",
    "psk", "pre-shared-key", "local-user", "auth-password", "authpassword",
    "privpassword", "wlan", "passphrase", "imap_pass", "smtp_pass", "auth_pass", "auth-pass", "d-i",
  ]
  /// The same of lines that may be sentences: values are told only by their digits.
  private static let commonDirectives: [StaticString] = [
    "set", "create", "security", "server", "user", "account", "proxy", "identity", "stats", "area", "peer",
    "authentication", "wireless", "enable", "ip", "line", "interface", "profile", "client", "host",
  ]

  /// The secret in the sentence that goes on at `start`, behind a blank behind the name.
  func value(behindName start: Int) -> Range<Int>? {
    // "is X", "for the server is X", "to the wifi: X"
    var offset = start
    var previous = name
    for index in 0..<(strength == .weak ? 1 : 9) {
      let chunk = offset..<line.chunkEnd(offset)
      guard !chunk.isEmpty else { break }
      let isMarked = chunk.count > 1 && line[chunk.upperBound - 1] == UInt8(ascii: ":")
      let isVerb = Self.verbs.contains {
        $0.utf8CodeUnitCount == chunk.count - (isMarked ? 1 : 0) && line.has($0, at: offset)
      }
      let behind = line.skippingBlanks(chunk.upperBound)
      if chunk.count == 2, line.has("be", at: offset), hasDigitAndLetter(word(behind)) { return told(behind) }
      if isVerb, !isPreposition(chunk) || index == 0 && chunk.count == 1 {
        return told(line.skippingBlanks(chunk.upperBound))
      }
      if line[chunk.upperBound - 1] == UInt8(ascii: ":") {
        if let value = labelled(
          isMarked ? chunk.lowerBound..<chunk.upperBound - 1 : previous, chunk.upperBound)
        {
          return value
        }
        // What is said of it, and what to do: `Password forgotten : click here`.
        let isSaid = chunk.count == 1 && SecretWords.isStatus(line.text[previous])
        if index > 0, !isSaid || hasDigitAndLetter(word(behind)) { return told(behind) }
      }
      if ".,;!?)".utf8.contains(line[chunk.upperBound - 1]) { break }
      offset = line.skippingBlanks(chunk.upperBound)
      previous = chunk
    }
    return named(start)
  }

  /// The only word behind a label that begins with the name: `Password WLAN: …`.
  private func labelled(_ last: Range<Int>, _ end: Int) -> Range<Int>? {
    let start = line.skippingBlanks(end)
    let value = start..<line.chunkEnd(start)
    guard strength == .strong || strength == .medium, !value.isEmpty,
      line.skippingBlanks(value.upperBound) >= line.end,
      !SecretWords.isAspect(line.text[last]),
      line.skippingBlanks(line.start) == name.lowerBound || line[name.upperBound - 1] >= 0x80
        || line[name.lowerBound] >= 0x80
        || SecretAssignments(line: line, name: name, strength: strength).isLabel
    else { return nil }
    return SecretValues.isSecret(value, line, .strong, .setting)
      && (strength == .strong || hasDigitAndLetter(value))
      ? value : nil
  }

  /// The secret in "use X as the password" and "X is the password".
  func valueBefore() -> Range<Int>? {
    var end = name.lowerBound
    for _ in 0..<4 {
      while isBlank(line[end - 1]) { end -= 1 }
      var start = end
      while line[start - 1] > 0x20, end - start < 32 { start -= 1 }
      let word = start..<end
      let isAs = word.count == 2 && line.has("as", at: start) || word.count == 3 && line.has("als", at: start)
      if isAs
        || Self.copulas.contains(where: { $0.utf8CodeUnitCount == word.count && line.has($0, at: start) })
      {
        guard isAs || isEnd else { return nil }
        end = start
        while isBlank(line[end - 1]) { end -= 1 }
        start = end
        while line[start - 1] > 0x20, end - start < 64 { start -= 1 }
        if isQuote(line[start]), end - start > 2 { (start, end) = (start + 1, end - 1) }
        return hasDigitAndLetter(start..<end) && (isAs || !SecretWords.isTechnical(line.text[start..<end]))
          && SecretValues.isSecret(start..<end, line, strength, .bare) ? start..<end : nil
      }
      guard Self.articles.contains(where: { $0.utf8CodeUnitCount == word.count && line.has($0, at: start) })
      else { return nil }
      end = start
    }
    return nil
  }

  private static let copulas: [StaticString] = ["is", "ist", "est", "es", "was", "war"]
  private static let articles: [StaticString] = [
    "the", "my", "your", "a", "our", "its", "new", "root", "admin", "das", "dein", "mein", "unser", "le",
    "mon",
    "la", "mi", "su", "wifi", "wlan", "wi-fi", "db", "database", "server", "staging", "sudo", "ssh", "ftp",
    "his",
    "her", "their", "old", "current", "temporary", "default",
  ]

  /// Whether the sentence, or its part, ends with the name.
  private var isEnd: Bool {
    let next = line.skippingBlanks(name.upperBound)
    if next >= line.end { return true }
    if next == name.upperBound { return ".,;!)".utf8.contains(line[next]) }
    return ["for", "on", "to", "of", "für", "zum", "and", "at"].contains { (word: StaticString) in
      line.hasWord(word, at: next)
    }
  }

  /// The secret that stands at `start`, behind a verb in another script.
  func value(told start: Int) -> Range<Int>? {
    told(line.skippingBlanks(start), isForeignVerb: line[start - 1] >= 0x80)
  }

  /// The secret in "the password, it's X".
  func value(behindComma start: Int) -> Range<Int>? {
    let verbs: [StaticString] = [
      "c'est ", "it's ", "it is ", "es ist ", "das ist ", "which is ", "è ", "es ",
    ]
    guard let verb = verbs.first(where: { line.has($0, at: start) }) else { return nil }
    return mixedWord(line.skippingBlanks(start + verb.utf8CodeUnitCount))
  }

  /// "set to X" and "changed to X" are told; "the password to the wifi" goes on.
  private func isPreposition(_ chunk: Range<Int>) -> Bool {
    guard line.has("to", at: chunk.lowerBound) || line.has("zu", at: chunk.lowerBound) || chunk.count == 1
    else { return false }
    let head = max(line.start, chunk.lowerBound - 96)..<chunk.lowerBound
    let changes: [StaticString] = ["set", "changed", "reset", "change", "updated", "switched", "rotated"]
    if ["set", "changed", "reset"].contains(where: { (word: StaticString) in
      var before = chunk.lowerBound
      while isBlank(line[before - 1]) { before -= 1 }
      return line.hasWord(word, at: before - word.utf8CodeUnitCount)
    }) {
      return false
    }
    let start = line.skippingBlanks(chunk.upperBound)
    return !line.hasWord(of: changes, in: head)
      || !hasDigitAndLetter(start..<line.chunkEnd(start))
  }

  /// The word behind the name, if it can be nothing but a secret: "the password hunter2", `password hunter2`.
  private func named(_ start: Int) -> Range<Int>? {
    if let value = besideUser(start) ?? seed(start) { return value }
    guard strength == .strong || strength == .number || strength == .codes || isAlone(start) || isDirective
    else {
      return nil
    }
    var start = start
    while isDirective, SecretWords.isNotation(line.text[start..<line.chunkEnd(start)]),
      line.skippingBlanks(line.chunkEnd(start)) < line.end
    {
      start = line.skippingBlanks(line.chunkEnd(start))
    }
    // How routers say that it is enciphered.
    if isDigit(line[start]), isBlank(line[start + 1]) {
      start = line.skippingBlanks(start + 1)
      guard line.skippingBlanks(line.chunkEnd(start)) >= line.end,
        isDirective || SecretValues.Kinds(line.text[start..<line.chunkEnd(start)]).digits > 1
      else { return nil }
    }
    if let value = directed(start) { return value }
    if isSettingAlone(start) { return start..<line.chunkEnd(start) }
    let word = word(start)
    if "*&".utf8.contains(line[start]), line.text[word].dropFirst().allSatisfy(isNameByte) { return nil }
    let isList = ["machine ", "default login "].contains { line.has($0, at: line.skippingBlanks(line.start)) }
    guard !word.isEmpty, word.count >= (strength == .number || isList ? 3 : isAlone(start) ? 4 : 5),
      !line.text[word].contains(UInt8(ascii: "/")) || isAlone(start) && strength == .strong
    else { return nil }
    // By itself a short one is none the less a secret.
    if isAlone(start), strength == .strong, hasDigitAndLetter(word),
      !SecretWords.isTechnical(line.text[word]),
      SecretValues.isSecret(word, line, strength, .setting)
    {
      return word
    }
    if SecretValues.isSecret(word, line, strength, .bare),
      strength == .number || strength == .codes || hasDigitAndLetter(word) || isAlone(start)
    {
      return word
    }
    // In lists of logins, and with these names, a password may be a word.
    let isSetting = ["requirepass", "masterauth", "rootpw"].contains { line.has($0, at: name.lowerBound) }
    let head = max(line.start, name.lowerBound - 128)..<name.lowerBound
    let isLogin =
      isSetting && isAlone(start)
      || line.firstWord("login", in: head) != nil && !line.text[head].contains(where: isQuote)
    return isLogin && strength == .strong && SecretValues.isSecret(word, line, strength, .setting)
      ? word : nil
  }

  /// Whether the line is a name of several words, as settings have them, and one word: `bind_password hunter`.
  private func isSettingAlone(_ start: Int) -> Bool {
    guard strength == .strong, isAlone(start), line.start == name.lowerBound,
      let separator = line.text[name].firstIndex(of: UInt8(ascii: "_")), !isLiteralStart(line[start])
    else { return false }
    let value = start..<line.chunkEnd(start)
    let bytes = line.text[value]
    // Calls without brackets begin with a verb.
    let verbs: [StaticString] = [
      "set", "get", "check", "verify", "validate", "reset", "update", "hash", "change", "generate", "encrypt",
      "decrypt", "has", "require", "ask", "read", "prompt", "show", "print", "delete", "remove", "add",
      "create",
      "is", "no", "load", "save", "store", "test", "invalid", "wrong", "def", "confirm", "make", "random",
    ]
    let first = name.lowerBound..<separator
    return !verbs.contains { $0.utf8CodeUnitCount == first.count && line.has($0, at: first.lowerBound) }
      && bytes.allSatisfy { isNameByte($0) || "-!@#$%^&*+.".utf8.contains($0) }
      && !SecretWords.isFunction(bytes) && !SecretWords.isAspect(bytes) && !SecretWords.isDirectiveWord(bytes)
      && SecretValues.isSecret(value, line, strength, .setting)
  }

  private func isLiteralStart(_ byte: UInt8) -> Bool { isQuote(byte) || ":=({[".utf8.contains(byte) }

  /// Whether the line begins as those of devices do, and has none of the syntax of programs or sentences.
  private var isDirective: Bool {
    let first = line.skippingBlanks(line.start)
    guard (Self.directives + Self.commonDirectives).contains(where: { begins(first, with: $0) }) else {
      return false
    }
    return !line.text[first..<min(line.end, first + 256)].contains { "=;,(){}?".utf8.contains($0) }
  }

  /// A long word of capitals and digits: what programs for one-time codes are given.
  private func seed(_ start: Int) -> Range<Int>? {
    let word = word(start)
    return word.count >= 16 && word.count <= 64 && hasDigitAndLetter(word)
      && line.text[word].allSatisfy { isUpperCase($0) || isDigit($0) } ? word : nil
  }

  /// "user ann, pass X": behind the name of a user a word with digits is a password.
  private func besideUser(_ start: Int) -> Range<Int>? {
    guard strength == .medium else { return nil }
    let head = max(line.start, name.lowerBound - 64)..<name.lowerBound
    let word = word(start)
    return word.count >= 6 && hasDigitAndLetter(word) && !SecretWords.isTechnical(line.text[word])
      && line.hasWord(of: ["user", "username", "login", "benutzer"], in: head)
      && !line.text[head].contains(where: { "(){}=;".utf8.contains($0) })
      && SecretValues.isSecret(word, line, .strong, .bare) ? word : nil
  }

  private func begins(_ first: Int, with word: StaticString) -> Bool {
    line.has(word, at: first) && isBlank(line[first + word.utf8CodeUnitCount])
  }

  /// The word that a device is told: any word, if no more than a few stand behind it.
  private func directed(_ start: Int) -> Range<Int>? {
    guard isDirective else { return nil }
    let value = isQuote(line[start]) ? line.quoted(at: start) : start..<line.chunkEnd(start)
    let rest = line.text[min(line.end, value.upperBound)..<line.end].split(separator: 0x20)
    guard rest.count <= 5, value.count <= 256, value.count >= 3,
      !rest.contains(where: { SecretWords.isFunction($0) }),
      !SecretWords.isFunction(line.text[value]), !SecretWords.isDirectiveWord(line.text[value]),
      ![".", ",", ":", "!", "?"].contains(String(decoding: line.text[value].suffix(1), as: UTF8.self))
    else { return nil }
    let first = line.skippingBlanks(line.start)
    if Self.commonDirectives.contains(where: { begins(first, with: $0) }), !begins(first, with: "enable"),
      !line.text[value].contains(where: isDigit)
    {
      return nil
    }
    let isWeak = strength == .weak || strength == .token
    return SecretValues.isSecret(
      value, line, isWeak && hasDigitAndLetter(value) ? .medium : isWeak ? .none : strength, .setting)
      ? value : nil
  }

  /// A word with digits among its letters, which a sentence goes on with.
  func mixedWord(_ start: Int) -> Range<Int>? {
    let word = word(start)
    return word.count >= 5 && hasDigitAndLetter(word) && strength != .weak
      && SecretValues.isSecret(word, line, strength, .bare) ? word : nil
  }

  private func hasDigitAndLetter(_ word: Range<Int>) -> Bool {
    line.text[word].contains(where: isDigit) && line.text[word].contains(where: isLetter)
  }

  /// Whether the line is the name and one word.
  private func isAlone(_ start: Int) -> Bool {
    line.skippingBlanks(line.start) == name.lowerBound
      && line.skippingBlanks(line.chunkEnd(start)) >= line.end
  }

  /// A word without the punctuation behind it.
  private func word(_ start: Int) -> Range<Int> {
    var end = line.chunkEnd(start)
    // Nobody has so long a one in a sentence.
    if end - start > 256 { return start..<start }
    // Character references, as of quotes.
    if let reference = line.text[start..<end].firstIndex(of: UInt8(ascii: "&")),
      line.text[reference..<end].contains(UInt8(ascii: ";")),
      isLetter(line[reference + 1])
    {
      end = reference
    }
    // What stands in an element or a literal ends with it.
    if let close = line.text[start..<end].firstIndex(of: UInt8(ascii: "<")), close > start { end = close }
    while end > start, ".,;:!?)'\"".utf8.contains(line[end - 1]) {
      // A sign at the end may belong to it where the line ends.
      if line[end - 1] == UInt8(ascii: "!"), line.skippingBlanks(end) >= line.end,
        line.text[start..<end].contains(where: isDigit)
      {
        break
      }
      end -= 1
    }
    return start..<end
  }

  /// What stands behind "is".
  private func told(_ start: Int, isForeignVerb: Bool = false) -> Range<Int>? {
    var start = start
    for filler: StaticString in ["now", "still", "currently", "jetzt", "simply", "just", ":"]
    where line.hasWord(filler, at: start) { start = line.skippingBlanks(start + filler.utf8CodeUnitCount) }
    for change: StaticString in ["changed to ", "set to ", "reset to ", "updated to ", "rotated to "]
    where line.has(change, at: start) { start = line.skippingBlanks(start + change.utf8CodeUnitCount) }
    if isQuote(line[start]) {
      let value = line.trimmed(line.quoted(at: start))
      return SecretValues.isSecret(value, line, strength, .quoted) || isQuotedPhrase(value) ? value : nil
    }
    if line[start] == 0xEF, line[start + 1] == 0xBC, line[start + 2] == 0x9A { start += 3 }
    // Behind a verb in another script there is a sentence, unless it is something else.
    if isForeignVerb, line[start] >= 0x80, line[start] != 0xE2 { return nil }
    // „…“ and “…”
    if line[start] == 0xE2, line[start + 1] == 0x80 { start += 3 }
    let first = word(start)
    guard !first.isEmpty, !SecretValues.isReference(first, line) else { return nil }
    if strength == .number { return SecretValues.isSecret(first, line, strength, .bare) ? first : nil }
    let sentence = sentence(start)
    let words = line.text[sentence].split(separator: 0x20)
    // One of the words may be one that is said of passwords, too.
    let statuses = words.count { SecretWords.isStatus($0) }
    let isPhrase =
      words.count > 1 && words.count <= 12 && statuses <= (words.count > 3 || isOwn(words.last!) ? 1 : 0)
      && !words.contains { SecretWords.isFunction($0) }
    if isPhrase, strength == .strong || strength == .phrase, !SecretNames.isMention(line.text[sentence]) {
      return sentence
    }
    if SecretValues.Kinds(line.text[first]).isMixed {
      return SecretValues.isSecret(first, line, strength, .bare) || isSigned(first) ? first : nil
    }
    let isWord =
      words.count == 1 && strength == .strong && first.count >= 4 && !SecretWords.isFunction(line.text[first])
    if isWord, SecretValues.isSecret(first, line, strength, .setting) { return first }
    return nil
  }

  /// A few words in quotes that say nothing of passwords.
  private func isQuotedPhrase(_ value: Range<Int>) -> Bool {
    let words = line.text[value].split(separator: 0x20)
    return strength == .strong && words.count > 1 && words.count <= 6
      && line[value.upperBound] == line[value.lowerBound - 1]
      && words.count { SecretWords.isStatus($0) } <= (words.count > 2 ? 1 : 0)
      && words.allSatisfy { $0.allSatisfy(isNameByte) }
      && !SecretNames.isMention(line.text[value])
      && !line.text[line.start..<name.lowerBound].contains(where: isQuote)
  }

  /// Whether somebody tells of one's own, and ends with no word that is said of passwords.
  private func isOwn(_ last: Slice<UnsafeRawBufferPointer>) -> Bool {
    line.hasWord("my", at: name.lowerBound - 3) && !SecretWords.isStatus(last)
  }

  /// A short word with digits or signs in it is no word either.
  private func isSigned(_ word: Range<Int>) -> Bool {
    strength == .strong && word.count >= 4 && hasDigitAndLetter(word)
      && SecretValues.isSecret(word, line, strength, .setting)
  }

  /// Up to the end of the sentence or of its part.
  private func sentence(_ start: Int) -> Range<Int> {
    var end = start
    while end < line.end, end - start < 256 {
      let byte = line[end]
      let isEnd = ".,;!?)".utf8.contains(byte) && (isBlank(line[end + 1]) || end + 1 >= line.end)
      if isEnd || byte == UInt8(ascii: "(") && isBlank(line[end - 1]) || byte == UInt8(ascii: "<")
        || byte == UInt8(ascii: "\"")
      {
        break
      }
      end += 1
    }
    return line.trimmed(start..<end)
  }
}
