import COneDNN
import CTrainingKernels

/// Matrix products on one thread each: oneDNN's where it is there, ours where it is not or where weights are packed.
final class MatrixProducts<Scalar: TrainingScalar> {
  let operations = Scalar.operations
  private let usesOneDNN: Bool
  /// A packed block of the right matrix for every thread.
  private let workspaces: [Buffer<Scalar>]
  private static var depthBlock: Int { 256 }
  private static var columnBlock: Int { 256 }

  init(threadCount: Int, usesOneDNN: Bool = true) {
    self.usesOneDNN = usesOneDNN && Scalar.self == Float.self && inkling_onednn_open()
    workspaces = (0..<threadCount).map { _ in Buffer(Self.depthBlock * Self.columnBlock) }
  }

  /// C (m × n) = op(A) op(B), plus C if `accumulates`; row-major.
  func multiply(
    thread: Int, transposesA: Bool = false, transposesB: Bool = false, _ m: Int, _ n: Int, _ k: Int,
    _ a: UnsafePointer<Scalar>, _ lda: Int, _ b: UnsafePointer<Scalar>, _ ldb: Int, accumulates: Bool,
    _ c: UnsafeMutablePointer<Scalar>, _ ldc: Int
  ) {
    if m == 0 || n == 0 { return }
    if k == 0 {
      if !accumulates { for row in 0..<m { (c + row * ldc).clear(count: n) } }
      return
    }
    if usesOneDNN,
      Scalar.multiplyByOneDNN(transposesA, transposesB, m, n, k, a, lda, b, ldb, accumulates, c, ldc)
    {
      return
    }
    let packed = workspaces[thread].pointer
    for k0 in stride(from: 0, to: k, by: Self.depthBlock) {
      let depth = min(Self.depthBlock, k - k0)
      for n0 in stride(from: 0, to: n, by: Self.columnBlock) {
        let width = min(Self.columnBlock, n - n0)
        operations.pack(
          Int64(width), Int64(depth), transposesB ? b + n0 * ldb + k0 : b + k0 * ldb + n0, Int64(ldb),
          transposesB,
          packed)
        operations.gemm_packed(
          Int64(m), Int64(width), Int64(depth), transposesA ? a + k0 * lda : a + k0,
          Int64(transposesA ? 1 : lda),
          Int64(transposesA ? lda : 1), packed, accumulates || k0 > 0, c + n0, Int64(ldc))
      }
    }
  }
}

/// A weight matrix laid out for products with a few rows, which read it faster than they could rearrange it.
final class PackedMatrix<Scalar: TrainingScalar> {
  let columnCount: Int
  let depth: Int
  private let panel: Int
  private let buffer: Buffer<Scalar>
  private let operations = Scalar.operations

  /// For products of (rows × `depth`) matrices with a (`depth` × `columnCount`) one.
  init(columnCount: Int, depth: Int) {
    self.columnCount = columnCount
    self.depth = depth
    panel = Int(operations.panel_columns)
    buffer = Buffer((columnCount + panel - 1) / panel * panel * depth)
  }

  /// Takes in op(`weights`), this thread's share of it.
  func pack(_ weights: UnsafePointer<Scalar>, _ ld: Int, transposed: Bool, team: WorkerTeam, thread: Int) {
    let columns = team.piece(thread, of: columnCount, grain: panel)
    guard !columns.isEmpty else { return }
    operations.pack(
      Int64(columns.count), Int64(depth), weights + columns.lowerBound * (transposed ? ld : 1), Int64(ld),
      transposed,
      buffer.pointer + columns.lowerBound * depth)
  }

  /// `output` (rows × columnCount) = `rows` (rows × depth) times the matrix, plus what is there if `accumulates`.
  func multiply(
    _ rowCount: Int, _ rows: UnsafePointer<Scalar>, accumulates: Bool, _ output: UnsafeMutablePointer<Scalar>
  ) {
    operations.gemm_packed(
      Int64(rowCount), Int64(columnCount), Int64(depth), rows, Int64(depth), 1, buffer.pointer, accumulates,
      output,
      Int64(columnCount))
  }
}

/// What multiplies matrices in training on this machine, for people.
func matrixProductsName(usesOneDNN: Bool = true) -> String {
  let processor = String(cString: Float.operations.processor)
  guard usesOneDNN, inkling_onednn_open() else { return "built-in kernels (\(processor))" }
  return "oneDNN \(String(cString: inkling_onednn_version())) and built-in kernels (\(processor))"
}
