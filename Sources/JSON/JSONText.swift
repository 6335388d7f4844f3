/// JSON text that is written piece by piece: what answers every keystroke is not made a value first.
///
///     var text = JSONText()
///     text.object {
///       $0.member("label", "größe")
///       $0.member("kinds") { $0.array { for kind in [3, 7] { $0.write(kind) } } }
///     }
///
/// Whoever writes sees to it that an object has members and an array has none.
package struct JSONText: Sendable {
  private var printer = JSONPrinter(isPretty: false)
  /// Whether a comma goes before what comes next.
  private var isBehindValue = false

  package init() {}

  /// UTF-8 in the compact form of `JSON.serialized()`.
  package var bytes: [UInt8] { printer.bytes }

  /// Makes room for so many bytes more.
  package mutating func reserveCapacity(_ byteCount: Int) {
    printer.bytes.reserveCapacity(printer.bytes.count + byteCount)
  }

  private mutating func begin() {
    if isBehindValue { printer.bytes.append(UInt8(ascii: ",")) }
    isBehindValue = true
  }

  // MARK: Values

  package mutating func write(_ value: JSON) {
    begin()
    printer.print(value, indentation: 0)
  }

  package mutating func write(_ value: String) {
    begin()
    printer.printString(value)
  }

  package mutating func write(_ value: Bool) {
    begin()
    printer.append(value ? "true" : "false")
  }

  package mutating func write(_ value: Int) {
    begin()
    printer.print(Int64(value))
  }

  package mutating func write(_ value: Double) {
    begin()
    printer.print(value)
  }

  package mutating func writeNull() {
    begin()
    printer.append("null")
  }

  package mutating func object(_ members: (inout JSONText) -> Void) {
    enclosed(UInt8(ascii: "{"), UInt8(ascii: "}"), members)
  }

  package mutating func array(_ elements: (inout JSONText) -> Void) {
    enclosed(UInt8(ascii: "["), UInt8(ascii: "]"), elements)
  }

  private mutating func enclosed(_ first: UInt8, _ last: UInt8, _ body: (inout JSONText) -> Void) {
    begin()
    printer.bytes.append(first)
    isBehindValue = false
    body(&self)
    printer.bytes.append(last)
    isBehindValue = true
  }

  // MARK: Members

  /// - Parameter name: without anything that is escaped.
  package mutating func member(_ name: StaticString, _ value: (inout JSONText) -> Void) {
    begin()
    printer.bytes.append(UInt8(ascii: "\""))
    printer.append(name)
    printer.bytes.append(UInt8(ascii: "\""))
    printer.bytes.append(UInt8(ascii: ":"))
    isBehindValue = false
    value(&self)
    isBehindValue = true
  }

  /// A member that is left out where it has no value.
  package mutating func member(_ name: StaticString, _ value: String?) {
    if let value { member(name) { $0.write(value) } }
  }

  package mutating func member(_ name: StaticString, _ value: Int?) {
    if let value { member(name) { $0.write(value) } }
  }

  package mutating func member(_ name: StaticString, _ value: Bool) { member(name) { $0.write(value) } }
}
