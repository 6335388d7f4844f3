/// Keys and tokens that their issuers have given a form of their own, so that they can be told, and strings too random
/// for names.
enum SecretForms {
  /// The shortest run worth a look: a line's rest of base64, or the random part of the shortest known form.
  static let shortest = 16
  /// Shorter strings without a known form are too like names.
  private static let shortestRandom = 20
  /// Shorter hexadecimal numbers are constants of programs.
  private static let shortestHexadecimal = 32

  /// The shortest known form.
  private static let shortestForm = 15

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
    Form("AKIA", 16), Form("ASIA", 16), Form("AROA", 16), Form("AIDA", 16), Form("ABIA", 16),
    Form("ACCA", 16),
    // GitHub, GitLab, npm, PyPI, RubyGems, Docker, Atlassian, Heroku, Databricks
    Form("ghp_", 30), Form("gho_", 30), Form("ghu_", 30), Form("ghs_", 30), Form("ghr_", 30),
    Form("github_pat_", 22), Form("glpat-", 16), Form("gldt-", 16), Form("glrt-", 16), Form("npm_", 30),
    Form("pypi-", 32), Form("rubygems_", 32), Form("dckr_pat_", 20), Form("ATATT3x", 30), Form("HRKU-", 30),
    Form("dapi", 32),
    // Slack, Stripe, Shopify, SendGrid, DigitalOcean, Square, Mailchimp, Linear, Notion, Figma, Postman
    Form("xoxb-", 10), Form("xoxp-", 10), Form("xoxa-", 10), Form("xoxr-", 10), Form("xoxs-", 10),
    Form("xoxe-", 10), Form("xoxd-", 10), Form("xoxc-", 10), Form("xapp-", 10),
    Form("sk_live_", 16), Form("sk_test_", 16), Form("rk_live_", 16), Form("rk_test_", 16),
    Form("pk_live_", 16), Form("whsec_", 16), Form("shpat_", 16), Form("shpss_", 16), Form("shpca_", 16),
    Form("shppa_", 16), Form("shptka_", 16), Form("pk_test_", 16), Form("rzp_live_", 12),
    Form("rzp_test_", 12), Form("sq0idp-", 20), Form("access-production-", 30),
    Form("access-sandbox-", 30), Form("FLWSECK", 20), Form("EZAK", 40), Form("EZTK", 40),
    Form("dop_v1_", 32), Form("doo_v1_", 32), Form("sq0csp-", 20), Form("sq0atp-", 20), Form("EAAA", 40),
    Form("lin_api_", 20), Form("secret_", 30), Form("figd_", 20), Form("PMAK-", 24),
    // Google, OpenAI, Anthropic, Hugging Face, Replicate, Groq
    Form("AIza", 30), Form("ya29", 20), Form("GOCSPX-", 16), Form("sk-proj-", 16), Form("sk-ant-", 16),
    Form("sk-", 30), Form("hf_", 30), Form("r8_", 30), Form("gsk_", 30),
    Form("sk-or-v1-", 30), Form("pplx-", 30), Form("xai-", 30), Form("nvapi-", 30), Form("tvly-", 20),
    Form("lsv2_", 30), Form("1//0", 30),
    // Alibaba, Tencent, Volcengine, Yandex, Scaleway, Tailscale, Fly, PlanetScale, Neon, Supabase, Render, Netlify
    Form("LTAI", 16), Form("AKID", 28), Form("AKLT", 20), Form("SCW", 17), Form("tskey-", 16),
    Form("fm1_", 30),
    Form("fm2_", 30), Form("pscale_", 30), Form("napi_", 30), Form("sbp_", 30), Form("sb_secret_", 20),
    Form("nfp_", 30),
    // Grafana, New Relic, Sentry, PostHog, SonarQube, CircleCI, Buildkite, JFrog, Snyk, Doppler, Terraform, 1Password
    Form("glsa_", 30), Form("glc_", 30), Form("NRAK-", 20), Form("NRJS-", 16), Form("NRII-", 20),
    Form("sntrys_", 20), Form("sntryu_", 30), Form("phc_", 30), Form("phx_", 30), Form("squ_", 30),
    Form("sqp_", 30), Form("sqa_", 30), Form("CCIPAT_", 20), Form("CCIPRJ_", 20), Form("bkua_", 30),
    Form("AKCp", 40), Form("tfp_", 30), Form("atlasv1", 40), Form("ops_eyJ", 40), Form("CFPAT-", 30),
    // GitLab's and others' of the same kind, Atlassian's, Adobe's, Resend's, Brevo's, Telegram's, messengers'
    Form("glptt-", 16), Form("glft-", 16), Form("glcbt-", 16), Form("glimt-", 16), Form("glagent-", 30),
    Form("glsoat-", 16), Form("gloas-", 30), Form("ATCTT3x", 30), Form("ATATT", 40), Form("ATBB", 28),
    Form("BBDC-", 30), Form("xkeysib-", 40), Form("xsmtpsib-", 40),
    Form("ntn_", 36), Form("lin_oauth_", 20), Form("pat-na1-", 30), Form("pat-eu1-", 30), Form("EAAG", 40),
    Form("IGQV", 30), Form("oy2", 40), Form("CLOJARS_", 40), Form("dckr_oat_", 20),
    Form("dop_", 32), Form("dor_v1_", 32), Form("sgp_", 36), Form("sk_prod_", 16), Form("tok_live_", 16),
    // HashiCorp, age, Bitcoin's extended keys
    Form("hvs", 20), Form("hvb", 20), Form("AGE-SECRET-KEY-1", 40), Form("xprv", 40),
    // JSON web tokens: base64 of {" in the header and of the claims
    Form("eyJ", 13),
  ]

  /// By their first byte.
  private static let formsByStart: [[Form]] = (0..<256).map { byte in
    forms.filter { $0.prefix[0] == UInt8(byte) }
  }

  /// The secret that a run of letters, digits, `_`, `-`, `+` and `/` is or holds.
  static func secret(_ run: Range<Int>, in text: UnsafeRawBufferPointer, lineStart: Int) -> Range<Int>? {
    let bytes = UnsafeRawBufferPointer(rebasing: text[run])
    guard matches(bytes) || isRandomRun(bytes) || isInGroups(bytes) else { return nil }
    var end = run.upperBound
    // The padding of base64 belongs to it.
    while end < text.count && text[end] == UInt8(ascii: "=") { end += 1 }
    // Tokens with points: the parts behind belong to the first.
    let isJoined = bytes.starts(with: "eyJ".utf8) || isUserToken(run, in: text)
    if isJoined {
      while end + 1 < text.count, text[end] == UInt8(ascii: "."), isAlphanumeric(text[end + 1]) {
        end += 1
        while end < text.count, isAlphanumeric(text[end]) || "_-".utf8.contains(text[end]) { end += 1 }
      }
    }
    return start(of: run, in: text)..<end
  }

  /// Where a key begins that has a short prefix and a point before its random part: `hvs.…`, `SG.…`.
  private static func start(of run: Range<Int>, in text: UnsafeRawBufferPointer) -> Int {
    guard run.lowerBound > 2, text[run.lowerBound - 1] == UInt8(ascii: ".") else { return run.lowerBound }
    var start = run.lowerBound - 1
    while start > 0, run.lowerBound - start < 5, isLetter(text[start - 1]) { start -= 1 }
    let isWord = start > 0 && (isNameByte(text[start - 1]) || text[start - 1] == UInt8(ascii: "."))
    return isWord || start == run.lowerBound - 1 ? run.lowerBound : start
  }

  /// Whether a line may be the last of a text in base64: its length and its padding say so, and its letters are none
  /// of a word or a name.
  static func isLastLine(_ run: Range<Int>, padding: Int, in text: UnsafeRawBufferPointer) -> Bool {
    let bytes = UnsafeRawBufferPointer(rebasing: text[run])
    guard (bytes.count + padding) % 4 == 0, padding < 3,
      bytes.allSatisfy({ isAlphanumeric($0) || "+/".utf8.contains($0) })
    else { return false }
    let kinds = SecretValues.Kinds(bytes)
    let hasBothCases = kinds.capitals > 0 && kinds.capitals < kinds.letters
    if padding > 0 {
      return hasBothCases && (kinds.digits > 0 || padding == 2) || kinds.digits > 1 && kinds.capitals > 0
    }
    return bytes.count >= 12 && hasBothCases && kinds.digits > 0 && !bytes.contains(UInt8(ascii: "/"))
      && isMixed(bytes[...]) && changeCount(bytes) > 4
      && CharacterPairs.bitsPerPair(bytes, foldsCase: false) > CharacterPairs.uniformBits(62) + 0.3
  }

  /// How often capitals, small letters and digits follow each other.
  private static func changeCount(_ bytes: UnsafeRawBufferPointer) -> Int {
    var count = 0
    var previous = 0
    for byte in bytes {
      let kind = isDigit(byte) ? 1 : isUpperCase(byte) ? 2 : 3
      if kind != previous { count += 1 }
      previous = kind
    }
    return count
  }

  /// Base64 of a number, six characters of a time, a signature: what chat services give robots.
  private static func isUserToken(_ run: Range<Int>, in text: UnsafeRawBufferPointer) -> Bool {
    let end = run.upperBound
    return run.count >= 23 && run.count <= 30 && end + 8 < text.count && text[end] == UInt8(ascii: ".")
      && text[end + 7] == UInt8(ascii: ".")
  }

  /// Whether a run holds a known form, at its start or behind a separator.
  private static func matches(_ run: UnsafeRawBufferPointer) -> Bool {
    // All of them have digits or capitals.
    guard run.contains(where: { isDigit($0) || isUpperCase($0) }) else { return false }
    var isStart = true
    for start in 0..<run.count - shortestForm {
      if isStart {
        for form in formsByStart[Int(run[start])]
        where run.count - start >= form.prefix.count + form.restCount {
          let rest = run[start...]
          // Names may begin so, too: a token has digits among the letters, or both cases, from its start on.
          if rest.starts(with: form.prefix), isMixed(rest.dropFirst(form.prefix.count).prefix(form.restCount))
          {
            return true
          }
        }
      }
      isStart = !isAlphanumeric(run[start])
    }
    return isAccountIdentifier(run)
  }

  /// Two capitals and 32 hexadecimal digits: what Twilio names accounts and keys with.
  private static func isAccountIdentifier(_ run: UnsafeRawBufferPointer) -> Bool {
    run.count == 34 && isUpperCase(run[0]) && isUpperCase(run[1])
      && run.dropFirst(2).allSatisfy { isDigit($0) || ($0 | 0x20) &- UInt8(ascii: "a") < 6 }
  }

  private static func isMixed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    var digits = 0
    var capitals = 0
    var changes = 0
    var previous = 0
    for byte in bytes {
      if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "+") { return false }
      let kind = isDigit(byte) ? 1 : isUpperCase(byte) ? 2 : isLetter(byte) ? 3 : 0
      if kind == 1 { digits += 1 }
      if kind == 2 { capitals += 1 }
      if kind != previous && kind != 0 { changes += 1 }
      previous = kind
    }
    return digits + capitals >= 2 && changes >= 4 || capitals + digits == bytes.count || digits >= 6
  }

  /// Groups of the same length from four to eight, of capitals and digits: keys of licences, codes for emergencies.
  private static func isInGroups(_ run: UnsafeRawBufferPointer) -> Bool {
    guard run.count >= 19, let first = run.firstIndex(of: UInt8(ascii: "-")), (4...8).contains(first),
      (run.count + 1) % (first + 1) == 0, run.count >= 4 * (first + 1) - 1
    else { return false }
    var digits = 0
    var letters = 0
    for (index, byte) in run.enumerated() {
      if index % (first + 1) == first {
        if byte != UInt8(ascii: "-") { return false }
      } else if isDigit(byte) {
        digits += 1
      } else if isUpperCase(byte) {
        letters += 1
      } else {
        return false
      }
    }
    return letters == 0 ? first == 6 && digits >= 36 : digits >= 4
  }

  /// Whether parts between separators are random, or the whole where separators are as rare as they are in base64.
  private static func isRandomRun(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= shortestRandom else { return false }
    var start = 0
    var separatorCount = 0
    for offset in 0...bytes.count where offset == bytes.count || !isAlphanumeric(bytes[offset]) {
      if offset < bytes.count { separatorCount += 1 }
      if isRandom(UnsafeRawBufferPointer(rebasing: bytes[start..<offset])) { return true }
      start = offset + 1
    }
    return separatorCount > 0 && separatorCount * 12 <= bytes.count && isRandom(bytes)
  }

  /// Whether characters drawn blindly are a better guess than those of a name or a word, by `CharacterPairs`.
  private static func isRandom(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= shortestRandom else { return false }
    var lower = 0
    var upper = 0
    var digits = 0
    var hexadecimal = 0
    var ascending = 0
    var distinct: UInt64 = 0
    var previous: UInt8 = 0
    for byte in bytes {
      if isDigit(byte) { digits += 1 } else if byte >= UInt8(ascii: "a") { lower += 1 } else { upper += 1 }
      if isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6 { hexadecimal += 1 }
      if byte == previous &+ 1 { ascending += 1 }
      distinct |= 1 << UInt64(byte & 63)
      previous = byte
    }
    // Numbers, alphabets and patterns that repeat themselves.
    guard digits < bytes.count, ascending * 2 < bytes.count, distinct.nonzeroBitCount >= 8 else {
      return false
    }
    if hexadecimal == bytes.count && (lower == 0 || upper == 0) {
      return bytes.count >= shortestHexadecimal && digits * 4 >= bytes.count && digits * 8 <= bytes.count * 7
    }
    let alphabet = (lower > 0 ? 26 : 0) + (upper > 0 ? 26 : 0) + (digits > 0 ? 10 : 0)
    return CharacterPairs.bitsPerPair(bytes, foldsCase: lower == 0) > CharacterPairs.uniformBits(alphabet)
      + 0.3
  }
}
