import JSON
import LanguageServer
import LanguageServerProtocol
import Platform
import Testing

/// Whole sessions, kept as files: what the client sends, then what the server sends in turn, one message a line.
///
/// The server's side is rewritten by `INKLING_REWRITE_GOLDEN=1 swift test --filter GoldenTests`, which is refused
/// where `CI` is set: a test that overwrites its expectation passes the second time.
@Suite struct GoldenTests {
  static let folder: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast()
    return parts.joined(separator: "/") + "/Golden"
  }()

  static let names = directoryEntries(folder).filter { $0.hasSuffix(".client.jsonl") }
    .map { String($0.dropLast(".client.jsonl".count)) }

  /// The client's bytes. A line that is a string stands for itself, unframed.
  static func input(_ name: String) throws -> [[UInt8]] {
    try lines(name + ".client.jsonl").map { line in
      let message = try JSON.parse(line)
      return message.stringValue.map { Array($0.utf8) } ?? MessageFramer.frame(message.serialized())
    }
  }

  static func lines(_ name: String) throws -> [[UInt8]] {
    try readFile(folder + "/" + name).split(separator: UInt8(ascii: "\n")).map(Array.init)
  }

  /// What the server answers to input that comes in such pieces; timers run at the end.
  static func output(_ pieces: [[UInt8]]) -> [String] {
    let client = TestClient()
    for piece in pieces { client.write(piece) }
    client.scheduler.runTimers()
    return client.received().map { $0.serializedString() }
      + ["\"exit status \(client.session.exitStatus ?? client.session.statusAtEndOfInput)\""]
  }

  @Test func thereAreTranscripts() { #expect(Self.names.count >= 4) }

  @Test(arguments: names) func transcript(name: String) throws {
    let messages = try Self.input(name)
    let output = Self.output(messages)
    let path = Self.folder + "/" + name + ".server.jsonl"
    if getenv("INKLING_REWRITE_GOLDEN") != nil {
      try #require(getenv("CI") == nil, "golden files are not rewritten in CI")
      try writeFileAtomically(path, Array((output.joined(separator: "\n") + "\n").utf8))
    }
    let expected = try Self.lines(name + ".server.jsonl").map { String(decoding: $0, as: UTF8.self) }
    #expect(output == expected)
    // The same bytes in any two pieces, and one by one.
    let bytes = Array(messages.joined())
    for split in 0...bytes.count {
      let halves = Self.output([Array(bytes[..<split]), Array(bytes[split...])])
      try #require(halves == expected, "split at byte \(split)")
    }
    #expect(Self.output(bytes.map { [$0] }) == expected)
  }
}
