/// One pass over a text before jansson sees it: it holds the limits, and takes long strings out.
///
/// jansson reads a string one byte at a time, through a function pointer, twice; a document of a megabyte in a
/// `didOpen` would cost ten milliseconds. So every string value of `longStringByteCount` bytes or more is decoded
/// here and replaced by a stand-in, U+0001 and its number. A string that begins with U+0001 itself is taken out
/// as well, so that a stand-in is never mistaken. Whatever this pass finds wrong in a string it leaves where it
/// is: jansson then refuses it, and there is one judge of what is JSON.
struct JSONScan {
  static let longStringByteCount = 192

  private(set) var strings: [String] = []
  /// The text with its long strings replaced; nil if there were none.
  private(set) var shortened: [UInt8]?

  private var copiedByteCount = 0
  private var replacements: [(shortenedEnd: Int, originalEnd: Int)] = []

  init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) throws(JSONError) {
    guard bytes.count <= limits.byteCount else {
      throw .syntax(
        reason: "the text is longer than \(limits.byteCount) bytes", line: 1, column: 1, byteOffset: 0)
    }
    var depth = 0
    var valueCount = 1
    var offset = 0
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        valueCount += 1
        guard depth <= limits.depth else {
          throw .at(offset, bytes, "arrays and objects are nested deeper than \(limits.depth)")
        }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ","):
        valueCount += 1
        guard valueCount <= limits.valueCount else {
          throw .at(offset, bytes, "there are more than \(limits.valueCount) values")
        }
      case UInt8(ascii: "\""):
        offset = scanString(bytes, from: offset + 1, limits)
        continue
      default: break
      }
      offset += 1
    }
    if shortened != nil { shortened?.append(contentsOf: bytes[copiedByteCount...]) }
  }

  /// Where a byte of the shortened text was in the original one.
  func originalOffset(_ offset: Int) -> Int {
    guard let last = replacements.last(where: { $0.shortenedEnd <= offset }) else { return offset }
    return last.originalEnd + (offset - last.shortenedEnd)
  }

  /// Passes over a string whose content starts at `start`; the offset after its closing quote.
  private mutating func scanString(
    _ bytes: UnsafeRawBufferPointer, from start: Int, _ limits: JSONLimits
  ) -> Int {
    var offset = start
    var hasSurrogate = false
    scanning: while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""): break scanning
      case UInt8(ascii: "\\"):
        if offset + 2 < bytes.count, bytes[offset + 1] == UInt8(ascii: "u"), bytes[offset + 2] | 0x20 == 0x64
        {
          hasSurrogate = true
        }
        offset += 2
      default: offset += 1
      }
    }
    guard offset < bytes.count else { return bytes.count }
    let isMarked = bytes[start..<offset].starts(with: #"\u0001"#.utf8)
    let isWanted =
      offset - start >= Self.longStringByteCount || isMarked
      || (hasSurrogate && limits.replacesLoneSurrogates)
    if isWanted, !isKey(bytes, after: offset + 1),
      let string = decodedString(UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), limits)
    {
      takeOut(string, bytes, start..<offset)
    }
    return offset + 1
  }

  private func isKey(_ bytes: UnsafeRawBufferPointer, after offset: Int) -> Bool {
    var offset = offset
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return bytes[offset] == UInt8(ascii: ":")
      }
    }
    return false
  }

  private mutating func takeOut(_ string: String, _ bytes: UnsafeRawBufferPointer, _ content: Range<Int>) {
    var text = shortened.take() ?? []
    text.append(contentsOf: bytes[copiedByteCount..<content.lowerBound])
    text.append(contentsOf: #"\u0001\#(strings.count)"#.utf8)
    strings.append(string)
    copiedByteCount = content.upperBound
    replacements.append((text.count, content.upperBound))
    shortened = text
  }
}

/// The text of a JSON string's content, quotes left out; nil if it is not valid JSON under `limits`.
private func decodedString(_ content: UnsafeRawBufferPointer, _ limits: JSONLimits) -> String? {
  let decoded = [UInt8](unsafeUninitializedCapacity: content.count) { buffer, count in
    var reader = EscapeReader(content: content, limits: limits)
    count = reader.decode(into: buffer) ?? 0
  }
  // Nothing valid and non-empty decodes to nothing, so an empty result of a non-empty content is a refusal.
  if decoded.isEmpty && !content.isEmpty { return nil }
  return String(validating: decoded, as: UTF8.self)
}

/// Undoes the escapes of a string's content. The result is never longer than the content.
private struct EscapeReader {
  let content: UnsafeRawBufferPointer
  let limits: JSONLimits
  var offset = 0

  init(content: UnsafeRawBufferPointer, limits: JSONLimits) {
    self.content = content
    self.limits = limits
  }

  /// The number of bytes written, or nil where the content is not valid.
  mutating func decode(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int? {
    var count = 0
    while offset < content.count {
      let byte = content[offset]
      if byte < 0x20 { return nil }
      if byte != UInt8(ascii: "\\") {
        buffer[count] = byte
        count += 1
        offset += 1
        continue
      }
      guard offset + 1 < content.count else { return nil }
      let escape = content[offset + 1]
      offset += 2
      if escape == UInt8(ascii: "u") {
        guard let scalar = scalar() else { return nil }
        for unit in UTF8.encode(scalar)! {
          buffer[count] = unit
          count += 1
        }
      } else {
        guard let plain = simpleEscape(escape) else { return nil }
        buffer[count] = plain
        count += 1
      }
    }
    return count
  }

  private func simpleEscape(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
    default: nil
    }
  }

  /// The scalar of the four digits here, and of a second escape if they are the first half of a pair.
  private mutating func scalar() -> Unicode.Scalar? {
    guard let unit = hexadecimalUnit(at: offset) else { return nil }
    offset += 4
    if let scalar = Unicode.Scalar(unit) { return scalar == "\0" && !limits.allowsNUL ? nil : scalar }
    if unit < 0xDC00, offset + 1 < content.count, content[offset] == UInt8(ascii: "\\"),
      content[offset + 1] == UInt8(ascii: "u"), let second = hexadecimalUnit(at: offset + 2),
      (0xDC00..<0xE000).contains(second)
    {
      offset += 6
      return Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00))
    }
    return limits.replacesLoneSurrogates ? "\u{FFFD}" : nil
  }

  private func hexadecimalUnit(at start: Int) -> UInt32? {
    guard start + 4 <= content.count else { return nil }
    var unit: UInt32 = 0
    for byte in content[start..<start + 4] {
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
