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
  /// The last rule of each name or path that has no wildcard, by a hash of it: a file may list a million names.
  private let literals: [UInt64: UInt32]
  /// All other rules.
  private let others: [UInt32]
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
    var literals: [UInt64: UInt32] = [:]
    var others: [UInt32] = []
    for (index, rule) in rules.enumerated() {
      let pattern = bytes[Int(rule.start)..<Int(rule.start + rule.count)]
      guard rule.literalCount == rule.count else {
        others.append(UInt32(index))
        continue
      }
      let key = Self.key(pattern, rule.isForNames, rule.isForDirectories, ignoresCase)
      if let known = literals[key].map({ rules[Int($0)] }),
        !Self.isSame(bytes[Int(known.start)..<Int(known.start + known.count)], pattern, ignoresCase)
      {
        // Two names of one hash.
        others.append(UInt32(index))
      } else {
        literals[key] = UInt32(index)
      }
    }
    self.rules = rules
    self.literals = literals
    self.others = others
    self.bytes = rules.isEmpty ? [] : bytes
  }

  private static func key(
    _ text: ArraySlice<UInt8>, _ isForNames: Bool, _ isForDirectories: Bool, _ ignoresCase: Bool
  ) -> UInt64 {
    var hash = ContentHash(seed: (isForNames ? 1 : 0) | (isForDirectories ? 2 : 0))
    hash.combine(ignoresCase ? text.map(Self.folded) : Array(text))
    return hash.value
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
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
  ///   - budget: steps that may be taken; those that were are taken off. Each rule with wildcards takes one and
  ///     those of its matching.
  func verdict(_ path: ArraySlice<UInt8>, isDirectory: Bool, budget: inout Int) -> Verdict? {
    let name = path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] } ?? path
    // The last rule without wildcards that matches, and behind it the last of the others.
    var best = -1
    for isForNames in [true, false] {
      for isForDirectories in isDirectory ? [true, false] : [false] {
        let text = isForNames ? name : path
        guard let index = literals[Self.key(text, isForNames, isForDirectories, ignoresCase)] else {
          continue
        }
        let rule = rules[Int(index)]
        let pattern = bytes[Int(rule.start)..<Int(rule.start + rule.count)]
        if Self.isSame(pattern, text, ignoresCase) { best = max(best, Int(index)) }
      }
    }
    for index in others.reversed() where index > best {
      let rule = rules[Int(index)]
      budget -= 1
      if budget < 0 { return .unknown }
      if rule.isForDirectories && !isDirectory { continue }
      guard let isMatch = matches(rule, rule.isForNames ? name : path, &budget) else { return .unknown }
      if isMatch { return rule.isNegated ? .included : .ignored }
    }
    return best < 0 ? nil : rules[best].isNegated ? .included : .ignored
  }

  private func matches(_ rule: Rule, _ text: ArraySlice<UInt8>, _ budget: inout Int) -> Bool? {
    let start = Int(rule.start)
    let literalCount = Int(rule.literalCount)
    let pattern = bytes[start..<start + Int(rule.count)]
    guard text.count >= literalCount,
      Self.isSame(pattern.prefix(literalCount), text.prefix(literalCount), ignoresCase)
    else { return false }
    if literalCount == pattern.count { return text.count == literalCount }
    // As in git, what is behind the literal part of a path is a pattern of its own.
    let skipped = rule.isForNames ? 0 : literalCount
    return Wildmatch.matches(
      pattern.dropFirst(skipped), text.dropFirst(skipped), isPath: !rule.isForNames, ignoresCase: ignoresCase,
      budget: &budget)
  }

  private static func isSame(
    _ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>, _ ignoresCase: Bool
  ) -> Bool {
    if first.first != second.first && !ignoresCase { return false }
    return ignoresCase
      ? first.elementsEqual(second) { folded($0) == folded($1) } : first.elementsEqual(second)
  }
}
