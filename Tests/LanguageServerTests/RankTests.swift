import JSON
import LanguageServerProtocol
import Testing

@testable import LanguageServer
@testable import LanguageServerProtocol

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

  /// What is read straight from the bytes is what a reader of JSON finds, or is left to it.
  @Test func plainListsAreReadAsAllOthers() throws {
    let plain = [
      #"{"label":"f(a)","kind":3}"#, #" { "kind" : 6 , "label" : "größe" } "#,
      #"{"label":"f","insertText":"for $1 in","insertTextFormat":2,"detail":"x","deprecated":true}"#,
      #"{"label":"a","label":"b(c)","kind":2,"sortText":"0001"}"#, #"{"label":"(x)","kind":2}"#,
    ]
    let odd = [
      #"{"label":"a\n(b)"}"#, #"{"label":"a","kind":2.0}"#, #"{"label":"a","kind":null}"#,
      #"{"label":"a","kind":"3"}"#,
      #"{"label":"a","data":{"candidates":[]}}"#, #"{"label":7}"#, #"{"kind":3}"#,
      #"{"label":"a","kind":03}"#, #"{"label":"a",}"#,
      #"{}"#, #"[]"#, #"{"label":"a"} {}"#, "{\"label\":\"a\u{0}\"}", #"{"label":"a"#,
      #"{"label":"a","kind":-3}"#, "",
    ]
    func content(_ list: [String], rest: String = "") -> [UInt8] {
      let start =
        #"{"jsonrpc":"2.0","id":7,"method":"inkling/rank","params":{"textDocument":{"uri":"file:///a"},"#
      let place = #""position":{"line":3,"character":1},"candidates":["#
      return Array((start + place + list.joined(separator: ",") + "]" + rest + "}}").utf8)
    }
    func texts(_ message: IncomingMessage) -> [String]? {
      guard case .request(.integer(7), "inkling/rank", let params) = message else { return nil }
      return try? RankParams(JSONDecoding(params)).texts
    }
    func generic(_ content: [UInt8]) -> [String]? {
      (try? JSON.parse(content, limits: IncomingMessage.limits)).flatMap { texts(IncomingMessage($0)) }
    }
    let filler = (0..<60).map { #"{"label":"name\#($0)","kind":6}"# }
    for place in 0..<plain.count {
      let content = content(filler + plain[place...])
      let message = try #require(PlainCandidates.message(content))
      #expect(texts(message) == generic(content) && texts(message)?.count == 60 + plain.count - place)
    }
    for item in odd {
      let content = content(plain + [item] + filler)
      #expect(PlainCandidates.message(content) == nil)
      #expect(texts(IncomingMessage(content)) == generic(content))
    }
    var broken = content(filler)
    broken[200] = 0xFF
    #expect(PlainCandidates.message(broken) == nil)
    #expect(PlainCandidates.message(content(filler, rest: #","candidates":[]"#)) == nil)
    #expect(PlainCandidates.message(content(filler, rest: #","c\u0061ndidates":[]"#)) == nil)
    #expect(PlainCandidates.message(content([String](repeating: filler[0], count: 2001))) == nil)
    #expect(PlainCandidates.message(content(plain)) == nil)
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
