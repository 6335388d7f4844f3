import ArgumentParser
import Console
import JSON
import Platform

/// A token that the models did not expect.
struct Finding {
  var byteRange: Range<Int>
  /// −log2 P.
  var surprisalBits: Double
  /// What would have been likelier, the likeliest first.
  var expected: [(text: String, probability: Double)]
}

/// A file with what was found in it.
struct HighlightedFile {
  /// As named on the command line; `<stdin>` for standard input.
  var name: String
  var languageID: String
  var text: [UInt8]
  var positions: LinePositions
  var findings: [Finding]

  func string(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }

  /// What a person is told about a finding.
  func message(_ finding: Finding) -> String {
    let token = singleLine(string(finding.byteRange), width: 60)
    var message =
      "\"\(token)\" is improbable here (\(NumberText.fixed(finding.surprisalBits, digits: 1)) bits)"
    let expected = finding.expected.map {
      $0.text == "\n" ? "the end of the line" : "\"" + singleLine($0.text, width: 40) + "\""
    }
    if !expected.isEmpty { message += "; expected " + expected.joined(separator: ", ") }
    return message
  }
}

enum HighlightFormat: String, CaseIterable, ExpressibleByArgument {
  case ansi, plain, json, html, sarif

  func makePrinter() -> any HighlightPrinter {
    switch self {
    case .ansi: AnsiPrinter()
    case .plain: PlainPrinter()
    case .json: JSONPrinter()
    case .html: HTMLPrinter()
    case .sarif: SarifPrinter()
    }
  }
}

/// Prints files one by one, with what stands before the first and after the last.
protocol HighlightPrinter {
  mutating func begin() throws(Failure)
  mutating func print(_ file: HighlightedFile) throws(Failure)
  mutating func end() throws(Failure)
}

extension HighlightPrinter {
  mutating func begin() throws(Failure) {}
  mutating func end() throws(Failure) {}
}

/// `file:line:column: message`, what compilers print and quickfix lists read.
struct PlainPrinter: HighlightPrinter {
  func print(_ file: HighlightedFile) throws(Failure) {
    for finding in file.findings {
      let place = file.positions.position(of: finding.byteRange.lowerBound)
      // The name's own bytes, so that whoever reads the lines finds the file.
      let message = ":\(place.line):\(place.column): \(file.message(finding))\n"
      try Console.write(file.name.systemPathBytes + Array(message.utf8))
    }
  }
}

/// The lines with findings, the tokens coloured, for a person at a terminal.
struct AnsiPrinter: HighlightPrinter {
  private static let bold = "\u{1B}[1m"
  private static let faint = "\u{1B}[2m"
  private static let slip = "\u{1B}[1;4;31m"
  private static let reset = "\u{1B}[0m"

  func print(_ file: HighlightedFile) throws(Failure) {
    guard !file.findings.isEmpty else { return }
    try Console.write(Array(Self.bold.utf8) + singleLine(file.name).systemPathBytes)
    try Console.print(Self.reset)
    var index = 0
    while index < file.findings.count {
      let line = file.positions.position(of: file.findings[index].byteRange.lowerBound).line
      var onLine: [Finding] = []
      while index < file.findings.count,
        file.positions.position(of: file.findings[index].byteRange.lowerBound).line == line
      {
        onLine.append(file.findings[index])
        index += 1
      }
      try print(onLine, line: line, of: file)
    }
  }

  private func print(_ findings: [Finding], line: Int, of file: HighlightedFile) throws(Failure) {
    let range = file.positions.range(ofLine: line)
    let gutter = String(repeating: " ", count: max(0, 5 - String(line).count)) + "\(line)"
    var text = Self.faint + gutter + " │ " + Self.reset
    var offset = range.lowerBound
    for finding in findings {
      let token = finding.byteRange.clamped(to: range)
      guard token.lowerBound >= offset else { continue }
      text += visible(file.string(offset..<token.lowerBound))
      text += Self.slip + visible(file.string(token)) + Self.reset
      offset = token.upperBound
    }
    text += visible(file.string(offset..<range.upperBound))
    try Console.print(text)
    for finding in findings {
      try Console.print(Self.faint + "      │ " + file.message(finding) + Self.reset)
    }
  }

  /// Text for a terminal: tabs as they are, other control characters made harmless.
  private func visible(_ text: String) -> String {
    text.split(separator: "\t", omittingEmptySubsequences: false).map { singleLine(String($0)) }
      .joined(separator: "\t")
  }
}

/// One object a file, one a line.
struct JSONPrinter: HighlightPrinter {
  func print(_ file: HighlightedFile) throws(Failure) {
    let findings = file.findings.map { finding in
      let start = file.positions.position(of: finding.byteRange.lowerBound)
      let end = file.positions.position(of: finding.byteRange.upperBound)
      return [
        "line": JSON(start.line), "column": JSON(start.column), "endLine": JSON(end.line),
        "endColumn": JSON(end.column), "byteOffset": JSON(finding.byteRange.lowerBound),
        "byteLength": JSON(finding.byteRange.count), "text": JSON(file.string(finding.byteRange)),
        "surprisalBits": JSON(finding.surprisalBits), "expected": expected(finding),
      ] as JSON
    }
    let object: JSON = [
      "file": JSON(file.name), "language": JSON(file.languageID), "findings": .array(findings),
    ]
    try Console.write(object.serialized() + [10])
  }

  private func expected(_ finding: Finding) -> JSON {
    .array(finding.expected.map { ["text": JSON($0.text), "probability": JSON($0.probability)] })
  }
}
