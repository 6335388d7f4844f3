/// What stands for a token in an abstracted context: itself, if it belongs to the structure of the language (a
/// bracket, a keyword, a function word), else its shape.
///
/// Bits: 31 a shape; 30 structural, but unknown to the model's list; 28–29 the role in bracketing; the rest the
/// shape, the rank in the model's list, or the id.
struct TokenClass: Hashable, BitwiseCopyable, Sendable {
  enum Role: UInt32 { case none, opens, closes, separates }

  var rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(shape: WordShape) { rawValue = 1 << 31 | shape.rawValue }

  init(rank: Int, bytes: UnsafeRawBufferPointer) {
    rawValue = Self.role(of: bytes).rawValue << 28 | UInt32(truncatingIfNeeded: rank) & 0xFFF_FFFF
  }

  init(unrankedID id: UInt32, bytes: UnsafeRawBufferPointer) {
    rawValue = 1 << 30 | Self.role(of: bytes).rawValue << 28 | id & 0xFFF_FFFF
  }

  /// Before the first token of a document.
  static let padding = TokenClass(rawValue: 1 << 30 | 1)

  var isShape: Bool { rawValue >> 31 != 0 }
  var role: Role { isShape ? .none : Role(rawValue: rawValue >> 28 & 3) ?? .none }

  /// The number of rows in the gate's tables of preceding tokens.
  static let gateRowCount = 256
  /// The row of the gate's tables that stands for the token.
  var gateRow: Int {
    if isShape { return Int(rawValue & 0xF) }
    if rawValue >> 30 & 1 != 0 { return Self.unrankedRow }
    return Self.gateRow(ofRank: Int(rawValue & 0xFFF_FFFF))
  }

  /// Shapes come before it, ranked words from it on.
  static let firstRankedRow = 16
  private static let unrankedRow = 15

  /// The row of the structural word of a rank in the model's list; beyond the table that of those without one.
  static func gateRow(ofRank rank: Int) -> Int {
    rank < gateRowCount - firstRankedRow ? rank + firstRankedRow : unrankedRow
  }

  private static func role(of bytes: UnsafeRawBufferPointer) -> Role {
    guard bytes.count == 1 else { return .none }
    switch bytes[0] {
    case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): return .opens
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): return .closes
    case UInt8(ascii: ","): return .separates
    default: return .none
    }
  }

  /// Whether a word is short and of punctuation only, and so structural in any language.
  static func isPunctuation(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first, bytes.count <= 3, first < 128 else { return false }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "\""):
      return false
    default: return true
    }
  }
}
