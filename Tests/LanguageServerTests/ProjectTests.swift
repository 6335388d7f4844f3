import JSON
import LanguageServerProtocol
import Platform
import Testing

@testable import LanguageServer

/// A project's own files, notebooks, and the commands about words.
@Suite(.serialized) struct ProjectTests {
  let root = "/tmp/inkling-project-\(getpid())-\(UInt64.random(in: 0 ... .max))"

  private func write(_ name: String, _ text: String) throws {
    let path = root + "/" + name
    try createDirectories(String(path[..<path.lastIndex(of: "/")!]))
    try writeFileAtomically(path, Array(text.utf8))
  }

  private func labels(_ client: TestClient, _ uri: String, _ line: Int, _ character: Int) -> [String] {
    let answer = client.request("textDocument/completion", TestClient.place(uri, line, character))
    return answer["result"]?["items"]?.arrayValue?.compactMap { $0["label"]?.stringValue } ?? []
  }

  private func command(_ client: TestClient, _ name: String, _ arguments: [JSON]) -> JSON {
    client.request("workspace/executeCommand", ["command": .string(name), "arguments": .array(arguments)])
  }

  @Test func settingsOfAProjectAreTakenUpAsTheyChange() throws {
    defer { removeTree(root) }
    try write(".inkling/config.json", #"{"completion": {"limit": 1}}"#)
    let client = TestClient()
    client.initialize()
    let uri = "file://\(root)/a.txt"
    client.open(uri, "aa ab ac a")
    client.open("untitled:b", "aa ab ac a")
    #expect(labels(client, uri, 0, 10) == ["aa"])
    #expect(labels(client, "untitled:b", 0, 10) == ["aa", "ab", "ac"])
    // What the person has said counts, whatever the project says.
    client.notify("workspace/didChangeConfiguration", ["settings": ["inkling": ["completion": ["limit": 2]]]])
    #expect(labels(client, uri, 0, 10) == ["aa", "ab"])
    #expect(labels(client, "untitled:b", 0, 10) == ["aa", "ab"])
    client.notify("workspace/didChangeConfiguration", ["settings": ["inkling": [:]]])
    #expect(labels(client, uri, 0, 10) == ["aa"])
    try write(
      ".inkling/config.json", #"{"completion": {"limit": "x", "enabled": true}, "log": {"file": "/tmp/x"}}"#)
    let change: JSON = ["uri": .string("file://\(root)/.inkling/config.json"), "type": 2]
    client.notify("workspace/didChangeWatchedFiles", ["changes": [change]])
    let shown = client.received().compactMap { $0["params"]?["message"]?.stringValue }
    #expect(shown.count == 1)
    #expect(shown.first?.contains("config.json: completion.limit") == true)
    #expect(shown.first?.contains("log.file: a project may not say where the server writes") == true)
    #expect(!fileExists("/tmp/x"))
    #expect(labels(client, uri, 0, 10) == ["aa", "ab", "ac"])
    removeTree(root + "/.inkling")
    client.notify("workspace/didChangeWatchedFiles", ["changes": [change]])
    #expect(labels(client, uri, 0, 10) == ["aa", "ab", "ac"])
  }

  @Test func acceptedWordsAreNotMarked() throws {
    defer { removeTree(root) }
    try write("a.txt", "")
    let client = TestClient()
    client.initialize(capabilities: [
      "textDocument": ["diagnostic": [:], "codeAction": ["codeActionLiteralSupport": [:]]],
      "workspace": ["diagnostics": ["refreshSupport": true]],
    ])
    client.notify(
      "workspace/didChangeWorkspaceFolders",
      ["event": ["added": [["uri": .string("file://" + root), "name": "x"]], "removed": []]])
    let uri = "file://\(root)/a.txt"
    client.open(uri, "fine queer")
    func marks() -> Int {
      client.request("textDocument/diagnostic", ["textDocument": ["uri": .string(uri)]])["result"]?["items"]?
        .arrayValue?.count ?? -1
    }
    #expect(marks() == 1)
    let range: JSON = ["start": ["line": 0, "character": 6], "end": ["line": 0, "character": 7]]
    let actions = client.request(
      "textDocument/codeAction",
      ["textDocument": ["uri": .string(uri)], "range": range, "context": ["diagnostics": []]])["result"]?
      .arrayValue
    let accept = try #require(actions?.last?["command"])
    #expect(accept["command"] == "inkling.accept")
    client.send(["jsonrpc": "2.0", "id": 900, "method": "workspace/executeCommand", "params": accept])
    let messages = client.received()
    #expect(messages.contains { $0["id"] == 900 && $0["result"]?["word"] == "queer" })
    #expect(messages.contains { $0["method"] == "workspace/diagnostic/refresh" })
    #expect(marks() == 0)
    #expect(try readFile(root + "/.inkling/dictionary.txt") == Array("queer\n".utf8))
  }

  @Test func clientsWithoutLiteralsGetCommands() throws {
    let client = TestClient()
    client.initialize(capabilities: ["textDocument": ["codeAction": [:]]])
    client.open("f", "queer")
    let range: JSON = ["start": ["line": 0, "character": 0], "end": ["line": 0, "character": 5]]
    let actions = client.request(
      "textDocument/codeAction",
      ["textDocument": ["uri": "f"], "range": range, "context": ["diagnostics": []]])["result"]
    #expect(actions?[0]?["command"] == "inkling.accept" && actions?[0]?["edit"] == nil)
  }

  @Test func cellsAreDocuments() {
    let client = TestClient()
    let offered = client.request(
      "initialize", ["capabilities": ["notebookDocument": ["synchronization": [:]]]])["result"]?[
        "capabilities"]
    #expect(offered?["notebookDocumentSync"]?["save"] == true)
    func cell(_ name: String, _ text: String) -> JSON {
      ["uri": .string("cell:" + name), "languageId": "python", "version": 1, "text": .string(text)]
    }
    let notebook: JSON = ["uri": "file:///tmp/n.ipynb", "version": 1]
    client.notify(
      "notebookDocument/didOpen",
      ["notebookDocument": notebook, "cellTextDocuments": [cell("1", "alpha al"), cell("2", "beta")]])
    #expect(labels(client, "cell:1", 0, 8) == ["alpha"])
    let text: JSON = [
      "document": ["uri": "cell:2", "version": 2],
      "changes": [
        [
          "range": ["start": ["line": 0, "character": 4], "end": ["line": 0, "character": 4]], "text": " be",
        ]
      ],
    ]
    client.notify(
      "notebookDocument/didChange",
      [
        "notebookDocument": notebook,
        "change": [
          "cells": [
            "structure": [
              "array": ["start": 0, "deleteCount": 1, "cells": []], "didOpen": [cell("3", "gamma ga")],
              "didClose": [["uri": "cell:1"]],
            ], "textContent": [text],
          ]
        ],
      ])
    #expect(labels(client, "cell:2", 0, 7) == ["beta"])
    #expect(labels(client, "cell:3", 0, 8) == ["gamma"])
    #expect(client.text(of: "cell:1") == nil)
    client.notify("notebookDocument/didSave", ["notebookDocument": notebook])
    client.notify("notebookDocument/didClose", ["notebookDocument": notebook, "cellTextDocuments": []])
    #expect(client.text(of: "cell:2") == nil && client.text(of: "cell:3") == nil)
  }

  @Test func capabilitiesAreRegisteredWhereThatIsPossible() {
    let client = TestClient()
    let dynamic: JSON = ["dynamicRegistration": true]
    let offered = client.request(
      "initialize",
      [
        "capabilities": [
          "textDocument": [
            "completion": dynamic, "hover": [:], "diagnostic": dynamic, "inlineCompletion": dynamic,
          ],
          "workspace": ["didChangeWatchedFiles": dynamic, "diagnostics": ["refreshSupport": true]],
        ]
      ])["result"]?["capabilities"]
    #expect(offered?["completionProvider"] == nil && offered?["diagnosticProvider"] == nil)
    #expect(offered?["hoverProvider"] == true && offered?["semanticTokensProvider"] == nil)
    client.notify("initialized")
    let registered = client.received().first { $0["method"] == "client/registerCapability" }
    let methods = registered?["params"]?["registrations"]?.arrayValue?.compactMap {
      $0["method"]?.stringValue
    }
    #expect(
      methods == [
        "textDocument/completion", "textDocument/diagnostic", "textDocument/inlineCompletion",
        "workspace/didChangeWatchedFiles",
      ])
  }

  @Test func logsOnRequest() throws {
    defer { removeTree(root) }
    try createDirectories(root)
    let client = TestClient()
    client.initialize(options: ["log": ["file": .string(root + "/log")]])
    client.notify("textDocument/didClose", ["textDocument": ["uri": "never"]])
    let text = String(decoding: try readFile(root + "/log"), as: UTF8.self)
    #expect(text.split(separator: "\n").count == 1 && text.contains("Z error textDocument/didClose"))
    client.notify("workspace/didChangeConfiguration", ["settings": ["inkling": ["log": ["file": nil]]]])
    client.notify("textDocument/didClose", ["textDocument": ["uri": "never"]])
    #expect(String(decoding: try readFile(root + "/log"), as: UTF8.self) == text)
    client.notify("workspace/didChangeConfiguration", ["settings": ["inkling": ["log": ["file": "here"]]]])
    #expect(client.received().last?["params"]?["message"]?.stringValue?.contains("log.file") == true)
  }
}

@Suite struct CompletionItemTests {
  @Test func defaultsHoldForAll() throws {
    let client = TestClient()
    client.initialize(capabilities: [
      "textDocument": [
        "completion": [
          "completionItem": ["commitCharactersSupport": true],
          "completionList": ["itemDefaults": ["commitCharacters", "editRange", "insertTextFormat", "data"]],
        ]
      ]
    ])
    client.open("f", "alpha alp")
    let list = client.request("textDocument/completion", TestClient.place("f", 0, 9))["result"]
    #expect(list?["itemDefaults"]?["commitCharacters"] == [])
    #expect(list?["itemDefaults"]?["insertTextFormat"] == 1)
    #expect(list?["itemDefaults"]?["data"] == ["uri": "f"])
    let item = try #require(list?["items"]?[0])
    // One in two is no certainty.
    #expect(item["data"] == nil && item["commitCharacters"] == nil)
  }

