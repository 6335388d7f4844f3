/// Hashes of passwords with their salts, as `crypt` and its kin write them.
enum PasswordHashes {
  private static let schemes: Set<String> = [
    "1", "2", "2a", "2b", "2x", "2y", "3", "5", "6", "7", "8", "9", "14", "y", "gy", "P", "H", "S", "apr1",
    "md5",
    "sha1", "sm3", "bcrypt", "scrypt", "argon2i", "argon2d", "argon2id", "bcrypt-sha256",
    "pbkdf2", "pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512",
  ]
  /// What stands before the first `$` where the name of the scheme does.
  private static let frameworks: Set<String> = [
    "pbkdf2_sha1", "pbkdf2_sha256", "pbkdf2_sha512", "bcrypt_sha256", "argon2", "scrypt", "sha1", "md5",
    "SHA-256", "SHA-1", "sha256", "sha512", "bcrypt",
  ]
  private static let braces: Set<String> = [
    "SSHA", "SHA", "MD5", "SMD5", "CRYPT", "SHA256", "SSHA256", "SHA512", "SSHA512", "PBKDF2", "ARGON2",
    "bcrypt",
    "noop", "PLAIN", "CLEARTEXT", "AES", "cipher", "DESede",
  ]

  private static func isPart(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || "./+=$,-_*".utf8.contains(byte)
  }

  /// `$id$salt$hash`, or `name$iterations$salt$hash`, where a `$` stands at `start`.
  static func hash(atDollar start: Int, _ line: SecretLine) -> Range<Int>? {
    // In files of compositions every sign stands twice.
    let isDouble = line[start + 1] == UInt8(ascii: "$")
    var second = start + (isDouble ? 2 : 1)
    let name = second
    while second - start < 20, isAlphanumeric(line[second]) || line[second] == UInt8(ascii: "-") {
      second += 1
    }
    guard line[second] == UInt8(ascii: "$") else { return nil }
    let nameEnd = second
    if isDouble {
      guard line[second + 1] == UInt8(ascii: "$") else { return nil }
      second += 1
    }
    var end = second + 1
    while end - start < 512,
      isPart(line[end]) || line[end] == UInt8(ascii: ":") && line.has("scram", at: start - 11)
    {
      end += 1
    }
    guard end - second > 6, line.text[second..<end].count(where: isAlphanumeric) > 4,
      isAlphanumeric(line[second + 1]) || line[second + 1] == UInt8(ascii: ".")
        || line[second + 1] == UInt8(ascii: "/")
    else { return nil }
    if schemes.contains(String(decoding: line.text[name..<nameEnd], as: UTF8.self)) { return start..<end }
    return framework(before: start, second, line) ? start..<end : nil
  }

  /// Whether a framework's name stands before the first `$`.
  private static func framework(before start: Int, _ second: Int, _ line: SecretLine) -> Bool {
    var name = start
    while start - name < 24, isNameByte(line[name - 1]) || line[name - 1] == UInt8(ascii: "-") { name -= 1 }
    if frameworks.contains(String(decoding: line.text[name..<start], as: UTF8.self)) { return true }
    // scrypt:32768:8:1$salt$hash and pbkdf2:sha256:600000$salt$hash
    var end = second
    while end - second < 32, isPart(line[end]) { end += 1 }
    return start > name && line[name - 1] == UInt8(ascii: ":") && end - second > 20
      && line.text[name..<start].allSatisfy(isDigit)
  }

  /// `{SSHA}base64`, where the `{` stands at `start`.
  static func hash(atBrace start: Int, _ line: SecretLine) -> Range<Int>? {
    var close = start + 1
    while close - start < 12, isAlphanumeric(line[close]) { close += 1 }
    guard close > start + 1, line[close] == UInt8(ascii: "}"),
      braces.contains(String(decoding: line.text[start + 1..<close], as: UTF8.self))
    else { return nil }
    var end = close + 1
    while isPart(line[end]) { end += 1 }
    return end - close > 6 ? close + 1..<end : nil
  }
}
