import JSON
import Testing

@testable import LanguageServer

@Suite struct PushedDiagnosticsTests {
  /// A client that can pull, but cannot be asked to pull again, would keep marks that are no longer true.
  @Test func pushedToClientsThatCannotBeRefreshed() throws {
    let pullOnly: JSON = ["textDocument": ["diagnostic": ["dynamicRegistration": true]]]
    let client = TestClient()
    let offered = client.request("initialize", ["capabilities": pullOnly])["result"]?["capabilities"]
    #expect(offered?["diagnosticProvider"] == nil)
    client.notify("initialized")
    #expect(!client.received().contains { $0["method"] == "client/registerCapability" })
    client.open("f", "queer")
    func marks() -> [Int?] {
      client.scheduler.runTimers()
      let messages = client.received()
      #expect(messages.allSatisfy { $0["method"] == "textDocument/publishDiagnostics" })
      return messages.map { $0["params"]?["diagnostics"]?.arrayValue?.count }
    }
    #expect(marks() == [1])
    // What the settings no longer want is taken back at once.
    client.notify(
      "workspace/didChangeConfiguration", ["settings": ["inkling": ["diagnostics": ["enabled": false]]]])
    #expect(marks() == [0])
    client.notify("workspace/didChangeConfiguration", ["settings": ["inkling": [:]]])
    #expect(marks() == [1])
    client.change("f", [["text": "fine"]])
    #expect(marks() == [0])
  }
}