  /// Clients that indent what they insert are told not to, each item or the list, as they take it.
  @Test(arguments: [false, true]) func wordsAreInsertedAsTheyAre(inDefaults: Bool) throws {
    let client = TestClient()
    client.initialize(capabilities: [
      "textDocument": [
        "completion": [
          "completionItem": ["insertTextModeSupport": ["valueSet": [1, 2]]],
          "completionList": ["itemDefaults": inDefaults ? ["insertTextMode"] : []],
        ]
      ]
    ])
    client.open("f", "alpha alp")
    let list = client.request("textDocument/completion", TestClient.place("f", 0, 9))["result"]
    let item = try #require(list?["items"]?[0])
    #expect(item["insertTextMode"] == (inDefaults ? nil : 1))
    #expect(list?["itemDefaults"]?["insertTextMode"] == (inDefaults ? 1 : nil))
  }

  @Test func spacesOfClientsWithoutContext() {
    let client = TestClient()
    client.initialize(options: ["completion": ["nextWordMinimumProbability": 0.2]])
    client.open("f", "one two three ")
    func count(_ context: JSON?) -> Int? {
      var params = TestClient.place("f", 0, 14).objectValue!
      params["context"] = context
      return client.request("textDocument/completion", .object(params))["result"]?["items"]?.arrayValue?.count
    }
    #expect(count(nil) == 2 && count(["triggerKind": 1]) == 3 && count(["triggerKind": 3]) == 2)
  }
}
