/// What a token is, as far as a lexer without a parser can tell.
public enum TokenKind: UInt8, Hashable, Sendable, CaseIterable, BitwiseCopyable {
  /// A name in code.
  case identifier
  /// A reserved word of the language.
  case keyword
  /// A number, in code or prose.
  case number
  /// An operator or a bracket of code.
  case `operator`
  /// `\n`, `\r\n` or `\r`.
  case lineEnd
  /// Deeper indentation, where the grammar says that it matters. Its bytes are the line's leading white space.
  case indent
  /// One level of indentation closed. Always empty, at the start of the first line that is less deep.
  case dedent
  /// A word of prose, or of a string or comment in code.
  case word
  /// Punctuation of prose, strings and comments; escape sequences of strings.
  case punctuation
  /// What opens or closes a string, a comment or code embedded in text.
  case delimiter
  /// One character of Chinese, Japanese or Korean in prose, strings and comments.
  case ideograph
  /// One emoji, with its modifiers, joiners and variation selectors.
  case emoji
  /// Invalid UTF-8, control characters, and characters that are none of the above: among them a space between syllables of
  /// Hangul, which says where a word of Korean ends.
  case other
}

/// Where a token stands.
public enum TokenContext: UInt8, Hashable, Sendable, CaseIterable, BitwiseCopyable {
  case code, string, comment
  /// Running text: everything in a prose grammar that is not code embedded in it.
  case prose
}

/// A token: a range of bytes of a text, its kind and its context.
///
/// Tokens of a text are in order and do not overlap; bytes between them (most spaces) belong to no token.
public struct Token: Hashable, Sendable, BitwiseCopyable {
  /// Offset of the first byte in the text.
  public var byteOffset: Int
  @usableFromInline var byteCount32: UInt32
  public var kind: TokenKind
  public var context: TokenContext

  @inlinable
  public init(kind: TokenKind, context: TokenContext = .code, byteOffset: Int, byteCount: Int) {
    self.byteOffset = byteOffset
    byteCount32 = UInt32(truncatingIfNeeded: byteCount)
    self.kind = kind
    self.context = context
  }

  /// Length in bytes; 0 only for `dedent`.
  @inlinable public var byteCount: Int { Int(byteCount32) }
  /// Offset of the byte after the last one.
  @inlinable public var endOffset: Int { byteOffset + byteCount }
  @inlinable public var byteRange: Range<Int> { byteOffset..<endOffset }
}
