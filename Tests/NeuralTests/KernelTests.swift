import CKernels
import Neural
import Platform
import Testing

/// Every instruction set that this processor has, held against plain C.
@Suite struct KernelTests {
  static let faster: [UInt32] = (1..<INKLING_ISA_COUNT.rawValue).filter {
    inkling_kernels_for(inkling_isa(rawValue: $0)) != nil
  }
  let plain = inkling_kernels_for(INKLING_ISA_SCALAR)!.pointee

  func kernels(_ isa: UInt32) -> inkling_kernels {
    inkling_kernels_for(inkling_isa(rawValue: isa))!.pointee
  }

  /// Numbers at `offset` bytes × the element's size from an aligned address.
  func misaligned<T>(_ values: [T], _ offset: Int) -> UnsafeMutablePointer<T> {
    let base = UnsafeMutableRawPointer.allocate(
      byteCount: (values.count + offset + 64) * MemoryLayout<T>.stride, alignment: 64
    )
    .bindMemory(to: T.self, capacity: values.count + offset + 64)
    (base + offset).initialize(from: values, count: values.count)
    return base + offset
  }

  struct Packed {
    var weights: [UInt8]
    var scales: [Float]
    var columns: Int
    var used: Int
    var blocks: Int
    init(rows: Int, columns: Int, _ value: (Int, Int) -> Float) {
      self.columns = inkling_packed_columns(columns)
      used = (columns + 3) / 4 * 4
      blocks = inkling_packed_blocks(rows)
      weights = [UInt8](repeating: 128, count: blocks * 16 * self.columns)
      scales = [Float](repeating: 0, count: blocks * 16)
      for row in 0..<rows {
        let values = (0..<columns).map { value(row, $0) }
        _ = inkling_pack_int8_row(&weights, &scales, self.columns, row, values, columns)
      }
    }
  }

  private func multiply(
    _ kernels: inkling_kernels, _ packed: Packed, quanta: [Int8], base: [Float]?, offset: Int, first: Int,
    count: Int
  ) -> [Float] {
    let weights = misaligned(packed.weights, offset)
    let x = misaligned(quanta, offset)
    let out = misaligned([Float](repeating: .nan, count: count * 16), offset)
    defer {
      (weights - offset).deallocate()
      (x - offset).deallocate()
      (out - offset).deallocate()
    }
    return packed.scales.withUnsafeBufferPointer { scales in
      var matrix = inkling_int8_matrix(
        weights: weights, scales: scales.baseAddress, block_count: packed.blocks,
        column_count: packed.columns,
        used_count: packed.used)
      var vector = inkling_quantised(
        quanta: x, sum: quanta.reduce(0) { $0 + Int32($1) }, scale: 0.013)
      if let base {
        base.withUnsafeBufferPointer {
          kernels.matvec_int8(&matrix, $0.baseAddress, &vector, first, count, out)
        }
      } else {
        kernels.matvec_int8(&matrix, nil, &vector, first, count, out)
      }
      return Array(UnsafeBufferPointer(start: out, count: count * 16))
    }
  }

  @Test(arguments: faster, [(1, 1), (3, 5), (16, 16), (17, 31), (65, 512), (130, 333)])
  func integerProductsAreThePlainOnes(isa: UInt32, size: (Int, Int)) {
    var generator = SeededGenerator(UInt64(size.0 * 1000 + size.1))
    let packed = Packed(rows: size.0, columns: size.1) { _, _ in Float.random(in: -2...2, using: &generator) }
    let quanta = (0..<packed.columns).map { $0 < size.1 ? Int8.random(in: -127...127, using: &generator) : 0 }
    let base = (0..<packed.blocks * 16).map { Float($0) }
    for offset in [0, 1, 7] {
      let wanted = multiply(
        plain, packed, quanta: quanta, base: base, offset: 0, first: 0, count: packed.blocks)
      let found = multiply(
        kernels(isa), packed, quanta: quanta, base: base, offset: offset, first: 0, count: packed.blocks)
      #expect(zip(found, wanted).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) })
    }
    let last = multiply(
      kernels(isa), packed, quanta: quanta, base: nil, offset: 3, first: packed.blocks - 1, count: 1)
    let wanted = multiply(
      plain, packed, quanta: quanta, base: nil, offset: 0, first: packed.blocks - 1, count: 1)
    #expect(zip(last, wanted).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) })
  }

