import ArgumentParser
import Console
import Platform

enum HighlightFormat: String, CaseIterable, ExpressibleByArgument {
  case ansi, plain, json, jsonl, html, sarif

  /// What a format shows beside what is wrong where.
  enum Details: Sendable {
    case marks
    /// The surprisal of what is marked.
    case surprisals
    /// That of all tokens.
    case heatMap
  }

  var details: Details {
    switch self {
    case .ansi, .plain, .jsonl, .sarif: .marks
    case .json: .surprisals
    case .html: .heatMap
    }
  }

  func makePrinter(_ measure: TextHighlighter.Measure) -> any HighlightPrinter {
    switch self {
    case .ansi: AnsiPrinter()
    case .plain: PlainPrinter()
    case .json: JSONPrinter(member: "findings")
    case .jsonl: JSONPrinter(member: "marks")
    case .html: HTMLPrinter(measure: measure)
    case .sarif: SarifPrinter()
    }
  }
}

/// Prints files one by one, with what stands before the first and after the last.
protocol HighlightPrinter {
  mutating func begin() throws(Failure)
  mutating func print(_ file: HighlightedFile) throws(Failure)
  mutating func end(_ summary: HighlightSummary) throws(Failure)
}

extension HighlightPrinter {
  mutating func begin() throws(Failure) {}
  mutating func end(_ summary: HighlightSummary) throws(Failure) {}
}

/// `file:line:column: message`, what compilers print and quickfix lists read.
struct PlainPrinter: HighlightPrinter {
  func print(_ file: HighlightedFile) throws(Failure) {
    for mark in file.marks {
      let place = file.positions.position(of: mark.byteRange.lowerBound)
      // The name's own bytes, so that whoever reads the lines finds the file.
      let message = ":\(place.line):\(place.column): \(file.message(mark))\n"
      try Console.write(file.name.systemPathBytes + Array(message.utf8))
    }
  }
}
