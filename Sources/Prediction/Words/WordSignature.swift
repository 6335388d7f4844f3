/// What tells at a glance that a word does not agree with what is typed: with which characters its parts begin, and which
/// characters it has at all, in any case, as far as 32 bits tell.
struct WordSignature: BitwiseCopyable, Equatable, Sendable {
  private let beginnings: UInt32
  private let letters: UInt32

  private init(beginnings: UInt32, letters: UInt32) {
    self.beginnings = beginnings
    self.letters = letters
  }

  /// Of a word that somebody has written.
  init(of word: UnsafeRawBufferPointer) {
    guard let first = word.first else {
      self.init(beginnings: .max, letters: .max)
      return
    }
    var letters: UInt32 = 0
    var isASCII = true
    for byte in word {
      isASCII = isASCII && byte < 0x80
      letters |= Self.bit(byte)
    }
    // What is not ASCII may be written in other ways.
    guard isASCII else {
      self.init(beginnings: .max, letters: .max)
      return
    }
    var beginnings = Self.bit(first)
    // An underscore in front is not typed by those who type initials.
    if let letter = word.first(where: { $0 != UInt8(ascii: "_") }) { beginnings |= Self.bit(letter) }
    for start in NameParts.starts(word) { beginnings |= Self.bit(word[start]) }
    self.init(beginnings: beginnings, letters: letters)
  }

  /// Of what is typed, folded; nil where it asks for nothing.
  init(ofTyped folded: [UInt8]?) {
    guard let folded, let first = folded.first else {
      self.init(beginnings: .max, letters: 0)
      return
    }
    self.init(
      beginnings: Self.bit(first), letters: folded.reduce(0) { $0 | Self.bit($1) })
  }

  /// Whether the word may agree with what is typed.
  ///
  /// - Parameter allowsSlip: whether it may lack a character of it.
  @inline(__always)
  func mayAgree(with typed: WordSignature, allowsSlip: Bool) -> Bool {
    beginnings & typed.beginnings != 0 && (allowsSlip || typed.letters & ~letters == 0)
  }

  /// Whether a word has all the characters that are typed, or is not ASCII.
  @inline(__always)
  func areLetters(in word: UnsafeRawBufferPointer) -> Bool {
    var missing = letters
    for byte in word {
      if byte >= 0x80 { return true }
      missing &= ~Self.bit(byte)
    }
    return missing == 0
  }

  @inline(__always)
  private static func bit(_ byte: UInt8) -> UInt32 {
    let letter = Folding.lowercased(byte)
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    return letters.contains(letter)
      ? 1 << UInt32(letter - letters.lowerBound) : 1 << (26 + UInt32(letter % 6))
  }
}
