/// What an edit did to a document's tokens: old tokens `removed` became new tokens `inserted`.
///
/// Tokens before both ranges and behind both are the same as before, the latter moved along with their text.
public struct TokenChange: Hashable, Sendable {
  /// Indices before the edit.
  public var removed: Range<Int>
  /// Indices after it.
  public var inserted: Range<Int>

  public init(removed: Range<Int>, inserted: Range<Int>) {
    self.removed = removed
    self.inserted = inserted
  }
}

/// An open text with its tokens, which an edit changes without lexing the text anew.
///
/// After any sequence of edits the tokens equal those of `Lexer.tokens(of:)` on the whole text. An edit costs the
/// tokens that it changes, those within `LexerCore.lookahead` bytes before it, and the distance from the last edit
/// (memory moved, a millisecond or so for 10 MB). A text longer than 2 GiB has no tokens.
public struct LexedDocument: Sendable {
  public let grammar: Grammar
  package internal(set) var text: TextBuffer
  var tokenBuffer: TokenBuffer
  var states: LexerStateTable
  /// When there are more states than this the table is made anew.
  private var stateLimit = LexedDocument.smallestStateLimit

  private static let smallestStateLimit = 1 << 16
  private static let longestText = Int(Int32.max)

  public init(text: [UInt8], grammar: Grammar) {
    self.grammar = grammar
    self.text = TextBuffer(text)
    states = LexerStateTable(isProse: grammar.isProse)
    tokenBuffer = TokenBuffer([], textCount: 0)
    lexAll()
  }

  // MARK: Reading

  public var byteCount: Int { text.count }
  public var tokenCount: Int { tokenBuffer.count }

  /// The token at `index`, which must be in `0..<tokenCount`.
  public func token(at index: Int) -> Token { tokenBuffer[index] }

  /// The tokens of a range of indices, which must be within `0..<tokenCount`.
  public func tokens(in range: Range<Int>) -> [Token] { range.map { tokenBuffer[$0] } }

  /// All tokens.
  public var tokens: [Token] { tokens(in: 0..<tokenCount) }

  /// The index of the first token that ends behind `byteOffset`; `tokenCount` if none does.
  public func tokenIndex(endingAfter byteOffset: Int) -> Int {
    tokenBuffer.firstIndex(endingAfter: byteOffset)
  }

  /// The bytes of `range`, as far as it is within the text.
  public func bytes(in range: Range<Int>) -> [UInt8] { text.bytes(in: range.clamped(to: 0..<byteCount)) }

  /// The bytes of a token of this document.
  public func bytes(of token: Token) -> [UInt8] { bytes(in: token.byteRange) }

  /// The whole text.
  public var bytes: [UInt8] { text.bytes(in: 0..<byteCount) }

  /// The byte at `byteOffset`, which must be within the text.
  public func byte(at byteOffset: Int) -> UInt8 { text[byteOffset] }

  /// Calls `body` with the bytes of `range` (as far as it is within the text), mostly without copying them.
  public func withBytes<Result>(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    text.withBytes(range.clamped(to: 0..<byteCount), body)
  }

  // MARK: Editing

  /// Replaces bytes and relexes what the edit reaches.
  ///
  /// - Parameter byteRange: clamped to the text.
  /// - Returns: the tokens that changed, as few as possible.
  @discardableResult
  public mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) -> TokenChange {
    let range = byteRange.clamped(to: 0..<byteCount)
    let oldCount = tokenCount
    guard text.count + bytes.count <= Self.longestText, tokenBuffer.textCount == text.count else {
      text.replace(range, with: bytes)
      lexAll()
      return TokenChange(removed: 0..<oldCount, inserted: 0..<tokenCount)
    }
    let relexing = Relexing(document: self, edit: range, insertedCount: bytes.count)
    text.replace(range, with: bytes)
    return relex(relexing)
  }

  private mutating func relex(_ plan: Relexing) -> TokenChange {
    var plan = plan
    plan.run(text: text, tokens: tokenBuffer, grammar: grammar, states: &states)
    plan.trim(tokenBuffer)
    tokenBuffer.replace(plan.oldRange, with: plan.fresh, textCount: text.count)
    let inserted = plan.oldRange.lowerBound..<plan.oldRange.lowerBound + plan.fresh.count
    if states.count > stateLimit { lexAll() }
    return TokenChange(removed: plan.oldRange, inserted: inserted)
  }

  /// Lexes the whole text with a new table of states.
  private mutating func lexAll() {
    states = LexerStateTable(isProse: grammar.isProse)
    guard text.count <= Self.longestText else {
      tokenBuffer = TokenBuffer([], textCount: 0)
      return
    }
    let all = 0..<text.count
    var tokens: [StoredToken] = []
    tokens.reserveCapacity(text.count / 5 + 8)
    text.withBytes(all) { bytes in
      guard let base = bytes.baseAddress else { return }
      withExtendedLifetime(grammar) {
        var core = LexerCore(
          window: LexedWindow(base: base.assumingMemoryBound(to: UInt8.self), count: bytes.count),
          tables: grammar.tables, states: states, state: .initial, at: 0)
        while core.next() { tokens.append(core.storedToken(shiftedBy: 0)) }
        states = core.states
      }
    }
    tokenBuffer = TokenBuffer(tokens, textCount: text.count)
    stateLimit = max(Self.smallestStateLimit, states.count * 2)
  }
}

extension LexerCore {
  /// The last token, `shift` bytes further than in the window.
  @inline(__always)
  func storedToken(shiftedBy shift: Int) -> StoredToken {
    StoredToken(
      distance: UInt32(truncatingIfNeeded: start + shift), byteCount: UInt32(truncatingIfNeeded: end - start),
      stateAfter: state.rawValue, kind: kind, context: context)
  }
}
