/// Finds what looks like a secret in text: keys and tokens of known forms, long strings that no person would read as
/// a name, values given to names such as `password`, hashes of passwords, passwords in URLs and commands, and account
/// and card numbers.
///
/// What is found is neither learned nor offered. Every verdict depends on its line, on a few lines before, and on the one
/// behind, so that an edit changes no verdict but near its lines. Hashes and base64 data are found too: nobody completes
/// them either.
public enum SecretDetector {
  /// How many lines before a line its verdicts may depend on.
  package static let linesBefore = 4
  /// How many lines behind a line its verdicts may depend on.
  package static let linesBehind = 1

  /// The ranges of bytes that look like secrets, ascending and apart. Line ends are `\n` and `\r`.
  public static func ranges(in text: UnsafeRawBufferPointer) -> [Range<Int>] {
    var scan = SecretScan(text)
    scan.run()
    return scan.found
  }

  /// The same for a text of its own.
  public static func ranges(in text: [UInt8]) -> [Range<Int>] { text.withUnsafeBytes { ranges(in: $0) } }

  /// Whether a word by itself looks like a secret.
  public static func isSecret(_ word: [UInt8]) -> Bool { !ranges(in: word).isEmpty }
}

/// One pass over a text. What starts a closer look are the ends of runs of letters and digits, and a few other bytes.
struct SecretScan {
  let text: UnsafeRawBufferPointer
  private(set) var found: [Range<Int>] = []
  private var isAscending = true
  /// Where the line began that the pass has come to.
  private var lineStart = 0
  /// The line's end where it was asked for; less than `lineStart` where not yet.
  private var knownLineEnd = -1
  /// How often the line was looked at closely.
  private var lookCount = 0
  /// What lines say of those behind them. It is added when its line is over, so that what else is found there does not
  /// depend on it: no verdict depends on more lines.
  private var carried: [Range<Int>] = []
  private var isCarrying = false

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  /// What words may be by their last letters; see `SecretNames`.
  private struct Endings {
    var kinds: UnsafeBufferPointer<UInt8>
    var fourths: UnsafeBufferPointer<UInt32>

    /// Of letters that end at `end`, three or two.
    @inline(__always) func kind(_ text: UnsafeRawBufferPointer, _ run: Range<Int>, _ end: Int) -> UInt8 {
      let third = end - run.lowerBound > 2 && isLetter(text[end - 3]) ? text[end - 3] : 0
      let key = SecretNames.key(third, text[end - 2], text[end - 1])
      var kind = kinds[key]
      if kind != 0, third != 0, end - run.lowerBound > 3, isLetter(text[end - 4]),
        fourths[key] & (1 << UInt32(text[end - 4] & 31) | 1) == 0
      {
        kind = 0
      }
      // Names of two letters.
      let last = text[end - 1] | 0x20
      if last == UInt8(ascii: "w") || last == UInt8(ascii: "i") {
        kind |= kinds[SecretNames.key(0, text[end - 2], text[end - 1])]
      }
      return kind
    }
  }

  private enum ByteClass {
    static let other: UInt8 = 0
    /// Letters, digits and what base64 has beside them.
    static let run: UInt8 = 1
    static let lineEnd: UInt8 = 2
    /// `:`, `$`, `{` and `@`, where things begin that have no name.
    static let sign: UInt8 = 3
    /// Where a name in another script may begin.
    static let foreign: UInt8 = 4
  }

  private static let classes: [UInt8] = (0..<256).map { value in
    let byte = UInt8(value)
    if isAlphanumeric(byte) || "_-+/".utf8.contains(byte) { return ByteClass.run }
    if byte == 0x0A || byte == 0x0D { return ByteClass.lineEnd }
    if ":${@".utf8.contains(byte) { return ByteClass.sign }
    return SecretNames.foreignStarts.contains(byte) ? ByteClass.foreign : ByteClass.other
  }

  mutating func run() {
    Self.classes.withUnsafeBufferPointer { classes in
      SecretNames.endings.withUnsafeBufferPointer { endings in
        SecretNames.fourthLetters.withUnsafeBufferPointer {
          run(classes, Endings(kinds: endings, fourths: $0))
        }
      }
    }
    guard !isAscending else { return }
    var apart: [Range<Int>] = []
    for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = apart.last, range.lowerBound <= last.upperBound {
        apart[apart.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        apart.append(range)
      }
    }
    found = apart
  }

