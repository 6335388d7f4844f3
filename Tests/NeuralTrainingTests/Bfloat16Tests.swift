import CTrainingKernels
import Neural
import Testing

@testable import NeuralTraining

/// Products in bfloat16 against the same sums of rounded factors, where the processor has them.
@Suite(.enabled(if: ProductPrecision.bfloat16.isHere)) struct Bfloat16Tests {
  /// To the nearest of the numbers with 8 bits of mantissa, to the even one of two.
  private func rounded(_ x: Float) -> Float {
    let bits = x.bitPattern
    return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
  }

  private func matrix(_ count: Int, from first: Int) -> [Float] {
    (0..<count).map { Float(wave(first + $0)) }
  }

  static let shapes = [
    (1, 1, 1), (3, 16, 5), (16, 17, 33), (17, 70, 64), (33, 15, 31), (40, 129, 1100), (5, 64, 2050),
    (300, 530, 40),
  ]

  @Test(arguments: shapes) func productsAreThoseOfRoundedFactors(m: Int, n: Int, k: Int) {
    let products = MatrixProducts<Float>(threadCount: 1, precision: .bfloat16)
    let single = MatrixProducts<Float>(threadCount: 1, usesOneDNN: false)
    let (a, b) = (matrix(m * k, from: 0), matrix(n * k, from: 70_001))
    for (transposesA, transposesB) in [(false, false), (true, false), (false, true), (true, true)] {
      for accumulates in [false, true] {
        // What lies between the rows stays untouched: it is compared as well.
        var (c, expected) = (matrix(m * (n + 3), from: 9), matrix(m * (n + 3), from: 9))
        let (lda, ldb) = (transposesA ? m : k, transposesB ? k : n)
        products.multiply(
          thread: 0, transposesA: transposesA, transposesB: transposesB, m, n, k, a, lda, b, ldb,
          accumulates: accumulates, &c, n + 3)
        single.multiply(
          thread: 0, transposesA: transposesA, transposesB: transposesB, m, n, k, a.map(rounded), lda,
          b.map(rounded), ldb, accumulates: accumulates, &expected, n + 3)
        #expect(zip(c, expected).allSatisfy { abs($0 - $1) < 2e-6 * Float(k + 10) })
      }
    }
  }

  /// A packed matrix may be packed by several threads, a share of the columns each.
  @Test(arguments: shapes, [1, 3]) func packedProductsAreTheSame(shape: (Int, Int, Int), threadCount: Int) {
    let (m, n, k) = shape
    let (a, b) = (matrix(m * k, from: 5), matrix(n * k, from: 3))
    let team = WorkerTeam(count: threadCount)
    let products = MatrixProducts<Float>(threadCount: threadCount, precision: .bfloat16)
    for transposed in [false, true] {
      let packed = PackedMatrix(columnCount: n, depth: k, products: products)
      b.withUnsafeBufferPointer { b in
        nonisolated(unsafe) let b = b.baseAddress!
        team.run { packed.pack(b, transposed ? k : n, transposed: transposed, team: team, thread: $0) }
      }
      for accumulates in [false, true] {
        var (c, expected) = (matrix(m * n, from: 9), matrix(m * n, from: 9))
        packed.multiply(m, a, accumulates: accumulates, &c)
        products.multiply(
          thread: 0, transposesB: transposed, m, n, k, a, k, b, transposed ? k : n, accumulates: accumulates,
          &expected, n)
        #expect(zip(c, expected).allSatisfy { abs($0 - $1) < 2e-6 * Float(k + 10) })
      }
    }
  }

  /// A factor that is packed once gives what one gives that every product packs for itself, in fewer vectors than there
  /// is room for, too.
  @Test(arguments: shapes, [1, 3]) func repeatedFactorsGiveTheSame(shape: (Int, Int, Int), threadCount: Int) {
    let (m, n, k) = shape
    let (a, b) = (matrix(m * k, from: 5), matrix(n * k, from: 3))
    let team = WorkerTeam(count: threadCount)
    let products = MatrixProducts<Float>(threadCount: threadCount, precision: .bfloat16)
    for (transposesA, transposesB) in [(false, false), (true, false), (false, true)] {
      let (lda, ldb) = (transposesA ? m : k, transposesB ? k : n)
      let left = RepeatedFactor(.left, vectorCount: m + 20, depth: k + 40, products: products)
      let right = RepeatedFactor(.right, vectorCount: n + 20, depth: k + 40, products: products)
      a.withUnsafeBufferPointer { a in
        nonisolated(unsafe) let a = a.baseAddress!
        team.run {
          left.pack(a, lda, vectorCount: m, depth: k, transposed: transposesA, team: team, thread: $0)
        }
      }
      b.withUnsafeBufferPointer { b in
        nonisolated(unsafe) let b = b.baseAddress!
        team.run {
          right.pack(b, ldb, vectorCount: n, depth: k, transposed: transposesB, team: team, thread: $0)
        }
      }
      var (c, expected) = (matrix(m * n, from: 9), matrix(m * n, from: 9))
      products.multiply(
        thread: 0, transposesA: transposesA, transposesB: transposesB, m, n, k, a, lda, b, ldb,
        accumulates: true, &expected, n)
      for (one, other) in [(left, right), (left, nil), (nil, right)] {
        c = matrix(m * n, from: 9)
        products.multiply(
          thread: 0, transposesA: transposesA, transposesB: transposesB, m, n, k, a, lda, b, ldb,
          accumulates: true, &c, n, left: one, right: other)
        #expect(c == expected)
      }
    }
  }

  @Test func aProductOfNoDepthIsZero() {
    let products = MatrixProducts<Float>(threadCount: 1, precision: .bfloat16)
    var c = matrix(12, from: 1)
    products.multiply(thread: 0, 3, 4, 0, c, 0, c, 4, accumulates: false, &c, 4)
    #expect(c.allSatisfy { $0 == 0 })
  }

  /// Networks learn the same text equally well.
  @Test func lossesAreThoseOfSinglePrecision() throws {
    let architecture = try RecurrentArchitecture(
      cell: .lstm, layerCount: 2, embeddingSize: 48, hiddenSize: 48, vocabularyCount: 60, isTied: true)
    func losses(_ precision: ProductPrecision) -> [Double] {
      let network = Network<Float>(
        architecture, streamCount: 8, stepCount: 20, team: WorkerTeam(count: 2), precision: precision)
      network.parameters.initialize(seed: 3)
      let optimizer = Optimizer(.defaultAdam, store: network.parameters, team: network.team)
      // A text that repeats itself every 60 tokens, in another order from one stream to the next.
      let tokens: [Int32] = (0..<168).map { place in
        let (step, stream) = place.quotientAndRemainder(dividingBy: 8)
        return Int32((stream * 11 + step * 7) % 60)
      }
      return (0..<60).map { step in
        network.resetState()
        let loss = network.lossAndGradients(
          Array(tokens[..<160]), targets: Array(tokens[8...]), key: UInt64(step))
        _ = optimizer.update(rate: 0.01, clipping: Clipping(norm: 1), weightDecay: 0)
        return loss
      }
    }
    let (single, half) = (losses(.float32), losses(.bfloat16))
    #expect(single != half)
    #expect(single.last! < 0.5 * single[0])
    for step in [0, 5, 20] { #expect(abs(half[step] / single[step] - 1) < 0.01) }
    #expect(abs(half.last! - single.last!) < 0.05 * single[0])
  }
}
