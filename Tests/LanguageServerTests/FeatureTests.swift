import JSON
import LanguageServerProtocol
import Lexing
import Platform
import Testing

@testable import LanguageServer

@Suite struct CompletionTests {
  func items(_ client: TestClient, _ line: Int, _ character: Int, context: JSON = nil) -> JSON? {
    var params = TestClient.place("f", line, character).objectValue!
    params["context"] = context
    return client.request("textDocument/completion", .object(params))["result"]
  }

  @Test func plainClient() throws {
    let client = TestClient()
    client.initialize()
    client.open("f", "😀 alpha alpine\nbeta\n😀 al")
    let list = try #require(items(client, 2, 5))
    #expect(list["itemDefaults"] == nil)
    #expect(list["items"]?.arrayValue?.map { $0["label"] } == ["alpha", "alpine"])
    let first = try #require(list["items"]?[0])
    #expect(
      first["textEdit"] == [
        "range": ["start": ["line": 2, "character": 3], "end": ["line": 2, "character": 5]],
        "newText": "alpha",
      ])
    #expect(first["detail"] == "50 % · ngram")
    #expect(first["labelDetails"] == nil)
    #expect(first["filterText"] == "alpha")
    #expect(first["sortText"] == "0000")
    let resolved = client.request("completionItem/resolve", first)["result"]
    #expect(resolved?["documentation"]?.stringValue?.contains("50 %") == true)
  }

  @Test func clientWithDefaultsAndDetails() throws {
    let client = TestClient()
    client.initialize(capabilities: [
      "textDocument": [
        "completion": [
          "completionItem": ["labelDetailsSupport": true, "documentationFormat": ["markdown"]],
          "completionList": ["itemDefaults": ["commitCharacters", "editRange"]],
        ]
      ]
    ])
    client.open("f", "alpha al")
    let list = try #require(items(client, 0, 8))
    #expect(
      list["itemDefaults"]?["editRange"] == [
        "start": ["line": 0, "character": 6], "end": ["line": 0, "character": 8],
      ])
    let item = try #require(list["items"]?[0])
    #expect(item["textEdit"] == nil)
    #expect(item["labelDetails"]?["description"] == "50 % · ngram")
    let resolved = client.request("completionItem/resolve", item)["result"]
    #expect(resolved?["label"] == "alpha")
    #expect(resolved?["documentation"]?["kind"] == "markdown")
    #expect(resolved?["documentation"]?["value"]?.stringValue?.contains("50 %") == true)
  }

  /// Sorted as text, the ranks keep their order up to the longest list.
  @Test func sortTextKeepsTheOrder() throws {
    let client = TestClient()
    client.initialize(options: ["completion": ["limit": 200]])
    client.open(
      "f",
      (0..<300).map {
        "w"
          + String($0, radix: 26).map { String(UnicodeScalar(UInt8(97 + Int(String($0), radix: 36)! % 26))) }
          .joined() + "x"
      }.joined(separator: " ") + " ")
    let list = try #require(items(client, 0, 9999, context: ["triggerKind": 1])?["items"]?.arrayValue)
    #expect(list.count == 200)
    let keys = list.compactMap { $0["sortText"]?.stringValue }
    #expect(keys == keys.sorted() && Set(keys).count == 200)
  }

  @Test func limitMakesTheListIncomplete() throws {
    let client = TestClient()
    client.initialize(options: ["completion": ["limit": 2]])
    client.open("f", "aa ab ac a")
    #expect(items(client, 0, 10)?["isIncomplete"] == true)
    #expect(items(client, 0, 10)?["items"]?.arrayValue?.count == 2)
  }

  @Test func improbableNextWordsWaitToBeAskedFor() throws {
    let client = TestClient()
    client.initialize(options: ["completion": ["nextWordMinimumProbability": 0.2]])
    client.open("f", "one two three ")
    let automatic: JSON = ["triggerKind": 2, "triggerCharacter": " "]
    #expect(
      items(client, 0, 14, context: automatic)?["items"]?.arrayValue?.map { $0["label"] } == ["one", "two"])
    #expect(items(client, 0, 14, context: ["triggerKind": 1])?["items"]?.arrayValue?.count == 3)
  }

  /// Return makes an empty line, and Tab an indentation, unless a list is asked for.
  @Test func linesBeginWithoutAList() {
    let client = TestClient()
    client.initialize()
    client.open("f", "one two\n \t \n\none ")
    for context in [["triggerKind": 2], ["triggerKind": 3], [:], nil] as [JSON] {
      for (line, character) in [(0, 0), (1, 0), (1, 3), (2, 0)] {
        #expect(items(client, line, character, context: context)?["items"] == [])
      }
    }
    #expect(items(client, 2, 0, context: ["triggerKind": 1])?["items"]?.arrayValue?.isEmpty == false)
    #expect(items(client, 3, 4, context: ["triggerKind": 2])?["items"]?.arrayValue?.isEmpty == false)
  }

  @Test func excludedContexts() throws {
    let client = TestClient()
    client.initialize(options: ["completion": ["excludedContexts": ["sh": ["comment"]]]])
    client.open("f", "one o # o", language: "sh")
    #expect(items(client, 0, 5)?["items"]?.arrayValue?.isEmpty == false)
    #expect(items(client, 0, 9)?["items"] == [])
    client.open("f", "one o # o", language: "python")
    #expect(items(client, 0, 9)?["items"]?.arrayValue?.isEmpty == false)
  }

  @Test func wrongParameters() {
    let client = TestClient()
    client.initialize()
    client.open("f", "x")
    for params: JSON in [
      [:], ["textDocument": 5], ["textDocument": ["uri": "other"], "position": ["line": 0, "character": 0]],
      TestClient.place("f", -1, 0), TestClient.place("f", 0, Int(Int32.max) + 1),
      ["textDocument": ["uri": "f"], "position": ["line": 0.5, "character": 0]],
    ] {
      #expect(client.request("textDocument/completion", params)["error"]?["code"] == -32602)
    }
    let message = client.request("textDocument/completion", TestClient.place("f", -1, 0))["error"]?["message"]
    #expect(message == "position.line: expected an integer from 0 to 2147483647, found -1")
    #expect(client.request("textDocument/completion", TestClient.place("f", 9, 9))["result"] != nil)
  }

  @Test func cancelledRequestsAreAnswered() {
    // Nothing is pending on one thread; the answer to a late cancellation is silence, and to a duplicate too.
    let client = TestClient()
    client.initialize()
    client.open("f", "x")
    client.request("textDocument/completion", TestClient.place("f", 0, 1))
    client.notify("$/cancelRequest", ["id": 2])
    client.notify("$/cancelRequest", ["id": "never"])
    client.notify("$/cancelRequest")
    #expect(client.received() == [])
  }
}

