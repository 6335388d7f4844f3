import JSON

/// LSP 3.17, "MarkupContent".
package enum MarkupKind: String, Sendable {
  case markdown, plaintext

  /// The richest of the kinds that a client names; nil if it names none.
  package init?(among names: [String]) {
    guard let kind = [Self.markdown, .plaintext].first(where: { names.contains($0.rawValue) }) else {
      return nil
    }
    self = kind
  }

  /// A `MarkupContent`.
  package func content(_ text: String) -> JSON { ["kind": .string(rawValue), "value": .string(text)] }
}
