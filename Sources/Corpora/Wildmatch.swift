/// Git's glob matching: `*`, `?`, character classes, escapes and `**`.
///
/// The rules are those of gitignore(5) and of what `git check-ignore` does where the manual is silent. There is no
/// recursion: of the stars of one kind only the last ever has to give way, because what an earlier one could take over
/// the last one can as well. So the time is the product of the lengths, times the text's once more where both `*` and
/// `**` are there.
struct Wildmatch {
  private static let slash = UInt8(ascii: "/")
  private static let star = UInt8(ascii: "*")
  private static let backslash = UInt8(ascii: "\\")

  /// Where to go on if what follows a star does not match.
  private struct Retreat {
    var pattern: Int
    var text: Int
    /// Whether it was `**/`, which takes whole folders only.
    var takesFolders = false
  }

  private let pattern: ArraySlice<UInt8>
  private let text: ArraySlice<UInt8>
  private let isPath: Bool
  private let ignoresCase: Bool
  private var p: Int
  private var t: Int
  private var lastStar: Retreat?
  private var lastDoubleStar: Retreat?

  /// Whether the whole of `text` matches `pattern`; nil if `budget` was used up before that was known.
  ///
  /// - Parameters:
  ///   - isPath: `*`, `?` and classes do not match a slash, and `**` between slashes matches any folders.
  ///   - ignoresCase: of ASCII letters, as git does with `core.ignoreCase`.
  ///   - budget: steps that may be taken; those that were are taken off.
  static func matches(
    _ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>, isPath: Bool, ignoresCase: Bool = false,
    budget: inout Int
  ) -> Bool? {
    var matcher = Wildmatch(pattern, text, isPath, ignoresCase)
    return matcher.run(&budget)
  }

  private init(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>, _ isPath: Bool, _ ignoresCase: Bool) {
    self.pattern = pattern
    self.text = text
    self.isPath = isPath
    self.ignoresCase = ignoresCase
    p = pattern.startIndex
    t = text.startIndex
  }

  private enum Step { case advance, mismatch, match, impossible }

  private mutating func run(_ budget: inout Int) -> Bool? {
    while true {
      budget -= 1
      if budget < 0 { return nil }
      switch step(&budget) {
      case .advance: continue
      case .match: return true
      case .impossible: return false
      case .mismatch: if !retreat(&budget) { return false }
      }
    }
  }

  /// Matches one element of the pattern.
  private mutating func step(_ budget: inout Int) -> Step {
    guard p < pattern.endIndex else { return t == text.endIndex ? .match : .mismatch }
    let wanted = pattern[p]
    if wanted == star { return takeStars() }
    // A later place of a star leaves even less text.
    guard t < text.endIndex else { return .impossible }
    let byte = Self.folded(text[t], ignoresCase)
    switch wanted {
    case UInt8(ascii: "?"):
      if isPath && byte == Self.slash { return .mismatch }
    case UInt8(ascii: "["):
      let start = p
      guard let isMember = characterClass(byte) else { return .impossible }
      budget -= p - start
      if !isMember || (isPath && byte == Self.slash) { return .mismatch }
    case Self.backslash:
      p += 1
      guard p < pattern.endIndex else { return .impossible }
      if pattern[p] != byte { return .mismatch }
    default:
      if Self.folded(wanted, ignoresCase) != byte { return .mismatch }
    }
    p += 1
    t += 1
    return .advance
  }

  private var star: UInt8 { Self.star }

