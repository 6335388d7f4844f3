import Console
import Platform

/// One page, nothing loaded from anywhere: the whole text with each finding coloured by how improbable it is, and what was
/// expected when pointed at.
struct HTMLPrinter: HighlightPrinter {
  mutating func begin() throws(Failure) {
    try Console.write(
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Improbable tokens</title>
      <style>
      :root { color-scheme: light dark; }
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 110ch; padding: 0 1rem; }
      h1 { font-size: 1.3rem; } h2 { font-size: 1rem; font-family: ui-monospace, monospace; margin-top: 2rem; }
      pre { font: 13px/1.5 ui-monospace, monospace; overflow-x: auto; counter-reset: line; tab-size: 4; }
      mark { color: inherit; border-radius: 3px; padding: 0 1px;
        background: color-mix(in srgb, #e5484d calc(var(--heat) * 1%), transparent); }
      </style>
      </head>
      <body>
      <h1>Improbable tokens</h1>

      """)
  }

  mutating func print(_ file: HighlightedFile) throws(Failure) {
    let name = String(decoding: file.name.systemPathBytes, as: UTF8.self)
    try Console.write("<h2>\(Self.escaped(name))</h2>\n<pre>")
    var offset = 0
    for finding in file.findings where finding.byteRange.lowerBound >= offset {
      try Console.write(Self.escaped(file.string(offset..<finding.byteRange.lowerBound)))
      // From 8 bits (faint) to 24 bits (strong).
      let heat = Int(min(max(20 + (finding.surprisalBits - 8) * 4, 20), 85).rounded())
      let place = file.positions.position(of: finding.byteRange.lowerBound)
      let title = "\(place.line):\(place.column): \(file.message(finding))"
      try Console.write("<mark style=\"--heat:\(heat)\" title=\"\(Self.escaped(title))\">")
      try Console.write(Self.escaped(file.string(finding.byteRange)) + "</mark>")
      offset = finding.byteRange.upperBound
    }
    try Console.write(Self.escaped(file.string(offset..<file.text.count)) + "</pre>\n")
  }

  mutating func end() throws(Failure) { try Console.write("</body>\n</html>\n") }

  /// Text safe between tags and in quoted attributes; characters that HTML forbids become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "\n", "\t", "\r": result.unicodeScalars.append(scalar)
      default:
        let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
        result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result
  }
}
