import COneDNN
import CTrainingKernels

/// Matrix products on one thread each: in bfloat16 by our kernels; in single precision oneDNN's where it is there, ours where
/// it is not or where weights are packed.
final class MatrixProducts<Scalar: TrainingScalar> {
  let operations = Scalar.operations
  private let usesOneDNN: Bool
  /// Nil where products are in the scalars' own precision.
  let bfloat16: tk_bfloat16_operations?
  /// For every thread a packed block of the right matrix; in bfloat16 of both.
  private let workspaces: [Buffer<Scalar>]
  /// Whether a `RepeatedFactor` has to be packed.
  var packsFactors: Bool { bfloat16 != nil }
  private static var depthBlock: Int { 256 }
  private static var columnBlock: Int { 256 }

  /// - Parameter precision: of products of single-precision matrices; what the processor does not have is not used.
  init(threadCount: Int, usesOneDNN: Bool = true, precision: ProductPrecision = .float32) {
    self.usesOneDNN = usesOneDNN && Scalar.self == Float.self && inkling_onednn_open()
    bfloat16 = precision == .bfloat16 && Scalar.self == Float.self ? tk_operations_bf16()?.pointee : nil
    let bytes =
      bfloat16 == nil
      ? Self.depthBlock * Self.columnBlock * MemoryLayout<Scalar>.stride
      : Int(TK_BFLOAT16_WORKSPACE) * MemoryLayout<UInt16>.stride
    workspaces = (0..<threadCount).map { _ in Buffer(bytes / MemoryLayout<Scalar>.stride) }
  }

