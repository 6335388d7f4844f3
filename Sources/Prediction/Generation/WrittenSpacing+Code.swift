import Lexing

/// The rules of code.
extension WrittenSpacing {
  private static let optionals: Set<String> = [
    "swift", "kotlin", "typescript", "typescriptreact", "csharp", "dart",
  ]
  private static let calledKeywords: Set<String> = [
    "init", "self", "super", "sizeof", "defined", "subscript", "typeof", "alignof", "Self", "decltype",
    "assert",
    "print", "this", "__attribute__", "get", "set", "lambda",
  ]

  /// Whether a space belongs between two tokens of a line.
  func isApart(_ left: WrittenToken, _ right: WrittenToken) -> Bool {
    // Behind what opens a string, and before what closes it, the string's own rules hold.
    let isInText = right.context != .code && right.kind != .delimiter
    if isInText || right.role == .closes && right.kind == .delimiter { return isApartInProse(left, right) }
    if left.context != .code && !(left.kind == .delimiter && left.role == .closes) {
      return isApartInProse(left, right)
    }
    if right.kind == .delimiter && right.context != .string && right.context != .code {
      return right.role == .comment || isApartInProse(left, right)
    }
    return isApartInCode(left, right)
  }

  private func isApartInCode(_ left: WrittenToken, _ right: WrittenToken) -> Bool {
    if [")", "]", ",", ";"].contains(right.text) || continuesRun(left, right) { return false }
    if right.text == "}" { return left.text != "{" && !isTeX }
    if left.text == "(" || left.text == "[" || left.text == "\\(" || left.isPrefix { return false }
    if left.text == "{" { return right.text != "}" && !isTeX }
    if isInclude && open.last?.text == "<" || right.role == .closes && right.text == ">" { return false }
    if let isApart = isApartBefore(right, left) ?? isApartBehind(left, right) { return isApart }
    if isTeX { return isApartInFormula(left, right) }
    return true
  }

  /// What the token says that comes; nil for nothing.
  private func isApartBefore(_ right: WrittenToken, _ left: WrittenToken) -> Bool? {
    switch right.text {
    case ".", "?.":
      return !(left.endsOperand || left.kind == .keyword && language != "swift" || isPostfix(left))
    case "::": return false
    case "->": return !(isLikeC || language == "php")
    case ":": return line.contains { $0.text == "?" && $0.isApart }
    case "?": return asksForChoice(left)
    case "!" where left.endsOperand && ["swift", "rust"].contains(language): return false
    case "++", "--": return !left.endsOperand
    case "(", "[": return !isCalled(left)
    case "{": return !isTeX
    case "..<", "...": return !left.endsOperand
    case "=" where isNamedArgument: return false
    case "<" where right.role == .opens: return isInclude
    default: return nil
    }
  }

  /// What the token before says; nil for nothing.
  private func isApartBehind(_ left: WrittenToken, _ right: WrittenToken) -> Bool? {
    switch left.text {
    case ".", "::", "@", "#", "$", "\\", "?.": return false
    case "->": return !(isLikeC || language == "php")
    case "..<", "...": return left.isApart || right.kind == .operator
    case ":" where language == "python" && open.last?.text == "[": return false
    case "=" where isNamedArgument: return false
    case "<" where left.role == .opens: return false
    default: return nil
    }
  }

  /// Whether a bracket behind a token is that of a call or an index.
  private func isCalled(_ left: WrittenToken) -> Bool {
    if left.kind == .keyword { return Self.calledKeywords.contains(left.text) }
    return left.endsOperand || isPostfix(left) || left.role == .closes && left.text == ">"
  }

  /// `?` and `!` behind a name.
  private func isPostfix(_ token: WrittenToken) -> Bool {
    (token.text == "?" || token.text == "!") && !token.isApart
  }

  /// Whether the place is in the arguments of a call of Python, or of a function.
  private var isNamedArgument: Bool { language == "python" && open.last?.text == "(" }

  /// Whether a `?` behind a value begins a choice between two others rather than belonging to it.
  private func asksForChoice(_ left: WrittenToken) -> Bool {
    if !Self.optionals.contains(language) || !left.endsOperand || left.kind == .number { return true }
    return line.contains {
      ["==", "!=", "<", ">", "<=", ">=", "&&", "||"].contains($0.text) && $0.role == .none
    }
  }

  /// Formulas of TeX, whose spaces are nobody's business but the reader's of the source.
  private func isApartInFormula(_ left: WrittenToken, _ right: WrittenToken) -> Bool {
    if ["_", "^"].contains(left.text) || ["_", "^", "{"].contains(right.text) { return false }
    return left.text.hasPrefix("\\") && right.isWordLike
      || ["=", "+", "-", "&", "<", ">"].contains(right.text)
      || ["=", "+", "-", "&", "<", ">", ","].contains(left.text)
  }
}
