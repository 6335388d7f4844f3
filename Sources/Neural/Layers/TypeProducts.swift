import Platform
import Synchronization

/// What a layer's weights make of types' vectors, kept for the types that come again.
///
/// A layer that reads an embedding multiplies its weights with one of a few thousand vectors, most of the time with one of
/// the same few hundred: the product is a function of the type alone.
final class TypeProducts: Sendable {
  /// By a type's number; where there are fewer than types, another type takes one over if its own was not asked for in
  /// between ("second chance": what comes often stays).
  private struct Slot {
    /// Where the product lies; nil before there is one.
    var product: UnsafeMutablePointer<Float>?
    var type: Int32
    /// The text that it was last asked for in: nobody may take it over before that text is done.
    var text: UInt32
    /// Whether it was asked for since another type wanted the slot.
    var isWarm: Bool
  }

  private struct Table {
    let slots: KernelMemory<Slot>
    /// The products of `TypeProducts.chunkCount` slots each; nil before one of them is used.
    var chunks: [KernelMemory<Float>?]
    /// The text that is read now.
    var text: UInt32 = 0

    init(slotCount: Int) {
      slots = KernelMemory(slotCount)
      chunks = Array(
        repeating: nil, count: (slotCount + TypeProducts.chunkCount - 1) / TypeProducts.chunkCount)
    }
  }

  /// Elements of a product.
  let elementCount: Int
  private let fittingCount: Int
  /// Made when products are first asked for.
  private let table = Mutex<Table?>(nil)
  private static let chunkCount = 32
  /// Memory that the products of a layer may take.
  private static let byteLimit = 16 << 20
  private static let mostSlots = 1 << 14
  /// Elements that may have to be held beside the table until a text is done: of texts that might need more nothing is kept.
  private static let elementLimit = byteLimit / MemoryLayout<Float>.stride

  /// - Returns: nil where too few products fit into the memory that they may take.
  init?(elementCount: Int) {
    guard elementCount <= Self.byteLimit / (Self.chunkCount * MemoryLayout<Float>.stride) else { return nil }
    self.elementCount = elementCount
    fittingCount = min(Self.byteLimit / (max(elementCount, 1) * MemoryLayout<Float>.stride), Self.mostSlots)
  }

  /// Calls `body` with the product of each of a text's types, nil for −1.
  ///
  /// - Parameters:
  ///   - types: each −1 or below `typeCount`, which is always the same.
  ///   - compute: writes the product of a type that is not known.
  /// - Returns: false, and nothing was called, where the text is too long, or while another thread uses the products.
  func use(
    _ types: [Int32], typeCount: Int, compute: (_ type: Int, UnsafeMutablePointer<Float>) -> Void,
    _ body: (UnsafeMutableBufferPointer<UnsafePointer<Float>?>) -> Void
  ) -> Bool {
    guard typeCount <= fittingCount || types.count * elementCount <= Self.elementLimit else { return false }
    return table.withLockIfAvailable { table in
      var found = table ?? Table(slotCount: min(fittingCount, typeCount))
      table = nil
      found.text &+= 1
      // Products that are not kept, because what comes often has their slots.
      var others: [KernelMemory<Float>] = []
      withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: types.count) { products in
        for (place, type) in types.enumerated() {
          products.initializeElement(
            at: place, to: type < 0 ? nil : product(of: Int(type), in: &found, &others, compute))
        }
        withExtendedLifetime(others) { body(products) }
      }
      table = found
      return true
    } ?? false
  }

  private func product(
    of type: Int, in table: inout Table, _ others: inout [KernelMemory<Float>],
    _ compute: (Int, UnsafeMutablePointer<Float>) -> Void
  ) -> UnsafePointer<Float> {
    let number = type < table.slots.count ? type : type % table.slots.count
    let slot = table.slots.base + number
    if let product = slot.pointee.product {
      if slot.pointee.type == Int32(truncatingIfNeeded: type) {
        slot.pointee.text = table.text
        slot.pointee.isWarm = true
        return UnsafePointer(product)
      }
      if slot.pointee.text == table.text || slot.pointee.isWarm {
        slot.pointee.isWarm = false
        let other = KernelMemory<Float>(elementCount)
        others.append(other)
        compute(type, other.base)
        return UnsafePointer(other.base)
      }
    }
    let (chunk, place) = (number / Self.chunkCount, number % Self.chunkCount)
    let memory = table.chunks[chunk] ?? KernelMemory<Float>(Self.chunkCount * elementCount)
    table.chunks[chunk] = memory
    let product = memory.base + place * elementCount
    slot.pointee = Slot(
      product: product, type: Int32(truncatingIfNeeded: type), text: table.text, isWarm: false)
    compute(type, product)
    return UnsafePointer(product)
  }
}
