/// How the bytes of a type are written on a line of `vocabulary.txt`.
package enum VocabularyEscapes {
  /// Appends `type` with control characters, backslashes and malformed UTF-8 escaped, and spaces if wanted.
  package static func append(
    _ type: UnsafeRawBufferPointer, to result: inout [UInt8], escapesSpace: Bool = false
  ) {
    let isUTF8 = String(validating: type, as: UTF8.self) != nil
    for byte in type {
      switch byte {
      case 0x0A: result += [0x5C, 0x6E]
      case 0x09: result += [0x5C, 0x74]
      case 0x5C: result += [0x5C, 0x5C]
      case 0x20 where escapesSpace: appendHexadecimal(byte, to: &result)
      case ..<0x20, 0x7F: appendHexadecimal(byte, to: &result)
      case 0x80... where !isUTF8: appendHexadecimal(byte, to: &result)
      default: result.append(byte)
      }
    }
  }

  private static func appendHexadecimal(_ byte: UInt8, to result: inout [UInt8]) {
    let digits = Array("0123456789ABCDEF".utf8)
    result += [0x5C, 0x78, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }

  /// The bytes that `line` stands for; nil if an escape is malformed.
  package static func decoded(_ line: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    return line.withUnsafeBytes { decode($0, into: &result) } ? result : nil
  }

  /// Appends the bytes that `line` stands for.
  ///
  /// - Returns: false if an escape is malformed.
  static func decode(_ line: UnsafeRawBufferPointer, into result: inout [UInt8]) -> Bool {
    var offset = 0
    while offset < line.count {
      let byte = line[offset]
      offset += 1
      guard byte == 0x5C else {
        result.append(byte)
        continue
      }
      guard offset < line.count else { return false }
      switch line[offset] {
      case 0x6E: result.append(0x0A)
      case 0x74: result.append(0x09)
      case 0x5C: result.append(0x5C)
      case 0x78:
        guard offset + 2 < line.count, let high = digit(line[offset + 1]), let low = digit(line[offset + 2])
        else { return false }
        result.append(high << 4 | low)
        offset += 2
      default: return false
      }
      offset += 1
    }
    return true
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