@Suite struct DiagnosticsTests {
  let pulling: JSON = [
    "textDocument": ["diagnostic": [:]], "workspace": ["diagnostics": ["refreshSupport": true]],
  ]

  @Test func pulled() throws {
    let client = TestClient()
    client.initialize(capabilities: pulling)
    client.open("f", "😀 fine\nqueer fine 😀 odq")
    let report = try #require(
      client.request("textDocument/diagnostic", ["textDocument": ["uri": "f"]])["result"])
    #expect(report["kind"] == "full")
    let items = try #require(report["items"]?.arrayValue)
    #expect(items.count == 2)
    #expect(
      items[0]["range"] == ["start": ["line": 1, "character": 0], "end": ["line": 1, "character": 5]])
    #expect(
      items[1]["range"] == ["start": ["line": 1, "character": 14], "end": ["line": 1, "character": 17]])
    #expect(items[0]["message"] == "\"queer\" is probably \"usual\" (20 bits better here)")
    #expect(items[0]["severity"] == 4)
    let again = client.request(
      "textDocument/diagnostic",
      ["textDocument": ["uri": "f"], "previousResultId": report["resultId"] ?? nil])
    #expect(again["result"] == ["kind": "unchanged", "resultId": report["resultId"] ?? nil])
    client.scheduler.runTimers()
    #expect(client.received() == [])
  }

  /// Marks of a text much longer than a slice: none lost, none twice.
  @Test func longDocuments() throws {
    let client = TestClient()
    client.initialize(capabilities: pulling, options: ["diagnostics": ["limit": 10_000]])
    client.open("f", String(repeating: "some words and a queer one\n", count: 700))
    let report = client.request("textDocument/diagnostic", ["textDocument": ["uri": "f"]])["result"]
    #expect(
      report?["items"]?.arrayValue?.compactMap { $0["range"]?["start"]?["line"]?.integerValue }
        == Array(0..<700))
  }

  @Test func pushedOnceTypingStops() throws {
    let client = TestClient()
    client.initialize()
    client.open("f", "queer")
    client.change(
      "f",
      [
        [
          "range": ["start": ["line": 0, "character": 0], "end": ["line": 0, "character": 0]], "text": "odq ",
        ]
      ], version: 7)
    #expect(client.received() == [])
    client.scheduler.runTimers()
    let messages = client.received()
    #expect(messages.count == 1)
    #expect(messages.first?["method"] == "textDocument/publishDiagnostics")
    #expect(messages.first?["params"]?["version"] == 7)
    #expect(messages.first?["params"]?["diagnostics"]?.arrayValue?.count == 2)
    client.notify("textDocument/didClose", ["textDocument": ["uri": "f"]])
    #expect(client.received().map { $0["params"]?["diagnostics"] } == [[]])
    #expect((client.engines as? WordEngines)?.closed.withLock { $0 } == ["f"])
  }

  @Test func onlyTheStrongestBeyondTheLimit() throws {
    let client = TestClient()
    client.initialize(capabilities: pulling, options: ["diagnostics": ["limit": 1, "severity": "warning"]])
    client.open("f", "queer odq")
    let items = client.request("textDocument/diagnostic", ["textDocument": ["uri": "f"]])["result"]?["items"]
    #expect(items?.arrayValue?.count == 1)
    #expect(items?[0]?["severity"] == 2)
  }
}

