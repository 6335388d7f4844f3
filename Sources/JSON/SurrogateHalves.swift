/// Escaped halves of surrogate pairs (`\ud83d`) that stand alone: no scalar, and so in no string.
enum SurrogateHalves {
  /// Writes U+FFFD in the place of each, in as many bytes.
  ///
  /// - Returns: where the first one is, where they are not allowed; nil if there is none.
  static func replace(in text: UnsafeMutableRawBufferPointer, isAllowed: Bool) -> Int? {
    var place = 0
    while let backslash = text[place...].firstIndex(of: UInt8(ascii: "\\")) {
      guard let unit = unit(text, at: backslash) else {
        // Whatever is escaped is no backslash that escapes.
        place = min(backslash + 2, text.count)
        continue
      }
      place = backslash + 6
      guard (0xD800..<0xE000).contains(unit) else { continue }
      if unit < 0xDC00, let second = Self.unit(text, at: place), (0xDC00..<0xE000).contains(second) {
        place += 6
        continue
      }
      guard isAllowed else { return backslash }
      for (offset, byte) in "fffd".utf8.enumerated() { text[backslash + 2 + offset] = byte }
    }
    return nil
  }

  /// The UTF-16 unit that an escape at a place stands for.
  private static func unit(_ text: UnsafeMutableRawBufferPointer, at place: Int) -> UInt32? {
    guard place + 6 <= text.count, text[place] == UInt8(ascii: "\\"), text[place + 1] == UInt8(ascii: "u")
    else {
      return nil
    }
    var unit: UInt32 = 0
    for byte in text[place + 2..<place + 6] {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return unit
  }
}
