/// A name and a password side by side: `ann / hunter2`, `root/calvin1`, and lists of logins in fields.
enum SecretPairs {
  /// What stands before such pairs with a sign or a verb between.
  private static let labels: [StaticString] = [
    "login", "logins", "credentials", "credential", "creds", "cred", "account", "user", "username", "logon",
    "signin", "zugangsdaten", "zugang", "identifiants", "auth", "wifi", "wlan", "fi",
  ]
  /// Whose passwords are often words.
  private static let masters: [StaticString] = [
    "root", "admin", "administrator", "administrateur", "pi", "sa", "ubuntu", "vagrant", "oracle", "postgres",
    "guest", "operator", "cisco", "ubnt", "user", "test", "demo", "tomcat", "weblogic", "sysadmin", "manager",
    "elastic", "minio", "rabbitmq", "mysql", "debian", "kali", "system", "scott", "superuser", "sysdba",
    "service", "support", "tech", "default", "webmaster",
  ]

  /// The password of the pair behind a label: `login: ann / hunter2`, "credentials are admin/letmein1".
  static func value(behindLabel word: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    if line.hasWord("auth", at: word.lowerBound), line.has("stats ", at: line.skippingBlanks(line.start)),
      let colon = line.text[word.upperBound..<line.end].firstIndex(of: UInt8(ascii: ":")),
      line.isLast(line.chunkEnd(colon))
    {
      let value = colon + 1..<line.chunkEnd(colon)
      return value.isEmpty || SecretValues.isReference(value, line) ? nil : value
    }
    let sign = line[line.skippingBlanks(word.upperBound)]
    guard
      sign == UInt8(ascii: ":") || sign == UInt8(ascii: "=")
        || isBlank(line[word.upperBound]) && (isLetter(sign) || sign == UInt8(ascii: "-"))
    else { return nil }
    var start = word.upperBound
    while start > word.lowerBound, isLetter(line[start - 1]) { start -= 1 }
    let letters = start..<word.upperBound
    guard labels.contains(where: { $0.utf8CodeUnitCount == letters.count && line.has($0, at: start) }) else {
      return nil
    }
    var offset = line.skippingBlanks(word.upperBound)
    if line[offset] == UInt8(ascii: ":") || line[offset] == UInt8(ascii: "=") {
      offset = line.skippingBlanks(offset + 1)
    } else {
      let verbs: [StaticString] = [
        "is", "are", "ist", "sind", "lauten", "sont", "with", "mit", "as", "->", "-",
      ]
      guard offset > word.upperBound,
        let verb = verbs.first(where: {
          line.has($0, at: offset) && isBlank(line[offset + $0.utf8CodeUnitCount])
        })
      else { return nil }
      offset = line.skippingBlanks(offset + verb.utf8CodeUnitCount)
    }
    return password(ofPairAt: offset, line)
  }

  /// The last word of `LOGIN name password` and `createUser name SHA …`, as protocols and daemons have them.
  static func value(behindProtocol word: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    if line.text[word].elementsEqual("user".utf8), word.lowerBound == line.skippingBlanks(line.start) {
      return transferred(word, line)
    }
    let isLogin = line.text[word].elementsEqual("LOGIN".utf8)
    if line.text[word].elementsEqual("AUTH".utf8) { return authenticated(word, line) }
    guard isLogin || line.hasWord("createuser", at: word.lowerBound) else { return nil }
    var words: [Range<Int>] = []
    var offset = line.skippingBlanks(word.upperBound)
    while offset < line.end, words.count < 8 {
      words.append(offset..<line.chunkEnd(offset))
      offset = line.skippingBlanks(words.last!.upperBound)
    }
    if isLogin {
      guard words.count == 2, !SecretValues.isReference(words[1], line), words[1].count > 3 else {
        return nil
      }
      return isQuote(line[words[1].lowerBound]) ? line.quoted(at: words[1].lowerBound) : words[1]
    }
    let hashes: [StaticString] = ["md5", "sha", "sha-256", "sha-512", "sha256", "sha512"]
    guard words.count > 2, hashes.contains(where: { line.hasWord($0, at: words[1].lowerBound) }) else {
      return nil
    }
    return words[2].lowerBound..<words.last!.upperBound
  }

