import JSON
import Lexing
import Platform
import Prediction
import Testing

@testable import LanguageServer

/// An engine whose network needs a second.
private struct SlowNetworkEngine: DocumentEngine {
  var words: WordEngine
  var buffer: TextBuffer { words.buffer }

  mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) {
    words.replace(byteRange, with: bytes)
  }
  mutating func prepare(while mayGoOn: () -> Bool) -> Bool { false }
  mutating func suggestions(
    at byteOffset: Int, limit: Int, deadline: ContinuousClock.Instant
  ) -> SuggestionList {
    var list = words.suggestions(at: byteOffset, limit: limit, deadline: deadline)
    let isInTime = deadline - .now > .seconds(1)
    list.usesNetwork = isInTime
    list.isIncomplete = list.isIncomplete || !isInTime
    return list
  }
  mutating func surprisals(in byteRange: Range<Int>) -> [Surprisal] { words.surprisals(in: byteRange) }
  mutating func continuation(
    at byteOffset: Int, isBehindWord: Bool, minimumProbability: Double, deadline: ContinuousClock.Instant
  ) -> Prediction.Continuation? { nil }
  mutating func context(at byteOffset: Int) -> TokenContext { .code }
}

private final class SlowNetworkEngines: EngineProvider {
  func engine(for document: DocumentIdentity, text: [UInt8], modelPath: String?) -> any DocumentEngine {
    SlowNetworkEngine(words: WordEngine(text: text))
  }
  func didClose(_ document: DocumentIdentity) {}
  func isOutdated(_ document: DocumentIdentity, modelPath: String?) -> Bool { false }
  func takeProblems() -> [Failure] { [] }
  func status() -> [ModelStatus] { [] }
}

@Suite struct DeadlineTests {
  /// The setting decides how long the network is waited for, and the status tells how often in vain.
  @Test func theSettingIsKept() {
    let client = TestClient(engines: SlowNetworkEngines())
    client.initialize(options: ["completion": ["deadlineMilliseconds": 10_000]])
    client.open("f", "alpha alp")
    func isIncomplete() -> JSON? {
      client.request("textDocument/completion", TestClient.place("f", 0, 9))["result"]?["isIncomplete"]
    }
    #expect(isIncomplete() == false)
    #expect(isIncomplete() == false)
    client.notify(
      "workspace/didChangeConfiguration",
      ["settings": ["inkling": ["completion": ["deadlineMilliseconds": 0]]]])
    #expect(isIncomplete() == true)
    let raw = client.request("inkling/complete", TestClient.place("f", 0, 9))["result"]
    #expect(raw?["usesNetwork"] == false)
    let status = client.request("inkling/status")["result"]
    #expect(status?["completions"] == ["answered": 4, "withNetwork": 2, "withoutNetwork": 2])
    #expect(status?["latencies"]?["textDocument/completion"]?["count"] == 3)
    #expect(status?["pendingRequests"] == 1)
  }
}
