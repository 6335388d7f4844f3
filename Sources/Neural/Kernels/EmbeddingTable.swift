import CKernels
import Platform

/// One vector a type, in the network's precision.
final class EmbeddingTable: Sendable {
  let count: Int
  let size: Int
  let precision: WeightPrecision
  private let quanta: KernelMemory<Int8>
  private let scales: KernelMemory<Float>
  private let sums: KernelMemory<Int32>
  private let floats: KernelMemory<Float>
  private let stride: Int

  var byteCount: Int { quanta.count + 4 * (scales.count + sums.count + floats.count) }

  /// - Parameter fill: writes a row into the buffer.
  init(
    count: Int, size: Int, precision: WeightPrecision,
    fill: (Int, UnsafeMutableBufferPointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    self.count = count
    self.size = size
    self.precision = precision
    stride = inkling_packed_columns(size)
    let isInteger = precision == .int8
    quanta = KernelMemory(isInteger ? count * stride : 0)
    scales = KernelMemory(isInteger ? count : 0)
    sums = KernelMemory(isInteger ? count : 0)
    floats = KernelMemory(isInteger ? 0 : count * size)
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: size)
    defer { buffer.deallocate() }
    for row in 0..<count {
      try fill(row, buffer)
      var isFinite = true
      if isInteger {
        isFinite = inkling_quantise_row(
          quanta.base + row * stride, scales.base + row, sums.base + row, buffer.baseAddress, size)
      } else {
        for column in 0..<size {
          isFinite = isFinite && buffer[column].isFinite
          floats.base[row * size + column] = buffer[column]
        }
      }
      guard isFinite else {
        throw RecurrentArchitecture.failure("embedding.weight holds a number that is not finite")
      }
    }
  }

  /// A row as a product takes it. The pointers live as long as this table.
  @inline(__always)
  func vector(_ row: Int) -> ActivationVector {
    switch precision {
    case .int8:
      ActivationVector(
        floats: UnsafePointer(scales.base),
        quantised: inkling_quantised(
          quanta: quanta.base + row * stride, sum: sums.base[row], scale: scales.base[row]))
    case .float32:
      ActivationVector(
        floats: floats.base + row * size, quantised: inkling_quantised(quanta: quanta.base, sum: 0, scale: 0))
    }
  }

  /// A row's numbers.
  func write(_ row: Int, to out: UnsafeMutablePointer<Float>) {
    for column in 0..<size {
      switch precision {
      case .int8: out[column] = Float(quanta.base[row * stride + column]) * scales.base[row]
      case .float32: out[column] = floats.base[row * size + column]
      }
    }
  }
}
