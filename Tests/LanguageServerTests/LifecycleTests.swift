import JSON
import LanguageServerProtocol
import Testing

@testable import LanguageServer

@Suite struct LifecycleTests {
  @Test func refusesWhatComesBeforeInitialize() {
    let client = TestClient()
    #expect(client.request("textDocument/completion")["error"]?["code"] == -32002)
    #expect(client.request("shutdown")["error"]?["code"] == -32002)
    client.notify("textDocument/didOpen", ["textDocument": ["uri": "a", "text": "x"]])
    #expect(client.received() == [])
    client.initialize()
    #expect(client.text(of: "a") == nil)
    #expect(client.request("initialize", ["capabilities": [:]])["error"]?["code"] == -32600)
  }

  /// Memory is kept from key to key, and given back once when nobody has asked for anything for a while.
  @Test func memoryIsGivenBackWhenNobodyTypes() {
    let engines = WordEngines()
    let client = TestClient(engines: engines)
    client.initialize()
    client.open("a", "some words ")
    client.change("a", [["text": "some words so"]])
    for _ in 0..<4 { client.scheduler.runTimers() }
    let activities = engines.activities.withLock { $0 }
    #expect(activities.contains(.typing) && activities.last == .idle)
    // Nothing wakes an idle server again.
    client.scheduler.runTimers()
    #expect(engines.activities.withLock { $0.count } == activities.count)
  }

  @Test func refusesWhatComesAfterShutdown() {
    let client = TestClient()
    client.initialize()
    #expect(client.session.statusAtEndOfInput == 1)
    let answer = client.request("shutdown")
    #expect(answer["result"] == .some(.null))
    #expect(answer["error"] == nil)
    #expect(client.request("inkling/status")["error"]?["code"] == -32600)
    client.open("a", "x")
    #expect(client.received() == [])
    #expect(client.session.statusAtEndOfInput == 0)
    #expect(client.session.exitStatus == nil)
    client.notify("exit")
    #expect(client.session.exitStatus == 0)
  }

  @Test func exitWithoutShutdownIsAFailure() {
    let early = TestClient()
    early.notify("exit")
    #expect(early.session.exitStatus == 1)
    let client = TestClient()
    client.initialize()
    client.notify("exit")
    #expect(client.session.exitStatus == 1)
  }

  /// What a client may leave out it may also say in a way that this server does not know.
  @Test(
    arguments: [
      ["trace": "compact"], ["trace": 7], ["trace": ""], ["trace": ["verbose"]], ["processId": false],
      ["processId": "12"], ["processId": 1e300], ["capabilities": []], ["capabilities": nil],
      ["capabilities": ["textDocument": [], "general": nil, "window": 3]], ["initializationOptions": []],
      ["initializationOptions": ["completion": [], "diagnostics": ["limit": nil]]],
      ["initializationOptions": false], ["workspaceFolders": [:]], ["workspaceFolders": [7, nil]],
      ["rootUri": 7, "rootPath": false], ["rootPath": ""], ["clientInfo": [], "locale": 1.5], [],
    ] as [JSON])
  func initializesWhateverIsOptional(params: JSON) {
    let client = TestClient()
    #expect(client.request("initialize", params)["result"]?["capabilities"]?.objectValue != nil)
    client.open("f", "some words so")
    #expect(client.request("textDocument/completion", TestClient.place("f", 0, 12))["result"] != nil)
    #expect(client.request("shutdown", [])["result"] == .some(.null))
  }

  /// An empty table of Lua is an empty list to its encoders: support that is declared by `{}` is declared all the same.
  @Test func emptyListsDeclareSupport() {
    let client = TestClient()
    let answer = client.request(
      "initialize",
      [
        "capabilities": [
          "textDocument": ["semanticTokens": [], "diagnostic": [], "codeAction": []],
          "workspace": ["diagnostics": ["refreshSupport": true]],
        ]
      ])
    let offered = answer["result"]?["capabilities"]?.objectValue
    for name in ["semanticTokensProvider", "diagnosticProvider", "codeActionProvider"] {
      #expect(offered?[name] != nil)
    }
  }

  /// 3.0 is the number 3 (RFC 8259), and null is the absence of a value.
  @Test func numbersMayHaveAPointAndMembersBeNull() {
    let client = TestClient()
    client.initialize()
    client.notify(
      "textDocument/didOpen",
      ["textDocument": ["uri": "f", "languageId": nil, "version": 1.0, "text": "alpha beta\nalp"]])
    client.notify(
      "textDocument/didChange",
      [
        "textDocument": ["uri": "f", "version": 2.0],
        "contentChanges": [
          [
            "range": [
              "start": ["line": 1.0, "character": 3.0], "end": ["line": 1.0, "character": 3.0],
            ], "rangeLength": nil, "text": "h",
          ]
        ],
      ])
    #expect(client.text(of: "f")?.server == Array("alpha beta\nalph".utf8))
    client.send([
      "jsonrpc": "2.0", "id": 900.0, "method": "textDocument/completion",
      "params": [
        "textDocument": ["uri": "f"], "position": ["line": 1.0, "character": 4.0],
        "context": ["triggerKind": "often"],
      ],
    ])
    let answer = client.received().first { $0["id"] != nil }
    #expect(answer?["id"] == 900)
    #expect(answer?["result"]?["items"]?[0]?["label"] == "alpha")
    // A document without a version, of a language that is a number, beside a number that no integer holds.
    client.write(
      MessageFramer.frame(
        Array(
          #"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"g","languageId":3,"version":"x","text":"y"},"data":18446744073709551615}}"#
            .utf8)))
    #expect(client.text(of: "g")?.server == Array("y".utf8))
  }

