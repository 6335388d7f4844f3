import JSON

/// The parameters of a request or a notification, read once: what is wrong is named with the path to it.
package protocol MessageParams: Sendable {
  init(_ params: JSONDecoding) throws(JSONError)
}

/// What a request is answered with.
package protocol MessageResult: Sendable {
  /// Writes one value.
  func write(to text: inout JSONText)
}

/// What a request is answered with, or part of it, as a value.
package protocol MessageValue: MessageResult {
  var json: JSON { get }
}

extension MessageValue {
  package func write(to text: inout JSONText) { text.write(json) }
}

/// Parameters that nobody reads.
package struct NoParams: MessageParams {
  package init(_ params: JSONDecoding) {}
}

extension JSON: MessageValue {
  package var json: JSON { self }
}

/// A result that may be missing is null.
extension Optional: MessageResult where Wrapped: MessageResult {
  package func write(to text: inout JSONText) {
    if let self { self.write(to: &text) } else { text.writeNull() }
  }
}
