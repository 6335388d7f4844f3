import CKernels
import Neural
import Platform
import Testing

/// Weights of 5 bits.
extension KernelTests {
  private struct PackedInt5 {
    let weights: UnsafeMutablePointer<UInt8>
    let scales: UnsafeMutablePointer<Float>
    let columns: Int
    let blocks: Int
    var matrix: inkling_int5_matrix {
      inkling_int5_matrix(weights: weights, scales: scales, block_count: blocks, column_count: columns)
    }

    /// - Parameter offset: bytes from an aligned address.
    init(rows: Int, columns: Int, offset: Int = 0, _ value: (Int, Int) -> Float) {
      self.columns = inkling_packed_columns(columns)
      blocks = inkling_packed_blocks(rows)
      weights = .allocate(capacity: blocks * self.columns * 10 + offset) + offset
      weights.initialize(repeating: 0xA7, count: blocks * self.columns * 10)
      scales = .allocate(capacity: blocks * 16)
      scales.initialize(repeating: 0, count: blocks * 16)
      for row in 0..<rows {
        let values = (0..<columns).map { value(row, $0) }
        _ = inkling_pack_int5_row(weights, scales, self.columns, row, values, columns)
      }
    }
  }

  private func multiply(
    _ kernels: inkling_kernels, _ packed: PackedInt5, batch quanta: [[Int8]], base: [Float]?, first: Int
  ) -> [[Float]] {
    let flat = quanta.flatMap { $0 }
    let count = (packed.blocks - first) * 16
    var out = [Float](repeating: .nan, count: quanta.count * (count + 3))
    var matrix = packed.matrix
    flat.withUnsafeBufferPointer { flat in
      let vectors = quanta.indices.map { t in
        inkling_quantised(
          quanta: flat.baseAddress! + t * packed.columns, sum: quanta[t].reduce(0) { $0 + Int32($1) },
          scale: 0.013)
      }
      if let base {
        kernels.matmul_int5(&matrix, base, vectors, quanta.count, first, count / 16, &out, count + 3)
      } else {
        kernels.matmul_int5(&matrix, nil, vectors, quanta.count, first, count / 16, &out, count + 3)
      }
    }
    return quanta.indices.map { Array(out[$0 * (count + 3)..<$0 * (count + 3) + count]) }
  }

  private static let withInt5 = ([0] + faster).filter {
    inkling_kernels_for(inkling_isa(rawValue: $0))!.pointee.matmul_int5 != nil
  }

  /// Multiplying by unit vectors shows every weight: within half a step of 5 bits, 4/127 of the row's largest, of the
  /// one packed (and as much again at the ends of the range, where the last step is missing).
  @Test(arguments: withInt5, [1, 20, 32, 45])
  func fiveBitsKeepWeightsWithinHalfAStep(isa: UInt32, columns: Int) {
    var generator = SeededGenerator(UInt64(columns))
    let source = (0..<19).map { row in
      (0..<columns).map { _ in row == 3 ? 1 : row == 4 ? -1 : Float.random(in: -1...1, using: &generator) }
    }
    let packed = PackedInt5(rows: 19, columns: columns) { source[$0][$1] }
    let units = (0..<columns).map { column in (0..<packed.columns).map { $0 == column ? Int8(100) : 0 } }
    for (column, products) in zip(
      units.indices,
      stride(from: 0, to: columns, by: 32).flatMap {
        multiply(
          kernels(isa), packed, batch: Array(units[$0..<min($0 + 32, columns)]), base: nil, first: 0)
      })
    {
      for row in 0..<19 {
        let largest = source[row].map(abs).max()!
        let value = source[row][column]
        let tolerance: Float = abs(value) > 0.96 * largest ? 7.001 : 4.001
        #expect(abs(products[row] / 1.3 - value) <= tolerance / 127 * largest, "\(row) \(column)")
      }
    }
  }

