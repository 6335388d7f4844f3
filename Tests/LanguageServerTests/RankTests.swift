import JSON
import LanguageServerProtocol
import Testing

@testable import LanguageServer

/// `inkling/rank` as clients see it.
@Suite struct RankTests {
  private static let uri = "file:///rank.swift"

  private func client() -> TestClient {
    let client = TestClient(engines: ModelEngines())
    client.initialize()
    client.open(
      Self.uri, "let total = count(items)\nlet total = count(items)\nlet other = total\nlet last = ",
      language: "swift")
    return client
  }

  private func rank(_ client: TestClient, _ candidates: [JSON]) -> JSON {
    var params = TestClient.place(Self.uri, 3, 11).objectValue ?? [:]
    params["candidates"] = .array(candidates)
    return client.request("inkling/rank", .object(params))
  }

  @Test func ranksByTheDocument() {
    let answer = rank(
      client(),
      [
        ["label": "zzz(_: Int)", "kind": 2, "insertText": "zzz(${1:Int})", "insertTextFormat": 2],
        ["label": "count(_: [Int])", "kind": 3, "insertText": "count(${1:items})", "insertTextFormat": 2],
      ])
    #expect(answer["result"]?["order"] == [1, 0])
    let probabilities = answer["result"]?["probabilities"]?.arrayValue?.compactMap(\.doubleValue) ?? []
    #expect(probabilities.count == 2)
    let remainder = answer["result"]?["remainder"]?.doubleValue ?? -1
    #expect(abs(remainder + probabilities.reduce(0, +) - 1) < 1e-6)
    #expect(answer["result"]?["usesNetwork"] == .null)
  }

  @Test func refusesWhatIsNoListOfCandidates() {
    let client = client()
    let many = rank(client, [JSON](repeating: ["label": "a"], count: 2001))
    #expect(many["error"]?["code"] == -32602)
    #expect(rank(client, [["insertText": "a"]])["error"]?["code"] == -32602)
    #expect(rank(client, [])["result"]?["remainder"] == 1.0)
  }

  @Test(arguments: [
    (RankCandidate(label: "f(a, b)", kind: 3), "f"), (RankCandidate(label: "a(b)"), "a(b)"),
    (RankCandidate(label: "for", insertText: "for ${1:x} in", isSnippet: true), "for "),
    (RankCandidate(label: "•f", insertText: "f", kind: 3), "f"),
    (RankCandidate(label: "(x)", kind: 2), "(x)"),
  ])
  func namesAreWhatIsCalled(candidate: RankCandidate, text: String) {
    #expect(candidate.text == text)
  }
}
