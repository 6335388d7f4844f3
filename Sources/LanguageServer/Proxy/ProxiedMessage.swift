import JSON
import LanguageServerProtocol

/// A message on its way between an editor and a server: what it is, and nothing of what it says read yet.
struct ProxiedMessage: Sendable {
  let spans: JSONSpans
  private(set) var method: String?
  /// As it was written, so that an answer is found by the same bytes.
  private(set) var id: [UInt8]?
  private(set) var idRange: Range<Int>?
  private(set) var params: Range<Int>?
  private(set) var result: Range<Int>?

  var bytes: [UInt8] { spans.bytes }
  /// An answer has an id and no method.
  var isAnswer: Bool { id != nil && method == nil }

  /// Nil for what is no JSON object, a batch among them.
  init?(_ content: [UInt8]) {
    spans = JSONSpans(content)
    guard let members = spans.rootMembers else { return nil }
    for member in members {
      if spans.isKey(member.key, "id"), !spans.isLiteral(member.value, "null") {
        id = Array(content[member.value])
        idRange = member.value
      }
      if spans.isKey(member.key, "method") { method = spans.string(member.value) }
      if spans.isKey(member.key, "params") { params = member.value }
      if spans.isKey(member.key, "result") { result = member.value }
    }
  }

  /// The document and the place that a request names.
  var place: (uri: String, position: Position)? {
    guard let params, let document = spans.member("textDocument", of: params),
      let uri = spans.string(spans.member("uri", of: document)),
      let position = spans.json(spans.member("position", of: params)),
      let decoded = try? Position(JSONDecoding(position))
    else { return nil }
    return (uri, decoded)
  }

  /// The same with another result.
  func bytes(withResult new: [UInt8]) -> [UInt8] {
    guard let result else { return bytes }
    return spans.bytes(of: 0..<bytes.count, changing: [(result, new)])
  }
}
