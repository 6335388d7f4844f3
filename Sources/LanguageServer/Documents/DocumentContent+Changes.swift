import LanguageServerProtocol

extension DocumentContent {
  /// Takes a change of the client's into account.
  mutating func apply(_ change: ContentChange, _ encoding: PositionEncoding) {
    switch change {
    case .whole(let text): replaceAll(Array(text.utf8))
    case .part(let range, let text):
      let edit = self.text.edit(range, text, encoding)
      replace(edit.byteRange, with: edit.bytes)
    }
  }

  /// Replaces only what differs, so that formatting a file or undoing does not forget everything about it.
  private mutating func replaceAll(_ new: [UInt8]) {
    let old = text.buffer.allBytes
    let difference = old.withUnsafeBytes { old in
      new.withUnsafeBytes { TextDifference(from: old, to: $0) }
    }
    // From the end, so that the places of those before stay what they are.
    for edit in difference.edits.reversed() { replace(edit.old, with: Array(new[edit.new])) }
  }
}
