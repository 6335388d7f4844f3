import JSON
import LanguageServerProtocol
import Platform
import Testing

@testable import LanguageServer

/// Whatever comes, the next good message is answered as if nothing had been.
@Suite struct HostilityTests {
  /// Checks that a session answers as ever, and that it keeps nothing of what it was sent.
  private func expectGoodAnswer(_ client: TestClient, _ round: Int) {
    _ = client.received()
    client.open("g", "good goods")
    let answer = client.request("inkling/complete", TestClient.place("g", 0, 4))
    #expect(answer["result"]?["items"]?[0]?["text"] == "goods", "round \(round): \(answer)")
    client.notify("textDocument/didClose", ["textDocument": ["uri": "g"]])
    client.scheduler.runTimers()
    let connection = client.session.services.connection
    #expect(connection.pendingCount == 0 && connection.awaitedCount <= 1000)
  }

  private static let everything: JSON = [
    "textDocument": ["diagnostic": [:], "semanticTokens": [:], "inlineCompletion": [:]],
    "workspace": [
      "configuration": true, "semanticTokens": ["refreshSupport": true],
      "diagnostics": ["refreshSupport": true],
    ],
  ]

  /// 100,000 when tests are thorough.
  @Test(arguments: [false, true]) func mutatedMessages(hasRealEngines: Bool) {
    var generator = SplitMix64(seed: 2026)
    let client = TestClient(engines: hasRealEngines ? ModelEngines() : WordEngines())
    client.initialize(capabilities: Self.everything)
    let before = residentByteCount() ?? 0
    let seeds = Self.goodMessages
    for round in 0..<repetitions(usually: 10_000, thoroughly: 100_000) / 2 {
      var message = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...2, using: &generator) { mutate(&message, &generator) }
      // It would be obeyed, and rightly.
      if message["method"] == "exit" || message["method"] == "shutdown" { continue }
      var bytes = message.serialized()
      if round % 4 == 0, !bytes.isEmpty {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      client.write(MessageFramer.frame(bytes))
      if round % 100 == 0 {
        client.open("f", "one two queer\n😀 three")
        expectGoodAnswer(client, round)
      }
    }
    #expect((residentByteCount() ?? 0) < before + 200 << 20)
  }

  /// 10,000 when tests are thorough.
  @Test(arguments: [false, true]) func hostileMessages(hasRealEngines: Bool) {
    var generator = SplitMix64(seed: 666)
    let client = TestClient(engines: hasRealEngines ? ModelEngines() : WordEngines())
    client.initialize(capabilities: Self.everything)
    let before = residentByteCount() ?? 0
    for round in 0..<repetitions(usually: 800, thoroughly: 10_000) / 2 {
      if round % 50 == 0 { client.open("f", "one two queer\n😀 three") }
      switch round % 8 {
      case 0: client.write(Self.brokenFraming.randomElement(using: &generator)!)
      case 1: client.write(MessageFramer.frame(nested(&generator)))
      case 2: client.send(withHostilePosition(&generator))
      case 3: client.send(withWrongTypes(&generator))
      case 4: sendTwice(client, &generator)
      case 5: sendOutOfOrder(client, &generator)
      case 6: client.send(large(&generator))
      default: client.send(withAnyName(&generator))
      }
      if round % 25 == 0 { expectGoodAnswer(client, round) }
    }
    expectGoodAnswer(client, .max)
    #expect((residentByteCount() ?? 0) < before + 200 << 20)
  }

