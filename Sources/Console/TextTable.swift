/// Rows and columns in plain text, aligned by the number of characters.
package struct TextTable: Sendable {
  package enum Alignment: Sendable { case leading, trailing }

  package struct Column: Sendable {
    package var title: String
    package var alignment: Alignment

    package init(_ title: String, _ alignment: Alignment = .leading) {
      self.title = title
      self.alignment = alignment
    }
  }

  package let columns: [Column]
  private var rows: [[String]] = []

  package init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; cells that are missing stay empty.
  package mutating func append(_ cells: [String]) {
    rows.append((0..<columns.count).map { $0 < cells.count ? cells[$0] : "" })
  }

  /// The table with its titles; each line ends in a line feed and none in spaces.
  package func text(on terminal: Terminal) -> String {
    let all = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    var text = ""
    for (number, row) in all.enumerated() {
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        let isTrailing = columns[column].alignment == .trailing
        line += (column == 0 ? "" : "  ") + (isTrailing ? padding + cell : cell + padding)
      }
      while line.last == " " { line.removeLast() }
      text += (number == 0 ? terminal.styled(line, "1") : line) + "\n"
    }
    return text
  }
}
