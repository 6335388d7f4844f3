import Lexing

/// What stands around a place, so that a continuation does not write what is behind it already, and leaves brackets and
/// quotes in pairs.
struct ContinuationLimits {
  /// What stands behind the place on its line, from the first character on that is no white space; empty if there is
  /// none.
  private let next: [UInt8]
  /// The quote that is open at the place.
  private var enclosingQuote: UInt8?
  /// What would close the brackets and quotes that the continuation itself has opened, the innermost last.
  private var expected: [UInt8] = []
  private let isProse: Bool
  /// Whether names may have primes, as in Haskell: what ends with one opens no quote.
  private let hasPrimes: Bool

  /// Whether the place is within a word or right before one.
  let isAtWord: Bool

  /// Whether something stands behind the place on its line.
  var hasNext: Bool { !next.isEmpty }
  /// Whether all is closed that the continuation has opened.
  var isBalanced: Bool { expected.isEmpty }
  /// How many brackets and quotes of its own are open.
  var openCount: Int { expected.count }

  init(_ document: LexedDocument, at byteOffset: Int, _ place: DocumentPlace) {
    let offset = min(max(byteOffset, 0), document.byteCount)
    hasPrimes = document.grammar.mayBeInName(UInt8(ascii: "'"))
    isProse = place.context == .prose || place.context == .comment
    isAtWord = offset < document.byteCount && Self.isWordByte(document.byte(at: offset))
    var index = place.tokenIndex
    while index < document.tokenCount
      && (document.token(at: index).endOffset <= offset || Self.isSpace(document, index))
    {
      index += 1
    }
    if index < document.tokenCount, document.token(at: index).kind != .lineEnd {
      let token = document.token(at: index)
      next = document.bytes(in: max(offset, token.byteOffset)..<token.endOffset)
    } else {
      next = []
    }
    enclosingQuote = Self.openQuote(document, before: place.tokenIndex)
  }

  /// Whether a token is the space between two words of Korean.
  private static func isSpace(_ document: LexedDocument, _ index: Int) -> Bool {
    let token = document.token(at: index)
    return token.kind == .other && token.byteCount == 1 && document.byte(at: token.byteOffset) == 0x20
  }

  /// The quote that is open before a token, counted from the beginning of its line.
  private static func openQuote(_ document: LexedDocument, before index: Int) -> UInt8? {
    var start = index
    while start > 0 && index - start < 4096 && document.token(at: start - 1).kind != .lineEnd { start -= 1 }
    var open: UInt8?
    for token in document.tokens(in: start..<index) where token.kind == .delimiter {
      for byte in document.bytes(of: token) where isQuote(byte) {
        if open == nil { open = byte } else if open == byte { open = nil }
      }
    }
    return open
  }

  /// Takes the next token of a continuation; false if the continuation has to end before it.
  mutating func admits(_ token: [UInt8]) -> Bool {
    guard let first = token.first, let last = token.last else { return false }
    // `b"` opens a quote, too.
    let isWord = Self.isWordByte(first) && (!Self.isQuote(last) || hasPrimes && last == UInt8(ascii: "'"))
    if isWord { return !(expected.isEmpty && token == next) }
    if expected.isEmpty && hasNext && next.starts(with: token) { return false }
    for byte in token {
      if Self.isQuote(byte) {
        guard admits(quote: byte) else { return false }
      } else if !isInQuotes || expected.isEmpty && holdsCode {
        guard admits(bracket: byte) else { return false }
      }
    }
    return true
  }

  /// Whether the quote that is open at the place is one in which code stands as often as text: brackets are closed there, too.
  private var holdsCode: Bool { enclosingQuote.map { $0 != UInt8(ascii: "\"") } ?? false }

  /// Whether a quote is open.
  var isInQuotes: Bool { expected.last.map(Self.isQuote) ?? (enclosingQuote != nil) }

  private mutating func admits(quote: UInt8) -> Bool {
    if expected.last == quote {
      expected.removeLast()
    } else if enclosingQuote == quote && !expected.contains(where: Self.isQuote) {
      if hasNext { return false }
      // Brackets that were opened within it are text.
      expected.removeAll()
      enclosingQuote = nil
    } else if !isInQuotes && !(isProse && quote == UInt8(ascii: "'")) {
      expected.append(quote)
    }
    return true
  }

  private mutating func admits(bracket: UInt8) -> Bool {
    switch bracket {
    case UInt8(ascii: "("): expected.append(UInt8(ascii: ")"))
    case UInt8(ascii: "["): expected.append(UInt8(ascii: "]"))
    case UInt8(ascii: "{"): expected.append(UInt8(ascii: "}"))
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
      if let last = expected.last {
        guard last == bracket else { return false }
        expected.removeLast()
      } else if hasNext {
        return false
      }
    default: break
    }
    return true
  }

  /// Whether a continuation may end behind a token though something follows: not with a comma or an operator.
  static func mayBeLast(_ token: [UInt8]) -> Bool {
    guard let last = token.last else { return false }
    return isWordByte(last) || isQuote(last) || last == UInt8(ascii: ")") || last == UInt8(ascii: "]")
      || last == UInt8(ascii: "}")
  }

  private static func isQuote(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`")
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 128...:
      true
    default: false
    }
  }
}
