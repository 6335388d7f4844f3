import JSON

/// The diagnostics of two servers for the same documents, which a client keeps as one list a document.
struct ProxiedDiagnostics: Sendable {
  private struct Lists: Sendable {
    /// The elements of an array, as they came.
    var server: [UInt8] = []
    var own: [UInt8] = []
  }

  private var documents: [String: Lists] = [:]

  /// The server's message with Inkling's diagnostics behind its own; nil for as it is.
  mutating func combined(server message: ProxiedMessage) -> [UInt8]? {
    guard let (uri, array) = Self.parts(message) else { return nil }
    let elements = Self.elements(message, array)
    documents[uri, default: Lists()].server = elements
    let own = documents[uri]?.own ?? []
    giveBack(uri)
    if own.isEmpty { return nil }
    return message.spans.bytes(
      of: 0..<message.bytes.count, changing: [(array, Self.array(elements, own))])
  }

  /// Inkling's message with the server's diagnostics before its own.
  mutating func combined(own message: ProxiedMessage) -> [UInt8]? {
    guard let (uri, array) = Self.parts(message) else { return nil }
    let elements = Self.elements(message, array)
    documents[uri, default: Lists()].own = elements
    let server = documents[uri]?.server ?? []
    giveBack(uri)
    return message.spans.bytes(
      of: 0..<message.bytes.count, changing: [(array, Self.array(server, elements))])
  }

  private mutating func giveBack(_ uri: String) {
    if let lists = documents[uri], lists.server.isEmpty && lists.own.isEmpty { documents[uri] = nil }
  }

  private static func parts(_ message: ProxiedMessage) -> (uri: String, array: Range<Int>)? {
    let spans = message.spans
    guard let params = message.params, let uri = spans.string(spans.member("uri", of: params)),
      let array = spans.member("diagnostics", of: params), spans.elements(of: array) != nil
    else { return nil }
    return (uri, array)
  }

  private static func elements(_ message: ProxiedMessage, _ array: Range<Int>) -> [UInt8] {
    guard let elements = message.spans.elements(of: array), let first = elements.first,
      let last = elements.last
    else { return [] }
    return Array(message.bytes[first.lowerBound..<last.upperBound])
  }

  private static func array(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
    let comma = first.isEmpty || second.isEmpty ? [] : [UInt8(ascii: ",")]
    return [UInt8(ascii: "[")] + first + comma + second + [UInt8(ascii: "]")]
  }
}