  private mutating func run(_ classes: UnsafeBufferPointer<UInt8>, _ endings: Endings) {
    let text = text
    let count = text.count
    var offset = 0
    while offset < count {
      switch classes[Int(text[offset])] {
      case ByteClass.run:
        var end = offset + 1
        while end < count && classes[Int(text[end])] == ByteClass.run { end += 1 }
        judge(offset..<end, endings)
        offset = end
      case ByteClass.lineEnd:
        if isCarrying, text[offset] == 0x0D || offset == 0 || text[offset - 1] != 0x0D { endLine(offset) }
        offset += 1
        lineStart = offset
        lookCount = 0
      case ByteClass.sign:
        lookAtSign(offset)
        offset += 1
      case ByteClass.foreign:
        if let end = SecretNames.foreignNameEnd(text, offset) {
          if mayLook(at: offset) { addValue(after: offset..<end, line(around: offset), .strong) }
          offset = end
        } else {
          offset += 1
        }
      default: offset += 1
      }
    }
    endLine(count)
  }

  /// Keeps what a line says of another.
  private mutating func carry(_ value: Range<Int>) {
    guard carried.count < 256 else { return }
    carried.append(value)
    isCarrying = true
  }

  /// Adds what was said of the line that ends at `end`.
  private mutating func endLine(_ end: Int) {
    for value in carried where value.lowerBound < end { add(value) }
    carried.removeAll { $0.lowerBound < end }
    isCarrying = !carried.isEmpty
  }

  /// Whether a place may be looked at more closely: a line of nothing but names of secrets would take long otherwise.
  private mutating func mayLook(at offset: Int) -> Bool {
    guard lookCount < 96 + (offset - lineStart) / 64 else { return false }
    lookCount += 1
    return true
  }

  /// Longer lines are looked at in windows.
  private static let longestWholeLine = 4096

  /// The line that the pass has come to, or what there is of it around a place.
  private mutating func line(around offset: Int) -> SecretLine {
    if knownLineEnd < lineStart {
      knownLineEnd = lineStart
      while knownLineEnd < text.count, text[knownLineEnd] != 0x0A, text[knownLineEnd] != 0x0D {
        knownLineEnd += 1
      }
    }
    if knownLineEnd - lineStart <= Self.longestWholeLine {
      return SecretLine(text: text, start: lineStart, end: knownLineEnd)
    }
    return SecretLine(text: text, start: max(lineStart, offset - 256), end: min(knownLineEnd, offset + 1024))
  }

