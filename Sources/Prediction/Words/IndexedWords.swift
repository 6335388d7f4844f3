/// The words that an index of names found for beginnings of few letters, which are typed again and again and begin so many
/// names that choosing among them takes long.
///
/// Holds scratch memory; whoever owns it serialises access.
final class IndexedWords {
  /// How words are found: see `NameIndex`.
  enum Kind: Hashable {
    case folded, initials, inner
  }

  private struct Beginning: Hashable {
    var kind: Kind
    var bytes: [UInt8]
  }

  private var words: [Beginning: [UInt32]] = [:]
  /// Longer beginnings are those of few words.
  private static let longest = 3
  /// So many beginnings are kept, of 48 words each at most (of a model without n-grams 1,500).
  private static let limit = 512

  /// The words for a beginning, looked up by `find` the first time.
  func words(_ kind: Kind, _ bytes: [UInt8], _ find: () -> [UInt32]) -> [UInt32] {
    guard bytes.count <= Self.longest else { return find() }
    let beginning = Beginning(kind: kind, bytes: bytes)
    if let known = words[beginning] { return known }
    let found = find()
    if words.count >= Self.limit { words.removeAll() }
    words[beginning] = found
    return found
  }
}
