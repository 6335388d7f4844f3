import CKernels
import Synchronization

/// The memory that one call needs beside the state; taken from a pool, so that a step allocates nothing.
final class Scratch {
  /// Vectors of the batched products.
  static let batchCount = Int(INKLING_BATCH)
  /// Rows of the output computed for a batch before their softmax.
  static let batchRows = 256
  /// The longest list of best successors that the kernels keep.
  static let bestCapacity = 256
  private static let workerCount = 16

  let inputQuanta: KernelMemory<Int8>
  let hiddenQuanta: KernelMemory<Int8>
  let gates: KernelMemory<Float>
  let hiddenGates: KernelMemory<Float>
  let logits: KernelMemory<Float>
  let projection: KernelMemory<Float>
  let batchQuanta: KernelMemory<Int8>
  let batchLogits: KernelMemory<Float>
  /// Of a batch, what a cluster's projection makes of each vector.
  let batchProjections: KernelMemory<Float>
  let batchProjectedQuanta: KernelMemory<Int8>
  /// Numbers from one vector's projection to the next one's.
  let projectionStride: Int
  let bests: UnsafeMutablePointer<inkling_best>
  /// Whether the next pass over the output's weights goes from their end to their start.
  var isBackward = false
  private let bestValues: KernelMemory<Float>
  private let bestIDs: KernelMemory<Int32>

  init(inputSize: Int, hiddenSize: Int, gateRows: Int, outputRows: Int) {
    let widest = max(inputSize, hiddenSize)
    inputQuanta = KernelMemory(inkling_packed_columns(widest))
    hiddenQuanta = KernelMemory(inkling_packed_columns(widest))
    gates = KernelMemory(gateRows)
    hiddenGates = KernelMemory(gateRows)
    logits = KernelMemory(outputRows)
    projection = KernelMemory(hiddenSize + 16)
    batchQuanta = KernelMemory(Self.batchCount * inkling_packed_columns(hiddenSize))
    batchLogits = KernelMemory(Self.batchCount * Self.batchRows)
    projectionStride = hiddenSize + 16
    batchProjections = KernelMemory(Self.batchCount * projectionStride)
    batchProjectedQuanta = KernelMemory(Self.batchCount * inkling_packed_columns(hiddenSize))
    let slots = max(Self.workerCount, Self.batchCount)
    bestValues = KernelMemory(slots * Self.bestCapacity)
    bestIDs = KernelMemory(slots * Self.bestCapacity)
    bests = .allocate(capacity: slots)
    for slot in 0..<slots {
      bests[slot] = inkling_best(
        maximum: 0, sum: 0, count: 0, capacity: 0, values: bestValues.base + slot * Self.bestCapacity,
        ids: bestIDs.base + slot * Self.bestCapacity)
    }
  }

  deinit { bests.deallocate() }

  /// Starts `count` accumulations that keep `limit` (at most `bestCapacity`) each.
  func clearBests(_ count: Int, limit: Int) {
    for slot in 0..<count {
      bests[slot].capacity = Int32(min(limit, Self.bestCapacity))
      inkling_best_clear(bests + slot)
    }
  }
}

/// Scratch memory that is not in use.
final class ScratchPool: Sendable {
  private struct Entry: @unchecked Sendable { let scratch: Scratch }
  private let idle = Mutex<[Entry]>([])
  private let make: @Sendable () -> Scratch

  init(make: @escaping @Sendable () -> Scratch) { self.make = make }

  /// Calls `body` with memory that nobody else uses meanwhile.
  @inline(__always)
  func use<R>(_ body: (Scratch) -> R) -> R {
    let entry = idle.withLock { $0.popLast() } ?? Entry(scratch: make())
    let result = body(entry.scratch)
    idle.withLock { $0.append(entry) }
    return result
  }
}
