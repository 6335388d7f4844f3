import Platform
import Synchronization

/// What a layer's weights make of types' vectors, kept for the types that come again.
///
/// A layer that reads an embedding multiplies its weights with one of a few thousand vectors, most of the time with one of
/// the same few hundred: the product is a function of the type alone.
final class TypeProducts: Sendable {
  /// Slots by the low bits of a type's number; another type takes one over if its own was not asked for in between
  /// ("second chance": what comes often stays).
  private struct Table {
    var types: [Int32]
    var isWarm: [Bool]
    /// Of `TypeProducts.chunkCount` slots each; nil before one of them is used.
    var chunks: [KernelMemory<Float>?]
    /// What is not kept, because what comes often has the slot.
    let spare: KernelMemory<Float>
  }

  /// Elements of a product.
  let elementCount: Int
  private let table: Mutex<Table>
  private static let chunkCount = 32
  /// Memory that the products of a layer may take.
  private static let byteLimit = 16 << 20
  private static let mostSlots = 1 << 14

  /// - Returns: nil where too few products fit into the memory that they may take.
  init?(elementCount: Int) {
    guard elementCount <= Self.byteLimit / (Self.chunkCount * MemoryLayout<Float>.stride) else { return nil }
    self.elementCount = elementCount
    let fitting = Self.byteLimit / (max(elementCount, 1) * MemoryLayout<Float>.stride)
    // A power of two that fits.
    var slotCount = Self.chunkCount
    while 2 * slotCount <= min(fitting, Self.mostSlots) { slotCount *= 2 }
    table = Mutex(
      Table(
        types: Array(repeating: -1, count: slotCount), isWarm: Array(repeating: false, count: slotCount),
        chunks: Array(repeating: nil, count: slotCount / Self.chunkCount),
        spare: KernelMemory(elementCount)))
  }

  /// Calls `body` with a function that gives a type's product, valid until the next is asked for; what is not there is
  /// written by the function's second argument.
  ///
  /// - Returns: false, and nothing was called, while another thread uses the products.
  func use(
    _ body: (
      (_ type: Int32, _ compute: (UnsafeMutablePointer<Float>) -> Void) -> UnsafePointer<Float>
    ) -> Void
  ) -> Bool {
    let elementCount = elementCount
    return table.withLockIfAvailable { table in
      body { type, compute in
        let slot = Int(type) & (table.types.count - 1)
        let (chunk, place) = (slot / Self.chunkCount, slot % Self.chunkCount)
        if table.types[slot] == type, let memory = table.chunks[chunk] {
          table.isWarm[slot] = true
          return UnsafePointer(memory.base + place * elementCount)
        }
        if table.isWarm[slot] {
          table.isWarm[slot] = false
          compute(table.spare.base)
          return UnsafePointer(table.spare.base)
        }
        let memory = table.chunks[chunk] ?? KernelMemory<Float>(Self.chunkCount * elementCount)
        table.chunks[chunk] = memory
        table.types[slot] = type
        let product = memory.base + place * elementCount
        compute(product)
        return UnsafePointer(product)
      }
      return true
    } ?? false
  }
}
