/// Writes values as JSON text.
struct JSONPrinter {
  let isPretty: Bool
  var bytes: [UInt8] = []

  init(isPretty: Bool) { self.isPretty = isPretty }

  mutating func print(_ value: JSON, indentation: Int) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .integer(let value): print(value)
    case .double(let value): print(value)
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

  mutating func print(_ value: Int64) {
    // Most numbers are places in a text.
    if value >= 0 && value < 10 { return bytes.append(UInt8(ascii: "0") + UInt8(value)) }
    append(String(value))
  }

  mutating func print(_ value: Double) {
    if value.isFinite { append(value.description) } else { append("null") }
  }

  /// A number's digits: byte by byte, as a sequence, they would take longer than being found.
  private mutating func append(_ digits: String) {
    var digits = digits
    digits.withUTF8 { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ literal: StaticString) {
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

  mutating func printString(_ string: String) {
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
