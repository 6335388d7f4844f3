import LanguageModeling
import Lexing
import Privacy

/// Which words are worth offering, remembered for those of the vocabulary.
///
/// Holds scratch memory; whoever owns it serialises access.
final class OfferedWords {
  private let lexicon: Lexicon
  /// Two bits a number of the vocabulary: 0 not asked yet, 1 no, 2 yes. Made when a word is asked for first.
  private var verdicts: [UInt8] = []

  init(lexicon: Lexicon) { self.lexicon = lexicon }

  /// Whether a word is worth offering.
  func contains(_ id: UInt32, _ reading: Lexicon.Reading) -> Bool {
    guard id < lexicon.firstUnknownID else {
      return reading.withBytes(of: id) { Self.isOffered($0) }
    }
    if verdicts.isEmpty { verdicts = [UInt8](repeating: 0, count: Int(lexicon.firstUnknownID) / 4 + 1) }
    let (place, shift) = (Int(id / 4), UInt8(id % 4 * 2))
    let verdict = verdicts[place] >> shift & 3
    if verdict != 0 { return verdict == 2 }
    // Asked once a word, out of a copy: a mapped vocabulary may be written into meanwhile.
    let isOffered =
      !lexicon.isForgotten(id)
      && reading.withBytes(of: id) { Array($0).withUnsafeBytes { Self.isOffered($0) } }
    verdicts[place] |= (isOffered ? 2 : 1) << shift
    return isOffered
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