@Suite struct OtherFeatureTests {
  @Test func inlineCompletion() throws {
    let client = TestClient()
    client.initialize(capabilities: ["textDocument": ["inlineCompletion": [:]]])
    client.open("f", "some text")
    for method in ["textDocument/inlineCompletion", "inkling/inlineCompletion"] {
      let item = client.request(method, TestClient.place("f", 0, 9))["result"]?["items"]?[0]
      #expect(item?["insertText"] == " after text")
    }
    // The menu's item stands where the typed text stood, for this answer only.
    var params = TestClient.place("f", 0, 9).objectValue!
    params["context"] = [
      "triggerKind": 2,
      "selectedCompletionInfo": [
        "range": ["start": ["line": 0, "character": 5], "end": ["line": 0, "character": 9]],
        "text": "textual",
      ],
    ]
    let item = client.request("textDocument/inlineCompletion", .object(params))["result"]?["items"]?[0]
    #expect(item?["insertText"] == "textual after tual")
    #expect(item?["range"]?["start"]?["character"] == 5)
    #expect(client.text(of: "f")?.engine == Array("some text".utf8))
    client.notify(
      "workspace/didChangeConfiguration",
      ["settings": ["inkling": ["inlineCompletion": ["minimumProbability": 0.9]]]])
    params["context"] = ["triggerKind": 2]
    #expect(client.request("textDocument/inlineCompletion", .object(params))["result"]?["items"] == [])
    params["context"] = ["triggerKind": 1]
    #expect(
      client.request("textDocument/inlineCompletion", .object(params))["result"]?["items"]?.arrayValue?.count
        == 1)
  }

  @Test func heatMap() {
    let client = TestClient()
    client.initialize(capabilities: ["textDocument": ["semanticTokens": [:]]])
    client.open("f", "😀 odq x queer\nfine\nqq")
    let params: JSON = ["textDocument": ["uri": "f"]]
    #expect(client.request("textDocument/semanticTokens/full", params)["result"] == ["data": []])
    client.notify(
      "workspace/didChangeConfiguration", ["settings": ["inkling": ["heatMap": ["enabled": true]]]])
    let full = client.request("textDocument/semanticTokens/full", params)["result"]?["data"]
    #expect(full == [0, 3, 3, 4, 0, 0, 6, 5, 4, 0, 2, 0, 2, 4, 0])
    let range: JSON = [
      "textDocument": ["uri": "f"],
      "range": ["start": ["line": 1, "character": 0], "end": ["line": 2, "character": 1]],
    ]
    #expect(client.request("textDocument/semanticTokens/range", range)["result"]?["data"] == [2, 0, 2, 4, 0])
  }

  @Test func hoverAndActions() throws {
    let client = TestClient()
    client.initialize(capabilities: [
      "textDocument": [
        "hover": ["contentFormat": ["markdown"]], "codeAction": ["codeActionLiteralSupport": [:]],
      ]
    ])
    client.open("f", "fine odq fine")
    let hover = client.request("textDocument/hover", TestClient.place("f", 0, 6))["result"]
    #expect(hover?["contents"]?["value"]?.stringValue?.hasPrefix("`odq`: 20.0 bits") == true)
    #expect(hover?["range"]?["start"]?["character"] == 5)
    #expect(client.request("textDocument/hover", TestClient.place("f", 0, 4))["result"] == .some(.null))
    var params: JSONObject = ["textDocument": ["uri": "f"], "context": ["diagnostics": []]]
    params["range"] = ["start": ["line": 0, "character": 6], "end": ["line": 0, "character": 6]]
    let actions = client.request("textDocument/codeAction", .object(params))["result"]
    #expect(actions?.arrayValue?.count == 2)
    #expect(actions?[1]?["command"]?["arguments"] == ["odq", "f"])
    #expect(actions?[0]?["title"] == "Correct to “usual”")
    let edit: JSON = [
      "range": ["start": ["line": 0, "character": 5], "end": ["line": 0, "character": 8]], "newText": "usual",
    ]
    #expect(actions?[0]?["edit"]?["changes"]?["f"] == [edit])
    params["range"] = ["start": ["line": 0, "character": 0], "end": ["line": 0, "character": 2]]
    #expect(client.request("textDocument/codeAction", .object(params))["result"] == [])
    params["context"] = ["only": ["refactor"]]
    #expect(client.request("textDocument/codeAction", .object(params))["result"] == [])
  }

  @Test func linesThatAreToBeLeftAloneHaveNoMarks() throws {
    let client = TestClient()
    client.initialize(capabilities: [
      "textDocument": ["diagnostic": [:], "codeAction": ["codeActionLiteralSupport": [:]]],
      "workspace": ["diagnostics": ["refreshSupport": true]],
    ])
    client.open("f", "odq inkling:ignore\nqqdo inkling:ignore-next-line\nodq\nodq")
    let report = client.request("textDocument/diagnostic", ["textDocument": ["uri": "f"]])["result"]
    let lines = report?["items"]?.arrayValue?.map { $0["range"]?["start"]?["line"] }
    #expect(lines == [3])
    for (line, count) in [(0, 0), (2, 0), (3, 2)] {
      let actions = client.request(
        "textDocument/codeAction",
        [
          "textDocument": ["uri": "f"], "context": ["diagnostics": []],
          "range": [
            "start": ["line": JSON(line), "character": 1], "end": ["line": JSON(line), "character": 1],
          ],
        ])["result"]
      #expect(actions?.arrayValue?.count == count)
    }
  }

  /// However few marks are wanted, each slip that is asked about has its own actions.
  @Test func actionsAreOfTheirOwnSlip() throws {
    let client = TestClient()
    client.initialize(
      capabilities: ["textDocument": ["codeAction": ["codeActionLiteralSupport": [:]]]],
      options: ["diagnostics": ["limit": 1]])
    client.open("f", "odq fine qqdo")
    let actions = client.request(
      "textDocument/codeAction",
      [
        "textDocument": ["uri": "f"], "context": ["diagnostics": []],
        "range": ["start": ["line": 0, "character": 0], "end": ["line": 0, "character": 13]],
      ])["result"]?.arrayValue
    let replacements = (actions ?? []).filter { $0["edit"] != nil }
    #expect(
      replacements.map { $0["title"] } == ["Correct to “usual”", "Correct to “usual”"])
    let columns = replacements.map { $0["edit"]?["changes"]?["f"]?[0]?["range"]?["start"]?["character"] }
    #expect(columns == [0, 9])
  }

  @Test func customRequests() throws {
    let client = TestClient()
    client.initialize()
    client.open("f", "al alpha odq")
    let complete = client.request("inkling/complete", TestClient.place("f", 0, 2))["result"]
    #expect(complete?["items"]?[0]?["text"] == "alpha")
    #expect(complete?["items"]?[0]?["probability"] == 0.5)
    let score = client.request("inkling/score", ["textDocument": ["uri": "f"]])["result"]
    #expect(score?["tokenCount"] == 3)
    #expect(score?["surprisalBits"] == 26.0)
    #expect(score?["tokens"]?[2]?["isSlip"] == true)
    let status = client.request("inkling/status")["result"]
    #expect(status?["documents"] == ["f"])
    #expect(status?["latencies"]?["inkling/complete"]?["count"] == 1)
    #expect((status?["residentBytes"]?.integerValue ?? 0) > 1 << 20)
  }
}

