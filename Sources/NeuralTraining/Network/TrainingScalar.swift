import COneDNN
import CTrainingKernels
import Platform

/// The numbers a network is trained in: `Float` for speed, `Double` to check gradients.
protocol TrainingScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  /// The kernels for this type on this machine.
  static var operations: tk_operations { get }

  /// C (m × n) = op(A) op(B), plus C if `accumulates`, on the calling thread, by oneDNN; false if it cannot.
  static func multiplyByOneDNN(
    _ transposesA: Bool, _ transposesB: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Self>,
    _ lda: Int,
    _ b: UnsafePointer<Self>, _ ldb: Int, _ accumulates: Bool, _ c: UnsafeMutablePointer<Self>, _ ldc: Int
  ) -> Bool
}

extension Float: TrainingScalar {
  static var operations: tk_operations { tk_operations_f32(2).pointee }

  static func multiplyByOneDNN(
    _ transposesA: Bool, _ transposesB: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>,
    _ lda: Int,
    _ b: UnsafePointer<Float>, _ ldb: Int, _ accumulates: Bool, _ c: UnsafeMutablePointer<Float>, _ ldc: Int
  ) -> Bool {
    inkling_onednn_sgemm(
      transposesA, transposesB, Int64(m), Int64(n), Int64(k), a, Int64(lda), b, Int64(ldb),
      accumulates ? 1 : 0, c,
      Int64(ldc))
  }
}

extension Double: TrainingScalar {
  static var operations: tk_operations { tk_operations_f64(2).pointee }

  static func multiplyByOneDNN(
    _ transposesA: Bool, _ transposesB: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Double>,
    _ lda: Int,
    _ b: UnsafePointer<Double>, _ ldb: Int, _ accumulates: Bool, _ c: UnsafeMutablePointer<Double>, _ ldc: Int
  ) -> Bool { false }
}

extension UnsafeMutablePointer where Pointee: TrainingScalar {
  /// Puts zeros in the place of some elements. The standard library's `update(repeating:count:)` asks the type for each of them
  /// where generic code was not specialised, as that of layers is not.
  func clear(count: Int) {
    precondition(count >= 0)
    memset(self, 0, count * MemoryLayout<Pointee>.stride)
  }
}

/// Zeroed memory of a fixed size, aligned to a cache line at least.
final class Buffer<Scalar: TrainingScalar> {
  let pointer: UnsafeMutablePointer<Scalar>
  let count: Int

  init(_ count: Int) {
    self.count = count
    let byteCount = max(count, 1) * MemoryLayout<Scalar>.stride
    guard let raw = tk_allocate(byteCount) else { fatalError("no memory for \(byteCount) bytes") }
    pointer = raw.bindMemory(to: Scalar.self, capacity: max(count, 1))
  }

  deinit { tk_free(pointer) }

  func zero() { pointer.clear(count: count) }

  var byteCount: Int { count * MemoryLayout<Scalar>.stride }

  /// The elements in an order of their own; for checkpoints and tests.
  var array: [Scalar] {
    get { Array(UnsafeBufferPointer(start: pointer, count: count)) }
    set {
      precondition(newValue.count == count)
      newValue.withUnsafeBufferPointer { pointer.update(from: $0.baseAddress!, count: count) }
    }
  }
}
