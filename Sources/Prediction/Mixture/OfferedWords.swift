import LanguageModeling
import Lexing
import Privacy

/// Which words are worth offering, remembered by their numbers.
///
/// Holds scratch memory; whoever owns it serialises access.
final class OfferedWords {
  private let lexicon: Lexicon
  private var known = Verdicts()
  /// Of words outside the vocabulary, by how far their number is behind its last.
  private var unknown = Verdicts()
  /// The lexicon's when `unknown` was written.
  private var numbering = 0

  init(lexicon: Lexicon) { self.lexicon = lexicon }

  /// Whether a word is worth offering.
  @inline(__always)
  func contains(_ id: UInt32, _ reading: Lexicon.Reading) -> Bool {
    if id < lexicon.firstUnknownID, let verdict = known.verdict(Int(id)) { return verdict }
    return find(id, reading)
  }

  private func find(_ id: UInt32, _ reading: Lexicon.Reading) -> Bool {
    guard id < lexicon.firstUnknownID else {
      if numbering != reading.numbering {
        numbering = reading.numbering
        unknown = Verdicts()
      }
      return unknown.verdict(Int(id - lexicon.firstUnknownID)) {
        reading.withBytes(of: id) { Self.isOffered($0) }
      }
    }
    // Out of a copy: a mapped vocabulary may be written into meanwhile.
    return known.verdict(Int(id)) {
      !lexicon.isForgotten(id)
        && reading.withBytes(of: id) { Array($0).withUnsafeBytes { Self.isOffered($0) } }
    }
  }

  /// What was found of words by their numbers, each asked once.
  private struct Verdicts {
    /// Two bits a number: 0 not asked yet, 1 no, 2 yes.
    private var bits: [UInt8] = []

    /// What was found; nil before it was asked.
    @inline(__always)
    func verdict(_ number: Int) -> Bool? {
      guard number / 4 < bits.count else { return nil }
      let verdict = bits[number / 4] >> UInt8(number % 4 * 2) & 3
      return verdict == 0 ? nil : verdict == 2
    }

    mutating func verdict(_ number: Int, _ find: () -> Bool) -> Bool {
      let (place, shift) = (number / 4, UInt8(number % 4 * 2))
      if place >= bits.count {
        bits += [UInt8](repeating: 0, count: max(place + 1, 2 * bits.count) - bits.count)
      }
      let verdict = bits[place] >> shift & 3
      if verdict != 0 { return verdict == 2 }
      let isOffered = find()
      bits[place] |= (isOffered ? 2 : 1) << shift
      return isOffered
    }
  }

  /// Whether a word is worth offering: names and words with what languages put before them (`$`, `\`, `%`, `--`), not
  /// punctuation, numbers or the text of whole literals.
  ///
  /// - Parameter checkingSecrets: whether what looks like a secret is refused, which takes longest to find out.
  static func isOffered(_ bytes: UnsafeRawBufferPointer, checkingSecrets: Bool = true) -> Bool {
    guard bytes.count <= 256, isName(bytes) else { return false }
    return checkingSecrets ? isShown(bytes) : !InvisibleControls.areHeld(by: bytes)
  }

  private static func isName(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first else { return false }
    switch first {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
      128...:
      return !bytes.contains(UInt8(ascii: "\""))
    case UInt8(ascii: "$"), UInt8(ascii: "#"), UInt8(ascii: "@"), UInt8(ascii: "`"): return bytes.count > 1
    case UInt8(ascii: "\\"), UInt8(ascii: "%"):
      return bytes.count > 1 && (isLetter(bytes[1]) || bytes[1] == UInt8(ascii: "@"))
    case UInt8(ascii: "-"): return bytes.count > 2 && bytes[1] == first && isLetter(bytes[2])
    default: return false
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte >= 128
  }

  /// Whether a word may be shown to anybody: it looks like no secret, and holds nothing that cannot be seen.
  static func isShown(_ bytes: UnsafeRawBufferPointer) -> Bool {
    !InvisibleControls.areHeld(by: bytes) && SecretDetector.ranges(in: bytes).isEmpty
  }
}
