/// Keys and tokens that their issuers have given a form of their own, so that they can be told.
enum SecretForms {
  private struct Form {
    var prefix: [UInt8]
    /// How many letters, digits, `_` or `-` follow at least.
    var restCount: Int

    init(_ prefix: String, _ restCount: Int) {
      self.prefix = Array(prefix.utf8)
      self.restCount = restCount
    }
  }

  private static let forms: [Form] = [
    // Amazon
    Form("AKIA", 16), Form("ASIA", 16), Form("AROA", 16), Form("AIDA", 16),
    // GitHub, GitLab, npm, PyPI
    Form("ghp_", 30), Form("gho_", 30), Form("ghu_", 30), Form("ghs_", 30), Form("ghr_", 30),
    Form("github_pat_", 22), Form("glpat-", 16), Form("npm_", 30), Form("pypi-", 32),
    // Slack, Stripe, Shopify, SendGrid, DigitalOcean
    Form("xoxb-", 10), Form("xoxp-", 10), Form("xoxa-", 10), Form("xoxr-", 10), Form("xoxs-", 10),
    Form("xapp-", 10),
    Form("sk_live_", 16), Form("sk_test_", 16), Form("rk_live_", 16), Form("rk_test_", 16),
    Form("whsec_", 16),
    Form("shpat_", 16), Form("shpss_", 16), Form("dop_v1_", 32),
    // Google, OpenAI, Anthropic, Hugging Face
    Form("AIza", 30), Form("ya29", 20), Form("GOCSPX-", 16), Form("sk-proj-", 16), Form("sk-ant-", 16),
    Form("hf_", 30),
    // JSON web tokens: base64 of {" in the header and of the claims
    Form("eyJ", 17),
  ]

  /// Whether a run of letters, digits, `_`, `-`, `+` and `/` holds one, at its start or behind a separator.
  static func matches(_ run: UnsafeRawBufferPointer) -> Bool {
    for start in 0..<run.count where start == 0 || !SecretDetector.isAlphanumeric(run[start - 1]) {
      let rest = run[start...]
      for form in forms
      where form.prefix[0] == run[start] && rest.count >= form.prefix.count + form.restCount
        && rest.starts(with: form.prefix)
      {
        let tail = rest.dropFirst(form.prefix.count)
        // Names may begin so, too: a token has digits among the letters, or both cases, from its start on.
        if isMixed(tail.prefix(form.restCount)) { return true }
      }
    }
    return false
  }

  private static func isMixed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    var digits = 0
    var capitals = 0
    var changes = 0
    var previous = 0
    for byte in bytes {
      if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "+") { return false }
      let kind =
        SecretDetector.isDigit(byte)
        ? 1 : SecretDetector.isLetter(byte) ? (byte < UInt8(ascii: "a") ? 2 : 3) : 0
      if kind == 1 { digits += 1 }
      if kind == 2 { capitals += 1 }
      if kind != previous && kind != 0 { changes += 1 }
      previous = kind
    }
    return digits + capitals >= 2 && changes >= 4 || capitals == bytes.count && digits == 0 || digits >= 6
  }
}

/// What the text around a value says about it.
enum SecretContext {
  /// How names end whose values are nobody's business, in lower case without separators.
  private static let names: [[UInt8]] = [
    "password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "privatekey", "secretkey",
    "credential", "credentials", "authkey",
  ].map { Array($0.utf8) }
  private static let longestName = 11
  /// Shorter values are flags and placeholders.
  private static let shortestValue = 6

