import Lexing
import Platform
import Privacy

/// A held-out document, split into the tokens that are predicted.
public struct EvaluationDocument: Sendable {
  public let language: String
  /// Bytes of the document, what separates its tokens included.
  public let byteCount: Int
  let words: [[UInt8]]
  /// Whether a token is a name that is not reserved.
  let isIdentifier: [Bool]
  /// Words that are no names.
  let reserved: Set<[UInt8]>
  /// The text, if it came as one.
  let source: Source?

  /// A text as it was written.
  struct Source: Sendable {
    let text: [UInt8]
    let grammar: Grammar
  }

  public var tokenCount: Int { words.count }

  /// A text, split by its language's lexer.
  public init(text: [UInt8], grammar: Grammar) {
    language = grammar.languageID
    byteCount = text.count
    source = Source(text: text, grammar: grammar)
    var words: [[UInt8]] = []
    var isIdentifier: [Bool] = []
    text.withUnsafeBytes { text in
      TypeReader().forEachType(of: text, grammar: grammar) { type, token in
        words.append(Array(type))
        isIdentifier.append(grammar.isProse ? token.kind == .word : token.kind == .identifier)
      }
    }
    self.words = words
    self.isIdentifier = isIdentifier
    reserved = Set(grammar.keywords.map { Array($0.utf8) })
  }

  /// Tokens that somebody has split.
  ///
  /// - Parameters:
  ///   - types: as `TypeReader` gives them.
  ///   - byteCount: of the document.
  ///   - keywords: the language's reserved words.
  public init(
    types: [UnsafeRawBufferPointer], byteCount: Int, language: String, keywords: Set<String>
  ) {
    self.language = language
    self.byteCount = byteCount
    source = nil
    words = types.map { Array($0) }
    let reserved = Set(keywords.map { Array($0.utf8) })
    self.reserved = reserved
    isIdentifier = words.map { Self.isWord($0) && !reserved.contains($0) }
  }

  /// Whether a token begins with a letter or an underscore and holds only word characters, or begins with `$` or a
  /// backtick.
  static func isWord(_ word: [UInt8]) -> Bool {
    guard let first = word.first else { return false }
    func isWordByte(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
        128...,
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
    if first == UInt8(ascii: "$") || first == UInt8(ascii: "`") {
      return word.count > 1 && isWordByte(word[1])
    }
    if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) { return false }
    return word.allSatisfy(isWordByte)
  }
}
