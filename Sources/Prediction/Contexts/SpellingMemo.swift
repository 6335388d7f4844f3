import LanguageModeling

/// How words are spelled that were asked about lately: another server offers the same new names at one key after the other, and each
/// letter of a name is looked up under five contexts.
///
/// Whoever owns it serialises access.
final class SpellingMemo: @unchecked Sendable {
  /// By the hashes of the words, in bits.
  private var known: [UInt64: Double] = [:]
  /// So many words take some 30 kB.
  private static let limit = 1_024

  /// log2 P of a word, as `SpellingModel` has it.
  func log2Probability(of word: UnsafeRawBufferPointer, _ spelling: SpellingModel) -> Double {
    let hash = XXH64.hash(word)
    if let value = known[hash] { return value }
    if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
    let value = spelling.log2Probability(of: word)
    known[hash] = value
    return value
  }
}
