import Lexing
import Privacy

/// Whether a space stands between two tokens, learned from the text around.
struct Spacing {
  /// Two tokens that stand next to each other in a line.
  private struct Neighbours {
    var left: Side
    var right: Side
    var isApart: Bool
  }

  private var seen: [Neighbours] = []

  /// What the spacing rules see of a token.
  struct Side {
    /// The text's bytes packed, for punctuation and keywords of at most seven bytes; else 0.
    var text: UInt64
    var kind: TokenKind

    init(kind: TokenKind, bytes: UnsafeRawBufferPointer) {
      self.kind = kind
      text = 0
      firstByte = bytes.first ?? 0
      lastByte = bytes.last ?? 0
      guard bytes.count <= 7, Tokenization.isStructural(kind) || !beginsWord else { return }
      for byte in bytes { text = text << 8 | UInt64(byte) }
    }

    /// Whether it is a syllable of Hangul, as far as its first byte tells it from other characters without spaces.
    fileprivate var isSyllable: Bool { kind == .ideograph && 0xEA...0xED ~= firstByte }
    /// Whether it is the sign between the parts of a name, which in prose are tokens of their own: `free_list`.
    fileprivate var isUnderscore: Bool { kind == .punctuation && firstByte == UInt8(ascii: "_") }
    /// Whether it is an escape sequence of a string.
    fileprivate var isEscape: Bool { kind == .punctuation && firstByte == UInt8(ascii: "\\") }
    fileprivate let firstByte: UInt8
    fileprivate let lastByte: UInt8
    /// Whether its first and its last byte would make one word with others: two such tokens are always apart.
    fileprivate var beginsWord: Bool { Self.isWordByte(firstByte) }
    fileprivate var endsWord: Bool { Self.isWordByte(lastByte) }
    /// What stands before it on its line, as `plainKey` says of a token; 0 where that is not known.
    fileprivate var before: UInt64 = 0
    /// Whether white space stands before it: `a = b` and `a=b` have different habits behind the same sign.
    var isApart = true

    /// Whether it opens what another one like it closes.
    private(set) var isOpeningQuote = false
    private(set) var beginsLine = false
    private(set) var isBehindNumber = false
    /// Whether it is within an address or a name with parts, which goes on.
    var isWithinAddress = false

    /// Says where it stands: behind `left`, nil for a line's beginning, apart from it or not.
    mutating func stand(behind left: Side?, isApart: Bool) {
      self.isApart = isApart
      beginsLine = left == nil
      before = left?.plainKey ?? Self.lineStart
      isBehindNumber = left?.kind == .number
      isOpeningQuote =
        Self.quotes.contains(firstByte) && !beginsWord && firstByte == lastByte
        && (isApart || left.map { Self.openings.contains($0.lastByte) } ?? true)
    }

    private static let quotes = Set("\"'`".utf8)
    private static let openings = Set("([{<=".utf8)

    static func isWordByte(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// What `before` is at a line's beginning.
    fileprivate static let lineStart: UInt64 = 1 << 62
    fileprivate var key: UInt64 { plainKey | apartBit }
    fileprivate var plainKey: UInt64 { text != 0 ? text : UInt64(kind.rawValue) | 1 << 60 }
    private var apartBit: UInt64 { isApart ? 1 << 61 : 0 }
  }

  /// Learns from the tokens of a range that stand in one line.
  ///
  /// - Parameter left: if given, the only token behind which spacing will be asked for.
  init(_ document: LexedDocument, around range: Range<Int>, behind left: Side? = nil) {
    let range = range.clamped(to: 0..<document.tokenCount)
    var last: (side: Side, end: Int)?
    for index in range {
      let token = document.token(at: index)
      if token.kind == .lineEnd || token.byteCount == 0 || token.kind == .indent {
        last = nil
        continue
      }
      // Most tokens neither are what is asked about nor stand behind it.
      if let left, last == nil, token.kind != left.kind,
        left.text == 0 || !Tokenization.isStructural(token.kind)
      {
        continue
      }
      var side = document.withBytes(in: token.byteRange) {
        noteInnerJoins(token.kind, $0, left)
        return Side(kind: token.kind, bytes: $0)
      }
      if let last {
        seen.append(Neighbours(left: last.side, right: side, isApart: token.byteOffset > last.end))
      }
      side.isApart = Self.isApart(document, before: index)
      if left == nil { side.before = last?.side.plainKey ?? Side.lineStart }
      let isAsked = left.map { $0.key == side.key } ?? true
      last = isAsked ? (side, token.endOffset) : nil
    }
  }

  /// Whether white space, or a line's beginning, stands before a token.
  static func isApart(_ document: LexedDocument, before index: Int) -> Bool {
    guard index > 0 else { return true }
    let (before, token) = (document.token(at: index - 1), document.token(at: index))
    return before.kind == .lineEnd || before.kind == .indent || before.endOffset < token.byteOffset
  }

  /// In prose `www.debian.org` and `object.__exit__` are words, and say that what is between their parts joins.
  private mutating func noteInnerJoins(_ kind: TokenKind, _ bytes: UnsafeRawBufferPointer, _ asked: Side?) {
    guard kind == .word, bytes.count > 2 else { return }
    for place in 1..<bytes.count - 1 where bytes[place] < 0x80 && !Side.isWordByte(bytes[place]) {
      guard Side.isWordByte(bytes[place + 1]) else { continue }
      let isAsked = asked.map { $0.text == UInt64(bytes[place]) } ?? true
      guard isAsked else { continue }
      var left = Side(kind: .punctuation, bytes: UnsafeRawBufferPointer(rebasing: bytes[place...place]))
      left.isApart = false
      let right = Side(kind: .word, bytes: UnsafeRawBufferPointer(rebasing: bytes[(place + 1)...]))
      seen.append(Neighbours(left: left, right: right, isApart: false))
    }
  }

