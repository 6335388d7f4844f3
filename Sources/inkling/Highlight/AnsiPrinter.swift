import Console
import Platform

/// The lines with marks, the tokens coloured, for a person at a terminal.
struct AnsiPrinter: HighlightPrinter {
  private static let bold = "\u{1B}[1m"
  private static let faint = "\u{1B}[2m"
  private static let slip = "\u{1B}[1;4;31m"
  private static let reset = "\u{1B}[0m"

  func print(_ file: HighlightedFile) throws(Failure) {
    guard !file.marks.isEmpty else { return }
    try Console.write(Array(Self.bold.utf8) + singleLine(file.name).systemPathBytes)
    let count = file.marks.count == 1 ? "1 mark" : "\(NumberText.grouped(file.marks.count)) marks"
    try Console.print(
      Self.reset + Self.faint + "  \(count) in \(NumberText.grouped(file.tokenCount)) tokens" + Self.reset)
    var index = 0
    while index < file.marks.count {
      let line = file.positions.position(of: file.marks[index].byteRange.lowerBound).line
      let onLine = file.marks[index...].prefix {
        file.positions.position(of: $0.byteRange.lowerBound).line == line
      }
      index += onLine.count
      try print(onLine, line: line, of: file)
    }
  }

  private func print(_ marks: ArraySlice<Mark>, line: Int, of file: HighlightedFile) throws(Failure) {
    let range = file.positions.range(ofLine: line)
    let gutter = String(repeating: " ", count: max(0, 5 - String(line).count)) + "\(line)"
    var text = Self.faint + gutter + " │ " + Self.reset
    var offset = range.lowerBound
    for mark in marks {
      let token = mark.byteRange.clamped(to: range)
      guard token.lowerBound >= offset else { continue }
      text += visible(file.string(offset..<token.lowerBound))
      text += Self.slip + visible(file.string(token)) + Self.reset
      offset = token.upperBound
    }
    text += visible(file.string(offset..<range.upperBound))
    try Console.print(text)
    for mark in marks {
      try Console.print(Self.faint + "      │ " + file.message(mark) + others(mark) + Self.reset)
    }
  }

  /// What else may have been meant.
  private func others(_ mark: Mark) -> String {
    let others = mark.corrections.dropFirst().map { "\"\(singleLine($0.text, width: 40))\"" }
    return others.isEmpty ? "" : "; or " + others.joined(separator: ", ")
  }

  /// Text for a terminal: tabs as they are, other control characters made harmless.
  private func visible(_ text: String) -> String {
    text.split(separator: "\t", omittingEmptySubsequences: false).map { singleLine(String($0)) }
      .joined(separator: "\t")
  }
}
