import Platform

/// Splits whole texts into tokens. Never fails, whatever the bytes.
public struct Lexer: Sendable {
  public let grammar: Grammar

  public init(_ grammar: Grammar) { self.grammar = grammar }

  /// The tokens of a text, in order. Bytes in none of them are white space.
  public func tokens(of text: UnsafeRawBufferPointer) -> [Token] {
    var tokens: [Token] = []
    tokens.reserveCapacity(text.count / 5 + 8)
    forEachToken(of: text) { tokens.append($0) }
    return tokens
  }

  public func tokens(of text: [UInt8]) -> [Token] {
    text.withUnsafeBytes { tokens(of: $0) }
  }

  public func tokens(of text: String) -> [Token] { tokens(of: Array(text.utf8)) }

  /// Calls `body` with each token in order, storing none.
  @inline(__always)
  func forEachToken(of text: UnsafeRawBufferPointer, _ body: (Token) -> Void) {
    guard let base = text.baseAddress else { return }
    let window = LexedWindow(base: base.assumingMemoryBound(to: UInt8.self), count: text.count)
    withExtendedLifetime(grammar) {
      let tables = grammar.tables
      var core = LexerCore(
        window: window, tables: tables, states: LexerStateTable(isProse: tables.isProse), state: .initial,
        at: 0)
      while core.next() {
        body(
          Token(
            kind: core.kind, context: core.context, byteOffset: core.start, byteCount: core.end - core.start))
      }
    }
  }
}
