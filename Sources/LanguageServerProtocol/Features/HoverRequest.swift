import JSON

/// LSP 3.17, "Hover".
package struct Hover: MessageValue {
  package var kind: MarkupKind
  package var text: String
  package var range: PositionRange

  package init(kind: MarkupKind, text: String, range: PositionRange) {
    self.kind = kind
    self.text = text
    self.range = range
  }

  package var json: JSON { ["contents": kind.content(text), "range": range.json] }
}