@Suite struct ConfigurationTests {
  func completionCount(_ client: TestClient) -> Int? {
    client.request("textDocument/completion", TestClient.place("f", 0, 99))["result"]?["items"]?.arrayValue?
      .count
  }

  @Test func nullSaysNothingAnywhere() {
    let nothing: [JSON] = [
      nil, ["completion": nil], ["train": nil, "diagnostics": nil], ["completion": ["limit": nil]],
    ]
    for json in nothing {
      let (settings, problems) = Settings().changed(by: json)
      #expect(settings == Settings() && problems.isEmpty, "\(json): \(problems)")
    }
  }

  /// The blanks that paragraphs begin with in Chinese and Japanese are an indentation too.
  @Test func indentationInAnyScript() {
    let text = SourceText(Array("\u{3000}今日\n\u{A0}\t a\n今\u{3000}".utf8))
    for (offset, isIndentation) in [(0, true), (3, true), (6, false), (14, true), (15, false), (22, false)] {
      #expect(text.isIndentation(before: offset) == isIndentation, "\(offset)")
    }
  }

  @Test func wrongValuesAreNamedAndIgnored() throws {
    let client = TestClient()
    client.request(
      "initialize",
      [
        "capabilities": [:],
        "initializationOptions": [
          "completion": ["limit": 0, "enabled": "yes"], "colour": 1, "diagnostics": ["severity": "loud"],
        ],
      ])
    // The answer to `initialize` came last, so look at everything that is said from here on.
    client.notify("initialized")
    client.notify(
      "workspace/didChangeConfiguration",
      ["settings": ["inkling": ["completion": ["limit": "x", "colour": 1]]]])
    let shown = client.received().filter { $0["method"] == "window/showMessage" }
    #expect(shown.count == 1)
    let text = shown[0]["params"]?["message"]?.stringValue ?? ""
    #expect(text.contains("completion.limit: expected an integer from 1 to 200, found \"x\""))
    #expect(text.contains("completion.colour: there is no such setting"))
  }

