/// With which characters the parts of a name begin, in any case, as far as 32 bits tell: what begins otherwise does not agree
/// with what is typed, whatever its letters are.
struct PartBeginnings: OptionSet {
  let rawValue: UInt32

  static let any = PartBeginnings(rawValue: .max)

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Of a word that somebody has written.
  init(of word: UnsafeRawBufferPointer) {
    // What is not ASCII may be written in other ways.
    guard let first = word.first, !word.contains(where: { $0 >= 0x80 }) else {
      self = .any
      return
    }
    var bits = Self.bit(first)
    // An underscore in front is not typed by those who type initials.
    if let letter = word.first(where: { $0 != UInt8(ascii: "_") }) { bits |= Self.bit(letter) }
    for start in NameParts.starts(word) { bits |= Self.bit(word[start]) }
    self.init(rawValue: bits)
  }

  /// Of what begins with an ASCII character.
  init(letter: UInt8) { self.init(rawValue: Self.bit(letter)) }

  private static func bit(_ byte: UInt8) -> UInt32 {
    let letter = Folding.lowercased(byte)
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    return letters.contains(letter)
      ? 1 << UInt32(letter - letters.lowerBound) : 1 << (26 + UInt32(letter % 6))
  }
}
