import CKernels
import Platform

/// How weights are held in memory.
public enum WeightPrecision: String, Sendable, CaseIterable {
  /// 8 bits, a scale a row; the vectors they are multiplied with are quantised too.
  case int8
  /// As stored.
  case float32
}

/// rows × columns weights packed for the kernels, and the vector that products start from (the bias).
///
/// Immutable once made. Outputs have `paddedRowCount` elements: the rows are rounded up to whole blocks.
final class WeightMatrix: Sendable {
  let rowCount: Int
  let columnCount: Int
  let precision: WeightPrecision
  private let bytes: KernelMemory<UInt8>
  private let scales: KernelMemory<Float>
  private let floats: KernelMemory<Float>
  /// Padded with zeros.
  let bias: KernelMemory<Float>

  var blockCount: Int { (rowCount + Int(INKLING_BLOCK_ROWS) - 1) / Int(INKLING_BLOCK_ROWS) }
  var paddedRowCount: Int { blockCount * Int(INKLING_BLOCK_ROWS) }
  var paddedColumnCount: Int { inkling_packed_columns(columnCount) }
  /// What it takes of memory.
  var byteCount: Int { bytes.count + 4 * (scales.count + floats.count + bias.count) }

  /// - Parameters:
  ///   - fill: writes the weights of a row of the result into the buffer, `columnCount` of them.
  ///   - bias: `rowCount` elements, or empty for none.
  init(
    rows: Int, columns: Int, precision: WeightPrecision, bias: [Float] = [], named name: String,
    fill: (Int, UnsafeMutableBufferPointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(rows > 0 && columns > 0 && columns <= Int(INKLING_MAXIMUM_COLUMNS))
    precondition(bias.isEmpty || bias.count == rows)
    rowCount = rows
    columnCount = columns
    self.precision = precision
    let blocks = inkling_packed_blocks(rows)
    let padded = inkling_packed_columns(columns)
    let isInteger = precision == .int8
    bytes = KernelMemory(isInteger ? blocks * 16 * padded : 0)
    scales = KernelMemory(isInteger ? blocks * 16 : 0)
    floats = KernelMemory(isInteger ? 0 : blocks * 16 * columns)
    self.bias = KernelMemory(blocks * 16)
    for (row, value) in bias.enumerated() { self.bias.base[row] = value }
    if isInteger { memset(bytes.base, 128, bytes.count) }
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: columns)
    defer { buffer.deallocate() }
    for row in 0..<rows {
      try fill(row, buffer)
      let isFinite =
        isInteger
        ? inkling_pack_int8_row(bytes.base, scales.base, padded, row, buffer.baseAddress, columns)
        : inkling_pack_float_row(floats.base, columns, row, buffer.baseAddress)
      guard isFinite else {
        throw RecurrentArchitecture.failure("\(name) holds a number that is not finite")
      }
    }
  }

  /// out = start + W x for the rows of `blocks`; `start` and `out` are for row 0.
  ///
  /// - Parameter x: the vector in both forms; only the one of this precision is read.
  @inline(__always)
  func multiply(
    _ kernels: KernelSet, _ x: inout ActivationVector, start: UnsafePointer<Float>?, blocks: Range<Int>,
    out: UnsafeMutablePointer<Float>
  ) {
    let offset = blocks.lowerBound * 16
    switch precision {
    case .int8:
      var matrix = integerMatrix
      kernels.table.pointee.matvec_int8(
        &matrix, start.map { $0 + offset }, &x.quantised, blocks.lowerBound, blocks.count, out + offset)
    case .float32:
      var matrix = inkling_float_matrix(
        weights: floats.base, block_count: blockCount, column_count: columnCount)
      kernels.table.pointee.matvec_float(
        &matrix, start.map { $0 + offset }, x.floats, blocks.lowerBound, blocks.count, out + offset)
    }
  }

  /// The same with the bias as the start, and the outcomes' softmax and best in the same pass.
  @inline(__always)
  func multiplyForSoftmax(
    _ kernels: KernelSet, _ x: inout ActivationVector, blocks: Range<Int>,
    logits: UnsafeMutablePointer<Float>,
    best: UnsafeMutablePointer<inkling_best>
  ) {
    switch precision {
    case .int8:
      var matrix = integerMatrix
      kernels.table.pointee.logits_best_int8(
        &matrix, bias.base, &x.quantised, blocks.lowerBound, blocks.count, rowCount, logits, best)
    case .float32:
      multiply(kernels, &x, start: bias.base, blocks: blocks, out: logits)
      let rows = blocks.lowerBound * 16..<min(blocks.upperBound * 16, rowCount)
      kernels.table.pointee.softmax_best(logits + rows.lowerBound, rows.count, Int32(rows.lowerBound), best)
    }
  }

  /// The same with the bias as the start, for several vectors at once (8-bit weights only), writing the rows of
  /// `blocks` of vector t to `out + t * stride`.
  func multiply(
    _ kernels: KernelSet, batch: UnsafeBufferPointer<inkling_quantised>, blocks: Range<Int>,
    out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    var matrix = integerMatrix
    kernels.table.pointee.matmul_int8(
      &matrix, bias.base + blocks.lowerBound * 16, batch.baseAddress, batch.count, blocks.lowerBound,
      blocks.count,
      out, stride)
  }

  private var integerMatrix: inkling_int8_matrix {
    inkling_int8_matrix(
      weights: bytes.base, scales: scales.base, block_count: blockCount, column_count: paddedColumnCount)
  }
}

/// A vector as a matrix of either precision takes it.
struct ActivationVector {
  var floats: UnsafePointer<Float>
  var quantised: inkling_quantised

  /// Quantises `floats` into `quanta` when `precision` needs that.
  @inline(__always)
  init(
    _ floats: UnsafePointer<Float>, count: Int, quanta: UnsafeMutablePointer<Int8>,
    precision: WeightPrecision,
    _ kernels: KernelSet
  ) {
    self.floats = floats
    quantised =
      precision == .int8
      ? kernels.table.pointee.quantise(floats, count, inkling_packed_columns(count), quanta)
      : inkling_quantised(quanta: quanta, sum: 0, scale: 0)
  }

  init(floats: UnsafePointer<Float>, quantised: inkling_quantised) {
    self.floats = floats
    self.quantised = quantised
  }
}
