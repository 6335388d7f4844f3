@_spi(_Unicode) import Swift

/// What ways of writing the same word have in common: case, accents and other marks, and which of several characters that
/// look alike was typed do not count.
///
/// Lower case by Unicode's mapping of single characters, then canonical decomposition (Unicode Standard Annex 15, form D)
/// without the marks that it splits off: `Système`, written either way, gives `systeme`, and `أحمد` gives `احمد`.
enum Folding {
  /// - Parameter word: UTF-8; what is malformed is replaced.
  static func folded(_ word: some Collection<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(word.count)
    for byte in word {
      if byte >= 0x80 { return foldedByScalars(word) }
      result.append(lowercased(byte))
    }
    return result
  }

  private static func foldedByScalars(_ word: some Collection<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(word.count)
    for scalar in String(decoding: word, as: UTF8.self)._nfd {
      switch scalar.value {
      case 0..<0x80: result.append(lowercased(UInt8(scalar.value)))
      // The apostrophe that typesetting writes, the one that is a letter; two hyphens.
      case 0x2019, 0x02BC: result.append(UInt8(ascii: "'"))
      case 0x2010, 0x2011: result.append(UInt8(ascii: "-"))
      // The sounds of kana are other sounds with them, not the same ones marked.
      case 0x3099, 0x309A: append(scalar, to: &result)
      // What only stretches Arabic words.
      case 0x0640: break
      // Alef wasla, which has no canonical decomposition.
      case 0x0671: append("\u{0627}", to: &result)
      default:
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: break
        default: for lower in scalar.properties.lowercaseMapping.unicodeScalars { append(lower, to: &result) }
        }
      }
    }
    return result
  }

  private static func append(_ scalar: Unicode.Scalar, to result: inout [UInt8]) {
    if let encoded = Unicode.UTF8.encode(scalar) { result.append(contentsOf: encoded) }
  }

  /// Lower case of an ASCII letter; other bytes as they are.
  @inline(__always)
  static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
