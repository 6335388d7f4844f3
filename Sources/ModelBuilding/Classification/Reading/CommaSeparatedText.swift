import Platform

/// Records of comma-separated values (RFC 4180): quoted fields may hold commas, quotes written twice, and line ends.
struct CommaSeparatedText {
  /// A record and the line that it begins on, from 1.
  struct Record {
    var line: Int
    var fields: [[UInt8]]
  }

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var line = 1

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next record; nil at the end. Lines without anything are passed over.
  ///
  /// - Throws: `Failure` for a quote that is never closed.
  mutating func next() throws(Failure) -> Record? {
    while position < bytes.count {
      let record = try record()
      if record.fields.count > 1 || !record.fields[0].isEmpty { return record }
    }
    return nil
  }

  private mutating func record() throws(Failure) -> Record {
    var record = Record(line: line, fields: [])
    while true {
      record.fields.append(try field())
      guard position < bytes.count else { return record }
      let separator = bytes[position]
      position += 1
      if separator == UInt8(ascii: ",") { continue }
      if separator == 0x0D, position < bytes.count, bytes[position] == 0x0A { position += 1 }
      line += 1
      return record
    }
  }

  /// Up to the comma or line end behind it.
  private mutating func field() throws(Failure) -> [UInt8] {
    var field: [UInt8] = []
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") { try readQuoted(&field) }
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: ",") || byte == 0x0A || byte == 0x0D { break }
      field.append(byte)
      position += 1
    }
    return field
  }

  private mutating func readQuoted(_ field: inout [UInt8]) throws(Failure) {
    let start = line
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard position < bytes.count, bytes[position] == byte else { return }
        position += 1
      }
      if byte == 0x0A { line += 1 }
      field.append(byte)
    }
    throw Failure(
      "line \(start)", why: "a quote that is opened here is never closed",
      remedy: "close it, or write it twice")
  }
}
