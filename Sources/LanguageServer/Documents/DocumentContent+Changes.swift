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
    let changes = Self.changes(
      from: old[prefix..<(old.count - suffix)], to: new[prefix..<(new.count - suffix)])
    // The last one first: what comes before it stays where it is.
    for (range, bytes) in changes.reversed() { replace(range, with: Array(bytes)) }
  }

  /// More than this are one, from the first to the last.
  private static let changeLimit = 8

  /// What is exchanged to make one text of another, in its order: the lines that differ, where both have as many. Whoever writes
  /// the whole text after each change may have changed it in two places.
  private static func changes(
    from old: ArraySlice<UInt8>, to new: ArraySlice<UInt8>
  ) -> [(range: Range<Int>, bytes: ArraySlice<UInt8>)] {
    let whole = [(old.indices, new)]
    let oldLines = old.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let newLines = new.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard oldLines.count == newLines.count else { return whole }
    var changes: [(range: Range<Int>, bytes: ArraySlice<UInt8>)] = []
    for (line, text) in zip(oldLines, newLines) where line != text {
      if let last = changes.last, last.range.upperBound + 1 == line.startIndex {
        changes[changes.count - 1] = (
          last.range.lowerBound..<line.endIndex, new[last.bytes.startIndex..<text.endIndex]
        )
      } else {
        changes.append((line.indices, text))
      }
    }
    return changes.isEmpty || changes.count > changeLimit ? whole : changes
  }

  private static func continues(_ bytes: [UInt8], at offset: Int) -> Bool {
    offset < bytes.count && bytes[offset] & 0xC0 == 0x80
  }
}
