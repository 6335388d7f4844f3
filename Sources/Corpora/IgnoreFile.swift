/// The rules of one `.gitignore` (or a file like it), which hold for paths below the folder it lies in.
struct IgnoreFile: Sendable {
  enum Verdict: Hashable { case ignored, included }

  private struct Rule {
    /// Without the leading slash, the trailing slash and the exclamation mark.
    var pattern: [UInt8]
    /// How much of the pattern holds no wildcard.
    var literalCount: Int
    var isNegated: Bool
    var isForDirectories: Bool
    /// Whether the pattern holds for names at any depth, not for paths.
    var isForNames: Bool
  }

  private let rules: [Rule]

  var isEmpty: Bool { rules.isEmpty }

  /// Reads the rules, a line each.
  init(_ bytes: [UInt8]) {
    var text = bytes[...]
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
    rules = text.split(separator: 0x0A).compactMap { Self.rule($0) }
  }

  private static func rule(_ line: ArraySlice<UInt8>) -> Rule? {
    if line.first == UInt8(ascii: "#") { return nil }
    var text = line
    if text.last == 0x0D { text = text.dropLast() }
    text = withoutTrailingSpaces(text)
    var isNegated = false
    if text.first == UInt8(ascii: "!") {
      isNegated = true
      text = text.dropFirst()
    }
    guard !text.isEmpty else { return nil }
    let isForDirectories = text.last == UInt8(ascii: "/")
    if isForDirectories { text = text.dropLast() }
    let isForNames = !text.contains(UInt8(ascii: "/"))
    if !isForNames && text.first == UInt8(ascii: "/") { text = text.dropFirst() }
    let special = Set("*?[\\".utf8)
    let literalCount = text.firstIndex { special.contains($0) }.map { $0 - text.startIndex } ?? text.count
    return Rule(
      pattern: Array(text), literalCount: literalCount, isNegated: isNegated,
      isForDirectories: isForDirectories, isForNames: isForNames)
  }

  /// Spaces at the end of a line do not count unless a backslash is before them.
  private static func withoutTrailingSpaces(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var end = line.startIndex
    var i = line.startIndex
    while i < line.endIndex {
      if line[i] == UInt8(ascii: "\\") {
        i += 1
        if i == line.endIndex { return line }
        end = i + 1
      } else if line[i] != 0x20 {
        end = i + 1
      }
      i += 1
    }
    return line[..<end]
  }

  /// What the last rule that matches says. Nil if none does.
  ///
  /// - Parameter path: relative to the folder of the ignore file, without a slash at either end.
  func verdict(_ path: ArraySlice<UInt8>, isDirectory: Bool) -> Verdict? {
    let name = path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] } ?? path
    for rule in rules.reversed() {
      if rule.isForDirectories && !isDirectory { continue }
      if Self.matches(rule, rule.isForNames ? name : path) { return rule.isNegated ? .included : .ignored }
    }
    return nil
  }

  private static func matches(_ rule: Rule, _ text: ArraySlice<UInt8>) -> Bool {
    guard text.count >= rule.literalCount, text.starts(with: rule.pattern[..<rule.literalCount]) else {
      return false
    }
    if rule.literalCount == rule.pattern.count { return text.count == rule.literalCount }
    if rule.isForNames { return Wildmatch.matches(rule.pattern[...], text, isPath: false) }
    // As in git, what is behind the literal part is a pattern of its own.
    return Wildmatch.matches(
      rule.pattern[rule.literalCount...], text[(text.startIndex + rule.literalCount)...], isPath: true)
  }
}
