/// What a position's `character` counts (LSP 3.17, "PositionEncodingKind").
public enum PositionEncoding: String, Hashable, Sendable, CaseIterable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case utf32 = "utf-32"

  /// The units of the scalar that a byte begins; none for a continuation byte.
  @inline(__always)
  func unitCount(ofByte byte: UInt8) -> Int {
    switch self {
    case .utf8: 1
    case .utf16: byte & 0xC0 == 0x80 ? 0 : (byte >= 0xF0 ? 2 : 1)
    case .utf32: byte & 0xC0 == 0x80 ? 0 : 1
    }
  }
}

/// A place in a document as LSP has it: both numbers count from 0.
public struct Position: Hashable, Sendable, Comparable {
  public var line: Int
  /// In units of the session's `PositionEncoding`.
  public var character: Int

  public init(line: Int, character: Int) {
    self.line = line
    self.character = character
  }

  public static func < (a: Position, b: Position) -> Bool { (a.line, a.character) < (b.line, b.character) }
}
