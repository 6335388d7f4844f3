import Neural

/// Rows of a parameter, of whose gradient all others are zero.
struct TouchedRows<Scalar: TrainingScalar> {
  let parameter: Parameter<Scalar>
  /// Ascending, each once.
  let rows: [Int32]

  init(_ parameter: Parameter<Scalar>, _ rows: some Sequence<Int32>) {
    self.parameter = parameter
    self.rows = Set(rows).sorted()
  }

  fileprivate var rowSize: Int { parameter.count / parameter.shape[0] }

  fileprivate func gradient(ofRow row: Int32) -> UnsafeMutablePointer<Scalar> {
    parameter.gradient + Int(row) * rowSize
  }
}

/// Adds up the gradients of a batch over the processes that have a part of it each.
///
/// Of a table of which a batch touches some rows, those travel alone. Which they are every process knows from the text, without
/// asking the others.
final class GradientSum {
  private let group: any ProcessGroup
  private let store: ParameterStore<Float>
  private var touched: [TouchedRows<Float>] = []
  /// The rows of all tables, one behind the other.
  private var packed = Buffer<Float>(0)

  init(_ group: any ProcessGroup, _ store: ParameterStore<Float>) {
    self.group = group
    self.store = store
  }

  /// Clears what the last batch left in rows that this process may not have touched: layers clear their own alone.
  func begin() {
    for table in touched {
      for row in table.rows { table.gradient(ofRow: row).clear(count: table.rowSize) }
    }
    touched = []
  }

  /// Replaces the store's gradients by their sums; the sum of the losses.
  ///
  /// - Parameter touched: by the whole batch, the same in all processes; of other parameters everything is added up.
  func add(_ touched: [TouchedRows<Float>], loss: Double) -> Double {
    self.touched = touched
    let gradients = store.gradients.pointer
    var start = 0
    for table in touched.sorted(by: { $0.parameter.gradient < $1.parameter.gradient }) {
      let offset = table.parameter.gradient - gradients
      sum(gradients + start, offset - start)
      start = offset + table.parameter.count
    }
    sum(gradients + start, store.tunedCount - start)
    let count = touched.reduce(0) { $0 + $1.rows.count * $1.rowSize }
    if packed.count < count { packed = Buffer(count) }
    forEachRow { gradient, place, size in (packed.pointer + place).update(from: gradient, count: size) }
    sum(packed.pointer, count)
    forEachRow { gradient, place, size in gradient.update(from: packed.pointer + place, count: size) }
    return group.sum(of: [loss])[0]
  }

  private func sum(_ values: UnsafeMutablePointer<Float>, _ count: Int) {
    if count > 0 { group.sum(UnsafeMutableBufferPointer(start: values, count: count)) }
  }

  private func forEachRow(
    _ body: (_ gradient: UnsafeMutablePointer<Float>, _ place: Int, _ size: Int) -> Void
  ) {
    var place = 0
    for table in touched {
      for row in table.rows {
        body(table.gradient(ofRow: row), place, table.rowSize)
        place += table.rowSize
      }
    }
  }
}