  @Test(
    arguments: withInt5, [(1, 1, 1, 0), (17, 33, 3, 1), (147, 70, 32, 7), (97, 512, 4, 0), (16, 1024, 5, 3)])
  func fiveBitProductsAreThePlainOnes(isa: UInt32, size: (rows: Int, columns: Int, batch: Int, offset: Int)) {
    var generator = SeededGenerator(UInt64(size.rows))
    let packed = PackedInt5(rows: size.rows, columns: size.columns, offset: size.offset) { _, _ in
      Float.random(in: -1...1, using: &generator)
    }
    for saturating in [false, true] {
      let quanta = (0..<size.batch).map { t in
        (0..<packed.columns).map {
          $0 >= size.columns
            ? Int8(0)
            : saturating ? (t % 2 == 0 ? 127 : -127) : Int8.random(in: -127...127, using: &generator)
        }
      }
      for first in [0, packed.blocks - 1] {
        let base = (first * 16..<packed.blocks * 16).map { Float($0) }
        let found = multiply(kernels(isa), packed, batch: quanta, base: base, first: first)
        let wanted = multiply(plain, packed, batch: quanta, base: base, first: first)
        for (a, b) in zip(found.flatMap { $0 }, wanted.flatMap { $0 }) {
          #expect(abs(a - b) <= 1e-4 * max(1, abs(b)))
        }
      }
    }
  }

  /// Largest weights by largest quanta of every sign, over all columns.
  @Test(arguments: withInt5)
  func fiveBitExtremesDoNotSaturate(isa: UInt32) {
    for weight: Float in [1, -1] {
      let packed = PackedInt5(rows: 16, columns: 1024) { _, _ in weight }
      for quantum: Int8 in [127, -127] {
        let products = multiply(
          kernels(isa), packed, batch: [[Int8](repeating: quantum, count: 1024)], base: nil, first: 0)[0]
        let wanted = weight * Float(quantum) * 1024 * 0.013
        #expect(products.allSatisfy { abs($0 - wanted) < 0.04 * abs(wanted) }, "\(products[0]) \(wanted)")
      }
    }
  }

  @Test(arguments: withInt5, [1, 10, 40])
  func fiveBitLogitsAndBestInOnePass(isa: UInt32, limit: Int) {
    var generator = SeededGenerator(UInt64(limit))
    for rows in [1, 15, 77, 800] {
      let packed = PackedInt5(rows: rows, columns: 40) { row, _ in
        row % 5 == 0 ? 0.5 : Float.random(in: -1...1, using: &generator)
      }
      let quanta = (0..<packed.columns).map { $0 < 40 ? Int8.random(in: -127...127, using: &generator) : 0 }
      let base = (0..<packed.blocks * 16).map { Float($0 % 7) }
      let half = packed.blocks / 2
      let logits = multiply(plain, packed, batch: [quanta], base: base, first: 0)[0]
      let order = (0..<rows).sorted { (-logits[$0], $0) < (-logits[$1], $1) }.prefix(limit)
      let maximum = logits[..<rows].max()!
      let normaliser = maximum + log(logits[..<rows].reduce(0) { $0 + exp($1 - maximum) })
      var values = [Float](repeating: 0, count: limit)
      var ids = [Int32](repeating: -1, count: limit)
      var out = [Float](repeating: .nan, count: packed.blocks * 16)
      values.withUnsafeMutableBufferPointer { values in
        ids.withUnsafeMutableBufferPointer { ids in
          var best = inkling_best(
            maximum: 0, sum: 0, count: 0, capacity: Int32(limit), values: values.baseAddress,
            ids: ids.baseAddress)
          inkling_best_clear(&best)
          var matrix = packed.matrix
          quanta.withUnsafeBufferPointer { quanta in
            var vector = inkling_quantised(
              quanta: quanta.baseAddress, sum: quanta.reduce(0) { $0 + Int32($1) }, scale: 0.013)
            for stretch in [half..<packed.blocks, 0..<half] {
              kernels(isa).logits_best_int5(
                &matrix, base, &vector, stretch.lowerBound, stretch.count, rows, &out, &best)
            }
          }
          #expect(ids.prefix(Int(best.count)).map { Int($0) } == Array(order), "\(rows) rows")
          #expect(abs(inkling_best_log_normaliser(&best) - normaliser) < 1e-4)
        }
      }
      #expect(zip(out, logits).prefix(rows).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) })
    }
  }

  /// What a quantiser that divides by the largest value gets wrong, and weights that are no numbers.
}
