import Lexing

/// The rules of prose, strings and comments.
extension WrittenSpacing {
  private static let joinedBefore: Set<String> = [
    ",", ".", ";", ":", "!", "?", "…", "...", "،", "؛", "؟", "’", "。", "、", "::", "°", ")", "]", "}",
  ]
  private static let joinedAfter: Set<String> = ["$", "#", "~", "\\", "/", "//", "@", "^", "¿", "¡", "№"]
  /// `and/or`, where most slashes behind a word begin a path.
  private static let alternatives: Set<String> = ["and", "und", "et", "и", "y", "e", "ou"]
  private static let abbreviations: Set<String> = [
    "etc", "vs", "cf", "bzw", "usw", "resp", "ca", "al", "Nr", "Abb", "т", "др",
  ]

  func isApartInProse(_ left: WrittenToken, _ right: WrittenToken) -> Bool {
    if left.role == .comment { return true }
    if left.role == .opens { return left.context == .comment && left.kind == .delimiter }
    if right.role == .closes { return right.text == "*/" || right.text == "-->" }
    if left.isWide || right.isWide || left.text == " " || right.text == " " { return false }
    if left.text == ".", right.kind == .ideograph { return beforeLast?.kind == .number }
    if left.kind == .ideograph || right.kind == .ideograph {
      return left.kind != right.kind && (left.isWordLike || right.isWordLike)
    }
    if left.context == .string, isEscape(left) || isEscape(right) {
      return !isEscape(left) && !isEscape(right)
    }
    if isTeX, let isApart = isApartInTeX(left, right) { return isApart }
    if continuesRun(left, right) { return false }
    if left.isFirstOfLine && isMark(left) { return true }
    if right.role == .opens {
      if right.text == "(" && (isName(left.text) || isMember(left)) { return false }
      return !(right.text == "(" && left.text == "]" && isMarkup || Self.joinedAfter.contains(left.text))
    }
    if right.text == "%" { return left.kind != .number }
    if Self.joinedBefore.contains(right.text) { return false }
    return isApartBehind(left, right)
  }

  /// What the token before says.
  private func isApartBehind(_ left: WrittenToken, _ right: WrittenToken) -> Bool {
    if right.text == "@" { return !left.isWordLike }
    if left.isWordLike && right.text.hasPrefix("_") && right.role == .none { return false }
    switch left.text {
    case ".": return isApartBehindPoint(right)
    case ":":
      if right.text.hasPrefix("/") { return false }
      return !(right.kind == .number && (beforeLast?.kind == .number || beforeLast?.isApart == false))
    case "!" where left.isApart: return false
    case "%": return left.isApart ? false : true
    case "-", "--":
      if !left.isApart { return false }
      return left.text == "-" && right.text.count > 2
    case "_": return false
    default: break
    }
    if left.role != .closes && Self.joinedAfter.contains(left.text) { return false }
    if right.text == "/" || right.text == "//" {
      // A path goes on, or begins.
      return left.isApart && beforeLast?.text != "/" && !Self.alternatives.contains(left.text)
    }
    return true
  }

  /// `config.txt` and `e.g. the` rather than `config. txt` and `e.g.the`.
  private func isApartBehindPoint(_ right: WrittenToken) -> Bool {
    guard let before = beforeLast, line.last?.isApart == false else { return false }
    if right.kind == .number {
      let isLetter = before.text.count == 1 && before.text.first?.isUppercase == true
      return before.text.last?.isNumber != true && !isLetter
    }
    if before.text.count == 1 && right.text.count == 1 && before.isWordLike && right.isWordLike {
      return false
    }
    guard right.beginsSmall, before.isWordLike else { return true }
    if Self.abbreviations.contains(before.text) { return true }
    return before.text.count == 1 && right.text.count > 1
  }

  /// Whether a sign goes on that is there already, as in a line of them.
  func continuesRun(_ left: WrittenToken, _ right: WrittenToken) -> Bool {
    guard let last = left.text.last, last == right.text.first else { return false }
    return "=-*#~+/%.!?|:_<>".contains(last) && !left.isWordLike && !right.isWordLike
  }

  /// Whether a word goes on with what a point is in, as in `list.append`.
  private func isMember(_ word: WrittenToken) -> Bool {
    word.isWordLike && !word.isApart && beforeLast?.text == "."
  }

  /// Whether a word of prose is a name of code.
  private func isName(_ word: String) -> Bool {
    word.contains("_") || zip(word, word.dropFirst()).contains { $0.isLowercase && $1.isUppercase }
  }

  private func isEscape(_ token: WrittenToken) -> Bool {
    token.text.hasPrefix("\\") || token.text == "%" && token.context == .string
  }

  /// Whether the first token of a line is a mark: of a heading, a list or a quotation.
  private func isMark(_ token: WrittenToken) -> Bool {
    switch token.text {
    case "-", "*", "+", ">", "•", "|", "..": true
    default: token.text.allSatisfy { $0 == "#" || $0 == "=" }
    }
  }

  private func isApartInTeX(_ left: WrittenToken, _ right: WrittenToken) -> Bool? {
    if right.text == "_" || right.text == "^" || left.text == "_" || left.text == "^" { return false }
    if right.text == "~" || left.text == "~" { return false }
    if right.text == "*" && left.text.hasPrefix("\\") { return false }
    if right.role == .opens, right.text == "{" || right.text == "[" {
      let isCommand = left.text.hasPrefix("\\") || beforeLast?.text == "\\" && !left.isApart
      return !(isCommand || ["}", "]", "*", ")"].contains(left.text))
    }
    // A command ends where a letter that is none of its own begins.
    if left.text.hasPrefix("\\") && left.text.count > 1 { return right.role != .opens || right.text != "(" }
    return nil
  }
}
