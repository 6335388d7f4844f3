import Lexing
import Privacy

/// From a lexer's tokens to the models' types: everything is its own bytes, but for line ends and indentation, whose
/// bytes vary where their meaning does not.
public enum Tokenization {
  public static let lineEnd: [UInt8] = [0x0A]
  public static let indent: [UInt8] = [0x0E]
  public static let dedent: [UInt8] = [0x0F]
  /// Stands for every token that nobody is to learn: secrets, and words that were forgotten on request.
  public static let redacted: [UInt8] = [0x1A]

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

  /// Whether a type is a mark of the models' own, which nobody can read or type.
  public static func standsForNoText(_ type: [UInt8]) -> Bool {
    type == indent || type == dedent || type == redacted
  }

  /// The types of a whole text, secrets redacted.
  public static func types(of text: [UInt8], grammar: Grammar) -> [[UInt8]] {
    var redaction = Redaction(ranges: SecretDetector.ranges(in: text))
    return Lexer(grammar).tokens(of: text).map { token in
      redaction.covers(token) ? redacted : type(of: token, text: text[token.byteRange])
    }
  }

  /// Whether a token belongs to the language's structure where no model says what does.
  static func isStructural(_ kind: TokenKind) -> Bool {
    switch kind {
    case .keyword, .operator, .lineEnd, .indent, .dedent, .delimiter, .punctuation: true
    case .identifier, .number, .word, .ideograph, .emoji, .other: false
    }
  }
}

/// Which tokens of a text are not to be learned; asked in the order of the text.
public struct Redaction: Sendable {
  /// Ascending and apart.
  private let ranges: [Range<Int>]
  private var next = 0

  public init(ranges: [Range<Int>]) { self.ranges = ranges }

  public var isEmpty: Bool { ranges.isEmpty }

  /// Whether any of a token's bytes are in the ranges. Line ends and indentation never are.
  public mutating func covers(_ token: Token) -> Bool {
    while next < ranges.count && ranges[next].upperBound <= token.byteOffset { next += 1 }
    return next < ranges.count && ranges[next].lowerBound < token.endOffset
      && Tokenization.substitute(for: token.kind) == nil
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
    let word: Lexicon.Word
    if isRedacted {
      word = Tokenization.redacted.withUnsafeBytes { intern($0) }
    } else if let substitute = Tokenization.substitute(for: token.kind) {
      word = substitute.withUnsafeBytes { intern($0) }
    } else {
      word = intern(text)
    }
    return (word.id, Tokenization.isStructural(token.kind) ? word.structuralClass : word.tokenClass)
  }
}
