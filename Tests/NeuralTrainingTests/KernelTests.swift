import CTrainingKernels
import Testing

@testable import NeuralTraining

/// The kernels of every kind of processor against their definitions, at lengths that fill no vector.
@Suite struct KernelTests {
  static let levels = [0, 1, 2]

  @Test(arguments: levels) func packedProductsAgreeWithTheDefinition(level: Int) {
    let operations = tk_operations_f32(Int32(level)).pointee
    let panel = Int(operations.panel_columns)
    for (m, n, k) in [(1, 1, 1), (3, panel, 5), (7, panel + 1, 9), (16, 2 * panel - 3, 70), (29, 5, 130)] {
      for (transposesA, transposesB) in [(false, false), (true, false), (false, true), (true, true)] {
        for accumulates in [false, true] {
          let a = (0..<m * k).map { Float(wave($0)) }
          let b = (0..<n * k).map { Float(wave(1000 + $0)) }
          var expected = (0..<m * (n + 2)).map { Float(wave(5000 + $0)) }
          var c = expected
          var packed = [Float](repeating: .nan, count: (n + panel - 1) / panel * panel * k)
          operations.gemm_reference(
            transposesA, transposesB, Int64(m), Int64(n), Int64(k), a, Int64(transposesA ? m : k), b,
            Int64(transposesB ? k : n), accumulates, &expected, Int64(n + 2))
          operations.pack(Int64(n), Int64(k), b, Int64(transposesB ? k : n), transposesB, &packed)
          operations.gemm_packed(
            Int64(m), Int64(n), Int64(k), a, Int64(transposesA ? 1 : k), Int64(transposesA ? m : 1), packed,
            accumulates,
            &c, Int64(n + 2))
          // What lies between the rows stays untouched: it is compared as well.
          for index in c.indices { #expect(abs(c[index] - expected[index]) < 1e-4) }
        }
      }
    }
  }

  /// Windows of a sequence overlap: the rows stand nearer to each other than they are long.
  @Test(arguments: levels) func weightedRowsAddUp(level: Int) {
    let operations = tk_operations_f32(Int32(level)).pointee
    for (columns, distance) in [(1, 1), (7, 3), (64, 64), (131, 50), (300, 77)] {
      let x = (0..<9 * distance + columns).map { Float(wave($0)) }
      for rows: [Int32] in [[], [4], [0, 9, 3, 3, 8]] {
        let factors = rows.indices.map { Float(wave(100 + $0)) }
        var out = (0..<columns + 1).map { Float(wave(200 + $0)) }
        var expected = out.map(Double.init)
        for (row, factor) in zip(rows, factors) {
          for column in 0..<columns { expected[column] += Double(factor * x[Int(row) * distance + column]) }
        }
        operations.add_rows(Int64(rows.count), factors, rows, x, Int64(distance), Int64(columns), &out)
        for (value, right) in zip(out, expected) { #expect(abs(Double(value) - right) < 1e-5) }
      }
    }
  }

  /// What is left out of a product is exactly what is zero, in whichever order it is gone through.
  @Test(arguments: [(300, 17), (128, 1), (129, 1), (1, 5), (256, 3)])
  func sparseGradientsHaveEveryElementOnce(rows: Int, columns: Int) throws {
    for values in [
      (0..<rows * columns).map { $0 % 7 == 3 || $0 % 101 == 100 ? Float(wave($0)) : 0 },
      [Float](repeating: 0, count: rows * columns),
    ] {
      let sparse = try #require(SparseGradient(values, rows: rows, columns: columns))
      var byRow = [Float](repeating: 0, count: values.count)
      sparse.forEachRow { row, count, places, elements in
        for index in 0..<count { byRow[row * columns + Int(places[index])] += elements[index] }
      }
      #expect(byRow == values)
      var byColumn = [Float](repeating: 0, count: values.count)
      for piece in [0..<columns / 2, columns / 2..<columns] {
        sparse.forEachColumn(in: piece) { column, count, places, elements in
          for index in 0..<count { byColumn[Int(places[index]) * columns + column] += elements[index] }
        }
      }
      #expect(byColumn == values)
    }
    #expect(SparseGradient([Float](repeating: 1, count: 40), rows: 10, columns: 4) == nil)
  }

  @Test(arguments: levels) func activationsAreAccurateAndSaturate(level: Int) {
    let operations = tk_operations_f32(Int32(level)).pointee
    let inputs: [Float] =
      (-400...400).map { Float($0) * 0.031 } + [
        0, 1e-8, -1e-5, 0.1199, 0.1201, 30, -30, 200, -200, 1e30, -1e30,
      ]
    var outputs = [Float](repeating: 0, count: inputs.count)
    operations.tanh_forward(Int64(inputs.count), inputs, &outputs)
    for (x, y) in zip(inputs, outputs) {
      let expected = hyperbolicTangent(Double(x))
      #expect(abs(Double(y) - expected) <= 1e-6 * abs(expected) + 1e-12, "tanh \(x)")
    }
  }

  @Test(arguments: levels) func softmaxSurvivesExtremeLogits(level: Int) {
    let operations = tk_operations_f32(Int32(level)).pointee
    let columns = 77
    var logits = (0..<columns).map { Float(1000 * wave($0)) }
    logits[5] = 3000
    var maximum: [Float] = [-1e30]
    var sum: [Float] = [0]
    operations.softmax_accumulate(1, Int64(columns), &logits, Int64(columns), nil, &maximum, &sum)
    #expect(maximum[0] == 3000 && abs(sum[0] - 1) < 1e-6)
    // A second block with a larger maximum rescales what the first one summed.
    var second: [Float] = [3001, 3001]
    operations.softmax_accumulate(1, 2, &second, 2, nil, &maximum, &sum)
    #expect(maximum[0] == 3001 && abs(Double(sum[0]) - (2 + exponential(-1))) < 1e-5)
  }

  @Test(arguments: levels) func masksKeepTheirShareAndDependOnPositionAlone(level: Int) {
    let operations = tk_operations_f32(Int32(level)).pointee
    var mask = [Float](repeating: 0, count: 50_000)
    operations.dropout_mask(50_000, 99, 0, 0.6, &mask)
    let kept = mask.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
    #expect(abs(Double(kept) / 50_000 - 0.6) < 0.01)
    #expect(mask.allSatisfy { $0 == 0 || abs($0 - 1 / 0.6) < 1e-6 })
    var tail = [Float](repeating: 0, count: 100)
    operations.dropout_mask(100, 99, 777, 0.6, &tail)
    #expect(tail == Array(mask[777..<877]))
    var other = [Float](repeating: 0, count: 100)
    operations.dropout_mask(100, 100, 777, 0.6, &other)
    #expect(other != tail)
  }

  @Test(arguments: [1, 2, 5]) func theTeamRunsEveryPieceOnce(count: Int) {
    let team = WorkerTeam(count: count)
    var counts = [Int](repeating: 0, count: 1003)
    counts.withUnsafeMutableBufferPointer { buffer in
      let base = buffer.baseAddress!
      for _ in 0..<50 {
        team.run { thread in for index in team.piece(thread, of: 1003, grain: 16) { base[index] += 1 } }
      }
    }
    #expect(counts.allSatisfy { $0 == 50 })
  }
}