  @Test func configurationIsLaidOverOptions() {
    let client = TestClient()
    client.initialize(options: ["completion": ["limit": 2]])
    client.open("f", "a b c d ")
    #expect(completionCount(client) == 2)
    client.notify("workspace/didChangeConfiguration", ["settings": ["inkling": ["completion": ["limit": 3]]]])
    #expect(completionCount(client) == 3)
    client.notify("workspace/didChangeConfiguration", ["settings": ["inkling": [:]]])
    #expect(completionCount(client) == 2)
    // The section's own members, without the section.
    client.notify("workspace/didChangeConfiguration", ["settings": ["completion": ["limit": 1]]])
    #expect(completionCount(client) == 1)
  }

  @Test func pulledWhereTheClientWantsToBeAsked() throws {
    let client = TestClient()
    client.initialize(capabilities: [
      "workspace": ["configuration": true, "didChangeConfiguration": ["dynamicRegistration": true]]
    ])
    client.open("f", "a b c d ")
    let asked = client.received().filter { $0["method"] == "workspace/configuration" }
    #expect(asked.count == 1)
    client.send(["jsonrpc": "2.0", "id": asked[0]["id"] ?? nil, "result": [["completion": ["limit": 1]]]])
    #expect(completionCount(client) == 1)
    client.notify("workspace/didChangeConfiguration", ["settings": nil])
    let again = try #require(client.received().first { $0["method"] == "workspace/configuration" })
    client.send(["jsonrpc": "2.0", "id": again["id"] ?? nil, "error": ["code": -32600, "message": "no"]])
    #expect(completionCount(client) == 1)
  }
}

@Suite struct SettingsSchemaTests {
  /// docs/settings.schema.json names every setting there is, with its default.
  @Test func theSchemaAgrees() throws {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    let schema = try JSON.parse(readFile(parts.joined(separator: "/") + "/docs/settings.schema.json"))
    func defaults(_ schema: JSON) -> JSON {
      guard let properties = schema["properties"]?.objectValue else {
        return schema["default"] ?? "no default"
      }
      return .object(JSONObject(properties.map { ($0, defaults($1)) }))
    }
    var odd = Settings()
    odd.trainsWorkspaces = false
    odd.completion.limit = 7
    odd.isHeatMapEnabled = true
    odd.diagnostics.severity = .error
    odd.completion.excludedContexts = ["x": [.prose]]
    let (settings, problems) = odd.changed(by: defaults(schema))
    #expect(problems == [])
    #expect(settings == Settings())
  }
}
