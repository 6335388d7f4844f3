import CKernels
import Platform

/// How weights are held in memory.
public enum WeightPrecision: String, Sendable, CaseIterable {
  /// 8 bits, a scale a row (5 in output layers beyond a second-level cache, where the processor has fast kernels for
  /// them); the vectors they are multiplied with are quantised too.
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
  /// Whether the integers are of 5 bits and not of 8.
  let isInt5: Bool
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

  /// Bytes of 8-bit weights that are worth reading less of: what a core's second-level cache holds.
  static let int5Threshold = 2 << 20

  /// - Parameters:
  ///   - outputKernels: the kernels of a model whose output layer this is, nil for other matrices. Output layers tolerate
  ///     5 bits; an error in a recurrent layer would be carried on from token to token.
  ///   - fill: writes the weights of a row of the result into the buffer, `columnCount` of them.
  ///   - bias: `rowCount` elements, or empty for none.
  init(
    rows: Int, columns: Int, precision: WeightPrecision, bias: [Float] = [], named name: String,
    outputKernels: KernelSet? = nil,
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
    isInt5 =
      isInteger && blocks * 16 * padded > Self.int5Threshold
      && columns <= Int(INKLING_INT5_MAXIMUM_COLUMNS)
      && outputKernels?.table.pointee.logits_best_int5 != nil
    bytes = KernelMemory(!isInteger ? 0 : isInt5 ? blocks * 10 * padded : blocks * 16 * padded)
    scales = KernelMemory(isInteger ? blocks * 16 : 0)
    floats = KernelMemory(isInteger ? 0 : blocks * 16 * columns)
    self.bias = KernelMemory(blocks * 16)
    for (row, value) in bias.enumerated() { self.bias.base[row] = value }
    if isInteger && !isInt5 { memset(bytes.base, 128, bytes.count) }
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: columns)
    defer { buffer.deallocate() }
    for row in 0..<rows {
      try fill(row, buffer)
      let isFinite =
        isInt5
        ? inkling_pack_int5_row(bytes.base, scales.base, padded, row, buffer.baseAddress, columns)
        : isInteger
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
    case .int8 where isInt5:
      var matrix = int5Matrix
      kernels.table.pointee.matmul_int5(
        &matrix, start.map { $0 + offset }, &x.quantised, 1, blocks.lowerBound, blocks.count, out + offset, 0)
    case .int8:
      var matrix = int8Matrix
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
    case .int8 where isInt5:
      var matrix = int5Matrix
      kernels.table.pointee.logits_best_int5(
        &matrix, bias.base, &x.quantised, blocks.lowerBound, blocks.count, rowCount, logits, best)
    case .int8:
      var matrix = int8Matrix
      kernels.table.pointee.logits_best_int8(
        &matrix, bias.base, &x.quantised, blocks.lowerBound, blocks.count, rowCount, logits, best)
    case .float32:
      multiply(kernels, &x, start: bias.base, blocks: blocks, out: logits)
      let rows = blocks.lowerBound * 16..<min(blocks.upperBound * 16, rowCount)
      kernels.table.pointee.softmax_best(logits + rows.lowerBound, rows.count, Int32(rows.lowerBound), best)
    }
  }

  /// The same with the bias as the start, for several vectors at once (integer weights only), writing the rows of
  /// `blocks` of vector t to `out + t * stride`.
  func multiply(
    _ kernels: KernelSet, batch: UnsafeBufferPointer<inkling_quantised>, blocks: Range<Int>,
    out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let start = bias.base + blocks.lowerBound * 16
    if isInt5 {
      var matrix = int5Matrix
      kernels.table.pointee.matmul_int5(
        &matrix, start, batch.baseAddress, batch.count, blocks.lowerBound, blocks.count, out, stride)
    } else {
      var matrix = int8Matrix
      kernels.table.pointee.matmul_int8(
        &matrix, start, batch.baseAddress, batch.count, blocks.lowerBound, blocks.count, out, stride)
    }
  }

  private var int5Matrix: inkling_int5_matrix {
    inkling_int5_matrix(
      weights: bytes.base, scales: scales.base, block_count: blockCount, column_count: paddedColumnCount)
  }

  private var int8Matrix: inkling_int8_matrix {
    inkling_int8_matrix(
      weights: bytes.base, scales: scales.base, block_count: blockCount, column_count: paddedColumnCount,
      used_count: (columnCount + 3) / 4 * 4)
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