  private static func folded(_ byte: UInt8, _ ignoresCase: Bool) -> UInt8 {
    ignoresCase && byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  // MARK: Stars

  private mutating func takeStars() -> Step {
    let start = p
    while p < pattern.endIndex && pattern[p] == Self.star { p += 1 }
    let isEnd = p == pattern.endIndex
    var crossesSlashes = !isPath
    if isPath && p - start > 1 {
      let isAfterSlash = start == pattern.startIndex || pattern[start - 1] == Self.slash
      let isBeforeSlash =
        isEnd || pattern[p] == Self.slash
        || (pattern[p] == Self.backslash && p + 1 < pattern.endIndex && pattern[p + 1] == Self.slash)
      crossesSlashes = isAfterSlash && isBeforeSlash
    }
    if isEnd { return crossesSlashes || !text[t...].contains(Self.slash) ? .match : .mismatch }
    guard crossesSlashes else {
      lastStar = Retreat(pattern: p, text: t)
      return .advance
    }
    // `**/` stands for no folder at all as well.
    let takesFolders = isPath && pattern[p] == Self.slash
    if takesFolders { p += 1 }
    lastStar = nil
    lastDoubleStar = Retreat(pattern: p, text: t, takesFolders: takesFolders)
    return .advance
  }

  /// Lets the last star that can take more do so; false if none can.
  private mutating func retreat(_ budget: inout Int) -> Bool {
    if let last = lastStar {
      if last.text < text.endIndex, text[last.text] != Self.slash {
        lastStar = Retreat(pattern: last.pattern, text: last.text + 1)
        (p, t) = (last.pattern, last.text + 1)
        return true
      }
      lastStar = nil
    }
    guard let last = lastDoubleStar, last.text < text.endIndex else { return false }
    var next = last.text + 1
    if last.takesFolders {
      guard let slash = text[last.text...].firstIndex(of: Self.slash) else { return false }
      budget -= slash - last.text
      next = slash + 1
    }
    lastDoubleStar = Retreat(pattern: last.pattern, text: next, takesFolders: last.takesFolders)
    (p, t) = (last.pattern, next)
    return true
  }

  // MARK: Character classes

  /// Whether `byte` is in the class that begins at `p`; then `p` is at its closing bracket. Nil if it has none.
  private mutating func characterClass(_ byte: UInt8) -> Bool? {
    p += 1
    var isNegated = false
    if p < pattern.endIndex, pattern[p] == UInt8(ascii: "!") || pattern[p] == UInt8(ascii: "^") {
      isNegated = true
      p += 1
    }
    var isMember = false
    var previous: UInt8?
    var isFirst = true
    while p < pattern.endIndex {
      var next = pattern[p]
      if next == UInt8(ascii: "]") && !isFirst { return isMember != isNegated }
      isFirst = false
      if next == UInt8(ascii: "-"), let low = previous, p + 1 < pattern.endIndex,
        pattern[p + 1] != UInt8(ascii: "]")
      {
        p += 1
        if pattern[p] == Self.backslash { p += 1 }
        guard p < pattern.endIndex else { return nil }
        isMember = isMember || isInRange(byte, low, pattern[p])
        previous = nil
      } else if next == UInt8(ascii: "["), p + 1 < pattern.endIndex, pattern[p + 1] == UInt8(ascii: ":") {
        guard let end = pattern[(p + 2)...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
        if end - 1 >= p + 2 && pattern[end - 1] == UInt8(ascii: ":") {
          guard let contains = namedClass(pattern[(p + 2)..<(end - 1)], byte) else { return nil }
          isMember = isMember || contains
          previous = nil
          p = end
        } else {
          isMember = isMember || next == byte
          previous = next
        }
      } else {
        if next == Self.backslash {
          p += 1
          guard p < pattern.endIndex else { return nil }
          next = pattern[p]
        }
        isMember = isMember || next == byte
        previous = next
      }
      p += 1
    }
    return nil
  }

  private func isInRange(_ byte: UInt8, _ low: UInt8, _ high: UInt8) -> Bool {
    if low <= byte && byte <= high { return true }
    guard ignoresCase, byte >= UInt8(ascii: "a"), byte <= UInt8(ascii: "z") else { return false }
    return low <= byte & 0xDF && byte & 0xDF <= high
  }

  /// Whether `byte` is in a class such as `alpha`. Nil if there is no such class.
  private func namedClass(_ name: ArraySlice<UInt8>, _ byte: UInt8) -> Bool? {
    // Longer than any name there is.
    guard name.count <= 6 else { return nil }
    let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    let isGraphic = byte > 0x20 && byte < 0x7F
    switch String(decoding: name, as: UTF8.self) {
    case "alnum": return isLower || isUpper || isDigit
    case "alpha": return isLower || isUpper
    case "blank": return byte == 0x20 || byte == 0x09
    case "cntrl": return byte < 0x20 || byte == 0x7F
    case "digit": return isDigit
    case "graph": return isGraphic
    case "lower": return isLower
    case "print": return isGraphic || byte == 0x20
    case "punct": return isGraphic && !isLower && !isUpper && !isDigit
    case "space": return byte == 0x20 || (0x09...0x0D).contains(byte)
    case "upper": return isUpper || (ignoresCase && isLower)
    case "xdigit":
      return isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    default: return nil
    }
  }
}
