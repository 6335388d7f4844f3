/// Characters that nobody sees and that make text read other than it is: marks of direction above all. A word that
/// holds one may come from anybody's file, and is not offered.
enum InvisibleControls {
  /// Whether the bytes, UTF-8, hold any.
  ///
  /// Joiners stay where scripts and emoji need them: between characters beyond ASCII. A soft hyphen does between
  /// letters.
  static func areHeld(by bytes: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let lead = bytes[offset]
      if lead < 0xC2 {
        offset += 1
        continue
      }
      let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
      guard offset + length <= bytes.count else { return false }
      var scalar = UInt32(lead) & (0x7F >> UInt32(length))
      for index in 1..<length { scalar = scalar << 6 | UInt32(bytes[offset + index] & 0x3F) }
      switch scalar {
      case 0x80...0x9F, 0x61C, 0x115F, 0x1160, 0x180E, 0x200B, 0x200E, 0x200F, 0x2028...0x202E,
        0x2060...0x206F,
        0x3164, 0xFEFF, 0xFFA0, 0xFFF9...0xFFFB:
        return true
      case 0xE0000...0xE007F:
        // The flags of regions are spelled with them.
        if !bytes.starts(with: "\u{1F3F4}".utf8) { return true }
      case 0xAD: if offset == 0 || offset + 2 == bytes.count { return true }
      case 0x200C, 0x200D:
        if offset == 0 || bytes[offset - 1] < 0x80 || offset + 3 < bytes.count && bytes[offset + 3] < 0x80 {
          return true
        }
      default: break
      }
      offset += length
    }
    return false
  }
}