  /// The last word of `user name password`, as programs that transfer files are told.
  private static func transferred(_ word: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    let user = line.skippingBlanks(word.upperBound)
    var start = line.skippingBlanks(line.chunkEnd(user))
    // Rules of Redis: `user ann on >password …`
    if line.hasWord("on", at: start) {
      start = line.skippingBlanks(start + 2)
      guard ">#<".utf8.contains(line[start]) else { return nil }
      let value = start + 1..<line.chunkEnd(start)
      return value.count > 3 && !SecretValues.isReference(value, line) ? value : nil
    }
    let value = start..<line.chunkEnd(start)
    let bytes = line.text[value]
    guard value.count >= 6, line.isLast(value.upperBound), line.text[user..<start].contains(where: isLetter),
      bytes.contains(where: isLetter), bytes.contains(where: isDigit),
      bytes.allSatisfy({ isNameByte($0) || "-!@#$%^&*+".utf8.contains($0) }), !SecretWords.isTechnical(bytes),
      line.text[user..<line.chunkEnd(user)].allSatisfy({ isNameByte($0) || "-@.".utf8.contains($0) }),
      !SecretValues.isReference(value, line)
    else { return nil }
    return value
  }

  /// What stands behind `AUTH`, and behind the name of its mechanism.
  private static func authenticated(_ word: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    var start = line.skippingBlanks(word.upperBound)
    let mechanisms: [StaticString] = ["plain", "login", "xoauth2", "cram-md5", "default"]
    let isNamed = mechanisms.contains { line.hasWord($0, at: start) }
    if isNamed { start = line.skippingBlanks(line.chunkEnd(start)) }
    let value = start..<line.chunkEnd(start)
    let bytes = line.text[value]
    guard value.count >= 4, line.skippingBlanks(value.upperBound) >= line.end,
      bytes.contains(where: isLetter), isNamed || bytes.contains(where: isDigit),
      !bytes.contains(where: { "(){}[]<>:;,\"'".utf8.contains($0) }), !SecretValues.isReference(value, line)
    else { return nil }
    return value
  }

  /// The password of a pair whose name begins at `start`.
  private static func password(ofPairAt start: Int, _ line: SecretLine) -> Range<Int>? {
    var start = start
    if isQuote(line[start]) { start += 1 }
    var end = start
    while end - start < 64, isNameByte(line[end]) || ".-@+".utf8.contains(line[end]) { end += 1 }
    guard end > start else { return nil }
    // Each in quotes of its own, as notes have code.
    let isCode = line[start - 1] == UInt8(ascii: "`") && line[end] == UInt8(ascii: "`")
    var separator = line.skippingBlanks(isCode ? end + 1 : end)
    let isApart = separator > end
    guard "/:|,%".utf8.contains(line[separator]), line[separator + 1] != line[separator],
      isApart == isBlank(line[separator + 1]) || line[separator] == UInt8(ascii: ":") && !isApart
    else { return nil }
    separator = line.skippingBlanks(separator + 1)
    if isCode, line[separator] == UInt8(ascii: "`") { separator += 1 }
    guard !isQuote(line[separator]) else { return nil }
    return password(at: separator, user: start..<end, line, isLabelled: true)
  }

  /// The word at `start`, if it can be the password of the one before.
  private static func password(
    at start: Int, user: Range<Int>, _ line: SecretLine, isLabelled: Bool
  ) -> Range<Int>? {
    var end = start
    while line[end] > 0x20, !isQuote(line[end]), end - start < 64 { end += 1 }
    while end > start, ".,;)>]}".utf8.contains(line[end - 1]) { end -= 1 }
    let value = start..<end
    let bytes = line.text[value]
    guard value.count >= 4, !bytes.contains(where: { "/(){}[]<>=:;,".utf8.contains($0) }),
      !SecretValues.isReference(value, line), !SecretWords.isTechnical(bytes), !SecretWords.isStatus(bytes),
      !SecretNames.isMention(bytes)
    else { return nil }
    let hasLetters = bytes.contains(where: isLetter)
    let hasSign = bytes.dropFirst().contains { "!@#$%^&*".utf8.contains($0) }
    if hasLetters && (bytes.contains(where: isDigit) || hasSign) {
      // Behind a colon there is no path.
      let isWord =
        !bytes.contains { ".-_".utf8.contains($0) }
        || line[start - 1] == UInt8(ascii: ":") && bytes.contains(where: isUpperCase)
          && bytes.contains(where: isDigit)
          && bytes.contains(where: isLowerCase)
      return isLabelled || isWord && value.count >= 5 ? value : nil
    }
    return isLabelled && isMaster(user, line) ? value : nil
  }

  private static func isMaster(_ user: Range<Int>, _ line: SecretLine) -> Bool {
    masters.contains { $0.utf8CodeUnitCount == user.count && line.has($0, at: user.lowerBound) }
  }

  /// Whether a word may be the name and password of a machine's master: its name ends at a separator.
  @inline(__always)
  static func mayBePair(_ run: Range<Int>, _ text: UnsafeRawBufferPointer) -> Bool {
    run.count >= 9 && run.count <= 40
      && (text[run.lowerBound + 4] == UInt8(ascii: "/") || text[run.lowerBound + 5] == UInt8(ascii: "/"))
  }

