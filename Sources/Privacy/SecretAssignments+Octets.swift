/// Keys that are written as lists of bytes.
extension SecretAssignments {
  /// How many lines behind the name its bytes are looked for.
  private static let farthestRow = 4

  /// The bytes of a key on the name's own line, with what makes an array of them at `start`: `bytes([0x3f, …])`,
  /// `new byte[] { (byte)0x9a, … }`.
  func octets(_ start: Int) -> Range<Int>? {
    guard namesKey, let first = listStart(start), let run = OctetRun(line, first),
      run.isKey(isTold: isOfBytes(start))
    else { return nil }
    return run.range
  }

  /// The rows of bytes on the lines behind, where the list is open at the end of the name's line.
  func octetRows() -> [Range<Int>] {
    let last = line.trimmed(name.upperBound..<line.end).upperBound - 1
    guard namesKey, last >= name.upperBound, "[{(,".utf8.contains(line[last]),
      let sign = line.text[name.upperBound..<last].firstIndex(where: { ":=".utf8.contains($0) }),
      "[{(".utf8.contains(line[last]) || listStart(sign + 1) != nil
    else { return [] }
    var all = OctetRun()
    var rows: [Range<Int>] = []
    if let first = listStart(sign + 1), let run = OctetRun(line, first) {
      all.append(run)
      rows.append(run.range)
    }
    var next = line.nextLine
    for _ in 0..<Self.farthestRow {
      guard let row = next, let run = OctetRun(row, row.skippingBlanks(row.start)) else { break }
      all.append(run)
      rows.append(run.range)
      next = row.nextLine
    }
    return all.isKey(isTold: isOfBytes(sign + 1)) ? rows : []
  }

  /// Whether the name may be that of a key: of the other names with weak values none has bytes.
  private var namesKey: Bool {
    strength == .strong || strength == .medium || strength == .token
      || strength == .weak
        && (["key", "seed", "salt", "nonce", "token"] as [StaticString]).contains {
          line.has($0, at: name.upperBound - $0.utf8CodeUnitCount)
        }
  }

  /// Where the first number stands in the list that opens at `start` or behind a name and a type there.
  private func listStart(_ start: Int) -> Int? {
    var offset = start
    while offset - start < 48, offset < line.end {
      if "[{(".utf8.contains(line[offset]) {
        let first = OctetRun.skippingCast(line.skippingBlanks(offset + 1), line)
        var end = first
        while isAlphanumeric(line[end]) { end += 1 }
        if isDigit(line[first]), line[line.skippingBlanks(end)] == UInt8(ascii: ",") {
          return line.skippingBlanks(offset + 1)
        }
      } else if isQuote(line[offset]) || line[offset] == UInt8(ascii: ",") {
        return nil
      }
      offset += 1
    }
    return nil
  }

  /// Whether the line says that the numbers are bytes.
  private func isOfBytes(_ start: Int) -> Bool {
    let head = line.start..<min(line.end, start + 48)
    let types: [StaticString] = [
      "byte", "bytes", "bytearray", "u8", "uint8", "uint8_t", "uint8array", "char", "bytearrayof", "ubyte",
      "octet",
      "from",
    ]
    return line.hasWord(of: types, in: head)
  }
}

/// Numbers of a list that are bytes, on one line.
private struct OctetRun {
  private(set) var range = 0..<0
  private var values: [UInt16] = []
  private var isHexadecimal = true

  init() {}

  /// The bytes from `start` to the end of the list or of the line; nil where something else stands among them.
  init?(_ line: SecretLine, _ start: Int) {
    var offset = start
    while offset < line.end, values.count < 256 {
      let number = Self.skippingCast(offset, line)
      guard let end = append(number, line) else { break }
      range = start..<end
      offset = line.skippingBlanks(end)
      guard line[offset] == UInt8(ascii: ",") else { break }
      offset = line.skippingBlanks(offset + 1)
    }
    let isEnd = offset >= line.end || ")]}/#;".utf8.contains(line[offset])
    guard !values.isEmpty, isEnd || values.count == 256 else { return nil }
  }

  mutating func append(_ other: OctetRun) {
    values += other.values
    isHexadecimal = isHexadecimal && other.isHexadecimal
  }

  /// Reads one byte, `0x3f` or `63`, with the suffix that says its type; its end, or nil.
  private mutating func append(_ start: Int, _ line: SecretLine) -> Int? {
    let isHexadecimal = line.has("0x", at: start)
    var offset = isHexadecimal ? start + 2 : start
    let first = offset
    var value: UInt16 = 0
    while offset - first < 3, let digit = Self.digit(line[offset], isHexadecimal: isHexadecimal) {
      value = value * (isHexadecimal ? 16 : 10) + digit
      offset += 1
    }
    guard offset > first, value <= 255 else { return nil }
    if line.has("u8", at: offset) { offset += 2 }
    guard !isNameByte(line[offset]), line[offset] != UInt8(ascii: ".") else { return nil }
    values.append(value)
    self.isHexadecimal = self.isHexadecimal && isHexadecimal
    return offset
  }

  private static func digit(_ byte: UInt8, isHexadecimal: Bool) -> UInt16? {
    if isDigit(byte) { return UInt16(byte - UInt8(ascii: "0")) }
    guard isHexadecimal, byte | 0x20 >= UInt8(ascii: "a"), byte | 0x20 <= UInt8(ascii: "f") else {
      return nil
    }
    return UInt16((byte | 0x20) - UInt8(ascii: "a") + 10)
  }

  /// Behind `(byte)`.
  static func skippingCast(_ start: Int, _ line: SecretLine) -> Int {
    guard line[start] == UInt8(ascii: "("), isLetter(line[start + 1]) else { return start }
    let end = line.nameEnd(start + 1)
    return line[end] == UInt8(ascii: ")") && end - start < 12 ? line.skippingBlanks(end + 1) : start
  }

  /// Whether there are as many bytes as a key has, and as they are drawn: most of them others, large ones among them,
  /// and not counted up.
  func isKey(isTold: Bool) -> Bool {
    guard values.count >= 8, isHexadecimal || isTold, values.contains(where: { $0 >= 64 }) else {
      return false
    }
    let steps = zip(values, values.dropFirst()).count { $1 == $0 + 1 }
    return Set(values).count * 2 > values.count && steps * 2 < values.count
  }
}
