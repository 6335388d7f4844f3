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
    let shared = min(old.count, new.count)
    var prefix = 0
    while prefix < shared && old[prefix] == new[prefix] { prefix += 1 }
    var suffix = 0
    while suffix < shared - prefix && old[old.count - 1 - suffix] == new[new.count - 1 - suffix] {
      suffix += 1
    }
    // Whole characters on both sides: the bytes at the edges may agree halfway into one.
    while prefix > 0 && Self.continues(old, at: prefix) || prefix > 0 && Self.continues(new, at: prefix) {
      prefix -= 1
    }
    while suffix > 0
      && (Self.continues(old, at: old.count - suffix) || Self.continues(new, at: new.count - suffix))
    {
      suffix -= 1
    }
    replace(prefix..<(old.count - suffix), with: Array(new[prefix..<(new.count - suffix)]))
  }

  private static func continues(_ bytes: [UInt8], at offset: Int) -> Bool {
    offset < bytes.count && bytes[offset] & 0xC0 == 0x80
  }
}