  /// The password of `root/password` or `root:password` where they stand alone, without a label.
  static func password(ofPair user: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    let masters: [StaticString] = ["root", "admin"]
    let before = line[user.lowerBound - 1]
    guard
      masters.contains(where: { $0.utf8CodeUnitCount == user.count && line.has($0, at: user.lowerBound) }),
      before <= 0x20 || isQuote(before) || before == UInt8(ascii: "("),
      let value = password(at: user.upperBound + 1, user: user, line, isLabelled: false)
    else { return nil }
    // A path's last part may have a number behind it: numbers of two digits, or years, are versions.
    let next = line[value.upperBound]
    guard next <= 0x20 || isQuote(next) || ".,;)".utf8.contains(next), !line.has("lib", at: value.lowerBound)
    else { return nil }
    return value
  }

  /// Whether a slash may divide a master's name from a password, with blanks around: `root / …`.
  @inline(__always)
  static func mayBeApart(_ slash: Int, _ text: UnsafeRawBufferPointer) -> Bool {
    text[slash] == UInt8(ascii: "/") && slash >= 5 && slash + 5 < text.count && text[slash - 1] == 0x20
      && text[slash + 1] == 0x20 && (text[slash - 2] | 0x20 == 0x74 || text[slash - 2] | 0x20 == 0x6E)
  }

  /// The password behind `root / ` and `admin / `.
  static func password(behindSlash slash: Int, _ line: SecretLine) -> Range<Int>? {
    for count in [4, 5] where line.has(count == 4 ? "root" : "admin", at: slash - 1 - count) {
      let before = line[slash - 2 - count]
      guard before <= 0x20 || isQuote(before) || before == UInt8(ascii: "(") else { return nil }
      let value = password(
        at: slash + 2, user: slash - 1 - count..<slash - 1, line, isLabelled: true)
      return value.flatMap {
        line.text[$0].contains { isDigit($0) || "!@#$%^&*".utf8.contains($0) } ? $0 : nil
      }
    }
    return nil
  }

  // MARK: Fields

  /// The last of the fields `host:port:…:user:password`, where `colon` stands before the port.
  static func lastField(atPort colon: Int, _ line: SecretLine) -> Range<Int>? {
    var end = colon + 1
    if line[end] == UInt8(ascii: "*") { end += 1 }
    while isDigit(line[end]), end - colon < 7 { end += 1 }
    guard line[end] == UInt8(ascii: ":"), end > colon + 1 else { return nil }
    let first = line.skippingBlanks(line.start)
    guard line.end - first < 256,
      line.text[first..<colon].allSatisfy({ isNameByte($0) || ".-*".utf8.contains($0) }),
      line.text[first..<colon].contains(where: { isLetter($0) || ".*".utf8.contains($0) })
    else { return nil }
    var separators: [Int] = []
    var offset = end
    while offset < line.end, !isBlank(line[offset]) {
      if line[offset] == UInt8(ascii: "\\") {
        offset += 1
      } else if line[offset] == UInt8(ascii: ":") {
        separators.append(offset)
      }
      offset += 1
    }
    guard line.skippingBlanks(offset) >= line.end, separators.count == 2 || separators.count == 3 else {
      return nil
    }
    let value = separators.last! + 1..<min(offset, line.end)
    let bytes = line.text[value]
    // A list of places in files has numbers and words there.
    let isMixed =
      bytes.contains(where: isLetter) && bytes.contains { isDigit($0) || "!@#$%^&*".utf8.contains($0) }
    let isPort = line[colon + 1] == UInt8(ascii: "*") || end - colon >= 4
    return value.count >= 4 && (isMixed || separators.count == 3) && isPort
      && !bytes.contains { "/(){}<>\"".utf8.contains($0) } && !SecretWords.isStatus(bytes)
      && !SecretValues.isReference(value, line) ? value : nil
  }

  /// The password of `ann@example.org:password`, alone on its line.
  static func password(ofAddress colon: Int, _ line: SecretLine) -> Range<Int>? {
    var first = line.skippingBlanks(line.start)
    // Postfix has the host before.
    if line[first] == UInt8(ascii: "[") { first = line.skippingBlanks(line.chunkEnd(first)) }
    guard colon - first < 64, colon > first,
      line.text[first..<colon].allSatisfy({ isNameByte($0) || "@.-+".utf8.contains($0) }),
      line.text[first..<colon].contains(UInt8(ascii: "@"))
    else { return nil }
    let value = colon + 1..<line.chunkEnd(colon + 1)
    let bytes = line.text[value]
    return line.skippingBlanks(value.upperBound) >= line.end && value.count >= 5
      && bytes.contains(where: isLetter) && bytes.contains(where: isDigit)
      && !bytes.contains { "/.:~".utf8.contains($0) } ? value : nil
  }

