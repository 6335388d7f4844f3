import Platform
import Privacy
import Testing

/// Lists written by somebody who wants secrets learned, and by somebody who wants names kept.
@Suite struct SecretShapesTests {
  @Test func findsEveryShape() {
    #expect(SecretShape.missed(of: SecretShapes.first) == [])
    #expect(SecretShape.missed(of: SecretShapes.later) == [])
    #expect(SecretShape.missed(of: SecretShapes.last) == [])
    #expect(SecretShape.missed(of: SecretShapes.kinds) == [])
    #expect(SecretShape.missed(of: SecretShapes.continued) == [])
    #expect(SecretShape.missed(of: SecretShapes.fresh + SecretShapes.fresher) == [])
    #expect(SecretShape.missed(of: SecretShapes.spread) == [])
    #expect(SecretShape.missed(of: SecretShapes.enclosed) == [])
    #expect(SecretShape.missed(of: SecretShapes.unusual) == [])
  }

  @Test(arguments: HarmlessLines.first + HarmlessLines.later)
  func leavesHarmlessLines(line: String) { #expect(SecretDetectorTests.found(line) == []) }

  @Test func leavesTheCounterpartsOfEveryKind() {
    #expect(HarmlessLines.continued.filter { !SecretDetectorTests.found($0).isEmpty } == [])
    #expect(HarmlessLines.names.filter { !SecretDetectorTests.found($0).isEmpty } == [])
    #expect(HarmlessLines.kinds.filter { !SecretDetectorTests.found($0).isEmpty } == [])
    #expect(HarmlessLines.spread.filter { !SecretDetectorTests.found($0).isEmpty } == [])
    #expect(HarmlessLines.unusual.filter { !SecretDetectorTests.found($0).isEmpty } == [])
  }

  /// The last line of a key is found, though it may be short; words and names on lines of their own are left.
  @Test func findsLastLinesOfKeys() {
    for line in ["x3Fq9wLz1B==", "Zk2Tq8vN4xR=", "Ab3dE9fGhK1mN7pQ"] {
      #expect(SecretDetectorTests.found("AAAA\n\(line)\n-----END") == [line])
    }
    for line in [
      "name=", "value==", "Version2Final", "abcdEFGH1234", "utf8ToUtf16", "a/b/c=", "=", "iPhone15ProMax24",
    ] {
      #expect(SecretDetectorTests.found("AAAA\n\(line)\n-----END") == [])
    }
  }

  /// A password may hold the signs that divide a URL; the host stands behind the last `@` that has one behind it.
  @Test(arguments: [
    ("amqp://svc:ra/bbit@9@mq.example.org:5672/v", "ra/bbit@9"),
    ("postgres://u:p@ss/w0rd@localhost/db", "p@ss/w0rd"),
    ("mongodb://root:ex/am@ple@mongo:27017/?x=1", "ex/am@ple"),
    ("https://u:pw@cdn.x.org/npm/a@1.2/b.js", "pw"),
  ])
  func findsPasswordsWithSigns(url: String, password: String) {
    #expect(SecretDetectorTests.found(url) == [password])
  }

  /// A value is found as soon as so much of it is typed that it is more than a word, and stays found.
  @Test(arguments: [
    "password: ", "DB_PASSWORD=", "password = \"", "my password is ", "curl -u ann:", "{\"token\": \"",
  ])
  func findsWhatIsBeingTyped(beginning: String) {
    let value = "x7kQ9-mmz2"
    for count in 6...value.utf8.count {
      let line = Array((beginning + value.prefix(count)).utf8)
      #expect(
        SecretDetector.ranges(in: line).contains {
          $0.contains(line.count - 1) && $0.contains(beginning.utf8.count)
        })
    }
  }

  /// Lines of nothing but the beginnings of secrets are looked at in windows and not for ever: this ends.
  @Test(arguments: [
    "password ", "password=", "password is ", "-p ", "$a$b", "password = a||", "identified by ", "密码是",
    "token= or ", "root/x1y2z3 ", "a:1:b:", "a/b@c:d", "as the password ", "user=ann password=", "(password,",
    "(name, password) values (", "hasło: ", "{password,", "send \"a\\r\" ", "AUTH x1 ", "/p:x ", "a@b.c:d1 ",
    "password:\n", "password =\n  ", "name: x_password\nvalue: x1\n", "password: |\n", "-p \\\n", "login a\n",
    "<key>password</key>\n", "password to ", "set password x ", "-u a -p x1 ", "wifi: a/b1 ", "code is ",
    "password: {", "password: [\n", "a,password\n", "|a|password|\n", "passwords:\n  a: b\n",
    "passwords:\n- a1b2c\n",
    "'X_PASSWORD',\n", "define(\n", "value: x\nname: x_password\n", "variable \"x_password\" {\n",
    "password =\n\n",
    "password <<\n", "password = ['a1b2c', ", "password if x else ", "password ? a : ", "x is the password ",
    "root / x1 ", "key = [1, ", "key = bytes([0x3f, ", "uint8_t key[] = {\n", "? password\n", "static:a:b ",
    "a_password b\n",
    "key[", "|user|password|\n",
  ])
  func endsOnHostileLines(piece: String) {
    let line = Array(String(repeating: piece, count: 20_000 / piece.utf8.count).utf8)
    let key = Array("\npassword: hunter2 ".utf8)
    #expect(SecretDetector.ranges(in: line + key).last == line.count + 11..<line.count + 18)
  }

  /// Random capitals are found, and constants in capitals are none.
  @Test func tellsRandomCapitalsFromConstants() {
    for name in [
      "ALERT_DESCRIPTION_UNEXPECTED_MESSAGE", "GL_FRAMEBUFFER_RENDERABLE", "FANOTIFY_METADATA_VERSION",
      "FIELDREQUIREMENTSVERSION",
    ] {
      #expect(SecretDetectorTests.found(name) == [])
    }
    var generator = SplitMix64(seed: 5)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    let count = (0..<500).count { _ in
      !SecretDetectorTests.found(String((0..<32).map { _ in alphabet.randomElement(using: &generator)! }))
        .isEmpty
    }
    #expect(count > 490)
  }
}
