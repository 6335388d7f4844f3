import JSON

extension Session {
  /// `textDocument/hover`: how probable the token under the pointer is, and what would be more so.
  func hover(
    _ content: inout DocumentContent, _ document: OpenDocument, _ params: JSONDecoding,
    _ context: RequestContext
  ) throws(ResponseError) -> JSON {
    let place: Int
    do throws(JSONError) {
      place = content.text.byteOffset(of: try params["position"].position(), context.encoding)
    } catch { throw .invalidParams(error) }
    let near = max(0, place - 1)..<min(content.text.byteCount, place + 1)
    let tokens = content.engine.surprisals(in: near)
    guard let token = tokens.first(where: { $0.byteRange.contains(place) }), !token.byteRange.isEmpty,
      token.byteRange.upperBound <= content.text.byteCount,
      Self.isSingleLine(content.string(in: token.byteRange))
    else { return .null }
    let kind = context.client.hoverContents
    let text = Self.description(token, content, isMarkdown: kind == .markdown)
    return [
      "contents": kind.content(text),
      "range": content.text.range(token.byteRange, context.encoding),
    ]
  }

  private static func description(_ token: Surprisal, _ content: DocumentContent, isMarkdown: Bool) -> String
  {
    func quoted(_ text: String) -> String { isMarkdown && !text.contains("`") ? "`\(text)`" : "“\(text)”" }
    var lines = [
      "\(quoted(content.string(in: token.byteRange))): \(bits(token.bits)) bits, \(percentage(exp2Negative(token.bits)))"
    ]
    let expected = token.expected.filter { isSingleLine($0.text) }.prefix(5)
    if !expected.isEmpty {
      lines.append("More probable here:")
      lines += expected.map { "- \(quoted($0.text)) \(percentage($0.probability))" }
    }
    return lines.joined(separator: isMarkdown ? "\n\n" : "\n").replacing("\n\n- ", with: "\n- ")
  }

  /// One decimal, whatever the number is.
  static func bits(_ bits: Double) -> String {
    guard bits.isFinite else { return "many" }
    let tenths = Int(min(max(bits, 0), 9999) * 10 + 0.5)
    return "\(tenths / 10).\(tenths % 10)"
  }
}