  /// The password of `static:ann:password` and `basic:ann:password`, at the end of a line or of a literal.
  static func password(ofScheme colon: Int, _ line: SecretLine) -> Range<Int>? {
    guard line.hasWord("static", at: colon - 6) || line.hasWord("basic", at: colon - 5) else { return nil }
    var separator = colon + 1
    while isNameByte(line[separator]) || ".-@+".utf8.contains(line[separator]) { separator += 1 }
    guard separator > colon + 1, separator - colon < 64, line[separator] == UInt8(ascii: ":") else {
      return nil
    }
    var end = separator + 1
    while line[end] > 0x20, !isQuote(line[end]) { end += 1 }
    let value = separator + 1..<end
    let bytes = line.text[value]
    guard isQuote(line[end]) || line.isLast(end), value.count >= 4, bytes.contains(where: isLetter),
      !bytes.contains(where: { "/:(){}[]<>=;,".utf8.contains($0) }), !SecretWords.isStatus(bytes),
      !SecretWords.isTechnical(bytes), !SecretValues.isReference(value, line)
    else { return nil }
    return value
  }

  /// `/p:password` of programs that take options behind slashes.
  static func password(ofSlashed colon: Int, _ line: SecretLine) -> Range<Int>? {
    var start = colon
    while start > line.start, isLetter(line[start - 1]), colon - start < 10 { start -= 1 }
    let options: [StaticString] = ["p", "gp", "pass", "pwd", "password", "rp", "pw"]
    guard line[start - 1] == UInt8(ascii: "/"), line[start - 2] <= 0x20,
      options.contains(where: { $0.utf8CodeUnitCount == colon - start && line.has($0, at: start) })
    else { return nil }
    let programs: [StaticString] = [
      "xfreerdp", "wfreerdp", "xfreerdp3", "sdl-freerdp", "mstsc", "cmdkey", "psexec", "schtasks", "wmic",
      "net",
      "rdesktop", "sc", "tasklist", "certutil", "signtool", "netdom", "nltest", "dsmod", "dsadd", "djoin",
    ]
    let head = max(line.start, start - 256)..<start
    guard line.hasWord(of: programs, in: head) else { return nil }
    return SecretCommands.secretArgument(colon + 1, line)
  }

  /// The password on the line behind a user's name: `login ann`, `password …`, as in lists of logins, and `user: ann`,
  /// `pass: …`.
  static func password(behindLogin word: Range<Int>, _ line: SecretLine) -> Range<Int>? {
    let sign = line.skippingBlanks(word.upperBound)
    let isSigned = line[sign] == UInt8(ascii: ":") || line[sign] == UInt8(ascii: "=")
    let user = line.skippingBlanks(isSigned ? sign + 1 : sign)
    guard user > word.upperBound, user < line.end, line.isLast(line.chunkEnd(user)) else { return nil }
    let first = line.skippingBlanks(line.start)
    let names: [StaticString] = ["login", "user", "account", "username", "machine"]
    guard names.contains(where: { line.hasWord($0, at: word.upperBound - $0.utf8CodeUnitCount) }),
      isSigned || line.skippingBlanks(line.start) == word.lowerBound || line.hasWord("machine", at: first),
      let next = line.following
    else { return nil }
    let name = next.skippingBlanks(next.start)
    guard
      let passwordName = (["password", "passwd", "pass", "pw"] as [StaticString]).first(where: {
        next.hasWord($0, at: name)
      })
    else { return nil }
    let end = name + passwordName.utf8CodeUnitCount
    let behind = next.skippingBlanks(end)
    let isSame = isSigned ? next[behind] == line[sign] : behind > end
    let start = isSigned ? next.skippingBlanks(behind + 1) : behind
    let value = start..<next.chunkEnd(start)
    return isSame && !value.isEmpty && !isQuote(next[start])
      && next[value.upperBound - 1] != UInt8(ascii: ",") && next.isLast(value.upperBound)
      && (SecretValues.isSecret(value, next, .strong, .setting) || !isSigned && isSign(value, next))
      ? value : nil
  }

  /// Whether a word begins with a sign of variables, which lists of logins have none of, and is not called for what it
  /// may hold.
  private static func isSign(_ value: Range<Int>, _ line: SecretLine) -> Bool {
    "$@".utf8.contains(line[value.lowerBound]) && value.count > 3
      && line.text[value].dropFirst().contains(where: isLowerCase) && !SecretNames.isMention(line.text[value])
      && line.text[value].dropFirst().allSatisfy(isNameByte)
  }
}
