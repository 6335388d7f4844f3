import Lexing

/// A token of a text that is being written, as the rules of spacing see it.
struct WrittenToken {
  /// What a token does to those around it.
  enum Role {
    case none
    /// Opens a bracket, a quote or a string.
    case opens
    case closes
    /// Begins a comment.
    case comment
  }

  let text: String
  let kind: TokenKind
  let context: TokenContext
  var role = Role.none
  /// Whether white space, or a line's beginning, stands before it.
  var isApart = true
  var isFirstOfLine = false
  /// Whether it is an operator that belongs to what follows, as the sign in `= -1`.
  var isPrefix = false

  init(_ bytes: some Sequence<UInt8>, kind: TokenKind, context: TokenContext) {
    text = String(decoding: Array(bytes), as: UTF8.self)
    self.kind = kind
    self.context = context
  }

  var isWordLike: Bool {
    switch kind {
    case .identifier, .number, .word, .keyword: true
    default: false
    }
  }

  /// Whether it ends something that has a value: a name, a number, a bracket or string that is closed.
  var endsOperand: Bool {
    kind == .identifier || kind == .number || kind == .word || text == ")" || text == "]"
      || role == .closes && kind == .delimiter
  }

  var beginsSmall: Bool { text.first.map { $0.isLowercase || $0 == "_" } ?? false }

  /// Whether it is punctuation that Chinese and Japanese write, as wide as a character.
  var isWide: Bool {
    guard let scalar = text.unicodeScalars.first?.value else { return false }
    return 0x3000...0x303F ~= scalar || 0xFF00...0xFFEF ~= scalar || scalar == 0x30FB
  }
}
