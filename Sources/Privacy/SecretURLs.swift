/// Passwords in URLs and in data source names.
enum SecretURLs {
  private static func endsURL(_ byte: UInt8) -> Bool {
    byte <= 0x20 || isQuote(byte) || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
  }

  /// The password of `scheme://user:password@host`, where `colon` is the offset of the scheme's colon.
  static func password(afterScheme colon: Int, _ line: SecretLine) -> Range<Int>? {
    guard isAlphanumeric(line[colon - 1]) else { return nil }
    let start = colon + 3
    // An address in brackets has colons of its own.
    if line[start] == UInt8(ascii: "[") { return nil }
    var separator: Int?
    var at: Int?
    var later: Int?
    var slash: Int?
    var offset = start
    while offset - colon < 512, !endsURL(line[offset]) {
      switch line[offset] {
      case UInt8(ascii: ":"): if separator == nil && slash == nil { separator = offset }
      case UInt8(ascii: "@"): if slash == nil { at = offset } else { later = offset }
      case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: ")"):
        if slash == nil { slash = offset }
      default: break
      }
      offset += 1
    }
    // A password may hold `@` and `/`: the host then stands behind a later `@`.
    if let later, at.map({ !isHost($0 + 1, line) && isHost(later + 1, line) }) ?? true { at = later }
    guard let separator, let at, separator + 1 < at else { return nil }
    // A port and a path; slashes in a password are rare but do occur.
    if let slash, slash < at, line.text[separator + 1..<slash].allSatisfy(isDigit) { return nil }
    let password = separator + 1..<at
    return SecretValues.isReference(password, line) ? nil : password
  }

  /// Whether a host stands at `start`, told by its point, its port or its name.
  private static func isHost(_ start: Int, _ line: SecretLine) -> Bool {
    var end = start
    while isAlphanumeric(line[end]) || line[end] == UInt8(ascii: "-") || line[end] == UInt8(ascii: ".") {
      end += 1
    }
    return end > start
      && (line[end] == UInt8(ascii: ":") && isDigit(line[end + 1]) || line.has("localhost", at: start)
        || line.text[start..<end].dropLast().contains(UInt8(ascii: ".")))
  }

  /// The password of `user:password@tcp(host)/database`.
  static func password(beforeAt at: Int, _ line: SecretLine) -> Range<Int>? {
    guard line.has("@tcp(", at: at) || line.has("@unix(", at: at) || line.has("@(", at: at) else {
      return oracle(at, line)
    }
    var start = at
    while at - start < 128, !endsURL(line[start - 1]), line[start - 1] != UInt8(ascii: ":") { start -= 1 }
    guard line[start - 1] == UInt8(ascii: ":"), isNameByte(line[start - 2]), start < at else { return nil }
    return SecretValues.isReference(start..<at, line) ? nil : start..<at
  }

  /// Drivers and programs whose logins are `user/password@database`.
  private static let oraclePrograms: [StaticString] = [
    "thin", "oci", "sqlplus", "sqlcl", "exp", "imp", "expdp", "impdp", "sqlldr", "rman", "userid", "conn",
    "connect",
  ]

  /// The password of `user/password@//host`, and of `user/password@database` beside a program's name.
  private static func oracle(_ at: Int, _ line: SecretLine) -> Range<Int>? {
    var start = at
    while at - start < 64, !endsURL(line[start - 1]), line[start - 1] != UInt8(ascii: "/") { start -= 1 }
    guard line[start - 1] == UInt8(ascii: "/"), isNameByte(line[start - 2]), start < at else { return nil }
    let head = max(line.start, start - 96)..<start
    let isBeside = line.hasWord(of: oraclePrograms, in: head)
    guard line.has("@//", at: at) || isBeside && !line.has("//", at: start - 2) else { return nil }
    return SecretValues.isReference(start..<at, line) ? nil : start..<at
  }
}