  private mutating func add(_ range: Range<Int>?) {
    guard let range, !range.isEmpty else { return }
    if let last = found.last, range.lowerBound <= last.upperBound {
      guard range.lowerBound >= last.lowerBound else {
        isAscending = false
        found.append(range)
        return
      }
      found[found.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
    } else {
      found.append(range)
    }
  }

  private func isFound(_ offset: Int) -> Bool { found.last.map { $0.contains(offset) } ?? false }

  @inline(__always)
  private mutating func judge(_ run: Range<Int>, _ endings: Endings) {
    let first = text[run.lowerBound]
    if run.count >= SecretForms.shortest, !isFound(run.lowerBound),
      let range = SecretForms.secret(run, in: text, lineStart: lineStart)
    {
      add(range)
      return
    }
    if run.lowerBound == lineStart { judgeLoneRun(run) }
    if run.count == 1 {
      if SecretPairs.mayBeApart(run.lowerBound, text), mayLook(at: run.lowerBound) {
        add(SecretPairs.password(behindSlash: run.lowerBound, line(around: run.lowerBound)))
      }
      return
    }
    if SecretPairs.mayBePair(run, text), mayLook(at: run.lowerBound) {
      let count = text[run.lowerBound + 4] == UInt8(ascii: "/") ? 4 : 5
      add(SecretPairs.password(ofPair: run.lowerBound..<run.lowerBound + count, line(around: run.lowerBound)))
    }
    if run.count >= 2 {
      if isDigit(first) || run.count >= 4 && isDigit(text[run.lowerBound + 2]) { judgeNumber(run) }
      if first == UInt8(ascii: "-"), !isFound(run.lowerBound) {
        if mayLook(at: run.lowerBound) {
          let line = line(around: run.lowerBound)
          if let value = SecretCommands.value(ofOption: run, line) {
            if value.lowerBound > line.end { carry(value) } else { add(value) }
          }
        }
      }
    }
    // The last three letters tell nearly always that this is no name of a secret.
    var end = run.upperBound
    while end - run.lowerBound > 2, !isLetter(text[end - 1]) { end -= 1 }
    guard end - run.lowerBound >= 2, isLetter(text[end - 1]), isLetter(text[end - 2]) else { return }
    let ending = endings.kind(text, run, end)
    guard ending != 0, ending & SecretNames.Ending.always != 0 || isAssigned(run.upperBound) else { return }
    judgeName(run, ending)
  }

  /// Whether a value may be given to a name that ends at `offset`.
  private func isAssigned(_ offset: Int) -> Bool {
    var offset = offset
    while offset < text.count, isBlank(text[offset]) { offset += 1 }
    guard offset < text.count else { return false }
    let byte = text[offset]
    if SecretNames.precedesValue(byte) || isDigit(byte) { return true }
    // "is", "are" and "with", and the dashes before an argument.
    guard offset + 4 < text.count else { return false }
    switch byte {
    // The length of an array.
    case UInt8(ascii: "["): return isDigit(text[offset + 1]) || text[offset + 1] == UInt8(ascii: "]")
    case UInt8(ascii: "i"):
      return text[offset + 1] | 0x20 == UInt8(ascii: "s")
        && (isBlank(text[offset + 2]) || text[offset + 2] == UInt8(ascii: "t") && isBlank(text[offset + 3]))
    case UInt8(ascii: "l"):
      return text[offset + 1] == UInt8(ascii: "a") && text[offset + 2] == UInt8(ascii: "u")
        && text[offset + 3] == UInt8(ascii: "t")
    case UInt8(ascii: "e"):
      return text[offset + 1] == UInt8(ascii: "s")
        && (isBlank(text[offset + 2]) || text[offset + 2] == UInt8(ascii: "t") && isBlank(text[offset + 3]))
    case UInt8(ascii: "a"): return text[offset + 2] == UInt8(ascii: "e") && isBlank(text[offset + 3])
    case UInt8(ascii: "w"): return text[offset + 3] == UInt8(ascii: "h") && isBlank(text[offset + 4])
    case UInt8(ascii: "-"):
      return text[offset + 1] == byte && isBlank(text[offset + 2])
        || text[offset + 1] | 0x20 == UInt8(ascii: "s")
    default: return false
    }
  }

  /// The last line of a key in base64 may be too short for a look at its letters: it has its padding, or is alone.
  private mutating func judgeLoneRun(_ run: Range<Int>) {
    guard run.count >= 6, run.count < 76 else { return }
    var end = run.upperBound
    while end < text.count, text[end] == UInt8(ascii: "=") { end += 1 }
    guard end == text.count || text[end] == 0x0A || text[end] == 0x0D else { return }
    if SecretForms.isLastLine(run, padding: end - run.upperBound, in: text) { add(run.lowerBound..<end) }
  }

  private mutating func judgeName(_ run: Range<Int>, _ ending: UInt8) {
    guard !isFound(run.lowerBound), mayLook(at: run.lowerBound) else { return }
    let line = line(around: run.upperBound)
    if ending & (SecretNames.Ending.word | SecretNames.Ending.rareWord) != 0,
      let value = SecretCommands.value(ofWord: run, line)
    {
      add(value)
    } else if ending & (SecretNames.Ending.word | SecretNames.Ending.rareWord) != 0,
      let value = SecretPairs.password(behindLogin: run, line)
    {
      carry(value)
    }
    guard ending & (SecretNames.Ending.name | SecretNames.Ending.qualifier) != 0 else { return }
    let strength = SecretNames.strength(run, line)
    guard strength != .none else { return }
    if strength == .strong, let value = SecretProse(line: line, name: run, strength: strength).valueBefore() {
      add(value)
    }
    addValue(after: run, line, strength)
  }

  private mutating func judgeNumber(_ run: Range<Int>) {
    let first = text[run.lowerBound]
    let isCandidate =
      isDigit(first)
      ? AccountNumbers.mayBeCard(first) && (run.count >= 14 || run.count <= 6 && isNumberBehind(run))
      : run.count >= 4 && isLetter(first) && isLetter(text[run.lowerBound + 1])
        && isDigit(text[run.lowerBound + 2]) && isDigit(text[run.lowerBound + 3])
    guard isCandidate, !isFound(run.lowerBound), mayLook(at: run.lowerBound) else { return }
    add(AccountNumbers.number(at: run.lowerBound, line(around: run.lowerBound)))
  }

  /// Whether more digits stand behind a group of at least four and a blank.
  private func isNumberBehind(_ run: Range<Int>) -> Bool {
    run.count >= 4 && run.upperBound + 1 < text.count && isBlank(text[run.upperBound])
      && isDigit(text[run.upperBound + 1])
  }

  private mutating func lookAtSign(_ offset: Int) {
    guard offset + 2 < text.count, !isFound(offset) else { return }
    let next = text[offset + 1]
    let isCandidate: Bool
    switch text[offset] {
    case UInt8(ascii: ":"): isCandidate = isColonCandidate(offset)
    case UInt8(ascii: "@"): isCandidate = "tu/(".utf8.contains(next) || isBehindSlash(offset)
    case UInt8(ascii: "$"):
      isCandidate =
        isAlphanumeric(next) || offset > 0 && isAlphanumeric(text[offset - 1])
        || next == UInt8(ascii: "$") && isAlphanumeric(text[offset + 2])
    default: isCandidate = isAlphanumeric(next)
    }
    guard isCandidate, mayLook(at: offset) else { return }
    let line = line(around: offset)
    switch text[offset] {
    case UInt8(ascii: ":"): lookAtColon(offset, line)
    case UInt8(ascii: "@"): add(SecretURLs.password(beforeAt: offset, line))
    case UInt8(ascii: "$"): add(PasswordHashes.hash(atDollar: offset, line))
    default: add(PasswordHashes.hash(atBrace: offset, line))
    }
  }

  /// Whether a URL's slashes, a port, or a password may stand behind a colon.
  private func isColonCandidate(_ offset: Int) -> Bool {
    let next = text[offset + 1]
    if next == UInt8(ascii: "/") { return text[offset + 2] == next }
    guard offset > lineStart, next > 0x20, next != UInt8(ascii: ":") else { return false }
    let before = text[offset - 1] | 0x20
    if isDigit(next) || next == UInt8(ascii: "*") {
      let second = text[offset + 2]
      if isDigit(second) || second == UInt8(ascii: ":") { return true }
    }
    // `/p:`, and the ends of `root`, `admin` and addresses.
    if isAlphanumeric(next), isLetter(before), isAddress(offset) { return true }
    switch before {
    case UInt8(ascii: "p"), UInt8(ascii: "w"), UInt8(ascii: "s"), UInt8(ascii: "d"):
      return offset - lineStart > 2 && isSlashed(offset)
    case UInt8(ascii: "t"): return offset - lineStart >= 4 && text[offset - 4] | 0x20 == UInt8(ascii: "r")
    case UInt8(ascii: "n"): return offset - lineStart >= 5 && text[offset - 5] | 0x20 == UInt8(ascii: "a")
    // The ends of `static` and `basic`.
    case UInt8(ascii: "c"):
      return offset - lineStart >= 5 && text[offset - 2] | 0x20 == UInt8(ascii: "i") && isAlphanumeric(next)
    default: return false
    }
  }

  /// Whether an address with `@` stands before a colon.
  private func isAddress(_ colon: Int) -> Bool {
    var offset = colon
    while offset > lineStart, colon - offset < 48, text[offset - 1] > 0x20 {
      offset -= 1
      if text[offset] == UInt8(ascii: "@") { return true }
      if !isAlphanumeric(text[offset]) && text[offset] != UInt8(ascii: ".")
        && text[offset] != UInt8(ascii: "-")
      {
        return false
      }
    }
    return false
  }

  private func isSlashed(_ colon: Int) -> Bool {
    var offset = colon
    while offset > lineStart, colon - offset < 10, isLetter(text[offset - 1]) { offset -= 1 }
    return offset > lineStart && text[offset - 1] == UInt8(ascii: "/")
  }

  private mutating func lookAtColon(_ offset: Int, _ line: SecretLine) {
    if text[offset + 1] == UInt8(ascii: "/") {
      add(SecretURLs.password(afterScheme: offset, line))
    } else if let value = SecretPairs.lastField(atPort: offset, line) {
      add(value)
    } else if let value = SecretPairs.password(ofSlashed: offset, line) {
      add(value)
    } else if let value = SecretPairs.password(ofAddress: offset, line)
      ?? SecretPairs.password(ofScheme: offset, line)
    {
      add(value)
    } else {
      for count in [4, 5] where offset - count >= line.start {
        add(SecretPairs.password(ofPair: offset - count..<offset, line))
      }
    }
  }

  /// Whether a slash stands before a sign in the same word, as in Oracle's logins.
  private func isBehindSlash(_ sign: Int) -> Bool {
    var offset = sign
    while offset > lineStart, sign - offset < 32, text[offset - 1] > 0x20 {
      offset -= 1
      if text[offset] == UInt8(ascii: "/") { return true }
    }
    return false
  }

  private mutating func addValue(
    after name: Range<Int>, _ line: SecretLine, _ strength: SecretNames.Strength
  ) {
    let assignment = SecretAssignments(line: line, name: name, strength: strength)
    if let value = assignment.value() {
      add(value)
    } else {
      if let value = assignment.continued() { carry(value) }
      for value in assignment.listed() { carry(value) }
      if let value = assignment.valueOnLineBefore() { add(value) }
    }
  }
}

@inline(__always) func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
@inline(__always) func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }
@inline(__always) func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
@inline(__always) func isUpperCase(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "A") < 26 }
@inline(__always) func isLowerCase(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "a") < 26 }
@inline(__always) func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
/// Of identifiers; bytes beyond ASCII count as letters.
@inline(__always) func isNameByte(_ byte: UInt8) -> Bool {
  isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
}
@inline(__always) func isQuote(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`")
}
