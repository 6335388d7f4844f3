import Lexing
import Privacy

/// A text that is written token by token behind a prompt, with the spaces, line ends and indentation that a reader
/// expects. It is lexed as it grows: what was written reads as the tokens that it was made of.
struct GeneratedText {
  private var lexed: LexedDocument
  private var spacing: WrittenSpacing
  private let withheld: WithheldText
  /// How the prompt spaces, and how text is spaced of which nothing is known; nil where the prompt is too short to say.
  private let learned: Spacing?
  /// The indentation of each level that is open.
  private var levels: [[UInt8]] = [[]]
  private let indentation: [UInt8]

  /// Shorter prompts say too little of how they space.
  private static let leastLearnedTokenCount = 200
  private static let deepestLevel = 24

  init(prompt: LexedDocument, forgotten: ForgottenWords) {
    lexed = prompt
    spacing = WrittenSpacing(prompt.grammar)
    withheld = WithheldText(forgotten: forgotten, promptByteCount: prompt.byteCount)
    learned =
      prompt.tokenCount < Self.leastLearnedTokenCount
      ? nil : Spacing(prompt, around: 0..<prompt.tokenCount)
    indentation = Self.indentation(of: prompt)
    for index in 0..<prompt.tokenCount {
      let token = prompt.token(at: index)
      switch token.kind {
      case .lineEnd: spacing.endLine()
      case .indent: levels.append(prompt.bytes(of: token))
      // At the end of the text all levels are closed.
      case .dedent: if levels.count > 1 && token.byteOffset < prompt.byteCount { levels.removeLast() }
      default:
        var written = spacing.token(prompt.bytes(of: token), kind: token.kind, context: token.context)
        written.isApart = Spacing.isApart(prompt, before: index)
        spacing.add(written)
      }
    }
  }

  /// The least indentation of a text; four spaces where it has none.
  private static func indentation(of text: LexedDocument) -> [UInt8] {
    var least: [UInt8] = []
    for line in text.bytes.split(separator: 0x0A) {
      let space = Array(line.prefix { $0 == 0x20 || $0 == 0x09 })
      if space.first == 0x09 { return [0x09] }
      if space.count > 1 && space.count < line.count && (least.isEmpty || space.count < least.count) {
        least = space
      }
    }
    return least.isEmpty ? [UInt8](repeating: 0x20, count: 4) : least
  }

  // MARK: Writing

  /// Writes a token.
  ///
  /// - Parameter type: as the models know it.
  /// - Returns: what the text grew by, and the token's kind; nil if the token cannot stand here or must not be written.
  mutating func append(_ type: [UInt8]) -> (bytes: [UInt8], kind: TokenKind)? {
    switch type {
    case Tokenization.lineEnd: return endLine()
    case Tokenization.indent:
      guard isAtLineStart, levels.count < Self.deepestLevel else { return nil }
      levels.append(levels[levels.count - 1] + indentation)
      return ([], .indent)
    case Tokenization.dedent:
      guard isAtLineStart, levels.count > 1 else { return nil }
      levels.removeLast()
      return ([], .dedent)
    default: return appendText(type)
    }
  }

  private mutating func endLine() -> (bytes: [UInt8], kind: TokenKind)? {
    let end = lexed.byteCount
    lexed.replace(end..<end, with: [0x0A])
    guard !isWithheld else { return undo(to: end) }
    spacing.endLine()
    return ([0x0A], .lineEnd)
  }

