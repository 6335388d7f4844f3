import JSON

/// The parameters of a request or a notification, read once: what is wrong is named with the path to it.
package protocol MessageParams: Sendable {
  init(_ params: JSONDecoding) throws(JSONError)
}

/// What a request is answered with, or part of it.
package protocol MessageResult: Sendable {
  var json: JSON { get }
}

/// Parameters that nobody reads.
package struct NoParams: MessageParams {
  package init(_ params: JSONDecoding) {}
}

extension JSON: MessageResult {
  package var json: JSON { self }
}

/// A result that may be missing is null.
extension Optional: MessageResult where Wrapped: MessageResult {
  package var json: JSON { self?.json ?? .null }
}
