/// The classes of characters that lexing tells apart.
enum ScalarClass: UInt8 {
  case letter
  /// Combining marks and invisible joiners: never start a word, continue any.
  case mark
  case digit
  /// Han, kana and Hangul: one token each in prose.
  case ideograph
  case emoji
  case space
  /// Punctuation and symbols.
  case symbol
  /// Controls, private use, unassigned.
  case other

  /// The class of a scalar outside ASCII.
  static func of(_ scalar: UInt32) -> ScalarClass {
    switch scalar {
    case 0xC0...0x24F: return scalar == 0xD7 || scalar == 0xF7 ? .symbol : .letter
    case 0x400...0x481: return .letter
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0xAC00...0xD7A3, 0x3041...0x3096, 0x30A1...0x30FA:
      return .ideograph
    case 0x3005...0x3007, 0x3021...0x3029, 0x309D...0x309F, 0x30FC...0x30FF, 0x31F0...0x31FF, 0x3131...0x318E,
      0x3105...0x312F, 0xF900...0xFAFF, 0xFF66...0xFF9F, 0x1100...0x11FF, 0x1B000...0x1B16F,
      0x20000...0x3FFFD:
      return .ideograph
    case 0xA0, 0x200B, 0xFEFF, 0x85: return .space
    case 0xAD, 0x200C, 0x200D, 0xFE00...0xFE0F, 0xE0100...0xE01EF: return .mark
    case 0x2010...0x2027, 0x3001...0x3003, 0x3008...0x3011, 0xFF01...0xFF0F: return .symbol
    case 0x1F1E6...0x1F1FF, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF: return .emoji
    default: return byCategory(scalar)
    }
  }

  private static func byCategory(_ value: UInt32) -> ScalarClass {
    guard let scalar = Unicode.Scalar(value) else { return .other }
    if scalar.properties.isEmojiPresentation || scalar.properties.isEmojiModifier { return .emoji }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber:
      return .letter
    case .nonspacingMark, .spacingMark, .enclosingMark: return .mark
    case .decimalNumber: return .digit
    case .otherNumber: return .symbol
    case .spaceSeparator, .lineSeparator, .paragraphSeparator: return .space
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
      return .symbol
    case .control, .format, .surrogate, .privateUse, .unassigned: return .other
    @unknown default: return .other
    }
  }
}

/// A scalar read from UTF-8, or the finding that there is none.
struct DecodedScalar {
  var value: UInt32
  /// Bytes read; 1 for an invalid byte.
  var byteCount: Int
  var isValid: Bool

  /// Decodes the scalar at `offset`, which must be below `count`. Follows Unicode's table 3-7 (well-formed UTF-8).
  @inline(__always)
  static func at(_ offset: Int, in base: UnsafePointer<UInt8>, count: Int) -> DecodedScalar {
    let first = base[offset]
    if first < 0x80 { return DecodedScalar(value: UInt32(first), byteCount: 1, isValid: true) }
    let invalid = DecodedScalar(value: 0xFFFD, byteCount: 1, isValid: false)
    guard first >= 0xC2 && first <= 0xF4 && offset + 1 < count else { return invalid }
    let second = base[offset + 1]
    guard second & 0xC0 == 0x80 else { return invalid }
    if first < 0xE0 {
      return DecodedScalar(
        value: UInt32(first & 0x1F) << 6 | UInt32(second & 0x3F), byteCount: 2, isValid: true)
    }
    guard offset + 2 < count else { return invalid }
    let third = base[offset + 2]
    guard third & 0xC0 == 0x80 else { return invalid }
    if first < 0xF0 {
      let value = UInt32(first & 0x0F) << 12 | UInt32(second & 0x3F) << 6 | UInt32(third & 0x3F)
      guard value >= 0x800 && !(0xD800...0xDFFF).contains(value) else { return invalid }
      return DecodedScalar(value: value, byteCount: 3, isValid: true)
    }
    guard offset + 3 < count else { return invalid }
    let fourth = base[offset + 3]
    guard fourth & 0xC0 == 0x80 else { return invalid }
    let value =
      UInt32(first & 0x07) << 18 | UInt32(second & 0x3F) << 12 | UInt32(third & 0x3F) << 6
      | UInt32(fourth & 0x3F)
    guard value >= 0x10000 && value <= 0x10FFFF else { return invalid }
    return DecodedScalar(value: value, byteCount: 4, isValid: true)
  }
}

extension TokenKind {
  /// The kind that a token of prose has whose first character this is, outside ASCII.
  ///
  /// - Parameter bytes: UTF-8.
  package static func ofProse(beginningWith bytes: UnsafeRawBufferPointer) -> TokenKind {
    let bytes = bytes.bindMemory(to: UInt8.self)
    guard let base = bytes.baseAddress, bytes.count > 0 else { return .other }
    let scalar = DecodedScalar.at(0, in: base, count: bytes.count)
    guard scalar.isValid else { return .other }
    switch ScalarClass.of(scalar.value) {
    case .letter: return .word
    case .ideograph: return .ideograph
    case .digit: return .number
    case .emoji: return .emoji
    case .symbol: return .punctuation
    case .mark, .space, .other: return .other
    }
  }
}