  private mutating func appendText(_ type: [UInt8]) -> (bytes: [UInt8], kind: TokenKind)? {
    let end = lexed.byteCount
    let isAtLineStart = isAtLineStart
    var glue: [UInt8] = isAtLineStart || endsInSpace ? [] : [0x20]
    if isAtLineStart { glue = lineIndentation(before: type) }
    lexed.replace(end..<end, with: glue + type)
    var token = lastToken(type)
    // Somebody else may have split what the model learned from, and have tokens that are several here.
    let isWhole = lastLexed.map { lexed.bytes(of: $0) == type } ?? false
    if glue == [0x20] && !isAtLineStart, let last = spacing.last, !isApart(last, token) {
      lexed.replace(end..<lexed.byteCount, with: type)
      if isWhole ? reads(type, from: end) : beginsToken(at: end) {
        glue = []
        token = lastToken(type)
      } else {
        lexed.replace(end..<lexed.byteCount, with: glue + type)
      }
    }
    guard !isWithheld else { return undo(to: end) }
    token.isApart = !glue.isEmpty || isAtLineStart
    spacing.add(token)
    return (glue + type, token.kind)
  }

  private mutating func undo(to end: Int) -> (bytes: [UInt8], kind: TokenKind)? {
    lexed.replace(end..<lexed.byteCount, with: [])
    return nil
  }

  /// Whether the text now holds what must not be written.
  private var isWithheld: Bool {
    let end = lexed.byteCount
    let start = WithheldText.start(inTextOf: end) { lexed.byte(at: $0) }
    return withheld.isHeld(by: lexed.bytes(in: start..<end), from: start)
  }

  // MARK: Reading what was written

  private var isAtLineStart: Bool {
    lexed.byteCount == 0 || lexed.byte(at: lexed.byteCount - 1) == 0x0A
  }

  private var endsInSpace: Bool {
    guard lexed.byteCount > 0 else { return false }
    let last = lexed.byte(at: lexed.byteCount - 1)
    return last == 0x20 || last == 0x09
  }

  private func lineIndentation(before type: [UInt8]) -> [UInt8] {
    var result = levels[levels.count - 1]
    if spacing.isInBlockComment && type.first == UInt8(ascii: "*") { return result + [0x20] }
    guard !lexed.grammar.isProse else { return result }
    let closes = [[UInt8(ascii: "}")], [UInt8(ascii: ")")], [UInt8(ascii: "]")]].contains(type)
    let depth = min(spacing.bracketDepth, Self.deepestLevel) - (closes ? 1 : 0)
    for _ in 0..<max(0, depth) { result += indentation }
    return result
  }

  /// The last token of the text that has bytes.
  private var lastLexed: Token? {
    var index = lexed.tokenCount - 1
    while index >= 0, lexed.token(at: index).byteCount == 0 { index -= 1 }
    return index >= 0 ? lexed.token(at: index) : nil
  }

  /// Whether the last token is this one and begins at an offset.
  private func reads(_ type: [UInt8], from offset: Int) -> Bool {
    lastLexed.map { $0.byteOffset == offset && lexed.bytes(of: $0) == type } ?? false
  }

  private func beginsToken(at offset: Int) -> Bool {
    let index = lexed.tokenIndex(endingAfter: offset)
    return index < lexed.tokenCount && lexed.token(at: index).byteOffset == offset
  }

  /// The last token, with what it does to those around it.
  private func lastToken(_ type: [UInt8]) -> WrittenToken {
    let last = lastLexed
    let kind = last.map { lexed.bytes(of: $0) == type ? $0.kind : .other } ?? .other
    return spacing.token(
      type, kind: kind, context: last?.context ?? (lexed.grammar.isProse ? .prose : .code))
  }

  /// As the prompt has it where it says something, else as text has it as a rule.
  private func isApart(_ left: WrittenToken, _ right: WrittenToken) -> Bool {
    let isApart = spacing.isApart(left, right)
    guard let learned, left.kind != .delimiter, right.kind != .delimiter, !left.isPrefix, !right.isPrefix,
      left.context == .code && right.context == .code || left.kind == .ideograph || right.kind == .ideograph
    else { return isApart }
    return learned.isApart(Self.side(left), Self.side(right), usually: isApart)
  }

  private static func side(_ token: WrittenToken) -> Spacing.Side {
    var side = Array(token.text.utf8).withUnsafeBytes { Spacing.Side(kind: token.kind, bytes: $0) }
    side.isApart = token.isApart
    return side
  }
}
