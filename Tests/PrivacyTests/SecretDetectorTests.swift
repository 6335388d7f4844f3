import Platform
import Privacy
import Testing

@Suite struct SecretDetectorTests {
  /// The parts of a text that are found.
  static func found(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    return SecretDetector.ranges(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  // Made up, in the issuers' forms; put together here so that scanners of repositories have nothing to find.
  static let digits = "4f9Kq2Zx8RtL0vWm3YpB7sHc6NdJ1gXa5UeTiQ"

  @Test(arguments: [
    "AK" + "IAQ3EGPLMZR7TYW2XK", "gh" + "p_" + digits, "sk" + "-proj-" + digits, "sk" + "_live_" + digits,
    "xo" + "xb-2147483647-" + digits, "AI" + "za" + digits, "hf" + "_" + digits,
    "glp" + "at-" + digits.prefix(20),
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXQMPLEKEY",
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKB",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "qzxkvjwpbhfgtqmzrwxkcvplnd",
  ])
  func findsKeys(key: String) {
    #expect(Self.found("let key = \(key)") == [key])
    #expect(Self.found("\"\(key)\", x") == [key])
    #expect(Self.found(key) == [key])
    #expect(Self.found("é\(key)漢\n") == [key])
  }

  @Test func findsWhatNamesTell() {
    #expect(Self.found("password = \"hunter2!\"") == ["hunter2!"])
    #expect(Self.found("{\"api_key\": 'x7-ab-99'}") == ["x7-ab-99"])
    #expect(Self.found("DB_PASSWORD=correct4horse\nX=1") == ["correct4horse"])
    #expect(Self.found("curl https://ann:s3cret@example.com/x") == ["s3cret"])
    #expect(Self.found("config[\"clientSecret\"] = \"a1b2c3\"") == ["a1b2c3"])
  }

  @Test(arguments: [
    "testThatTheServerAnswersEveryRequestWithin30Seconds", "IOUSBHostDeviceInterfaceV2ABI3Delegate",
    "_mm512_mask_cvtepi32_epi8", "vqdmulls_laneq_s32x4_and_more_of_it", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "abcdefghijklmnopqrstuvwxyz0123456789", "0000000000000000000000000000000000000000",
    "Sources/LanguageServer/Session/Configuration.swift", "internationalisation-and-localisation-2024",
    "migrationFromHTTP1ToHTTP2WhileShuttingDown", "antidisestablishmentarianism",
    "12345678901234567890123456789012",
    "password = readPassword()", "let token: String = next()", "token = \"identifier\"",
    "secret: ${SECRET_FROM_2}",
    "let token = tokens[index2], other", "http://localhost:8080/a@b", "x: y://z",
    "if password == nil { password = ask(\"2nd try\") }", "TOKEN=value2,other",
  ])
  func leavesNames(text: String) { #expect(Self.found(text) == []) }

  /// What a few lines say of others is all: the secrets of a line are those it has among the lines near it.
  @Test func linesStandBehindOneOther() {
    let lines = [
      "password =", "\"hunter2!\"", "TOKEN=abc123", "gh" + "p_" + Self.digits, "plain words", "",
      "password", ": hunter2", "ann / hunter2", "login: ann /", "name: DB_PASSWORD", "value: hunter2",
      "x3Fq9wLz1B==", "\"password\":", "password: |", "  password:", "  kangaroo", "token: >-", "  a1b2c3",
      "INSERT INTO users (name, password)", "VALUES ('ann', 'x1y2z3')", "пароль", "root/calvin1", "|",
      "{password,", "<key>password</key>", "<string>kangaroo</string>", "sshpass -p \\", "login ann",
      "password kangaroo", "my password is", "- --password", "- kangaroo", "value: x_password",
      "define(", "'DB_PASSWORD',", "variable \"db_password\" {", "  type = string",
      "  default = \"a1b2c3d4\"", "}",
      "user,password", "ann,hunter2", "| user | password |", "|---|---|", "| ann | hunter2 |", "passwords:",
      "  ann: hunter2", "  - hunter2x", "password = [", "password = <<END", "",
    ]
    var generator = SplitMix64(seed: 7)
    for _ in 0..<200 {
      let chosen = (0..<10).map { _ in lines.randomElement(using: &generator)! }
      let end = ["\n", "\r\n", "\r"].randomElement(using: &generator)!
      let apart = chosen.indices.flatMap { index -> [String] in
        let first = max(0, index - SecretDetector.linesBefore)
        let last = min(chosen.count - 1, index + SecretDetector.linesBehind)
        let before = chosen[first..<index].map { $0 + end }.joined()
        let bytes = Array((before + chosen[index...last].joined(separator: end)).utf8)
        let own = before.utf8.count..<before.utf8.count + chosen[index].utf8.count
        return SecretDetector.ranges(in: bytes).filter { own.contains($0.lowerBound) }
          .map { String(decoding: bytes[$0], as: UTF8.self) }
      }
      #expect(Self.found(chosen.joined(separator: end)) == apart)
    }
  }

  /// Of strings drawn blindly nearly all are found.
  @Test func findsRandomStrings() {
    var generator = SplitMix64(seed: 3)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    let count = (0..<1000).count { _ in
      !Self.found(String((0..<32).map { _ in alphabet.randomElement(using: &generator)! })).isEmpty
    }
    #expect(count > 980)
  }
}
