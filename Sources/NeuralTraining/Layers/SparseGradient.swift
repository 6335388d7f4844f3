/// Where a matrix of gradients is not zero.
///
/// Behind the largest of a whole sequence one step a filter has a gradient: of 400 words all but a few in a hundred need no
/// product.
struct SparseGradient {
  /// From a density of one element in so many on, products of whole matrices are as fast.
  private static let leastZerosAnElement = 12

  private(set) var elements: [(row: Int, column: Int)] = []

  /// - Returns: nil where too many elements are not zero.
  init?<Scalar: TrainingScalar>(_ values: UnsafePointer<Scalar>, rows: Int, columns: Int) {
    let limit = rows * columns / Self.leastZerosAnElement
    for row in 0..<rows {
      let first = values + row * columns
      // Most rows are nothing but zeros, of either sign.
      var isZero = true
      for column in 0..<columns { isZero = isZero && first[column] == 0 }
      if isZero { continue }
      for column in 0..<columns where first[column] != 0 { elements.append((row, column)) }
      guard elements.count <= limit else { return nil }
    }
  }
}
