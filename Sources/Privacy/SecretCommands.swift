/// Secrets that commands are given in options, and headers of requests.
enum SecretCommands {
  /// Words that a secret may stand behind in a command or a header, other than the names of secrets.
  static let words =
    [
      "bearer", "basic", "echo", "printf", "identified", "sqlplus", "user", "impdp", "expdp", "sqlldr",
      "login", "auth", "btoa",
    ]
  /// The same, where what stands behind tells at once that it cannot be.
  static let rareWords = [
    "send", "logins", "username", "creds", "zugang", "zugangsdaten", "identifiants", "wifi", "wlan", "fi",
    "begin", "pwset", "sign", "b64encode",
  ]

  /// How functions are called that take a user's name and a password, one behind the other.
  static let logins = [
    "connect", "connection", "pdo", "mysqli", "login", "signin", "authenticate", "auth", "credential",
    "credentials",
    "account", "authentication", "logon", "createuser", "adduser", "usernamepassword", "addlogin",
    "usernamepasswordtoken", "usernamepasswordauthenticationtoken", "basicauth", "basic_auth",
    "passwordcredentials",
  ]
  /// The same, for nothing but a name and a password: any literal behind the name is the password.
  private static let pairs: [StaticString] = [
    "usernamepasswordtoken", "usernamepasswordauthenticationtoken", "basicauth", "basic_auth",
    "passwordauthentication", "networkcredential", "usernamepasswordcredentials", "passwordcredentials",
  ]

  private static let oraclePrograms: [StaticString] = ["sqlplus", "impdp", "expdp", "sqlldr"]

  // MARK: Words

  /// The secret that a word brings which is no name of one.
  static func value(ofWord word: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    let next = line.skippingBlanks(word.upperBound)
    if let value = positional(word, next, line) { return value }
    if line.hasWord("user", at: word.upperBound - 4), line[word.upperBound] == UInt8(ascii: ":"),
      line[word.upperBound - 5] == UInt8(ascii: "/"),
      line.firstWord("net", in: line.start..<word.lowerBound) != nil
        || line.firstWord("runas", in: line.start..<word.lowerBound) != nil
    {
      return besideShare(word, line)
        ?? secretArgument(line.skippingBlanks(line.chunkEnd(word.upperBound)), line)
    }
    if let value = SecretPairs.value(behindLabel: word, line) { return value }
    guard next > word.upperBound else { return nil }
    if line.hasWord("send", at: word.lowerBound) { return sent(next, line) }
    if let value = SecretPairs.value(behindProtocol: word, line) { return value }
    if line.hasWord("bearer", at: word.lowerBound) || line.hasWord("basic", at: word.lowerBound) {
      let value = credentials(at: next, line)
      // What is basic in prose has a dash, and no digits.
      return value.flatMap {
        line.text[$0].contains(UInt8(ascii: "-")) && line.has("basic", at: word.lowerBound) ? nil : $0
      }
    }
    if line.hasWord("echo", at: word.lowerBound) || line.hasWord("printf", at: word.lowerBound) {
      return piped(next, line)
    }
    if line.hasWord("identified", at: word.lowerBound), isStatement(word, line) {
      return identified(next, line)
    }
    if oraclePrograms.contains(where: { line.hasWord($0, at: word.lowerBound) })
      || line.hasWord("user", at: word.lowerBound) && line.hasWord("net", at: word.lowerBound - 4)
    {
      return login(next, line, isNet: line.hasWord("user", at: word.lowerBound))
    }
    return nil
  }

  /// The password before `/user:` in `net use drive share password /user:name`.
  private static func besideShare(_ user: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    guard line.firstWord("use", in: line.start..<user.lowerBound) != nil else { return nil }
    var end = user.lowerBound
    while end > line.start, !isBlank(line[end]) { end -= 1 }
    while end > line.start, isBlank(line[end - 1]) { end -= 1 }
    var start = end
    while start > line.start, !isBlank(line[start - 1]) { start -= 1 }
    let value = start..<end
    guard !value.isEmpty, !"\\/*".utf8.contains(line[start]), line[end - 1] != UInt8(ascii: ":"),
      !line.has("use", at: start), !SecretValues.isReference(value, line)
    else { return nil }
    return value
  }

