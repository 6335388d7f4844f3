/// What a text may ask for before it is refused, and what is done about what RFC 8259 leaves open.
package struct JSONLimits: Hashable, Sendable {
  package enum DuplicateKeys: Hashable, Sendable {
    /// A second member of the same name is an error.
    case rejected
    /// The last member of the same name counts.
    case lastWins
  }

  /// The longest text, in bytes.
  package var byteCount: Int
  /// The deepest nesting of arrays and objects; at most 1024, so that no thread's stack is in danger.
  package var depth: Int
  /// The most values in one text: each costs about a hundred bytes, however short it is written.
  package var valueCount: Int
  package var duplicateKeys: DuplicateKeys
  /// Whether strings may hold U+0000, written `\u0000`. Keys never may.
  package var allowsNUL: Bool
  /// Whether integers beyond 64 bits read as doubles, not as an error.
  package var roundsLargeIntegers: Bool
  /// Whether an escaped half of a surrogate pair reads as U+FFFD (one UTF-16 unit like itself), not as an error.
  package var replacesLoneSurrogates: Bool

  package init(
    byteCount: Int = 256 << 20, depth: Int = 256, valueCount: Int = 300_000,
    duplicateKeys: DuplicateKeys = .rejected, allowsNUL: Bool = false, replacesLoneSurrogates: Bool = false,
    roundsLargeIntegers: Bool = false
  ) {
    self.byteCount = byteCount
    self.depth = min(max(depth, 0), 1024)
    self.valueCount = valueCount
    self.duplicateKeys = duplicateKeys
    self.allowsNUL = allowsNUL
    self.replacesLoneSurrogates = replacesLoneSurrogates
    self.roundsLargeIntegers = roundsLargeIntegers
  }

  package static let `default` = JSONLimits()
}