  /// The largest products of every sign, which instructions that add pairs in 16 bits would clip.
  @Test(arguments: [0] + faster)
  func extremesDoNotSaturate(isa: UInt32) {
    let signs: [(Float, Int8)] = [(1, 127), (-1, 127), (1, -127), (-1, -127)]
    for (weight, quantum) in signs {
      let packed = Packed(rows: 16, columns: 4096) { _, _ in weight }
      let found = multiply(
        kernels(isa), packed, quanta: [Int8](repeating: quantum, count: 4096), base: nil, offset: 0, first: 0,
        count: 1)
      let wanted = weight * Float(quantum) * 4096 * 0.013
      #expect(
        found.allSatisfy { abs($0 - wanted) < 1e-4 * abs(wanted) },
        "\(weight) \(quantum): \(found[0]) \(wanted)")
    }
  }

  @Test(arguments: [0] + faster, [1, 3, 4, 7, 32])
  func batchesAreTheSingleProducts(isa: UInt32, batch: Int) {
    var generator = SeededGenerator(UInt64(batch))
    let packed = Packed(rows: 147, columns: 70) { _, _ in Float.random(in: -1...1, using: &generator) }
    let quanta = (0..<batch).map { _ in
      (0..<packed.columns).map { $0 < 70 ? Int8.random(in: -127...127, using: &generator) : 0 }
    }
    let base = (0..<packed.blocks * 16).map { _ in Float.random(in: -1...1, using: &generator) }
    let first = 1
    let count = packed.blocks - 1
    let start = Array(base[(first * 16)...])
    let flat = quanta.flatMap { $0 }
    let stride = count * 16 + 5
    var out = [Float](repeating: .nan, count: batch * stride)
    flat.withUnsafeBufferPointer { flat in
      packed.weights.withUnsafeBufferPointer { weights in
        packed.scales.withUnsafeBufferPointer { scales in
          var matrix = inkling_int8_matrix(
            weights: weights.baseAddress, scales: scales.baseAddress, block_count: packed.blocks,
            column_count: packed.columns, used_count: packed.used)
          let vectors = (0..<batch).map { t in
            inkling_quantised(
              quanta: flat.baseAddress! + t * packed.columns, sum: quanta[t].reduce(0) { $0 + Int32($1) },
              scale: 0.013)
          }
          kernels(isa).matmul_int8(&matrix, start, vectors, batch, first, count, &out, stride)
        }
      }
    }
    for t in 0..<batch {
      let wanted = multiply(
        plain, packed, quanta: quanta[t], base: start, offset: 0, first: first, count: count)
      #expect(zip(out[t * stride..<t * stride + count * 16], wanted).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  @Test(arguments: faster, [(1, 1), (17, 3), (40, 130)])
  func floatProductsAgree(isa: UInt32, size: (Int, Int)) {
    var generator = SeededGenerator(9)
    let blocks = inkling_packed_blocks(size.0)
    var weights = [Float](repeating: 0, count: blocks * 16 * size.1)
    for row in 0..<size.0 {
      let values = (0..<size.1).map { _ in Float.random(in: -1...1, using: &generator) }
      #expect(inkling_pack_float_row(&weights, size.1, row, values))
    }
    let x = (0..<size.1).map { _ in Float.random(in: -1...1, using: &generator) }
    let base = (0..<blocks * 16).map { Float($0) / 100 }
    var found = [Float](repeating: .nan, count: blocks * 16)
    var wanted = found
    weights.withUnsafeBufferPointer {
      var matrix = inkling_float_matrix(weights: $0.baseAddress, block_count: blocks, column_count: size.1)
      kernels(isa).matvec_float(&matrix, base, x, 0, blocks, &found)
      plain.matvec_float(&matrix, base, x, 0, blocks, &wanted)
    }
    #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test(arguments: [0] + faster)
  func quantisingKeepsWithinHalfAStep(isa: UInt32) {
    var generator = SeededGenerator(3)
    for count in [1, 7, 8, 16, 33, 512] {
      let padded = inkling_packed_columns(count)
      var quanta = [Int8](repeating: 99, count: padded)
      let x = (0..<count).map { _ in Float.random(in: -3...3, using: &generator) }
      let result = kernels(isa).quantise(x, count, padded, &quanta)
      for index in 0..<count {
        #expect(abs(Float(quanta[index]) * result.scale - x[index]) <= result.scale * 0.5001)
      }
      #expect(quanta[count...].allSatisfy { $0 == 0 })
      #expect(result.sum == quanta.reduce(0) { $0 + Int32($1) })
    }
    var quanta = [Int8](repeating: 99, count: 16)
    #expect(kernels(isa).quantise([Float](repeating: 0, count: 9), 9, 16, &quanta).scale == 0)
    #expect(quanta.allSatisfy { $0 == 0 })
    let strange = kernels(isa).quantise([.nan, 1, -2, .nan], 4, 16, &quanta)
    #expect(
      strange.scale.isFinite && quanta[1] == 64 && quanta[2] == -127 && quanta.allSatisfy { $0 >= -127 })
    #expect(kernels(isa).quantise([.infinity, 1], 2, 16, &quanta).scale.isFinite)
  }

  @Test(arguments: [0] + faster, [1, 7, 16, 37])
  func gatesAreTheTextbooks(isa: UInt32, size: Int) {
    var generator = SeededGenerator(UInt64(size))
    func numbers(_ count: Int, _ bound: Float) -> [Float] {
      (0..<count).map { $0 % 11 == 3 ? bound * 20 : Float.random(in: -bound...bound, using: &generator) }
    }
    func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
    let gates = numbers(4 * size, 4)
    let before = numbers(size, 2)
    var c = before
    var h = [Float](repeating: 0, count: size)
    kernels(isa).lstm_gates(gates, &c, &h, size)
    for j in 0..<size {
      let cell = sigmoid(gates[size + j]) * before[j] + sigmoid(gates[j]) * tanh(gates[2 * size + j])
      #expect(abs(c[j] - cell) < 1e-5 * max(1, abs(cell)))
      #expect(abs(h[j] - sigmoid(gates[3 * size + j]) * tanh(cell)) < 1e-6)
    }
    let input = numbers(3 * size, 3)
    let hidden = numbers(3 * size, 3)
    var state = before
    kernels(isa).gru_gates(input, hidden, &state, size)
    for j in 0..<size {
      let update = sigmoid(input[size + j] + hidden[size + j])
      let candidate = tanh(input[2 * size + j] + sigmoid(input[j] + hidden[j]) * hidden[2 * size + j])
      #expect(abs(state[j] - ((1 - update) * candidate + update * before[j])) < 1e-5 * max(1, abs(before[j])))
    }
    kernels(isa).tanh_gates(input, &h, size)
    for j in 0..<size { #expect(abs(h[j] - tanh(input[j])) < 1e-6) }
  }

  /// Windows over both ends, strides, steps that add nothing, and sizes that fill no register.
  @Test(arguments: [0] + faster, [(1, 1, 1), (5, 3, 1), (9, 5, 2), (4, 7, 1), (0, 3, 1)])
  func windowsAreSumsOfProducts(isa: UInt32, shape: (steps: Int, width: Int, stride: Int)) {
    var generator = SeededGenerator(UInt64(shape.steps))
    for size in [1, 8, 39, 64, 77] {
      let placeSize = (size + 15) / 16 * 16
      let products = (0..<shape.steps).map { step -> [Float]? in
        step % 4 == 2
          ? nil : (0..<shape.width * placeSize).map { _ in Float.random(in: -1...1, using: &generator) }
      }
      let base = (0..<size).map { Float($0 % 5) / 10 - 0.2 }
      let before = shape.width - 1
      let count = (shape.steps + before + shape.stride - 1) / shape.stride
      for floor in [-Float.infinity, 0] {
        let pointers = products.map { $0.map { UnsafePointer(misaligned($0, 1)) } }
        defer { for pointer in pointers { pointer.map { ($0 - 1).deallocate() } } }
        var found = [Float](repeating: .nan, count: count * size)
        pointers.withUnsafeBufferPointer { pointers in
          base.withUnsafeBufferPointer { base in
            var windows = inkling_windows(
              products: pointers.baseAddress, step_count: shape.steps, place_size: placeSize,
              width: shape.width, stride: shape.stride, before: before, count: count, size: size,
              base: base.baseAddress, floor: floor)
            kernels(isa).sum_windows(&windows, &found)
          }
        }
        for window in 0..<count {
          for column in 0..<size {
            var sum = base[column]
            for place in 0..<shape.width {
              let step = window * shape.stride + place - before
              guard products.indices.contains(step), let product = products[step] else { continue }
              sum += product[place * placeSize + column]
            }
            #expect(abs(found[window * size + column] - max(sum, floor)) < 1e-5)
          }
        }
      }
    }
  }

  @Test(arguments: [0] + faster, [1, 5, 16, 255, 256, 1000])
  func softmaxAndBest(isa: UInt32, count: Int) {
    var generator = SeededGenerator(UInt64(count))
    for trial in 0..<4 {
      var logits = (0..<count).map { _ in
        Float.random(in: -20...20, using: &generator).rounded(.toNearestOrEven)
      }
      if trial == 1 { logits[count / 2] = 3000 }
      if trial == 2 { logits = logits.map { $0 < 0 ? -.infinity : $0 } + [] }
      if trial == 3 { logits = logits.sorted() }
      let limit = 10
      var values = [Float](repeating: 0, count: limit)
      var ids = [Int32](repeating: 0, count: limit)
      var best = values.withUnsafeMutableBufferPointer { values in
        ids.withUnsafeMutableBufferPointer { ids in
          var best = inkling_best(
            maximum: 0, sum: 0, count: 0, capacity: Int32(limit), values: values.baseAddress,
            ids: ids.baseAddress)
          inkling_best_clear(&best)
          let cut = count / 3
          kernels(isa).softmax_best(logits, cut, 100, &best)
          kernels(isa).softmax_best(Array(logits[cut...]), count - cut, 100 + Int32(cut), &best)
          return best
        }
      }
      let maximum = logits.max()!
      let wanted = maximum.isFinite ? maximum + log(logits.reduce(0) { $0 + exp($1 - maximum) }) : maximum
      if wanted.isFinite {
        #expect(abs(inkling_best_log_normaliser(&best) - wanted) < 1e-5 * max(1, abs(wanted)))
      }
      let order = logits.indices.filter { logits[$0] > -.infinity }
        .sorted { (-logits[$0], $0) < (-logits[$1], $1) }.prefix(limit)
      let finite = (0..<Int(best.count)).filter { values[$0] > -.infinity }
      #expect(finite.map { Int(ids[$0]) - 100 } == Array(order), "trial \(trial)")
    }
  }

  /// Products, normaliser and best in one pass are what the plain kernels give one after the other; stretches in any
  /// order, ties and short last blocks included.
  @Test(arguments: [0] + faster, [1, 10, 16, 40])
  func logitsAndBestInOnePass(isa: UInt32, limit: Int) {
    var generator = SeededGenerator(UInt64(limit))
    for rows in [1, 15, 77, 800] {
      let packed = Packed(rows: rows, columns: 24) { row, _ in
        row % 5 == 0 ? 0.5 : Float.random(in: -1...1, using: &generator)
      }
      let quanta = (0..<packed.columns).map { $0 < 24 ? Int8.random(in: -127...127, using: &generator) : 0 }
      var base = (0..<packed.blocks * 16).map { Float($0 % 7) }
      for row in stride(from: 0, to: base.count, by: 5) { base[row] = 2 }
      base[3] = -1e30
      let half = packed.blocks / 2
      let wanted = pass(plain, packed, quanta, base, rows, limit, [0..<packed.blocks])
      let deals: [[Range<Int>]] = [[0..<packed.blocks], [half..<packed.blocks, 0..<half]]
      for stretches in deals {
        let found = pass(kernels(isa), packed, quanta, base, rows, limit, stretches)
        #expect(found.ids == wanted.ids)
        #expect(
          zip(found.logits, wanted.logits).allSatisfy { (a: Float, b: Float) in
            abs(a - b) <= 1e-4 * max(1, abs(b))
          })
        #expect(abs(found.normaliser - wanted.normaliser) < 1e-4)
      }
    }
  }

  func pass(
    _ kernels: inkling_kernels, _ packed: Packed, _ quanta: [Int8], _ base: [Float], _ rows: Int,
    _ limit: Int,
    _ stretches: [Range<Int>]
  ) -> (logits: [Float], ids: [Int32], normaliser: Float) {
    var logits = [Float](repeating: .nan, count: packed.blocks * 16)
    var values = [Float](repeating: 0, count: limit)
    var ids = [Int32](repeating: -1, count: limit)
    var count = 0
    var normaliser: Float = 0
    values.withUnsafeMutableBufferPointer { values in
      ids.withUnsafeMutableBufferPointer { ids in
        var best = inkling_best(
          maximum: 0, sum: 0, count: 0, capacity: Int32(limit), values: values.baseAddress,
          ids: ids.baseAddress)
        inkling_best_clear(&best)
        packed.weights.withUnsafeBufferPointer { weights in
          packed.scales.withUnsafeBufferPointer { scales in
            quanta.withUnsafeBufferPointer { quanta in
              var matrix = inkling_int8_matrix(
                weights: weights.baseAddress, scales: scales.baseAddress, block_count: packed.blocks,
                column_count: packed.columns, used_count: packed.used)
              var vector = inkling_quantised(
                quanta: quanta.baseAddress, sum: quanta.reduce(0) { $0 + Int32($1) }, scale: 0.013)
              for stretch in stretches {
                kernels.logits_best_int8(
                  &matrix, base, &vector, stretch.lowerBound, stretch.count, rows, &logits, &best)
              }
            }
          }
        }
        count = Int(best.count)
        normaliser = inkling_best_log_normaliser(&best)
      }
    }
    return (Array(logits[..<rows]), Array(ids[..<count]), normaliser)
  }

  @Test func rowsOfZerosAndOfNonsense() {
    var weights = [UInt8](repeating: 128, count: 16 * 16)
    var scales = [Float](repeating: 5, count: 16)
    #expect(inkling_pack_int8_row(&weights, &scales, 16, 0, [0, 0, 0], 3))
    #expect(scales[0] == 0 && weights.allSatisfy { $0 == 128 })
    #expect(!inkling_pack_int8_row(&weights, &scales, 16, 1, [0, .nan, 0], 3))
    #expect(!inkling_pack_int8_row(&weights, &scales, 16, 1, [0, -.infinity, 0], 3))
    var narrow = [UInt8](repeating: 0, count: 320)
    #expect(!inkling_pack_int5_row(&narrow, &scales, 32, 2, [0, .nan, 0], 3))
    #expect(inkling_pack_int5_row(&narrow, &scales, 32, 2, [0, 0, 0], 3) && scales[2] == 0)
    #expect(!inkling_pack_float_row(&scales, 1, 0, [.nan]))
  }

  /// Every piece of every run is done exactly once, whether the helpers are awake or asleep.
  @Test func teamsDoEveryPieceOnce() {
    let team = inkling_team_create(3)!
    defer { inkling_team_destroy(team) }
    let counts = UnsafeMutablePointer<Int32>.allocate(capacity: 64)
    defer { counts.deallocate() }
    for run in 0..<400 {
      let pieces = run % 64
      counts.initialize(repeating: 0, count: 64)
      inkling_team_run(team, { $0!.assumingMemoryBound(to: Int32.self)[$2] += 1 }, counts, pieces)
      #expect((0..<64).allSatisfy { counts[$0] == ($0 < pieces ? 1 : 0) })
      if run % 100 == 50 { usleep(3000) }
    }
  }
}
