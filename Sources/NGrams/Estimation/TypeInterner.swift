import Platform

/// Numbers types (distinct token spellings, any bytes) 0, 1, 2, … in the order they are first met.
///
/// A value: copies share storage until one of them grows. Types are never forgotten, so an id stays good.
package struct TypeInterner: Sendable {
  /// Every type's bytes, one after another.
  private var arena: [UInt8] = []
  /// `starts[i]..<starts[i + 1]` is the type `i` in `arena`.
  private var starts: [Int] = [0]
  /// Open addressing with linear probing; the high half is the hash's, the low half id + 1; 0 is empty.
  private var slots: [UInt64]
  private var mask: Int

  /// - Parameter minimumCapacity: types expected; more are welcome.
  package init(minimumCapacity: Int = 0) {
    var slotCount = 64
    while slotCount < minimumCapacity * 2 { slotCount *= 2 }
    slots = [UInt64](repeating: 0, count: slotCount)
    mask = slotCount - 1
  }

  /// The number of types met so far.
  package var count: Int { starts.count - 1 }

  /// The bytes held for this table, in all.
  package var memoryBytes: Int {
    arena.capacity + starts.capacity * MemoryLayout<Int>.stride + slots.capacity * MemoryLayout<UInt64>.stride
  }

  /// The id of `type`, given now if it is new.
  package mutating func intern(_ type: UnsafeRawBufferPointer) -> UInt32 {
    let hash = hashBytes(type)
    if let found = find(type, hash: hash) { return found }
    precondition(count < Int(UInt32.max) - 1, "more than 4 billion types")
    let id = UInt32(truncatingIfNeeded: count)
    arena.append(contentsOf: type)
    starts.append(arena.count)
    if count * 2 > slots.count { growSlots() } else { place(hash: hash, id: id) }
    return id
  }

  /// The id of `type`, given now if it is new.
  package mutating func intern(_ type: some Collection<UInt8>) -> UInt32 {
    if let id = type.withContiguousStorageIfAvailable({ intern(UnsafeRawBufferPointer($0)) }) { return id }
    return Array(type).withUnsafeBytes { intern($0) }
  }

  /// The id of `type` if it has been met.
  package func id(of type: UnsafeRawBufferPointer) -> UInt32? { find(type, hash: hashBytes(type)) }

  /// The id of `type` if it has been met.
  package func id(of type: some Collection<UInt8>) -> UInt32? {
    if let id = type.withContiguousStorageIfAvailable({ id(of: UnsafeRawBufferPointer($0)) }) { return id }
    return Array(type).withUnsafeBytes { id(of: $0) }
  }

  /// The bytes of the type `id`; empty for an id that was never given.
  package func bytes(of id: UInt32) -> ArraySlice<UInt8> {
    guard Int(id) < count else { return [] }
    return arena[starts[Int(id)]..<starts[Int(id) + 1]]
  }

  /// Calls `body` with the bytes of the type `id` (empty for an id that was never given), without a copy.
  package func withBytes<Result>(of id: UInt32, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
    -> Result
  {
    let range = Int(id) < count ? starts[Int(id)]..<starts[Int(id) + 1] : 0..<0
    return try arena.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  private func find(_ type: UnsafeRawBufferPointer, hash: UInt64) -> UInt32? {
    slots.withUnsafeBufferPointer { slots in
      var index = Int(truncatingIfNeeded: hash) & mask
      while true {
        let slot = slots[index]
        if slot == 0 { return nil }
        if slot >> 32 == hash >> 32 {
          let id = Int(slot & 0xFFFF_FFFF) - 1
          let start = starts[id]
          if starts[id + 1] - start == type.count
            && (type.count == 0
              || arena.withUnsafeBytes { memcmp($0.baseAddress! + start, type.baseAddress!, type.count) == 0 })
          {
            return UInt32(truncatingIfNeeded: id)
          }
        }
        index = (index + 1) & mask
      }
    }
  }

  private mutating func place(hash: UInt64, id: UInt32) {
    var index = Int(truncatingIfNeeded: hash) & mask
    while slots[index] != 0 { index = (index + 1) & mask }
    slots[index] = (hash >> 32) << 32 | UInt64(id + 1)
  }

  private mutating func growSlots() {
    slots = [UInt64](repeating: 0, count: slots.count * 2)
    mask = slots.count - 1
    for id in 0..<count {
      let hash = arena.withUnsafeBytes {
        hashBytes(UnsafeRawBufferPointer(rebasing: $0[starts[id]..<starts[id + 1]]))
      }
      place(hash: hash, id: UInt32(truncatingIfNeeded: id))
    }
  }
}

/// A 64-bit hash of bytes: eight at a time, folded by 64×64→128-bit multiplication.
///
/// The same on every run and machine of the same byte order; results never depend on it.
@inline(__always)
func hashBytes(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  var state = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
  guard let base = bytes.baseAddress else { return foldedMultiply(state, 0xD6E8_FEB8_6659_FD93) }
  var offset = 0
  while offset + 8 <= bytes.count {
    let word = base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    state = foldedMultiply(state ^ word, 0xA076_1D64_78BD_642F)
    offset += 8
  }
  var tail: UInt64 = 0
  while offset < bytes.count {
    tail = tail << 8 | UInt64(base.load(fromByteOffset: offset, as: UInt8.self))
    offset += 1
  }
  return foldedMultiply(state ^ tail, 0xE703_7ED1_A0B4_28DB)
}

@inline(__always)
func foldedMultiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let product = a.multipliedFullWidth(by: b)
  return product.high ^ product.low
}
