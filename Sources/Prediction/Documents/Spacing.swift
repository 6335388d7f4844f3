import Lexing

/// Whether a space stands between two tokens, learned from the text around.
struct Spacing {
  private struct Counts {
    var joined = 0
    var apart = 0

    var isApart: Bool? { joined == apart ? nil : apart > joined }
  }

  /// By the exact texts, where both are short.
  private var exact: [UInt64: Counts] = [:]
  /// By text on one side and kind on the other, and by kinds on both.
  private var mixed: [UInt64: Counts] = [:]

  /// What the spacing rules see of a token.
  struct Side {
    /// The text's bytes packed, for punctuation and keywords of at most seven bytes; else 0.
    var text: UInt64
    var kind: TokenKind

    init(kind: TokenKind, bytes: UnsafeRawBufferPointer) {
      self.kind = kind
      text = 0
      guard bytes.count <= 7, Tokenization.isStructural(kind) else { return }
      for byte in bytes { text = text << 8 | UInt64(byte) }
    }

    fileprivate var key: UInt64 { text != 0 ? text : UInt64(kind.rawValue) | 1 << 60 }
    fileprivate var kindKey: UInt64 { UInt64(kind.rawValue) | 1 << 60 }
  }

  private static func combine(_ left: UInt64, _ right: UInt64) -> UInt64 {
    (left &* 0x9E37_79B9_7F4A_7C15) ^ (right &* 0xC2B2_AE3D_27D4_EB4F).byteSwapped
  }

  /// Learns from the tokens of a range that stand in one line.
  init(_ document: LexedDocument, around range: Range<Int>) {
    let range = range.clamped(to: 0..<document.tokenCount)
    var last: (side: Side, end: Int)?
    for index in range {
      let token = document.token(at: index)
      if token.kind == .lineEnd || token.byteCount == 0 || token.kind == .indent {
        last = nil
        continue
      }
      let side = document.withBytes(in: token.byteRange) { Side(kind: token.kind, bytes: $0) }
      if let last { note(last.side, side, apart: token.byteOffset > last.end) }
      last = (side, token.endOffset)
    }
  }

  private mutating func note(_ left: Side, _ right: Side, apart: Bool) {
    func add(_ counts: inout Counts) { if apart { counts.apart += 1 } else { counts.joined += 1 } }
    add(&exact[Self.combine(left.key, right.key), default: Counts()])
    add(&mixed[Self.combine(left.key, right.kindKey), default: Counts()])
    add(&mixed[Self.combine(left.kindKey, right.key), default: Counts()])
    add(&mixed[Self.combine(left.kindKey, right.kindKey), default: Counts()])
  }

  /// Whether a space belongs between two tokens.
  func isApart(_ left: Side, _ right: Side) -> Bool {
    if let answer = exact[Self.combine(left.key, right.key)]?.isApart { return answer }
    if left.text == 0 || right.text == 0 || left.text == right.text {
      if let answer = mixed[Self.combine(left.key, right.kindKey)]?.isApart { return answer }
      if let answer = mixed[Self.combine(left.kindKey, right.key)]?.isApart { return answer }
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
