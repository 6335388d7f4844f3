import JSON
import LanguageServer
import LanguageServerProtocol
import Platform
import Testing

@Suite struct SynchronizationTests {
  /// A client's own document: UTF-16 units, as JavaScript and Java keep text.
  struct ClientDocument {
    var units: [UInt16]

    func position(_ offset: Int, _ encoding: PositionEncoding) -> JSON {
      var line = 0
      var start = 0
      for index in 0..<offset {
        let endsLine =
          units[index] == 10 || (units[index] == 13 && (index + 1 == units.count || units[index + 1] != 10))
        if endsLine {
          line += 1
          start = index + 1
        }
      }
      let before = String(decoding: units[start..<offset], as: UTF16.self)
      let character =
        switch encoding {
        case .utf8: before.utf8.count
        case .utf16: offset - start
        case .utf32: before.unicodeScalars.count
        }
      return ["line": JSON(line), "character": JSON(character)]
    }

    /// Not between the halves of a pair, and not between `\r` and `\n`, which no position names.
    func isBoundary(_ offset: Int) -> Bool {
      offset == 0 || offset == units.count
        || !(UTF16.isTrailSurrogate(units[offset]) || (units[offset - 1] == 13 && units[offset] == 10))
    }

    func boundary(_ generator: inout SplitMix64, atLeast lower: Int = 0, within width: Int = .max) -> Int {
      let upper = min(units.count, lower + min(width, units.count))
      while true {
        let offset = Int.random(in: lower...upper, using: &generator)
        if isBoundary(offset) { return offset }
        if lower == upper { return units.count }
      }
    }

    /// Edits the text at random.
    ///
    /// - Returns: the change as the client tells the server.
    mutating func change(_ encoding: PositionEncoding, _ generator: inout SplitMix64) -> JSON {
      let new = awkwardText(Int.random(in: 0...6, using: &generator), &generator)
      if Int.random(in: 0..<20, using: &generator) == 0 {
        units = Array(new.utf16)
        return ["text": .string(new)]
      }
      let start = boundary(&generator)
      let end = boundary(&generator, atLeast: start, within: 12)
      var range = [position(start, encoding), position(end, encoding)]
      if Int.random(in: 0..<10, using: &generator) == 0 { range.reverse() }
      units.replaceSubrange(start..<end, with: Array(new.utf16))
      return ["range": ["start": range[0], "end": range[1]], "text": .string(new)]
    }
  }

  /// A million edits when tests are thorough: a third of them in each encoding.
  @Test(arguments: PositionEncoding.allCases, [false, true])
  func randomEdits(encoding: PositionEncoding, hasRealEngines: Bool) throws {
    var generator = SplitMix64(seed: 42)
    let client = TestClient(engines: hasRealEngines ? ModelEngines() : WordEngines())
    client.initialize(capabilities: ["general": ["positionEncodings": [.string(encoding.rawValue)]]])
    var editCount = 0
    var round = 0
    let wanted = repetitions(usually: 15_000, thoroughly: 1_000_000) / 6
    while editCount <= wanted {
      round += 1
      let uri = "f\(round % 3)"
      let text = awkwardText(Int.random(in: 0...60, using: &generator), &generator)
      var document = ClientDocument(units: Array(text.utf16))
      if round > 3 { client.notify("textDocument/didClose", ["textDocument": ["uri": .string(uri)]]) }
      client.open(uri, text)
      for version in 2..<100 {
        let changes = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
          document.change(encoding, &generator)
        }
        editCount += changes.count
        client.change(uri, changes, version: version)
        let expected = Array(String(decoding: document.units, as: UTF16.self).utf8)
        let texts = try #require(client.text(of: uri))
        // `#expect` costs more than the comparison.
        if texts.server != expected || texts.engine != expected {
          #expect(texts.server == expected)
          #expect(texts.engine == expected)
          return
        }
      }
      _ = client.received()
    }
  }

  @Test func aWrongMessageChangesNothing() {
    let client = TestClient()
    client.initialize()
    client.open("f", "text")
    let good: JSON = [
      "range": ["start": ["line": 0, "character": 0], "end": ["line": 0, "character": 1]], "text": "T",
    ]
    for bad: JSON in [
      ["text": 5], ["range": 5, "text": ""], ["range": ["start": ["line": 0]], "text": ""], 7,
      ["range": ["start": ["line": -1, "character": 0], "end": ["line": 0, "character": 0]], "text": ""],
    ] {
      client.change("f", [good, bad])
      #expect(client.text(of: "f")?.server == Array("text".utf8))
      #expect(client.received().contains { $0["method"] == "window/logMessage" })
    }
    client.change("other", [good])
    client.change("f", [good])
    #expect(client.text(of: "f")?.server == Array("Text".utf8))
  }

  @Test func closedDocumentsAreForgotten() {
    let client = TestClient()
    client.initialize()
    client.open("f", "one")
    client.notify("textDocument/didClose", ["textDocument": ["uri": "f"]])
    #expect(client.text(of: "f") == nil)
    client.open("f", "two")
    #expect(client.text(of: "f")?.server == Array("two".utf8))
  }

  @Test func textWithNULAndHalfAPair() {
    let client = TestClient()
    client.initialize()
    client.write(
      MessageFramer.frame(
        Array(
          #"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"f","languageId":"c","version":1,"text":"a\u0000b\uD83Dc"}}}"#
            .utf8)))
    #expect(client.text(of: "f")?.server == Array("a\0b\u{FFFD}c".utf8))
  }
}
