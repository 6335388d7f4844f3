/// Finds where values of a JSON text begin and end, in one pass over its bytes.
///
/// What is nested is passed over by its brackets and quotes alone. Everything is nil where the text is not what was looked for.
struct JSONScanner {
  let bytes: UnsafeBufferPointer<UInt8>

  struct Member {
    /// Without its quotes.
    var key: Range<Int>
    var value: Range<Int>
  }

  /// Calls `body` with each member of the object that begins at a place, in their order.
  ///
  /// - Returns: behind its brace.
  func forEachMember(ofObjectAt start: Int, _ body: (Member) -> Void) -> Int? {
    guard byte(start) == UInt8(ascii: "{") else { return nil }
    var offset = skippingSpace(start + 1)
    if byte(offset) == UInt8(ascii: "}") { return offset + 1 }
    while true {
      guard byte(offset) == UInt8(ascii: "\""), let keyEnd = stringEnd(offset) else { return nil }
      let key = offset + 1..<keyEnd - 1
      offset = skippingSpace(keyEnd)
      guard byte(offset) == UInt8(ascii: ":") else { return nil }
      offset = skippingSpace(offset + 1)
      guard let end = valueEnd(offset) else { return nil }
      body(Member(key: key, value: offset..<end))
      offset = skippingSpace(end)
      switch byte(offset) {
      case UInt8(ascii: "}"): return offset + 1
      case UInt8(ascii: ","): offset = skippingSpace(offset + 1)
      default: return nil
      }
    }
  }

  /// Calls `body` with where each element of the array at a place begins; it says where that ends.
  ///
  /// - Returns: behind its bracket.
  func forEachElement(ofArrayAt start: Int, _ body: (Int) -> Int?) -> Int? {
    guard byte(start) == UInt8(ascii: "[") else { return nil }
    var offset = skippingSpace(start + 1)
    if byte(offset) == UInt8(ascii: "]") { return offset + 1 }
    while true {
      guard offset < bytes.count, let end = body(offset) else { return nil }
      offset = skippingSpace(end)
      switch byte(offset) {
      case UInt8(ascii: "]"): return offset + 1
      case UInt8(ascii: ","): offset = skippingSpace(offset + 1)
      default: return nil
      }
    }
  }

  func isKey(_ key: Range<Int>, _ name: StaticString) -> Bool {
    guard key.count == name.utf8CodeUnitCount else { return false }
    for offset in 0..<key.count where bytes[key.lowerBound + offset] != name.utf8Start[offset] {
      return false
    }
    return true
  }

  // MARK: Scanning

  /// 0 behind the end.
  @inline(__always)
  private func byte(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  func skippingSpace(_ offset: Int) -> Int {
    var offset = offset
    while offset < bytes.count, Self.isSpace(bytes[offset]) { offset += 1 }
    return offset
  }

  /// Where the value ends that begins at a place.
  func valueEnd(_ start: Int) -> Int? {
    switch byte(start) {
    case UInt8(ascii: "\""): return stringEnd(start)
    case UInt8(ascii: "{"), UInt8(ascii: "["): return nestedEnd(start)
    default:
      var end = start
      while end < bytes.count, Self.isLiteralByte(bytes[end]) { end += 1 }
      return end > start ? end : nil
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  private static func isLiteralByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
      UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  /// Where a string ends, behind its quote. Documentation is long: eight bytes at a time.
  private func stringEnd(_ start: Int) -> Int? {
    var offset = start + 1
    while offset < bytes.count {
      if offset + 8 <= bytes.count, let base = bytes.baseAddress {
        let word = UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
        let found = Self.zeroBytes(word ^ Self.quotes) | Self.zeroBytes(word ^ Self.backslashes)
        guard found != 0 else {
          offset += 8
          continue
        }
        offset += found.trailingZeroBitCount / 8
      }
      switch bytes[offset] {
      case UInt8(ascii: "\""): return offset + 1
      case UInt8(ascii: "\\"): offset += 2
      default: offset += 1
      }
    }
    return nil
  }

  private static let quotes: UInt64 = 0x2222_2222_2222_2222
  private static let backslashes: UInt64 = 0x5C5C_5C5C_5C5C_5C5C

  /// The highest bit of the first byte that is zero, and perhaps of others behind it; 0 where none is (Mycroft 1987).
  @inline(__always)
  private static func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }

  private func nestedEnd(_ start: Int) -> Int? {
    var (offset, depth) = (start, 0)
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        guard let end = stringEnd(offset) else { return nil }
        offset = end
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return offset + 1 }
      default: break
      }
      offset += 1
    }
    return nil
  }
}
