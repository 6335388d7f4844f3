import JSON
import LanguageServer
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

    func boundary(_ generator: inout SeededGenerator, atLeast lower: Int = 0, within width: Int = .max) -> Int
    {
      let upper = min(units.count, lower + min(width, units.count))
      while true {
        let offset = Int.random(in: lower...upper, using: &generator)
        if isBoundary(offset) { return offset }
        if lower == upper { return units.count }
      }
    }
  }

  @Test(arguments: PositionEncoding.allCases) func randomEdits(encoding: PositionEncoding) throws {
    var generator = SeededGenerator(state: 42)
    let client = TestClient()
    client.initialize(capabilities: ["general": ["positionEncodings": [.string(encoding.rawValue)]]])
    for round in 0..<12 {
      let text = awkwardText(Int.random(in: 0...60, using: &generator), &generator)
      var document = ClientDocument(units: Array(text.utf16))
      client.open("f\(round)", text)
      for version in 2..<60 {
        var changes: [JSON] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          let new = awkwardText(Int.random(in: 0...6, using: &generator), &generator)
          if Int.random(in: 0..<20, using: &generator) == 0 {
            document.units = Array(new.utf16)
            changes.append(["text": .string(new)])
            continue
          }
          let start = document.boundary(&generator)
          let end = document.boundary(&generator, atLeast: start, within: 12)
          var range = [document.position(start, encoding), document.position(end, encoding)]
          if Int.random(in: 0..<10, using: &generator) == 0 { range.reverse() }
          changes.append(["range": ["start": range[0], "end": range[1]], "text": .string(new)])
          document.units.replaceSubrange(start..<end, with: Array(new.utf16))
        }
        client.change("f\(round)", changes, version: version)
        let expected = Array(String(decoding: document.units, as: UTF16.self).utf8)
        let texts = try #require(client.text(of: "f\(round)"))
        #expect(texts.server == expected)
        #expect(texts.engine == expected)
        if texts.server != expected { return }
      }
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

  /// Whatever comes, the next good message is answered as if nothing had been.
  @Test func tenThousandMalformedMessages() {
    var generator = SeededGenerator(state: 2026)
    let client = TestClient()
    client.initialize(capabilities: ["textDocument": ["diagnostic": [:], "semanticTokens": [:]]])
    client.open("f", "one two queer\n😀 three")
    let seeds: [JSON] = [
      [
        "jsonrpc": "2.0", "id": 7, "method": "textDocument/completion", "params": TestClient.place("f", 1, 2),
      ],
      [
        "jsonrpc": "2.0", "id": "a", "method": "textDocument/diagnostic",
        "params": ["textDocument": ["uri": "f"]],
      ],
      [
        "jsonrpc": "2.0", "method": "textDocument/didChange",
        "params": [
          "textDocument": ["uri": "f", "version": 3],
          "contentChanges": [
            [
              "range": ["start": ["line": 0, "character": 1], "end": ["line": 1, "character": 0]],
              "text": "x",
            ]
          ],
        ],
      ],
      ["jsonrpc": "2.0", "method": "$/cancelRequest", "params": ["id": 7]],
      [
        "jsonrpc": "2.0", "method": "workspace/didChangeConfiguration",
        "params": ["settings": ["inkling": ["completion": ["limit": 5]]]],
      ],
      [
        "jsonrpc": "2.0", "id": 9, "method": "textDocument/inlineCompletion",
        "params": TestClient.place("f", 0, 3),
      ],
      ["jsonrpc": "2.0", "id": 10, "result": [nil]],
    ]
    let values: [JSON] = [
      nil, true, -1, 0, 1e308, .integer(.max), .integer(.min), "", "f", [], [:], [[[]]], "\u{0}",
    ]
    for round in 0..<10_000 {
      var message = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...2, using: &generator) { mutate(&message, values, &generator) }
      var bytes = message.serialized()
      if round % 4 == 0, !bytes.isEmpty {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      // `exit` would be obeyed, and rightly.
      client.write(MessageFramer.frame(bytes))
      if round % 100 == 0 {
        _ = client.received()
        client.open("g", "good goods")
        let answer = client.request("inkling/complete", TestClient.place("g", 0, 4))
        #expect(answer["result"]?["items"]?[0]?["text"] == "goods")
      }
    }
  }

  /// Replaces or removes one value somewhere in a message.
  func mutate(_ json: inout JSON, _ values: [JSON], _ generator: inout SeededGenerator) {
    if Int.random(in: 0..<4, using: &generator) == 0 {
      json = values.randomElement(using: &generator)!
      return
    }
    switch json {
    case .object(var object):
      guard let key = object.keys.randomElement(using: &generator), var value = object[key] else { return }
      if Int.random(in: 0..<6, using: &generator) == 0 {
        object[key] = nil
      } else {
        mutate(&value, values, &generator)
        object[key] = value
      }
      json = .object(object)
    case .array(var array):
      guard let index = array.indices.randomElement(using: &generator) else { return }
      mutate(&array[index], values, &generator)
      json = .array(array)
    default: json = values.randomElement(using: &generator)!
    }
  }
}
