import Lexing

/// The types that are not the bytes of a word: marks of line ends and indentation, whose bytes vary where their meaning does
/// not, and of what is withheld.
public enum Tokenization {
  public static let lineEnd: [UInt8] = [0x0A]
  public static let indent: [UInt8] = [0x0E]
  public static let dedent: [UInt8] = [0x0F]
  /// Stands for every token that nobody is to learn: secrets, and words that were forgotten on request.
  public static let redacted: [UInt8] = [0x1A]

  /// The type that stands for all tokens of a kind, or nil if each is its own bytes.
  public static func substitute(for kind: TokenKind) -> [UInt8]? {
    switch kind {
    case .lineEnd: lineEnd
    case .indent: indent
    case .dedent: dedent
    default: nil
    }
  }

  /// Whether a type is a mark of the models' own, which nobody can read or type.
  public static func standsForNoText(_ type: [UInt8]) -> Bool {
    type == indent || type == dedent || type == redacted
  }
}
