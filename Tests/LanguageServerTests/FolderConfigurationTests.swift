import JSON
import LanguageServerProtocol
import Platform
import Testing

@testable import LanguageServer

/// Workspace folders with settings of their own, which the client is asked for.
@Suite struct FolderConfigurationTests {
  let root = "/tmp/inkling-folders-\(getpid())-\(UInt64.random(in: 0 ... .max))"

  private func uri(_ name: String) -> JSON { .string("file://\(root)/\(name)") }

  private func count(_ client: TestClient, _ document: String) -> Int? {
    client.request("textDocument/completion", TestClient.place(document, 0, 99))["result"]?["items"]?
      .arrayValue?.count
  }

  /// The scopes that the client was asked about, nil for the session's; answers with what is said of them.
  private func answerConfiguration(_ client: TestClient, _ said: [String: JSON]) -> [String] {
    guard let asked = client.received().last(where: { $0["method"] == "workspace/configuration" }) else {
      return ["not asked"]
    }
    let items = asked["params"]?["items"]?.arrayValue ?? []
    #expect(items.allSatisfy { $0["section"] == "inkling" })
    let scopes = items.map { item in
      item["scopeUri"]?.stringValue.map { String($0.dropFirst("file://\(root)/".count)) } ?? "session"
    }
    client.send([
      "jsonrpc": "2.0", "id": asked["id"] ?? nil, "result": .array(scopes.map { said[$0] ?? .null }),
    ])
    return scopes
  }

  @Test func eachHasItsOwn() throws {
    defer { removeTree(root) }
    try createDirectories(root + "/two/project/.inkling")
    try writeFileAtomically(
      root + "/two/project/.inkling/config.json", Array(#"{"completion": {"limit": 7}}"#.utf8))
    let client = TestClient()
    client.initialize(
      capabilities: ["workspace": ["configuration": true]], options: ["completion": ["limit": 4]],
      folders: [root + "/one", root + "/two", root + "/one/inner"])
    for name in ["one/a", "two/a", "one/inner/a", "two/project/a", "elsewhere"] {
      client.open("file://\(root)/\(name)", "a b c d e f g h i ")
    }
    client.open("untitled:1", "a b c d e f g h i ")
    func counts() -> [Int?] {
      ["one/a", "two/a", "one/inner/a", "two/project/a", "elsewhere"].map {
        count(client, "file://\(root)/\($0)")
      }
        + [count(client, "untitled:1")]
    }
    let limit: (Int) -> JSON = { ["completion": ["limit": JSON($0)]] }
    #expect(
      answerConfiguration(client, ["session": limit(5), "one": limit(1), "one/inner": limit(2)])
        == ["session", "one", "two", "one/inner"])
    // What the client does not say of a folder is the session's; what it says counts, whatever a project's own file says.
    #expect(counts() == [1, 5, 2, 5, 5, 1])

    client.notify("workspace/didChangeConfiguration", ["settings": nil])
    #expect(
      answerConfiguration(client, ["session": limit(6), "two": limit(3), "one/inner": [:]]).count == 4)
    // An empty section leaves the initialization options.
    #expect(counts() == [6, 3, 4, 3, 6, 6])

    let folder: JSON = ["uri": uri("elsewhere"), "name": "x"]
    client.notify(
      "workspace/didChangeWorkspaceFolders",
      [
        "event": [
          "added": [["uri": .string("file://\(root)"), "name": "all"], folder],
          "removed": [
            ["uri": uri("two"), "name": "two"]
          ],
        ]
      ])
    let scopes = answerConfiguration(client, ["session": limit(6), "": limit(8)])
    #expect(scopes.count == 5 && !scopes.contains("two"))
    #expect(counts() == [6, 8, 6, 8, 8, 6])
  }

  @Test func wrongValuesOfAFolderAreNamedOnce() {
    let client = TestClient()
    client.initialize(
      capabilities: ["workspace": ["configuration": true]], folders: [root + "/one", root + "/two"])
    let wrong: JSON = ["completion": ["limit": "x"]]
    _ = answerConfiguration(client, ["session": wrong, "one": wrong, "two": wrong])
    let shown = client.received().filter { $0["method"] == "window/showMessage" }
    #expect(shown.count == 1)
    #expect(
      shown.first?["params"]?["message"]?.stringValue?.components("completion.limit").count == 2)
  }
}

extension String {
  /// The parts between occurrences of a separator.
  fileprivate func components(_ separator: String) -> [Substring] {
    split(separator: separator, omittingEmptySubsequences: false)
  }
}
