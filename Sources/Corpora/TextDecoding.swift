import Platform

/// Finds out a file's encoding and turns its bytes into UTF-8.
///
/// UTF-8 with or without a byte order mark, UTF-16 with one, else Latin-1 (with Windows' characters in the range
/// that Latin-1 leaves to controls).
public enum TextDecoding {
  /// The text as UTF-8 without a byte order mark; what is no text as it is.
  public static func text(_ bytes: [UInt8]) -> [UInt8] {
    if let text = utf8(bytes) { return text }
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
  }

  /// The text as UTF-8; nil if the bytes are no text.
  static func utf8(_ bytes: [UInt8]) -> [UInt8]? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      let rest = Array(bytes.dropFirst(3))
      return isBinary(rest) ? nil : rest
    }
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return nil }
    if bytes.starts(with: [0xFF, 0xFE]) { return utf16(bytes.dropFirst(2), isBigEndian: false) }
    if bytes.starts(with: [0xFE, 0xFF]) { return utf16(bytes.dropFirst(2), isBigEndian: true) }
    if isBinary(bytes) { return nil }
    let (good, bad) = bytes.withUnsafeBytes { countSequences($0) }
    // A few broken characters do not make a file Latin-1.
    if bad == 0 || good >= bad * 4 { return bytes }
    return latin1(bytes)
  }

  /// A NUL, or many control characters that text does not hold.
  private static func isBinary(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return false }
      if memchr(base, 0, buffer.count) != nil { return true }
      var controlCount = 0
      for byte in buffer.prefix(1 << 16) where byte < 0x20 || byte == 0x7F {
        // Tab, line feed, vertical tab, form feed, carriage return, escape.
        if !(0x09...0x0D).contains(byte) && byte != 0x1B { controlCount += 1 }
      }
      return controlCount * 100 > min(buffer.count, 1 << 16)
    }
  }

  /// Characters outside ASCII that are UTF-8, and bytes that are not.
  private static func countSequences(_ bytes: UnsafeRawBufferPointer) -> (good: Int, bad: Int) {
    var good = 0
    var bad = 0
    var i = 0
    while i < bytes.count {
      // Eight bytes of ASCII at a time.
      if i + 8 <= bytes.count,
        bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        i += 8
        continue
      }
      let length = sequenceLength(bytes, i)
      if length == 0 {
        bad += 1
        i += 1
      } else {
        if length > 1 { good += 1 }
        i += length
      }
    }
    return (good, bad)
  }

  /// Length of the well-formed sequence at `offset` (Unicode, table 3-7); 0 if there is none.
  private static func sequenceLength(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
    let first = bytes[offset]
    if first < 0x80 { return 1 }
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return 0
    }
    guard offset + length <= bytes.count, second.contains(bytes[offset + 1]) else { return 0 }
    for i in 2..<max(2, length) where bytes[offset + i] & 0xC0 != 0x80 { return 0 }
    return length
  }

  private static func utf16(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) -> [UInt8]? {
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    var i = bytes.startIndex
    while i + 1 < bytes.endIndex {
      let (high, low) = isBigEndian ? (bytes[i], bytes[i + 1]) : (bytes[i + 1], bytes[i])
      units.append(UInt16(high) << 8 | UInt16(low))
      i += 2
    }
    // Half of a surrogate pair becomes the replacement character.
    let text = Array(String(decoding: units, as: UTF16.self).utf8)
    return isBinary(text) ? nil : text
  }

  /// What Windows-1252 has where Latin-1 has the controls from 0x80 to 0x9F.
  private static let windows: [UInt16] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152,
    0x8D,
    0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161,
    0x203A,
    0x0153, 0x9D, 0x017E, 0x0178,
  ]

  private static func latin1(_ bytes: [UInt8]) -> [UInt8]? {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count + bytes.count / 8)
    for byte in bytes {
      if byte < 0x80 {
        text.append(byte)
        continue
      }
      let value = byte < 0xA0 ? windows[Int(byte - 0x80)] : UInt16(byte)
      if value < 0x800 {
        text.append(UInt8(0xC0 | value >> 6))
      } else {
        text.append(UInt8(0xE0 | value >> 12))
        text.append(UInt8(0x80 | value >> 6 & 0x3F))
      }
      text.append(UInt8(0x80 | value & 0x3F))
    }
    return text
  }
}