  /// The last of several literals in a call that logs in.
  private static func positional(_ word: Range<Int>, _ next: Int, _ line: SecretLine) -> Range<Int>? {
    var open = next
    if line[open] == UInt8(ascii: "=") { open = line.skippingBlanks(open + 1) }
    guard line[open] == UInt8(ascii: "("), line[line.skippingBlanks(open + 1)] != UInt8(ascii: ")") else {
      return nil
    }
    let isLogin = logins.contains { name in
      word.count >= name.utf8.count
        && line.text[(word.upperBound - name.utf8.count)..<word.upperBound].elementsEqual(name.utf8) {
          (isUpperCase($0) ? $0 | 0x20 : $0) == $1
        }
    }
    if line.has("btoa", at: word.upperBound - 4) || line.has("b64encode", at: word.upperBound - 9) {
      return encoded(open, line)
    }
    if line.has("jwt.sign", at: word.upperBound - 8) || line.has("wifi.begin", at: word.upperBound - 10) {
      return lastLiteral(open, line)
    }
    guard isLogin || line.has("pw_set", at: word.upperBound - 6) else { return nil }
    if pairs.contains(where: { line.has($0, at: word.upperBound - $0.utf8CodeUnitCount) }) {
      return lastLiteral(open, line)
    }
    let isPair = open > next && line.hasWord("auth", at: word.lowerBound) && word.count == 4
    var offset = open + 1
    var count = 0
    var last: Range<Int>?
    // Behind a master's name a word is a password as well.
    var isBehindMaster = false
    while offset < line.end, offset - open < SecretLine.reach, line[offset] != UInt8(ascii: ")"),
      line[offset] != UInt8(ascii: ";")
    {
      if line[offset] == UInt8(ascii: "\"") || line[offset] == UInt8(ascii: "'") {
        let literal = line.quoted(at: offset)
        if count > 0, isForApplication(literal, line) { return literal }
        // A name of a database may stand behind it.
        if count > 0,
          !line.text[literal].contains(where: {
            isBlank($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".")
          }),
          SecretValues.isSecret(literal, line, isBehindMaster ? .strong : .medium, .quoted)
        {
          if isBehindMaster { return literal }
          last = literal
        }
        // So it is behind an address, and where a pair is what it is for: `auth=("ann", "…")`
        isBehindMaster =
          count == 0 && (isPair || line.text[literal].contains(UInt8(ascii: "@"))) || isMaster(literal, line)
        count += 1
        offset = literal.upperBound
      } else if line[offset] == UInt8(ascii: ",") {
        count += 1
      }
      offset += 1
    }
    if count == 2, takesPair(word, line), let last, line.text[last].contains(where: isDigit) { return last }
    return count > 2 ? last : nil
  }

  /// Whether a function is called for nothing but a login: a name and a password alone are told there.
  private static func takesPair(_ word: Range<Int>, _ line: SecretLine) -> Bool {
    ["login", "signin", "authenticate", "logon", "auth", "pw_set", "createuser", "adduser"].contains {
      (name: StaticString) in line.has(name, at: word.upperBound - name.utf8CodeUnitCount)
    }
  }

  private static func isMaster(_ literal: Range<Int>, _ line: SecretLine) -> Bool {
    ["root", "admin", "sa", "postgres", "user"].contains(
      String(decoding: line.text[literal].prefix(12), as: UTF8.self))
  }

  /// What stands behind the colon in the literal of a call that encodes a login: `btoa("ann:…")`.
  private static func encoded(_ open: Int, _ line: SecretLine) -> Range<Int>? {
    var quote = line.skippingBlanks(open + 1)
    if line[quote] == UInt8(ascii: "b") { quote += 1 }
    guard isQuote(line[quote]) else { return nil }
    let login = line.quoted(at: quote)
    guard let colon = line.text[login].firstIndex(of: UInt8(ascii: ":")), colon > login.lowerBound,
      line.text[login.lowerBound..<colon].allSatisfy({ isNameByte($0) || "@.-+".utf8.contains($0) })
    else { return nil }
    let value = colon + 1..<login.upperBound
    return value.count > 4 && line[value.lowerBound] != UInt8(ascii: "/")
      && SecretValues.isSecret(value, line, .strong, .quoted) ? value : nil
  }

