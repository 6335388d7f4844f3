/// The rules of one `.gitignore` (or a file like it), which hold for paths below the folder it lies in.
struct IgnoreFile: Sendable {
  enum Verdict: Hashable {
    case ignored, included
    /// Finding out would have taken too long.
    case unknown
  }

  /// Where in the file a rule is: a file may have a million.
  private struct Rule {
    /// Without the leading slash, the trailing slash and the exclamation mark.
    var start: UInt32
    var count: UInt32
    /// How much of the pattern holds no wildcard.
    var literalCount: UInt32
    var isNegated: Bool
    var isForDirectories: Bool
    /// Whether the pattern holds for names at any depth, not for paths.
    var isForNames: Bool
  }

  private let bytes: [UInt8]
  private let rules: [Rule]
  /// Whether letters match in either case, as git has it with `core.ignoreCase`.
  private let ignoresCase: Bool

  var isEmpty: Bool { rules.isEmpty }
  var ruleCount: Int { rules.count }
  var byteCount: Int { bytes.count }

  /// Reads the rules, a line each.
  init(_ bytes: [UInt8], ignoresCase: Bool = false) {
    self.ignoresCase = ignoresCase
    var rules: [Rule] = []
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      if let rule = Self.rule(bytes[start..<end]) { rules.append(rule) }
      start = end + 1
    }
    self.rules = rules
    self.bytes = rules.isEmpty ? [] : bytes
  }

  private static func rule(_ line: ArraySlice<UInt8>) -> Rule? {
    if line.isEmpty || line.first == UInt8(ascii: "#") { return nil }
    var text = line
    if text.last == 0x0D { text = text.dropLast() }
    // To git, which is written in C, the line ends there.
    if let end = text.firstIndex(of: 0) { text = text[..<end] }
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
    let literalCount = text.firstIndex(where: isSpecial).map { $0 - text.startIndex } ?? text.count
    return Rule(
      start: UInt32(text.startIndex), count: UInt32(text.count), literalCount: UInt32(literalCount),
      isNegated: isNegated, isForDirectories: isForDirectories, isForNames: isForNames)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "[")
      || byte == UInt8(ascii: "\\")
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
  /// - Parameters:
  ///   - path: relative to the folder of the ignore file, without a slash at either end.
  ///   - budget: steps that may be taken; those that were are taken off. Each rule takes one, and those with wildcards more.
  func verdict(_ path: ArraySlice<UInt8>, isDirectory: Bool, budget: inout Int) -> Verdict? {
    let name = path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] } ?? path
    for rule in rules.reversed() {
      budget -= 1
      if budget < 0 { return .unknown }
      if rule.isForDirectories && !isDirectory { continue }
      guard let isMatch = matches(rule, rule.isForNames ? name : path, &budget) else { return .unknown }
      if isMatch { return rule.isNegated ? .included : .ignored }
    }
    return nil
  }

  private func matches(_ rule: Rule, _ text: ArraySlice<UInt8>, _ budget: inout Int) -> Bool? {
    let start = Int(rule.start)
    let literalCount = Int(rule.literalCount)
    let pattern = bytes[start..<start + Int(rule.count)]
    guard text.count >= literalCount, isSame(pattern.prefix(literalCount), text.prefix(literalCount)) else {
      return false
    }
    if literalCount == pattern.count { return text.count == literalCount }
    // As in git, what is behind the literal part of a path is a pattern of its own.
    let skipped = rule.isForNames ? 0 : literalCount
    return Wildmatch.matches(
      pattern.dropFirst(skipped), text.dropFirst(skipped), isPath: !rule.isForNames, ignoresCase: ignoresCase,
      budget: &budget)
  }

  private func isSame(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Bool {
    guard ignoresCase else { return first.elementsEqual(second) }
    return first.elementsEqual(second) { a, b in
      a == b || (a ^ b == 0x20 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(a | 0x20))
    }
  }
}