  /// The value assigned to the name that ends at the end of `run`, if the name tells that it is secret.
  ///
  /// In quotes, or bare up to the end of the line as in files of environment variables.
  static func value(after run: Range<Int>, in text: UnsafeRawBufferPointer) -> Range<Int>? {
    var offset = run.upperBound
    func skipSpaces() {
      while offset < text.count && (text[offset] == 0x20 || text[offset] == 0x09) { offset += 1 }
    }
    if offset < text.count, isQuote(text[offset]) { offset += 1 }
    if offset < text.count, text[offset] == UInt8(ascii: "]") { offset += 1 }
    skipSpaces()
    guard offset < text.count, text[offset] == UInt8(ascii: "=") || text[offset] == UInt8(ascii: ":") else {
      return nil
    }
    let isEnvironment = text[offset] == UInt8(ascii: "=") && offset == run.upperBound
    offset += 1
    if offset < text.count, text[offset] == UInt8(ascii: "=") || text[offset] == UInt8(ascii: ">") {
      offset += 1
    }
    skipSpaces()
    guard offset < text.count else { return nil }
    let quote = isQuote(text[offset]) ? text[offset] : nil
    guard quote != nil || isEnvironment, isSecretName(text, run) else { return nil }
    if quote != nil { offset += 1 }
    let start = offset
    while offset < text.count, text[offset] > 0x20, text[offset] != 0x7F, text[offset] != quote {
      offset += 1
    }
    if let quote, offset == text.count || text[offset] != quote { return nil }
    return isSecretValue(UnsafeRawBufferPointer(rebasing: text[start..<offset]), isQuoted: quote != nil)
      ? start..<offset : nil
  }

  private static func isQuote(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
  }

  private static func isSecretName(_ text: UnsafeRawBufferPointer, _ run: Range<Int>) -> Bool {
    // All of them end in one of these.
    guard let last = text[run].last, [0x64, 0x65, 0x6E, 0x73, 0x74, 0x79].contains(last | 0x20) else {
      return false
    }
    var ending: [UInt8] = []
    for byte in text[run].reversed() where ending.count < longestName + 1 {
      if SecretDetector.isLetter(byte) {
        ending.append(byte | 0x20)
      } else if byte != 0x5F && byte != 0x2D {
        break
      }
    }
    let name = Array(ending.reversed())
    return names.contains { name.count >= $0.count && name.suffix($0.count).elementsEqual($0) }
  }

  /// A value that is more than a word, and no reference to where the real one is kept.
  private static func isSecretValue(_ value: UnsafeRawBufferPointer, isQuoted: Bool) -> Bool {
    guard value.count >= shortestValue, let first = value.first else { return false }
    let references = "$<{%(&*@".utf8
    if references.contains(first) { return false }
    var letters = 0
    var others = 0
    for byte in value {
      if SecretDetector.isLetter(byte) {
        letters += 1
      } else if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        // A call or an interpolation.
        return false
      } else if !isQuoted
        && (byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: ")"))
      {
        // Code, not a file of environment variables.
        return false
      } else if byte != UInt8(ascii: "_") && byte != UInt8(ascii: "-") && byte != UInt8(ascii: ".") {
        others += 1
      }
    }
    return letters > 0 && others > 0
  }

  /// The password of `scheme://user:password@host`, where `colon` is the offset of the scheme's colon.
  static func urlPassword(afterScheme colon: Int, in text: UnsafeRawBufferPointer) -> Range<Int>? {
    guard colon > 1, colon + 2 < text.count, text[colon + 1] == UInt8(ascii: "/"),
      text[colon + 2] == UInt8(ascii: "/"), SecretDetector.isAlphanumeric(text[colon - 1])
    else { return nil }
    var separator: Int?
    var offset = colon + 3
    while offset < text.count, offset - colon < 512 {
      let byte = text[offset]
      if byte <= 0x20 || byte == UInt8(ascii: "/") || isQuote(byte) { return nil }
      if byte == UInt8(ascii: "@") {
        guard let separator, offset > separator + 1 else { return nil }
        let password = text[separator + 1..<offset]
        // A reference to a variable is none.
        let first = password[password.startIndex]
        return first == UInt8(ascii: "$") || first == UInt8(ascii: "{") || first == UInt8(ascii: "<")
          || first == UInt8(ascii: "\\") ? nil : separator + 1..<offset
      }
      if byte == UInt8(ascii: ":"), separator == nil { separator = offset }
      offset += 1
    }
    return nil
  }
}
