import Lexing

/// From a lexer's tokens to the models' types: everything is its own bytes, but for line ends and indentation, whose
/// bytes vary where their meaning does not.
public enum Tokenization {
  public static let lineEnd: [UInt8] = [0x0A]
  public static let indent: [UInt8] = [0x0E]
  public static let dedent: [UInt8] = [0x0F]

  /// The model's type of a token.
  ///
  /// - Parameter text: the token's own bytes.
  public static func type(of token: Token, text: some Collection<UInt8>) -> [UInt8] {
    substitute(for: token.kind) ?? Array(text)
  }

  /// The type that stands for all tokens of a kind, or nil if each is its own bytes.
  public static func substitute(for kind: TokenKind) -> [UInt8]? {
    switch kind {
    case .lineEnd: lineEnd
    case .indent: indent
    case .dedent: dedent
    default: nil
    }
  }

  /// The types of a whole text.
  public static func types(of text: [UInt8], grammar: Grammar) -> [[UInt8]] {
    Lexer(grammar).tokens(of: text).map { type(of: $0, text: text[$0.byteRange]) }
  }

  /// Whether a token belongs to the language's structure where no model says what does.
  static func isStructural(_ kind: TokenKind) -> Bool {
    switch kind {
    case .keyword, .operator, .lineEnd, .indent, .dedent, .delimiter, .punctuation: true
    case .identifier, .number, .word, .ideograph, .emoji, .other: false
    }
  }
}

extension Lexicon.Interning {
  /// The word of a lexer's token.
  mutating func intern(_ token: Token, text: UnsafeRawBufferPointer) -> (id: UInt32, tokenClass: TokenClass) {
    let word: Lexicon.Word
    if let substitute = Tokenization.substitute(for: token.kind) {
      word = substitute.withUnsafeBytes { intern($0) }
    } else {
      word = intern(text)
    }
    return (word.id, Tokenization.isStructural(token.kind) ? word.structuralClass : word.tokenClass)
  }
}