  /// C (m × n) = op(A) op(B), plus C if `accumulates`; row-major.
  ///
  /// - Parameter left, right: op(A) and op(B) as factors of many products, which the pointers are to as well.
  func multiply(
    thread: Int, transposesA: Bool = false, transposesB: Bool = false, _ m: Int, _ n: Int, _ k: Int,
    _ a: UnsafePointer<Scalar>, _ lda: Int, _ b: UnsafePointer<Scalar>, _ ldb: Int, accumulates: Bool,
    _ c: UnsafeMutablePointer<Scalar>, _ ldc: Int, left: RepeatedFactor<Scalar>? = nil,
    right: RepeatedFactor<Scalar>? = nil
  ) {
    if m == 0 || n == 0 { return }
    if k == 0 {
      if !accumulates { for row in 0..<m { (c + row * ldc).clear(count: n) } }
      return
    }
    if let bfloat16 {
      bfloat16.gemm(
        transposesA, transposesB, Int64(m), Int64(n), Int64(k), floats(a), Int64(lda), floats(b), Int64(ldb),
        accumulates, floats(c), Int64(ldc), left?.packed, right?.packed, halves(workspaces[thread]))
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

/// A matrix that is a factor of many products, packed once where products are in bfloat16.
final class RepeatedFactor<Scalar: TrainingScalar> {
  enum Side { case left, right }

  private let side: Side
  private let bfloat16: tk_bfloat16_operations?
  private let buffer: Buffer<Scalar>

  /// - Parameter vectorCount: the most rows of a left factor or columns of a right one, of at most `depth` numbers.
  init(_ side: Side, vectorCount: Int, depth: Int, products: MatrixProducts<Scalar>) {
    self.side = side
    bfloat16 = products.bfloat16
    buffer = Buffer(bfloat16 == nil ? 0 : packedCount(vectorCount, depth: depth, of: Scalar.self))
  }

  /// Nil where products read the matrix itself.
  fileprivate var packed: UnsafePointer<UInt16>? { bfloat16 == nil ? nil : UnsafePointer(halves(buffer)) }

  /// Takes in this thread's share of `matrix`: op(A) of a left factor, op(B) of a right one.
  func pack(
    _ matrix: UnsafePointer<Scalar>, _ ld: Int, vectorCount: Int, depth: Int, transposed: Bool = false,
    team: WorkerTeam, thread: Int
  ) {
    guard let bfloat16 else { return }
    let vectors = team.piece(thread, of: vectorCount, grain: 16)
    guard !vectors.isEmpty, depth > 0 else { return }
    let isAlong = (side == .left) != transposed
    bfloat16.pack(
      Int64(vectors.count), Int64(depth), floats(matrix + vectors.lowerBound * (isAlong ? ld : 1)), Int64(ld),
      isAlong, side == .left, halves(buffer) + vectors.lowerBound * paddedDepth(depth))
  }
}

private func paddedDepth(_ depth: Int) -> Int { (depth + 31) / 32 * 32 }

/// Scalars whose memory holds so many packed vectors of bfloat16 numbers.
private func packedCount<Scalar>(_ vectorCount: Int, depth: Int, of type: Scalar.Type) -> Int {
  (vectorCount + 15) / 16 * 16 * paddedDepth(depth) * MemoryLayout<UInt16>.stride
    / MemoryLayout<Scalar>.stride
}

/// The same pointer where the scalars are known to be floats.
private func floats<Scalar: TrainingScalar>(_ pointer: UnsafePointer<Scalar>) -> UnsafePointer<Float> {
  UnsafeRawPointer(pointer).assumingMemoryBound(to: Float.self)
}
private func floats<Scalar: TrainingScalar>(
  _ pointer: UnsafeMutablePointer<Scalar>
) -> UnsafeMutablePointer<Float> { UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Float.self) }

/// The memory of a buffer as bfloat16 numbers.
private func halves<Scalar: TrainingScalar>(_ buffer: Buffer<Scalar>) -> UnsafeMutablePointer<UInt16> {
  UnsafeMutableRawPointer(buffer.pointer).assumingMemoryBound(to: UInt16.self)
}

/// A weight matrix laid out for products with a few rows, which read it faster than they could rearrange it.
final class PackedMatrix<Scalar: TrainingScalar> {
  let columnCount: Int
  let depth: Int
  private let panel: Int
  private let buffer: Buffer<Scalar>
  private let operations = Scalar.operations
  private let bfloat16: tk_bfloat16_operations?

  /// For products of (rows × `depth`) matrices with a (`depth` × `columnCount`) one, in the precision of `products`.
  init(columnCount: Int, depth: Int, products: MatrixProducts<Scalar>) {
    self.columnCount = columnCount
    self.depth = depth
    bfloat16 = products.bfloat16
    if bfloat16 != nil {
      panel = 16
      buffer = Buffer(packedCount(columnCount, depth: depth, of: Scalar.self))
    } else {
      panel = Int(operations.panel_columns)
      buffer = Buffer((columnCount + panel - 1) / panel * panel * depth)
    }
  }

  /// Takes in op(`weights`), this thread's share of it.
  func pack(_ weights: UnsafePointer<Scalar>, _ ld: Int, transposed: Bool, team: WorkerTeam, thread: Int) {
    let columns = team.piece(thread, of: columnCount, grain: panel)
    guard !columns.isEmpty else { return }
    let source = weights + columns.lowerBound * (transposed ? ld : 1)
    if let bfloat16 {
      bfloat16.pack(
        Int64(columns.count), Int64(depth), floats(source), Int64(ld), transposed, false,
        halves(buffer) + columns.lowerBound * paddedDepth(depth))
      return
    }
    operations.pack(
      Int64(columns.count), Int64(depth), source, Int64(ld), transposed,
      buffer.pointer + columns.lowerBound * depth)
  }

  /// `output` (rows × columnCount) = `rows` (rows × depth) times the matrix, plus what is there if `accumulates`.
  func multiply(
    _ rowCount: Int, _ rows: UnsafePointer<Scalar>, accumulates: Bool, _ output: UnsafeMutablePointer<Scalar>
  ) {
    if let bfloat16 {
      bfloat16.gemm_packed(
        Int64(rowCount), Int64(columnCount), Int64(depth), floats(rows), Int64(depth), halves(buffer),
        accumulates, floats(output), Int64(columnCount))
      return
    }
    operations.gemm_packed(
      Int64(rowCount), Int64(columnCount), Int64(depth), rows, Int64(depth), 1, buffer.pointer, accumulates,
      output,
      Int64(columnCount))
  }
}

/// What multiplies matrices in training on this machine, for people.
func matrixProductsName(usesOneDNN: Bool = true, precision: ProductPrecision = .float32) -> String {
  if precision == .bfloat16, let bfloat16 = tk_operations_bf16() {
    return "bfloat16 kernels (\(String(cString: bfloat16.pointee.processor)))"
  }
  let processor = String(cString: Float.operations.processor)
  guard usesOneDNN, inkling_onednn_open() else { return "built-in kernels (\(processor))" }
  return "oneDNN \(String(cString: inkling_onednn_version())) and built-in kernels (\(processor))"
}