  /// Any method at any time, before `initialize` and after `shutdown` too; `exit` still ends it with the right status.
  @Test func methodsInAnyOrder() {
    var generator = SplitMix64(seed: 77)
    for _ in 0..<repetitions(usually: 200, thoroughly: 2000) {
      let client = TestClient()
      var requestCount = 0
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        var message = Self.goodMessages.randomElement(using: &generator)!
        if Int.random(in: 0..<4, using: &generator) == 0 {
          message = ["jsonrpc": "2.0", "id": 1, "method": "initialize", "params": ["capabilities": [:]]]
        } else if Int.random(in: 0..<8, using: &generator) == 0 {
          message = ["jsonrpc": "2.0", "id": 1, "method": "shutdown"]
        }
        if message["id"] != nil && message["method"] != nil { requestCount += 1 }
        client.send(message)
      }
      #expect(client.received().count { $0["method"] == nil } == requestCount)
      let expected: Int32 = client.session.services.connection.client.phase == .shutDown ? 0 : 1
      client.notify("exit")
      #expect(client.session.exitStatus == expected)
    }
  }

  // MARK: What is sent

  private static func place(_ line: JSON, _ character: JSON) -> JSON {
    ["textDocument": ["uri": "f"], "position": ["line": line, "character": character]]
  }

  private static let goodMessages: [JSON] = {
    func request(_ id: JSON, _ method: String, _ params: JSON) -> JSON {
      ["jsonrpc": "2.0", "id": id, "method": .string(method), "params": params]
    }
    func notification(_ method: String, _ params: JSON) -> JSON {
      ["jsonrpc": "2.0", "method": .string(method), "params": params]
    }
    let range: JSON = ["start": ["line": 0, "character": 1], "end": ["line": 1, "character": 0]]
    return [
      request(7, "textDocument/completion", place(1, 2)),
      request("a", "textDocument/diagnostic", ["textDocument": ["uri": "f"]]),
      notification(
        "textDocument/didChange",
        [
          "textDocument": ["uri": "f", "version": 3],
          "contentChanges": [["range": range, "text": "x"]],
        ]),
      notification("$/cancelRequest", ["id": 7]),
      notification(
        "workspace/didChangeConfiguration", ["settings": ["inkling": ["completion": ["limit": 5]]]]),
      request(9, "textDocument/inlineCompletion", place(0, 3)),
      ["jsonrpc": "2.0", "id": 10, "result": [nil]],
      request(11, "textDocument/semanticTokens/range", ["textDocument": ["uri": "f"], "range": range]),
      request(
        12, "textDocument/codeAction",
        ["textDocument": ["uri": "f"], "range": range, "context": ["diagnostics": []]]),
      request(13, "textDocument/hover", place(0, 9)),
      request(14, "completionItem/resolve", ["label": "two", "data": ["uri": "f"]]),
      request(15, "inkling/score", ["textDocument": ["uri": "f"], "range": range]),
      request(16, "inkling/complete", place(1, 1)),
      request(17, "workspace/executeCommand", ["command": "none", "arguments": []]),
      request(18, "inkling/status", [:]),
      notification(
        "textDocument/didOpen",
        ["textDocument": ["uri": "f", "languageId": "swift", "version": 1, "text": "let one = two"]]),
      notification("textDocument/didSave", ["textDocument": ["uri": "f"]]),
      notification("$/setTrace", ["value": "verbose"]),
      notification(
        "workspace/didChangeWorkspaceFolders",
        ["event": ["added": [], "removed": [["uri": "x", "name": "x"]]]]),
    ]
  }()

  private static let values: [JSON] = [
    nil, true, -1, 0, 1e308, .integer(.max), .integer(.min), "", "f", [], [:], [[[]]], "\u{0}", "😀",
    .integer(Int64(Int32.max)), .integer(Int64(Int32.max) + 1), -0.5,
  ]

  /// Replaces or removes one value somewhere in a message.
  private func mutate(_ json: inout JSON, _ generator: inout SplitMix64) {
    if Int.random(in: 0..<4, using: &generator) == 0 {
      json = Self.values.randomElement(using: &generator)!
      return
    }
    switch json {
    case .object(var object):
      guard let key = object.keys.randomElement(using: &generator), var value = object[key] else { return }
      if Int.random(in: 0..<6, using: &generator) == 0 {
        object[key] = nil
      } else {
        mutate(&value, &generator)
        object[key] = value
      }
      json = .object(object)
    case .array(var array):
      guard let index = array.indices.randomElement(using: &generator) else { return }
      mutate(&array[index], &generator)
      json = .array(array)
    default: json = Self.values.randomElement(using: &generator)!
    }
  }

  /// Each ends where the next message's header is found again.
  private static let brokenFraming: [[UInt8]] = [
    "Content-Length: 99999999999999999999\r\n\r\n", "Content-Length: 134217729\r\n\r\n",
    "Content-Length: -1\r\n\r\n{}", "Content-Length: 0x10\r\n\r\n",
    "Content-Length: 134217728\r\n\r\n{\"id\": 1",
    "Content-Length: 9\r\n\r\n{\"a\":\r\n\r\n", "Content-Length: 0\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
    "Content-Type: utf-7\r\n\r\n{}", "Content-Length: 2\r\nContent-Length: 5\r\n\r\n[]   ",
    "GET / HTTP/1.1\r\n\r\n",
    String(repeating: "x", count: 70_000), String(repeating: "\r\n", count: 9000),
  ].map { Array($0.utf8) }

  private func nested(_ generator: inout SplitMix64) -> [UInt8] {
    let depth = [10, 199, 200, 201, 5000, 200_000].randomElement(using: &generator)!
    let (open, close) = [("[", "]"), ("{\"a\":", "}")].randomElement(using: &generator)!
    let isClosed = Bool.random(using: &generator)
    let inner =
      String(repeating: open, count: depth) + "1" + String(repeating: isClosed ? close : "", count: depth)
    return Array(
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"textDocument/completion\",\"params\":\(inner)}".utf8)
  }

  private func withHostilePosition(_ generator: inout SplitMix64) -> JSON {
    let numbers: [JSON] = [
      -1, .integer(.min), .integer(.max), .integer(Int64(Int32.max)), 0, 1, 5000, 1e300, -0.0, 0.5, "1", nil,
    ]
    func number() -> JSON { numbers.randomElement(using: &generator)! }
    func position() -> JSON { ["line": number(), "character": number()] }
    let range: JSON = ["start": position(), "end": position()]
    let kinds = [
      "textDocument/completion", "textDocument/hover", "textDocument/inlineCompletion", "inkling/complete",
      "textDocument/semanticTokens/range", "textDocument/codeAction", "inkling/score",
      "textDocument/didChange",
    ]
    let method = kinds.randomElement(using: &generator)!
    if method == "textDocument/didChange" {
      return [
        "jsonrpc": "2.0", "method": .string(method),
        "params": [
          "textDocument": ["uri": "f", "version": number()],
          "contentChanges": [["range": range, "text": "x", "rangeLength": number()]],
        ],
      ]
    }
    return [
      "jsonrpc": "2.0", "id": 2, "method": .string(method),
      "params": [
        "textDocument": ["uri": "f"], "position": position(), "range": range, "limit": number(),
        "context": [
          "triggerKind": number(), "diagnostics": [],
          "selectedCompletionInfo": ["range": range, "text": "selected"],
        ],
      ],
    ]
  }

  private func withWrongTypes(_ generator: inout SplitMix64) -> JSON {
    var message = Self.goodMessages.randomElement(using: &generator)!
    guard case .object(var object) = message, case .object(var params)? = object["params"] else {
      return message
    }
    for key in Array(params.keys) { params[key] = Self.values.randomElement(using: &generator)! }
    object["params"] = .object(params)
    message = .object(object)
    return message
  }

  /// The same id for two requests of which the first may not be answered yet, cancelled in between.
  private func sendTwice(_ client: TestClient, _ generator: inout SplitMix64) {
    let id: JSON = [1, "1", 1.5, nil, .integer(.max), "\u{0}", [1]].randomElement(using: &generator)!
    let request: JSON = [
      "jsonrpc": "2.0", "id": id, "method": "textDocument/diagnostic",
      "params": ["textDocument": ["uri": "f"]],
    ]
    client.send(request)
    client.notify("$/cancelRequest", ["id": id])
    client.send(request)
    client.send(["jsonrpc": "2.0", "id": id, "result": nil])
    client.send(["jsonrpc": "2.0", "id": id, "error": ["code": "x", "message": 5]])
  }

  private func sendOutOfOrder(_ client: TestClient, _ generator: inout SplitMix64) {
    let messages: [(String, JSON)] = [
      ("initialized", [:]), ("textDocument/didClose", ["textDocument": ["uri": "never opened"]]),
      ("textDocument/didClose", ["textDocument": ["uri": "f"]]),
      ("textDocument/didChange", ["textDocument": ["uri": "closed"], "contentChanges": [["text": "x"]]]),
      ("textDocument/didSave", ["textDocument": ["uri": "closed"]]),
      ("window/workDoneProgress/cancel", ["token": "none"]), ("$/cancelRequest", ["id": 12345]),
      (
        "textDocument/didOpen", ["textDocument": ["uri": "f", "languageId": "c", "version": -5, "text": "q"]]
      ),
      ("workspace/didChangeConfiguration", ["settings": nil]), ("$/progress", ["token": 1, "value": [:]]),
      ("client/registerCapability", [:]), ("textDocument/publishDiagnostics", [:]),
    ]
    let (method, params) = messages.randomElement(using: &generator)!
    if Bool.random(using: &generator) {
      client.request(method, params)
    } else {
      client.notify(method, params)
    }
    client.request("initialize", ["capabilities": [:]])
  }

  private func large(_ generator: inout SplitMix64) -> JSON {
    let size = 1 << Int.random(in: 8...repetitions(usually: 12, thoroughly: 18), using: &generator)
    let text = ["a", "😀", "\n", "\u{0}", "(", "\"", "é "].randomElement(using: &generator)!
    let changes = [JSON](
      repeating: [
        "range": ["start": ["line": 0, "character": 0], "end": ["line": 0, "character": 1]], "text": "y",
      ], count: size >> 8)
    return [
      [
        "jsonrpc": "2.0", "method": "textDocument/didOpen",
        "params": [
          "textDocument": [
            "uri": "f", "languageId": "swift", "version": 1,
            "text": .string(String(repeating: text, count: size)),
          ]
        ],
      ],
      [
        "jsonrpc": "2.0", "method": "textDocument/didChange",
        "params": ["textDocument": ["uri": "f", "version": 2], "contentChanges": .array(changes)],
      ],
      [
        "jsonrpc": "2.0", "method": "$/setTrace",
        "params": ["value": .string(String(repeating: text, count: size))],
      ],
      .array([JSON](repeating: 1, count: size)),
    ].randomElement(using: &generator)!
  }

  private func withAnyName(_ generator: inout SplitMix64) -> JSON {
    let prefix = ["$/", "textDocument/", "inkling/", "", "workspace/\u{0}"].randomElement(using: &generator)!
    let method = prefix + String(UInt64.random(in: 0 ... .max, using: &generator), radix: 36)
    return [
      "jsonrpc": "2.0",
      "id": .string(String(repeating: "i", count: Int.random(in: 0...9000, using: &generator))),
      "method": .string(method), "params": [:],
    ]
  }
}
