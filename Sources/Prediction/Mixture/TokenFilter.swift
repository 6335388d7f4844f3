import LanguageModeling

/// Which numbers can be those of a word that agrees with what is typed: a look at the number alone, before any bytes.
///
/// The vocabulary is in order of bytes, so that the words with a common beginning are a range of numbers.
struct TokenFilter {
  private let first: Range<UInt32>
  private let second: Range<UInt32>
  /// Words outside the vocabulary come in no order: all of them pass.
  private let firstUnknownID: UInt32

  /// Passes words of the vocabulary that begin with these bytes.
  init(_ lexicon: Lexicon, prefix: [UInt8]) {
    first = lexicon.vocabulary?.ids(withPrefix: prefix) ?? 0..<0
    second = 0..<0
    firstUnknownID = lexicon.firstUnknownID
  }

  /// Passes words of the vocabulary that begin with this letter, capital or not.
  init(_ lexicon: Lexicon, letter: UInt8) {
    let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter | 0x20)
    first = lexicon.vocabulary?.ids(withPrefix: [letter]) ?? 0..<0
    second = isLetter ? lexicon.vocabulary?.ids(withPrefix: [letter ^ 0x20]) ?? 0..<0 : 0..<0
    firstUnknownID = lexicon.firstUnknownID
  }

  @inline(__always)
  func admits(_ id: UInt32) -> Bool {
    id >= firstUnknownID || first.contains(id) || second.contains(id)
  }
}