  /// Whether a literal has the form of passwords that providers of mail give to programs: four times four letters.
  private static func isForApplication(_ literal: Range<Int>, _ line: SecretLine) -> Bool {
    let words = line.text[literal].split(separator: 0x20)
    return words.count == 4 && words.allSatisfy { $0.count == 4 && $0.allSatisfy(isLowerCase) }
  }

  /// The literal that is the second of a call's arguments, behind a literal or a name.
  private static func lastLiteral(_ open: Int, _ line: SecretLine) -> Range<Int>? {
    var offset = line.skippingBlanks(open + 1)
    if isQuote(line[offset]) {
      offset = line.quoted(at: offset).upperBound + 1
    } else {
      while isNameByte(line[offset]) || line[offset] == UInt8(ascii: ".") { offset += 1 }
    }
    guard line[offset] == UInt8(ascii: ",") else { return nil }
    offset = line.skippingBlanks(offset + 1)
    guard isQuote(line[offset]) else { return nil }
    let value = line.quoted(at: offset)
    return SecretValues.isSecret(value, line, .strong, .quoted) ? value : nil
  }

  /// Whether SQL's words stand in capitals, or the statement is about users.
  private static func isStatement(_ word: Range<Int>, _ line: SecretLine) -> Bool {
    isUpperCase(line[word.lowerBound]) && isUpperCase(line[word.lowerBound + 1])
      || line.firstWord("user", in: line.start..<word.lowerBound) != nil
      || line.firstWord("grant", in: line.start..<word.lowerBound) != nil
  }

  /// What stands behind `Bearer` or `Basic`.
  static func credentials(at start: Int, _ line: SecretLine) -> Range<Int>? {
    var end = start
    while isAlphanumeric(line[end]) || "+/=_-.~:".utf8.contains(line[end]) { end += 1 }
    let kinds = SecretValues.Kinds(line.text[start..<end])
    let isHeader = line.has("authorization", at: start - 21) || line.has("authorization", at: start - 22)
    guard end - start >= (isHeader ? 4 : 6), kinds.letters > 1,
      kinds.digits > 0 || kinds.capitals > 1 && kinds.capitals < kinds.letters
        || line[end - 1] == UInt8(ascii: "=") && (end - start) % 4 == 0
    else { return nil }
    if SecretWords.isTechnical(line.text[start..<end]) { return nil }
    return start..<end
  }

  /// `echo password | command that reads it`.
  private static func piped(_ start: Int, _ line: SecretLine) -> Range<Int>? {
    var start = start
    // A format and what it is for.
    if isQuote(line[start]), line[start + 1] == UInt8(ascii: "%") {
      start = line.skippingBlanks(line.chunkEnd(start))
    }
    while line[start] == UInt8(ascii: "-") { start = line.skippingBlanks(line.chunkEnd(start)) }
    guard let value = argument(start, line), !value.isEmpty, !SecretValues.isReference(value, line) else {
      return nil
    }
    var bar = value.upperBound
    while bar < line.end, line[bar] != UInt8(ascii: "|"), bar - start < 256 { bar += 1 }
    let rest = bar..<min(line.end, bar + 256)
    guard line[bar] == UInt8(ascii: "|") else { return answers(start, line) ? value : nil }
    if line.firstWord("chpasswd", in: rest) != nil
      || line.firstWord("base64", in: rest) != nil && line.text[value].contains(UInt8(ascii: ":"))
    {
      guard let colon = line.text[value].firstIndex(of: UInt8(ascii: ":")) else { return nil }
      let password = colon + 1..<value.upperBound
      return password.count > 3 && !SecretWords.isStatus(line.text[password])
        && !SecretValues.isReference(password, line) && line[colon + 1] > 0x20
        && line[colon + 1] != UInt8(ascii: "/") ? password : nil
    }
    let readers: [StaticString] = ["password-stdin", "with-token", "--stdin", "passphrase-fd", "cryptsetup"]
    let isRead =
      line.hasWord(of: readers, in: rest)
      || line.firstWord("sudo", in: rest).map {
        line.text[$0..<rest.upperBound].split(separator: 0x20).contains { $0.elementsEqual("-S".utf8) }
      } ?? false
    return isRead ? value : nil
  }

