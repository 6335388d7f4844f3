extension JSON {
  /// The value as UTF-8, members in their own order, without a final line end.
  ///
  /// Doubles are printed in the fewest digits that read back to the same number, and always look like doubles
  /// (`1.0`); infinities and NaN, which JSON lacks, as `null`.
  ///
  /// - Parameter pretty: one member or element a line, indented by two spaces.
  package func serialized(pretty: Bool = false) -> [UInt8] {
    var printer = JSONPrinter(isPretty: pretty)
    printer.print(self, indentation: 0)
    return printer.bytes
  }

  /// The same as a `String`.
  package func serializedString(pretty: Bool = false) -> String {
    String(decoding: serialized(pretty: pretty), as: UTF8.self)
  }

  /// Appends the compact form to `bytes`.
  package func serialize(into bytes: inout [UInt8]) {
    var printer = JSONPrinter(isPretty: false)
    swap(&printer.bytes, &bytes)
    printer.print(self, indentation: 0)
    swap(&printer.bytes, &bytes)
  }
}
