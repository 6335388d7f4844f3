import Lexing

/// Where a text has spaces, told from its tokens alone: the rules that most text keeps, of prose and of code. What no rule
/// can know (`and/or`, but `see /etc`) goes the way that is more frequent.
struct WrittenSpacing {
  let language: String
  private let isProse: Bool
  /// The last tokens of the line, the latest last.
  private(set) var line: [WrittenToken] = []
  /// Brackets, quotes and strings that are open, the innermost last.
  private(set) var open: [WrittenToken] = []
  /// Whether the last line was empty, too.
  private var isBlank = true

  init(_ grammar: Grammar) {
    language = grammar.languageID
    isProse = grammar.isProse
  }

  var last: WrittenToken? { line.last }
  var beforeLast: WrittenToken? { line.dropLast().last }

  /// How many brackets of code are open.
  var bracketDepth: Int { open.count { $0.context == .code && $0.kind != .delimiter } }

  /// Whether a comment goes over several lines.
  var isInBlockComment: Bool { open.last?.text.hasPrefix("/*") == true }

  var isMarkup: Bool { ["markdown", "restructuredtext", "asciidoc", "org"].contains(language) }
  var isTeX: Bool { language == "latex" }
  /// Languages whose `->` and `*` are those of C.
  var isLikeC: Bool { ["c", "cpp", "objective-c", "objective-cpp"].contains(language) }

  // MARK: Writing

  /// A token that is to be written next, with what it does.
  func token(_ bytes: [UInt8], kind: TokenKind, context: TokenContext) -> WrittenToken {
    var token = WrittenToken(bytes, kind: kind, context: context)
    token.isFirstOfLine = line.isEmpty
    token.role = role(of: token)
    token.isPrefix = isPrefix(token)
    return token
  }

  /// The token was written.
  mutating func add(_ token: WrittenToken) {
    line.append(token)
    isBlank = false
    switch token.role {
    case .opens: open.append(token)
    case .closes:
      if let place = open.lastIndex(where: { Self.closes(token.text, $0.text) }) {
        open.removeSubrange(place...)
      }
    case .none, .comment: break
    }
    if open.count > 64 { open.removeFirst(32) }
  }

  mutating func endLine() {
    // No quote, bracket or emphasis of prose is open over a blank line, and no `'` over a line's end.
    if isBlank { open.removeAll { $0.context != .code && $0.kind != .delimiter } }
    open.removeAll {
      $0.kind == .delimiter && $0.text.count == 1 && $0.text != "$" && (isProse || $0.text != "`")
        || $0.text == "'"
    }
    isBlank = true
    line.removeAll(keepingCapacity: true)
  }

  // MARK: Roles

  private static let closers: [String: [String]] = [
    "(": [")"], "[": ["]"], "{": ["}"], "<": [">"], "“": ["”"], "‘": ["’"], "«": ["»"], "»": ["«"],
    "„": ["“", "”"], "‚": ["‘", "’"], "/*": ["*/"], "/**": ["*/", "**/"], "<!--": ["-->"],
    "``": ["``", "''"],
    "`": ["`", "'"], "\\(": ["\\)"], "\\[": ["\\]"], "(*": ["*)"], "{-": ["-}"], "<<": [">>"],
  ]
  private static let brackets: Set<String> = ["(", "[", "{", "“", "‘", "„", "‚", "«", "»"]
  private static let closing: Set<String> = [")", "]", "}", "”", "’", "«", "»"]

  private static func closes(_ text: String, _ opener: String) -> Bool {
    closers[opener]?.contains(text) ?? (opener == text || opener.hasSuffix(text))
  }

  private func role(of token: WrittenToken) -> WrittenToken.Role {
    let text = token.text
    if token.kind == .delimiter {
      if let last = open.last(where: { $0.kind == .delimiter }), Self.closes(text, last.text) {
        return .closes
      }
      return token.context == .comment && !text.hasPrefix("/*") && !text.hasPrefix("<!--")
        ? .comment : .opens
    }
    if token.kind == .word || token.kind == .identifier || token.kind == .number { return .none }
    if token.context == .code { return roleInCode(text) }
    if isOpen(text) { return .closes }
    if Self.brackets.contains(text) || text == "<" { return .opens }
    if Self.closing.contains(text) { return text == "’" ? .none : .closes }
    if isTeX && (text == "'" || text == "''") { return .closes }
    return isToggle(token) ? .opens : .none
  }

  private func roleInCode(_ text: String) -> WrittenToken.Role {
    switch text {
    case "(", "[", "{", "\\(": return .opens
    case ")", "]", "}": return .closes
    case "<": return isInclude || isTypeName(last) ? .opens : .none
    case ">": return open.last?.text == "<" ? .closes : .none
    default: return .none
    }
  }

  /// Whether the innermost bracket or quote, or a quote around, is closed by a token.
  private func isOpen(_ text: String) -> Bool {
    let prose = open.filter { $0.context != .code }
    guard let last = prose.last else { return false }
    if Self.closes(text, last.text) { return true }
    return prose.contains { Self.closes(text, $0.text) && $0.text != "(" && $0.text != "<" }
  }

  /// What opens and closes with the same sign.
  private func isToggle(_ token: WrittenToken) -> Bool {
    switch token.text {
    case "\"", "'", "`", "``": true
    case "*", "**", "_", "__", "~~", "***": isMarkup && !(token.isFirstOfLine && token.text == "*")
    case "$", "$$": isTeX
    default: false
    }
  }

  // MARK: Code

  /// Whether the line says what is included, between `<` and `>`.
  var isInclude: Bool {
    guard let first = line.first, first.text.hasPrefix("#") else { return false }
    return line.prefix(2).contains { $0.text.hasSuffix("include") || $0.text.hasSuffix("import") }
  }

  /// Whether a name is one of a type that may have others in `<` and `>`.
  private func isTypeName(_ token: WrittenToken?) -> Bool {
    guard let token, token.kind == .identifier, !isLikeC || language == "cpp" else { return false }
    return token.text.first?.isUppercase == true && token.text.contains { $0.isLowercase }
  }

  private static let signs: Set<String> = ["-", "+", "*", "&", "~", "!", "++", "--", "**", "&&", "@"]
  private static let qualifiers: Set<String> = [
    "const", "static", "struct", "unsigned", "extern", "union", "enum", "register", "volatile",
  ]
  private static let valueKeywords: Set<String> = ["self", "true", "false", "nil", "None", "True", "False"]

  /// Whether an operator belongs to what follows it.
  private func isPrefix(_ token: WrittenToken) -> Bool {
    guard token.context == .code, Self.signs.contains(token.text) else { return false }
    guard let last else { return true }
    if isLikeC && token.text == "*" && isBehindType(last) { return true }
    if last.kind == .keyword { return !Self.valueKeywords.contains(last.text) }
    if token.text == "&&" || last.endsOperand { return false }
    return last.kind == .operator && last.text != "}" && last.text != "/" || last.text == ","
  }

  /// Whether what stands before a `*` is a type in a declaration.
  private func isBehindType(_ last: WrittenToken) -> Bool {
    if last.kind == .keyword { return last.text != "return" && last.text != "sizeof" }
    guard last.kind == .identifier else { return last.isPrefix }
    guard let before = beforeLast else { return true }
    return ["(", ",", "{", ";"].contains(before.text) || Self.qualifiers.contains(before.text)
  }
}
