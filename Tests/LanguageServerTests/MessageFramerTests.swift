import LanguageServer
import LanguageServerProtocol
import Platform
import Testing

@Suite struct MessageFramerTests {
  func frames(_ pieces: [[UInt8]], contentLimit: Int = 1000) -> [MessageFramer.Frame] {
    var framer = MessageFramer(contentLimit: contentLimit)
    var frames: [MessageFramer.Frame] = []
    for piece in pieces {
      framer.append(piece)
      while let frame = framer.next() { frames.append(frame) }
    }
    return frames
  }

  func frames(_ text: String) -> [MessageFramer.Frame] { frames([Array(text.utf8)]) }

  func message(_ text: String) -> MessageFramer.Frame { .message(Array(text.utf8)) }

  /// The messages, with every malformed part as nil.
  func messages(_ frames: [MessageFramer.Frame]) -> [String?] {
    frames.map { if case .message(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil } }
  }

  @Test func headersInEveryAcceptedForm() {
    #expect(frames("Content-Length: 2\r\n\r\n{}") == [message("{}")])
    #expect(frames("content-length:2\r\n\r\n{}") == [message("{}")])
    #expect(
      frames("CONTENT-LENGTH:   2  \r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}")
        == [message("{}")])
    #expect(frames("Content-Type: x\r\nX-Other: 1\r\nContent-Length: 2\r\n\r\n{}") == [message("{}")])
    #expect(
      frames("Content-Length: 2\n\n{}\r\n\r\nContent-Length: 0\r\n\r\n") == [message("{}"), message("")])
  }

  /// Whatever number is announced, no more is read than there may be.
  @Test(arguments: [
    "1001", "9223372036854775807", "9223372036854775809", "99999999999999999999", "100000000000000000000001",
  ])
  func lengthsBeyondTheLimitAreRefused(digits: String) {
    let found = frames("Content-Length: \(digits)\r\n\r\n{}\nContent-Length: 2\r\n\r\n[]")
    #expect(messages(found) == [nil, "[]"])
  }

  @Test func splitAnywhere() {
    let text = Array(
      "Content-Length: 7\r\nContent-Type: a\r\n\r\n{\"é\":1content-length: 2\n\n[]xx\r\nContent-Length: 1\r\n\r\n1"
        .utf8)
    let whole = messages(frames([text]))
    #expect(whole == ["{\"é\":1", "[]", nil, "1"])
    for first in 0...text.count {
      #expect(messages(frames([Array(text[..<first]), Array(text[first...])])) == whole)
    }
    #expect(messages(frames(text.map { [$0] })) == whole)
  }

  @Test(arguments: [
    "Content-Length: abc\r\n\r\n", "Content-Length: -5\r\n\r\nhello", "Content-Length: 1001\r\n\r\n",
    "Content-Length: 99999999999999999999999\r\n\r\n", "Content-Type: x\r\n\r\n{}", "{\"jsonrpc\":\"2.0\"}",
    "Content-Length\r\n\r\n", ": 5\r\n\r\n", "\u{1}\u{2}\u{3}", "Content-Length: 1 2\r\n\r\n",
    "Content-Length:\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n", "Content-Length: 50\r\n\r\n{\"shorter\": 1}", "Content Length: 2\r\n\r\n{}",
  ])
  func reportsOnceAndGoesOn(bad: String) {
    #expect(messages(frames(bad + "Content-Length: 2\r\n\r\n{}")) == [nil, "{}"])
  }

  @Test func endlessHeaderIsRefused() {
    let frames = messages(
      frames("X: " + String(repeating: "x", count: 10_000) + "Content-Length: 2\r\n\r\n{}"))
    #expect(frames == [nil, "{}"])
  }

  /// JSON may span lines and hold the words of a header.
  @Test func contentThatLooksLikeAHeaderIsContent() {
    for content in ["{\n\"a\": \"Content-Length: 5\"\n}", "{\"a\":\n5\n}", "[\"content-length: 5\\r\\n\"]"] {
      #expect(frames([MessageFramer.frame(Array(content.utf8))]) == [message(content)])
    }
  }

  @Test func survivesNoise() {
    var generator = SplitMix64(seed: 2)
    let good = Array("Content-Length: 4\r\n\r\ngood".utf8)
    for _ in 0..<500 {
      var framer = MessageFramer(contentLimit: 100)
      var bytes: [UInt8] = []
      for _ in 0..<8 {
        var part = good
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
          part[Int.random(in: part.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        bytes += part
      }
      // Enough to fill whatever length the noise announced, then two good messages.
      bytes += [UInt8](repeating: UInt8(ascii: "\n"), count: 100) + good + good
      var last: MessageFramer.Frame?
      for byte in bytes {
        framer.append([byte])
        while let frame = framer.next() { last = frame }
      }
      #expect(last == .message(Array("good".utf8)))
    }
  }
}
