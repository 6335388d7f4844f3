/// What a position's `character` counts (LSP 3.17, "PositionEncodingKind").
package enum PositionEncoding: String, Hashable, Sendable, CaseIterable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case utf32 = "utf-32"

  /// The units of the scalar that a byte begins; none for a continuation byte.
  @inlinable
  package func unitCount(ofByte byte: UInt8) -> Int {
    switch self {
    case .utf8: 1
    case .utf16: byte & 0xC0 == 0x80 ? 0 : (byte >= 0xF0 ? 2 : 1)
    case .utf32: byte & 0xC0 == 0x80 ? 0 : 1
    }
  }
}
