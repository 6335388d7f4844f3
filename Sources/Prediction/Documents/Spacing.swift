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
      beginsWord = bytes.first.map { Self.isWordByte($0) } ?? false
      endsWord = bytes.last.map { Self.isWordByte($0) } ?? false
      guard bytes.count <= 7, Tokenization.isStructural(kind) || !beginsWord else { return }
      for byte in bytes { text = text << 8 | UInt64(byte) }
    }

    /// Whether its first and its last byte would make one word with others: two such tokens are always apart.
    fileprivate let beginsWord: Bool
    fileprivate let endsWord: Bool
    /// Whether white space stands before it: `a = b` and `a=b` have different habits behind the same sign.
    var isApart = true

    private static func isWordByte(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    fileprivate var key: UInt64 { (text != 0 ? text : UInt64(kind.rawValue) | 1 << 60) | apartBit }
    fileprivate var kindKey: UInt64 { UInt64(kind.rawValue) | 1 << 60 | apartBit }
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
      var side = document.withBytes(in: token.byteRange) { Side(kind: token.kind, bytes: $0) }
      if let last {
        seen.append(Neighbours(left: last.side, right: side, isApart: token.byteOffset > last.end))
      }
      side.isApart = Self.isApart(document, before: index)
      let isAsked = left.map { $0.key == side.key || $0.kindKey == side.kindKey } ?? true
      last = isAsked ? (side, token.endOffset) : nil
    }
  }

  /// Whether white space, or a line's beginning, stands before a token.
  static func isApart(_ document: LexedDocument, before index: Int) -> Bool {
    guard index > 0 else { return true }
    let (before, token) = (document.token(at: index - 1), document.token(at: index))
    return before.kind == .lineEnd || before.kind == .indent || before.endOffset < token.byteOffset
  }

  /// How often tokens stood apart and how often they were joined.
  private struct Tally {
    private var apart = 0
    private var joined = 0

    mutating func add(_ isApart: Bool) { if isApart { apart += 1 } else { joined += 1 } }

    /// Nil where it says nothing. A space that is too much has to be taken away, one that lacks can be typed on: for it
    /// most have to be.
    var isApart: Bool? { apart + joined == 0 ? nil : apart > 3 * joined }
  }

  /// By the exact texts, and by text on one side and kind on the other.
  private struct Votes {
    var exact = Tally()
    var withKindOfRight = Tally()
    var withKindOfLeft = Tally()
  }

  private func votes(_ left: Side, _ right: Side) -> Votes {
    var votes = Votes()
    for pair in seen {
      let isLike = (left: pair.left.kindKey == left.kindKey, right: pair.right.kindKey == right.kindKey)
      // A side without a text stands for all of its kind.
      let isLeft = pair.left.key == left.key || left.text == 0 && isLike.left
      let isRight = pair.right.key == right.key || right.text == 0 && isLike.right
      if pair.left.key == left.key && pair.right.key == right.key { votes.exact.add(pair.isApart) }
      if isLeft && isLike.right { votes.withKindOfRight.add(pair.isApart) }
      if isLike.left && isRight { votes.withKindOfLeft.add(pair.isApart) }
    }
    return votes
  }

  /// Whether a space belongs between two tokens.
  func isApart(_ left: Side, _ right: Side) -> Bool {
    if left.endsWord && right.beginsWord && left.kind != .number { return true }
    let votes = votes(left, right)
    if let isApart = votes.exact.isApart { return isApart }
    if left.text == 0 || right.text == 0 || left.text == right.text {
      if let isApart = votes.withKindOfRight.isApart ?? votes.withKindOfLeft.isApart { return isApart }
    }
    return Self.isUsuallyApart(left, right)
  }

  private static let joinedAfter: Set<UInt64> = Set("([.!@#$~".utf8.map(UInt64.init))
  private static let joinedBefore: Set<UInt64> = Set(")],;.:?!".utf8.map(UInt64.init))
  private static let opening = UInt64(UInt8(ascii: "("))
  private static let openingIndex = UInt64(UInt8(ascii: "["))

  /// What holds in most languages.
  private static func isUsuallyApart(_ left: Side, _ right: Side) -> Bool {
    if left.kind == .delimiter || right.kind == .delimiter || left.kind == .ideograph
      || right.kind == .ideograph
    {
      return false
    }
    if joinedAfter.contains(left.text) || joinedBefore.contains(right.text) { return false }
    if left.kind == .identifier && (right.text == opening || right.text == openingIndex) { return false }
    return true
  }
}