  /// Whether a command that is to print a password begins before `echo`: `--password-command 'echo …'`.
  private static func answers(_ start: Int, _ line: SecretLine) -> Bool {
    let head = max(line.start, start - 48)..<start
    let options: [StaticString] = [
      "password-command", "passcommand", "password_command", "pass-cmd", "passwordeval",
    ]
    return options.contains { option in head.contains { line.has(option, at: $0) } }
  }

  /// What `expect` types for somebody, up to the return key, if it looks like a password or answers for one.
  private static func sent(_ start: Int, _ line: SecretLine) -> Range<Int>? {
    var quote = start
    while line[quote] == UInt8(ascii: "-") { quote = line.skippingBlanks(line.chunkEnd(quote)) }
    guard isQuote(line[quote]) else { return nil }
    var value = line.quoted(at: quote)
    guard line.has("\\r", at: value.upperBound - 2) || line.has("\\n", at: value.upperBound - 2) else {
      return nil
    }
    value = value.lowerBound..<value.upperBound - 2
    let bytes = line.text[value]
    guard value.count >= 4, !bytes.contains(where: { isBlank($0) || "/\\".utf8.contains($0) }),
      !SecretValues.isReference(value, line)
    else { return nil }
    let isAsked =
      line.firstWord("assword", in: line.start..<quote) != nil
      || line.firstWord("password", in: line.start..<quote) != nil
    let isMixed = bytes.contains(where: isLetter) && bytes.contains(where: isDigit)
    return isAsked || isMixed && !SecretWords.isTechnical(bytes) ? value : nil
  }

  /// `IDENTIFIED BY 'password'`.
  private static func identified(_ start: Int, _ line: SecretLine) -> Range<Int>? {
    var offset = start
    for _ in 0..<5 {
      if isQuote(line[offset]) {
        let value = line.quoted(at: offset)
        if !line.hasWord("by", at: offset - 3) && !line.hasWord("as", at: offset - 3)
          && !line.has("password ", at: offset - 9)
        {
          offset = line.skippingBlanks(value.upperBound + 1)
          continue
        }
        let isName = value.count == 8 && line.has("password", at: value.lowerBound)
        return SecretValues.isReference(value, line) || isName ? nil : value
      }
      let end = line.chunkEnd(offset)
      if line.hasWord("by", at: offset - 3) {
        var stop = end
        while stop > offset, ";,)".utf8.contains(line[stop - 1]) { stop -= 1 }
        return stop > offset && !line.hasWord("password", at: offset)
          && !SecretValues.isReference(offset..<stop, line) ? offset..<stop : nil
      }
      offset = line.skippingBlanks(end)
    }
    return nil
  }

  /// `sqlplus user/password@host`, and `net user name password`.
  private static func login(_ start: Int, _ line: SecretLine, isNet: Bool) -> Range<Int>? {
    let first = start..<line.chunkEnd(start)
    if isNet {
      let next = line.skippingBlanks(first.upperBound)
      return line[next] == UInt8(ascii: "/") || line[next] == UInt8(ascii: "*")
        ? nil : secretArgument(next, line)
    }
    guard let slash = line.text[first].firstIndex(of: UInt8(ascii: "/")), slash > first.lowerBound else {
      return nil
    }
    let end = line.text[first].firstIndex(of: UInt8(ascii: "@")) ?? first.upperBound
    return slash + 1 < end && !SecretValues.isReference(slash + 1..<end, line) ? slash + 1..<end : nil
  }
}
