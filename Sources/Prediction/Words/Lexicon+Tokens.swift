import Lexing
import Privacy

extension Tokenization {
  /// Whether a token belongs to the language's structure where no model says what does.
  static func isStructural(_ kind: TokenKind) -> Bool {
    switch kind {
    case .keyword, .operator, .lineEnd, .indent, .dedent, .delimiter, .punctuation: true
    case .identifier, .number, .word, .ideograph, .emoji, .other: false
    }
  }
}

/// How much of a document may be known to others than its reader.
public enum DocumentPrivacy: Hashable, Sendable {
  /// Everything but what looks like a secret.
  case secrets
  /// Nothing: the document as a whole is a secret.
  case everything
}

extension Lexicon.Interning {
  /// The word of a lexer's token.
  mutating func intern(
    _ token: Token, text: UnsafeRawBufferPointer, isRedacted: Bool = false
  ) -> (id: UInt32, tokenClass: TokenClass) {
    let word = intern(TypeReader.type(of: token, text: text, isWithheld: isRedacted))
    return (word.id, Tokenization.isStructural(token.kind) ? word.structuralClass : word.tokenClass)
  }
}
