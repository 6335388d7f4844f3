/// The elements of a matrix of gradients that are not zero, row by row and column by column.
///
/// Behind the largest of a whole sequence, or of each few steps, most steps have none: of 64 filters' windows pooled by fours
/// an eighth, and products need no more than those.
struct SparseGradient<Scalar: TrainingScalar> {
  /// From a density of one element in so many on, products of whole matrices are as fast.
  private static var leastCellsAnElement: Int { 4 }
  /// Rows that are gone through for all columns before the next ones are: what they are multiplied with stays in the
  /// second-level cache.
  private static var tileRowCount: Int { 128 }

  private let rows: Int
  private let columns: Int
  /// Of row r the elements from `rowStarts[r]` on.
  private var rowStarts: [Int]
  private var columnsByRow: [Int32] = []
  private var valuesByRow: [Scalar] = []
  /// Of column c in tile t the elements from `columnStarts[t · columns + c]` on.
  private var columnStarts: [Int]
  private var rowsByColumn: [Int32] = []
  private var valuesByColumn: [Scalar] = []

  /// - Returns: nil where too many elements are not zero.
  @_specialize(where Scalar == Float)
  init?(_ values: UnsafePointer<Scalar>, rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    let limit = rows * columns / Self.leastCellsAnElement
    rowStarts = []
    rowStarts.reserveCapacity(rows + 1)
    columnsByRow.reserveCapacity(min(limit, 4 * rows))
    valuesByRow.reserveCapacity(min(limit, 4 * rows))
    let tileCount = (rows + Self.tileRowCount - 1) / Self.tileRowCount
    columnStarts = [Int](repeating: 0, count: tileCount * columns + 1)
    for row in 0..<rows {
      rowStarts.append(valuesByRow.count)
      let first = values + row * columns
      // Most rows are nothing but zeros, of either sign.
      var isZero = true
      for column in 0..<columns { isZero = isZero && first[column] == 0 }
      if isZero { continue }
      let cell = row / Self.tileRowCount * columns
      for column in 0..<columns where first[column] != 0 {
        columnsByRow.append(Int32(truncatingIfNeeded: column))
        valuesByRow.append(first[column])
        columnStarts[cell + column + 1] += 1
      }
      guard valuesByRow.count <= limit else { return nil }
    }
    rowStarts.append(valuesByRow.count)
    for cell in 1..<columnStarts.count { columnStarts[cell] += columnStarts[cell - 1] }
    sortByColumn()
  }

  @_specialize(where Scalar == Float)
  private mutating func sortByColumn() {
    let count = valuesByRow.count
    rowsByColumn = [Int32](repeating: 0, count: count)
    valuesByColumn = [Scalar](repeating: 0, count: count)
    var next = columnStarts
    for row in 0..<rows {
      let cell = row / Self.tileRowCount * columns
      for index in rowStarts[row]..<rowStarts[row + 1] {
        let place = next[cell + Int(columnsByRow[index])]
        next[cell + Int(columnsByRow[index])] = place + 1
        rowsByColumn[place] = Int32(truncatingIfNeeded: row)
        valuesByColumn[place] = valuesByRow[index]
      }
    }
  }

  /// Calls `body` with each row that has elements, how many, their columns and their values.
  func forEachRow(
    _ body: (_ row: Int, _ count: Int, _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Scalar>) ->
      Void
  ) {
    guard !valuesByRow.isEmpty else { return }
    columnsByRow.withUnsafeBufferPointer { columns in
      valuesByRow.withUnsafeBufferPointer { values in
        for row in 0..<rows where rowStarts[row] < rowStarts[row + 1] {
          let start = rowStarts[row]
          body(row, rowStarts[row + 1] - start, columns.baseAddress! + start, values.baseAddress! + start)
        }
      }
    }
  }

  /// Calls `body` with some columns' elements, those of a tile of rows at a time: the column, how many, their rows and their
  /// values.
  func forEachColumn(
    in range: Range<Int>,
    _ body: (_ column: Int, _ count: Int, _ rows: UnsafePointer<Int32>, _ values: UnsafePointer<Scalar>) ->
      Void
  ) {
    guard !valuesByColumn.isEmpty else { return }
    rowsByColumn.withUnsafeBufferPointer { rows in
      valuesByColumn.withUnsafeBufferPointer { values in
        for tile in 0..<(columnStarts.count - 1) / columns {
          for column in range {
            let start = columnStarts[tile * columns + column]
            let count = columnStarts[tile * columns + column + 1] - start
            if count > 0 { body(column, count, rows.baseAddress! + start, values.baseAddress! + start) }
          }
        }
      }
    }
  }
}
