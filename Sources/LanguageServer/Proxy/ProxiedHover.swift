import JSON

/// Another server's hover with Inkling's text behind its own.
enum ProxiedHover {
  /// - Parameter own: Inkling's result (LSP 3.17, "Hover").
  /// - Returns: nil for the answer as it is.
  static func combined(_ answer: ProxiedMessage, own: JSON) -> [UInt8]? {
    let spans = answer.spans
    guard let text = own["contents"]?["value"]?.stringValue, !text.isEmpty, let result = answer.result,
      let contents = spans.member("contents", of: result)
    else { return nil }
    let change: (range: Range<Int>, new: [UInt8])?
    switch spans.bytes[contents.lowerBound] {
    case UInt8(ascii: "["): change = appended(text, to: contents, spans)
    case UInt8(ascii: "\""): change = joined(text, to: contents, isMarkdown: true, spans)
    case UInt8(ascii: "{"):
      guard let value = spans.member("value", of: contents) else { return nil }
      if spans.member("language", of: contents) != nil {
        let both =
          [UInt8(ascii: "[")] + spans.bytes[contents] + Array(",".utf8) + JSON.string(text).serialized()
        change = (contents, both + [UInt8(ascii: "]")])
      } else {
        let isPlain = spans.string(spans.member("kind", of: contents)) == "plaintext"
        change = joined(text, to: value, isMarkdown: !isPlain, spans)
      }
    default: change = nil
    }
    return change.map { spans.bytes(of: 0..<spans.bytes.count, changing: [$0]) }
  }

  /// One more of several strings.
  private static func appended(
    _ text: String, to array: Range<Int>, _ spans: JSONSpans
  ) -> (range: Range<Int>, new: [UInt8])? {
    guard let elements = spans.elements(of: array) else { return nil }
    let end = array.upperBound - 1
    return (end..<end, Array((elements.isEmpty ? "" : ",").utf8) + JSON.string(text).serialized())
  }

  /// The same string, longer.
  private static func joined(
    _ text: String, to string: Range<Int>, isMarkdown: Bool, _ spans: JSONSpans
  ) -> (range: Range<Int>, new: [UInt8])? {
    guard spans.bytes[string.lowerBound] == UInt8(ascii: "\"") else { return nil }
    let separator = string.count == 2 ? "" : isMarkdown ? "\n\n---\n\n" : "\n\n"
    let end = string.upperBound - 1
    return (end..<end, Array(JSON.string(separator + text).serialized().dropFirst().dropLast()))
  }
}
