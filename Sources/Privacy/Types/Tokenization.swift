import Lexing

/// The types that are not the bytes of a word: marks of line ends and indentation, whose bytes vary where their meaning does
/// not, and of what is withheld.
package enum Tokenization {
  package static let lineEnd: [UInt8] = [0x0A]
  package static let indent: [UInt8] = [0x0E]
  package static let dedent: [UInt8] = [0x0F]
  /// Stands for every token that nobody is to learn: secrets, and words that were forgotten on request.
  package static let redacted: [UInt8] = [0x1A]

  /// The type that stands for all tokens of a kind, or nil if each is its own bytes.
  package static func substitute(for kind: TokenKind) -> [UInt8]? {
    switch kind {
    case .lineEnd: lineEnd
    case .indent: indent
    case .dedent: dedent
    default: nil
    }
  }

  /// A mark for a withheld word that keeps its own probabilities, where a model has those already: an ARPA file.
  ///
  /// - Parameter number: of the word, from 0; no two have the same mark, and none has `redacted`.
  package static func ownMark(_ number: Int) -> [UInt8] {
    [UInt8](repeating: redacted[0], count: number + 2)
  }

  /// Whether a type is a mark of the models' own, which nobody can read or type.
  package static func standsForNoText(_ type: [UInt8]) -> Bool {
    type == indent || type == dedent || isWithheld(type)
  }

  /// Whether a type stands for what nobody is to learn.
  package static func isWithheld(_ type: [UInt8]) -> Bool {
    !type.isEmpty && type.allSatisfy { $0 == redacted[0] }
  }
}