  @Test func rootPathIsAPath() {
    let client = TestClient()
    client.request("initialize", ["rootPath": "/a folder/100%25#1/é"])
    let folder = client.session.services.settings.folders.first
    #expect(folder.flatMap { filePath(ofURI: $0.uri) } == "/a folder/100%25#1/é")
  }

  @Test func unknownMethods() {
    let client = TestClient()
    client.initialize()
    #expect(client.request("$/unknown")["error"]?["code"] == -32601)
    #expect(client.request("textDocument/definition")["error"]?["code"] == -32601)
    client.notify("$/unknown")
    client.notify("unknown")
    #expect(client.received() == [])
  }

  @Test(
    arguments: [
      ([], "utf-16"), (["utf-8"], "utf-8"), (["utf-32", "utf-16"], "utf-32"), (["utf-7", "utf-8"], "utf-8"),
      (["utf-7"], "utf-16"),
    ] as [([String], String)])
  func negotiatesTheEncoding(offered: [String], chosen: String) {
    let client = TestClient()
    let capabilities: JSON =
      offered.isEmpty ? [:] : ["general": ["positionEncodings": .array(offered.map(JSON.string))]]
    let answer = client.request("initialize", ["capabilities": capabilities])
    #expect(answer["result"]?["capabilities"]?["positionEncoding"] == .string(chosen))
  }

  @Test func offersOnlyWhatTheClientKnows() {
    let bare = TestClient().request("initialize", ["capabilities": [:]])["result"]?["capabilities"]
    #expect(bare?["completionProvider"] != nil)
    for name in [
      "diagnosticProvider", "semanticTokensProvider", "inlineCompletionProvider", "codeActionProvider",
    ] {
      #expect(bare?[name] == nil)
    }
    let whole: JSON = [
      "textDocument": [
        "diagnostic": [:], "semanticTokens": [:], "inlineCompletion": [:],
        "codeAction": ["codeActionLiteralSupport": [:]],
      ],
      "workspace": ["diagnostics": ["refreshSupport": true]],
    ]
    let full = TestClient().request("initialize", ["capabilities": whole])["result"]?["capabilities"]
    for name in [
      "diagnosticProvider", "semanticTokensProvider", "inlineCompletionProvider", "codeActionProvider",
    ] {
      #expect(full?[name] != nil)
    }
  }

  /// Wrong types in the client's own description are as good as silence.
  @Test func survivesOddCapabilities() {
    for odd: JSON in [
      nil, 5, "x", [], ["general": 5], ["general": ["positionEncodings": "utf-8"]], ["textDocument": [1]],
    ] {
      let answer = TestClient().request(
        "initialize", ["capabilities": odd, "workspaceFolders": [5, ["uri": 7]]])
      #expect(answer["result"]?["capabilities"]?["positionEncoding"] == "utf-16")
    }
  }

  @Test func watchesTheParent() {
    let client = TestClient()
    client.request("initialize", ["processId": 4711, "capabilities": [:]])
    #expect(client.watchedProcesses == [4711])
    let none = TestClient()
    none.request("initialize", ["processId": nil, "capabilities": [:]])
    #expect(none.watchedProcesses == [])
  }

  @Test func malformedEnvelopes() {
    let client = TestClient()
    client.initialize()
    func code(_ text: String) -> JSON? {
      client.write(MessageFramer.frame(Array(text.utf8)))
      let messages = client.received()
      return messages.count == 1 ? messages[0]["error"]?["code"] : nil
    }
    #expect(code("{") == -32700)
    #expect(code("") == -32700)
    #expect(code("[]") == -32600)
    #expect(code(#"[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]"#) == -32600)
    #expect(code(#"{"id":1,"method":"shutdown"}"#) == -32600)
    #expect(code(#"{"jsonrpc":"1.0","id":1,"method":"shutdown"}"#) == -32600)
    #expect(code(#"{"jsonrpc":"2.0","id":1,"method":5}"#) == -32600)
    #expect(code(#"{"jsonrpc":"2.0","id":1.5,"method":"shutdown"}"#) == -32600)
    #expect(code(#"{"jsonrpc":"2.0","id":{},"method":"shutdown"}"#) == -32600)
    #expect(code(#"{"jsonrpc":"2.0","id":1,"method":"inkling/status","params":5}"#) == -32600)
    #expect(code(#"{"jsonrpc":"2.0","id":1}"#) == -32600)
    #expect(code(#"{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":[]}"#) == -32602)
    client.write(Array("Content-Length: -1\r\n\r\n".utf8))
    #expect(client.received().map { $0["error"]?["code"] } == [-32700])
    // Answers to questions that nobody asked are nobody's business.
    client.send(["jsonrpc": "2.0", "id": 999, "result": 5])
    client.send(["jsonrpc": "2.0", "id": "x", "error": ["code": 1, "message": "m"]])
    #expect(client.received() == [])
    #expect(client.request("inkling/status")["result"]?["version"] != nil)
  }

  @Test func stringIDsAreAnsweredAsTheyCame() {
    let client = TestClient()
    client.initialize()
    client.send(["jsonrpc": "2.0", "id": "seven", "method": "inkling/status"])
    #expect(client.received().first?["id"] == "seven")
  }

  @Test func traces() {
    let client = TestClient()
    client.initialize()
    client.notify("$/setTrace", ["value": "messages"])
    client.send(["jsonrpc": "2.0", "id": 50, "method": "inkling/status"])
    #expect(client.received().contains { $0["method"] == "$/logTrace" })
    client.notify("$/setTrace", ["value": "off"])
    _ = client.received()
    client.send(["jsonrpc": "2.0", "id": 51, "method": "inkling/status"])
    #expect(client.received().count == 1)
  }
}