  /// How often tokens stood apart and how often they were joined.
  private struct Tally {
    private var apart = 0
    private var joined = 0

    var count: Int { apart + joined }
    var isEmpty: Bool { count == 0 }
    mutating func add(_ isApart: Bool) { if isApart { apart += 1 } else { joined += 1 } }

    private static let priorCount = 2

    /// A space that is too much has to be taken away, one that lacks can be typed on: for it
    /// most have to be.
    ///
    /// - Parameter isUsuallyApart: what is believed before anything is seen, as if it had been seen twice.
    func isApart(_ isUsuallyApart: Bool) -> Bool {
      let prior = (apart: isUsuallyApart ? Self.priorCount : 0, joined: isUsuallyApart ? 0 : Self.priorCount)
      return apart + prior.apart > 3 * (joined + prior.joined)
    }
  }

  /// What was seen of two tokens like these; a side without a text is like all of its kind.
  private func tally(_ left: Side, _ right: Side) -> Tally {
    var tally = Tally()
    var close = Tally()
    for pair in seen where pair.left.key == left.key && pair.right.key == right.key {
      tally.add(pair.isApart)
      if left.before != 0 && pair.left.before == left.before { close.add(pair.isApart) }
    }
    return close.count >= Self.leastClose ? close : tally
  }

  /// Tokens that stood behind the same one, too, say enough: `x: int = 1` and `f(x=1)`, `(-1` and `a - 1`.
  private static let leastClose = 2

  /// Whether a space belongs between two tokens.
  func isApart(_ left: Side, _ right: Side) -> Bool {
    if left.isOpeningQuote || left.isOpenWord || left.isWithinAddress { return false }
    if left.endsWord && right.beginsWord && left.kind != .number && !left.isEscape && !right.isUnderscore {
      return true
    }
    return isApart(left, right, usually: Self.isUsuallyApart(left, right))
  }

  /// The same of two tokens of which something else is known: what was seen, where that is enough to say otherwise.
  func isApart(_ left: Side, _ right: Side, usually usual: Bool) -> Bool {
    let tally = tally(left, right)
    return tally.isEmpty ? usual : tally.isApart(usual)
  }

  private static let joinedAfter = Set("([{!@#$~\\_^`".utf8)
  private static let joinedBefore = Set(
    [
      ")", "]", ",", ";", ".", ":", "?", "!", "،", "؛", "؟", "。", "、", "，", "；", "：", "？", "！", "）", "」", "』",
      "》", "…",
    ]
    .map { $0.utf8.reduce(0) { $0 << 8 | UInt64($1) } })
  /// Behind these Korean has a space, where Chinese and Japanese have wide signs of their own.
  private static let endsPart = Set(".,;:!?".utf8.map { UInt64($0) })
  private static let opening = UInt64(UInt8(ascii: "("))
  private static let less = UInt64(UInt8(ascii: "<"))
  private static let percent = UInt64(UInt8(ascii: "%"))
  private static let openingIndex = UInt64(UInt8(ascii: "["))

  /// What holds in most languages.
  private static func isUsuallyApart(_ left: Side, _ right: Side) -> Bool {
    if left.kind == .delimiter || right.kind == .delimiter || left.kind == .ideograph { return false }
    if right.isUnderscore { return !left.endsWord }
    if right.kind == .ideograph { return right.isSyllable && endsPart.contains(left.text) }
    // `\n` and `%s` in a string.
    if left.isEscape || right.isEscape { return false }
    if left.text == percent && left.kind != .operator { return left.isBehindNumber }
    // A tag rather than a comparison.
    if left.text == less && left.kind != .operator && left.beginsLine { return false }
    if joinedAfter.contains(left.lastByte) || joinedBefore.contains(right.text) { return false }
    if left.lastByte == UInt8(ascii: ".") {
      return right.kind == .word && right.firstByte != UInt8(ascii: "_")
    }
    // Options, paths and stressed words rather than dashes; at a line's beginning those of a list.
    if left.kind == .punctuation && left.isApart && signs.contains(left.lastByte) { return left.beginsLine }
    if left.kind == .identifier && (right.text == opening || right.text == openingIndex) { return false }
    // `a = b` and `a=b`, `a / b` and `a/b`.
    if left.text != 0 && operators.contains(left.lastByte) { return left.isApart }
    return true
  }

  private static let signs = Set("-/*".utf8)
  private static let operators = Set("=+-*/%<>&|".utf8)
}

extension Spacing.Side {
  /// Whether it ends in a sign that makes a word with what follows: `content_`, `Ein-`. Behind an abbreviation's point and
  /// what closes something a word ends.
  fileprivate var isOpenWord: Bool {
    if lastByte == UInt8(ascii: "_") { return kind == .word || kind == .punctuation }
    guard text == 0, kind == .word || kind == .identifier, lastByte < 0x80, lastByte > 0x20 else {
      return false
    }
    return !Self.isWordByte(lastByte) && !Self.wordEnds.contains(lastByte)
  }
  private static let wordEnds = Set(".,;:!?)]}\"'%+*".utf8)
}
