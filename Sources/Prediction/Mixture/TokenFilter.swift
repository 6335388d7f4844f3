import LanguageModeling

/// Which numbers can be those of a word that agrees with what is typed: a look at the number alone, before any bytes.
///
/// The vocabulary is in order of bytes, so that the words with a common beginning are a range of numbers.
struct TokenFilter {
  private let first: Range<UInt32>
  private let second: Range<UInt32>
  /// Words outside the model's vocabulary come in no order: all of them pass.
  private let modelCount: UInt32

  /// Passes words of the vocabulary that begin with these bytes.
  init(_ lexicon: Lexicon, prefix: [UInt8]) {
    first = lexicon.vocabulary?.ids(withPrefix: prefix) ?? 0..<0
    second = 0..<0
    modelCount = lexicon.modelCount
  }

  /// Passes words of the vocabulary that begin with the first character of what is typed, in either case.
  init(_ lexicon: Lexicon, firstCharacterOf typed: TypedWord) {
    let character = String(decoding: typed.bytes, as: UTF8.self).prefix(1)
    // A sigil is followed by letters of any case.
    let lower = Array(character.lowercased().utf8)
    let upper = Array(character.uppercased().utf8)
    first = lexicon.vocabulary?.ids(withPrefix: lower) ?? 0..<0
    second = upper == lower ? 0..<0 : lexicon.vocabulary?.ids(withPrefix: upper) ?? 0..<0
    modelCount = lexicon.modelCount
  }

  @inline(__always)
  func admits(_ id: UInt32) -> Bool {
    id >= modelCount || first.contains(id) || second.contains(id)
  }
}
