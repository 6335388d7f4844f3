import JSON

/// What ties a response to its request (JSON-RPC 2.0, section 4): an integer or a string.
package enum RequestID: Hashable, Sendable {
  case integer(Int64)
  case string(String)

  package init?(_ json: JSON) {
    switch json {
    case .integer(let number): self = .integer(number)
    // 900.0 is the number 900 (RFC 8259, section 6).
    case .double(let number):
      guard let whole = Int64(exactly: number) else { return nil }
      self = .integer(whole)
    case .string(let string): self = .string(string)
    default: return nil
    }
  }

  package var json: JSON {
    switch self {
    case .integer(let number): .integer(number)
    case .string(let string): .string(string)
    }
  }
}
