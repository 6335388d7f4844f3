extension JSON {
  /// The value as UTF-8, members in their own order, without a final line end.
  ///
  /// Doubles are printed in the fewest digits that read back to the same number, and always look like doubles
  /// (`1.0`); infinities and NaN, which JSON lacks, as `null`.
  ///
  /// - Parameter pretty: one member or element a line, indented by two spaces.
  package func serialized(pretty: Bool = false) -> [UInt8] {
    var printer = Printer(isPretty: pretty)
    printer.print(self, indentation: 0)
    return printer.bytes
  }

  /// The same as a `String`.
  package func serializedString(pretty: Bool = false) -> String {
    String(decoding: serialized(pretty: pretty), as: UTF8.self)
  }

  /// Appends the compact form to `bytes`.
  package func serialize(into bytes: inout [UInt8]) {
    var printer = Printer(isPretty: false)
    swap(&printer.bytes, &bytes)
    printer.print(self, indentation: 0)
    swap(&printer.bytes, &bytes)
  }
}

private struct Printer {
  let isPretty: Bool
  var bytes: [UInt8] = []

  init(isPretty: Bool) { self.isPretty = isPretty }

  mutating func print(_ value: JSON, indentation: Int) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .integer(let value): bytes.append(contentsOf: String(value).utf8)
    case .double(let value):
      if value.isFinite { bytes.append(contentsOf: value.description.utf8) } else { append("null") }
    case .string(let value): printString(value)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        startElement(index, indentation)
        print(element, indentation: indentation + 1)
      }
      finish(elements.isEmpty, UInt8(ascii: "]"), indentation)
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for index in 0..<object.count {
        startElement(index, indentation)
        printString(object.keys[index])
        bytes.append(UInt8(ascii: ":"))
        if isPretty { bytes.append(UInt8(ascii: " ")) }
        print(object.values[index], indentation: indentation + 1)
      }
      finish(object.isEmpty, UInt8(ascii: "}"), indentation)
    }
  }

  private mutating func append(_ literal: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  private mutating func startElement(_ index: Int, _ indentation: Int) {
    if index > 0 { bytes.append(UInt8(ascii: ",")) }
    if isPretty { startLine(indentation + 1) }
  }

  private mutating func finish(_ isEmpty: Bool, _ bracket: UInt8, _ indentation: Int) {
    if isPretty && !isEmpty { startLine(indentation) }
    bytes.append(bracket)
  }

  private mutating func startLine(_ indentation: Int) {
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indentation))
  }

  private mutating func printString(_ string: String) {
    bytes.append(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { appendEscaped($0) }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Copies runs of bytes that stand for themselves in one go.
  private mutating func appendEscaped(_ utf8: UnsafeBufferPointer<UInt8>) {
    var runStart = 0
    for offset in 0..<utf8.count {
      let byte = utf8[offset]
      if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") { continue }
      bytes.append(contentsOf: utf8[runStart..<offset])
      runStart = offset + 1
      bytes.append(UInt8(ascii: "\\"))
      switch byte {
      case 0x0A: bytes.append(UInt8(ascii: "n"))
      case 0x0D: bytes.append(UInt8(ascii: "r"))
      case 0x09: bytes.append(UInt8(ascii: "t"))
      case 0x08: bytes.append(UInt8(ascii: "b"))
      case 0x0C: bytes.append(UInt8(ascii: "f"))
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
      default:
        append("u00")
        let digits: StaticString = "0123456789abcdef"
        bytes.append(digits.utf8Start[Int(byte >> 4)])
        bytes.append(digits.utf8Start[Int(byte & 15)])
      }
    }
    bytes.append(contentsOf: utf8[runStart...])
  }
}
