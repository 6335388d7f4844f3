/// Git's glob matching: `*`, `?`, character classes, escapes and `**`.
///
/// The rules are those of gitignore(5) and of what `git check-ignore` does where the manual is silent.
enum Wildmatch {
  private enum Outcome {
    case match
    case mismatch
    /// No longer match of the last `*` can help: the text is at its end.
    case exhausted
    /// Only a `**` can help: a `*` met a slash.
    case metSlash
  }

  /// Whether the whole of `text` matches `pattern`.
  ///
  /// - Parameter isPath: `*`, `?` and classes do not match a slash, and `**` between slashes matches any folders.
  static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>, isPath: Bool) -> Bool {
    match(pattern, text, isPath) == .match
  }

  private static let slash = UInt8(ascii: "/")
  private static let star = UInt8(ascii: "*")
  private static let backslash = UInt8(ascii: "\\")

  private static func match(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>, _ isPath: Bool)
    -> Outcome
  {
    var p = pattern.startIndex
    var t = text.startIndex
    while p < pattern.endIndex {
      let wanted = pattern[p]
      if t == text.endIndex && wanted != star { return .exhausted }
      switch wanted {
      case star: return matchStars(pattern, p, text[t...], isPath)
      case UInt8(ascii: "?"):
        if isPath && text[t] == slash { return .mismatch }
      case UInt8(ascii: "["):
        guard let (isMember, end) = characterClass(pattern, p, text[t]) else { return .exhausted }
        if !isMember || (isPath && text[t] == slash) { return .mismatch }
        p = end
      case backslash:
        p += 1
        if p == pattern.endIndex || pattern[p] != text[t] { return .mismatch }
      default:
        if wanted != text[t] { return .mismatch }
      }
      p += 1
      t += 1
    }
    return t == text.endIndex ? .match : .mismatch
  }

  /// Matches from a run of stars at `start` on.
  private static func matchStars(
    _ pattern: ArraySlice<UInt8>, _ start: Int, _ text: ArraySlice<UInt8>, _ isPath: Bool
  ) -> Outcome {
    var p = start
    while p < pattern.endIndex && pattern[p] == star { p += 1 }
    var crossesSlashes = !isPath
    if isPath && p - start > 1 {
      let isAfterSlash = start == pattern.startIndex || pattern[start - 1] == slash
      let isBeforeSlash =
        p == pattern.endIndex || pattern[p] == slash
        || (pattern[p] == backslash && p + 1 < pattern.endIndex && pattern[p + 1] == slash)
      crossesSlashes = isAfterSlash && isBeforeSlash
      // `**/` also stands for no folder at all.
      if crossesSlashes && p < pattern.endIndex && pattern[p] == slash
        && match(pattern[(p + 1)...], text, isPath) == .match
      {
        return .match
      }
    }
    if p == pattern.endIndex {
      return crossesSlashes || !text.contains(slash) ? .match : .metSlash
    }
    if !crossesSlashes && pattern[p] == slash {
      guard let next = text.firstIndex(of: slash) else { return .mismatch }
      return match(pattern[p...], text[next...], isPath)
    }
    var t = text.startIndex
    while t < text.endIndex {
      let outcome = match(pattern[p...], text[t...], isPath)
      switch outcome {
      case .match: return .match
      case .mismatch: if !crossesSlashes && text[t] == slash { return .metSlash }
      case .exhausted: return .exhausted
      case .metSlash: if !crossesSlashes { return .metSlash }
      }
      t += 1
    }
    return .exhausted
  }

  // MARK: Character classes

  /// Whether `byte` is in the class that begins at `start`, and where its closing bracket is. Nil if it has none.
  private static func characterClass(
    _ pattern: ArraySlice<UInt8>, _ start: Int, _ byte: UInt8
  ) -> (Bool, Int)? {
    var p = start + 1
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
      if next == UInt8(ascii: "]") && !isFirst { return (isMember != isNegated, p) }
      isFirst = false
      if next == backslash {
        p += 1
        guard p < pattern.endIndex else { return nil }
        next = pattern[p]
        isMember = isMember || next == byte
        previous = next
      } else if next == UInt8(ascii: "-"), let low = previous, p + 1 < pattern.endIndex,
        pattern[p + 1] != UInt8(ascii: "]")
      {
        p += 1
        if pattern[p] == backslash { p += 1 }
        guard p < pattern.endIndex else { return nil }
        isMember = isMember || (low <= byte && byte <= pattern[p])
        previous = nil
      } else if next == UInt8(ascii: "["), p + 1 < pattern.endIndex, pattern[p + 1] == UInt8(ascii: ":") {
        guard let end = pattern[(p + 2)...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
        if end - 1 >= p + 2 && pattern[end - 1] == UInt8(ascii: ":") {
          let name = String(decoding: pattern[(p + 2)..<(end - 1)], as: UTF8.self)
          guard let contains = namedClass(name, byte) else { return nil }
          isMember = isMember || contains
          previous = nil
          p = end
        } else {
          isMember = isMember || next == byte
          previous = next
        }
      } else {
        isMember = isMember || next == byte
        previous = next
      }
      p += 1
    }
    return nil
  }

  /// Whether `byte` is in a class such as `alpha`. Nil if there is no such class.
  private static func namedClass(_ name: String, _ byte: UInt8) -> Bool? {
    let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    let isGraphic = byte > 0x20 && byte < 0x7F
    switch name {
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
    case "upper": return isUpper
    case "xdigit":
      return isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    default: return nil
    }
  }
}
