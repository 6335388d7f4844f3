import Platform

/// Numbers types (distinct token spellings, any bytes) 0, 1, 2, … in the order they are first met.
///
/// A value: copies share storage until one of them grows. Types are never forgotten, so an id stays good.
package struct TypeInterner: Sendable {
  /// Every type's bytes, one after another.
  private var arena: [UInt8] = []
  /// Where the type `i` begins in `arena`, counted from where its block of types does; one more entry is the end of all.
  private var offsets: [UInt32] = [0]
  /// Where every block of `blockCount` types begins in `arena`.
  private var blocks: [Int] = [0]
  /// Open addressing with linear probing. The lowest bits, as many as number the slots, are id + 1, which is fewer than there are
  /// slots; those above are the hash's. 0 is empty.
  private var slots: [UInt32]
  private var mask: Int
  /// Types from here on were appended unhashed, and have no slot yet.
  private var hashedCount = 0

  private static let log2BlockCount = 4

  /// - Parameter minimumCapacity: types expected; more are welcome.
  package init(minimumCapacity: Int = 0) {
    let slotCount = Self.slotCount(for: minimumCapacity)
    slots = [UInt32](repeating: 0, count: slotCount)
    mask = slotCount - 1
  }

  private static func slotCount(for count: Int) -> Int {
    var slotCount = 64
    while slotCount * 3 < count * 4 { slotCount *= 2 }
    return slotCount
  }

  /// The number of types met so far.
  package var count: Int { offsets.count - 1 }

  /// The bytes of all types.
  package var byteCount: Int { arena.count }

  /// The bytes held for this table, in all.
  package var memoryBytes: Int {
    arena.capacity + offsets.capacity * MemoryLayout<UInt32>.stride
      + blocks.capacity * MemoryLayout<Int>.stride + slots.capacity * MemoryLayout<UInt32>.stride
  }

  /// The id of `type`, given now if it is new.
  package mutating func intern(_ type: UnsafeRawBufferPointer) -> UInt32 {
    if hashedCount < count { hashAppended() }
    let hash = hashBytes(type)
    if let found = find(type, hash: hash) { return found }
    let id = append(type)
    if count * 4 > slots.count * 3 { hashAppended() } else { place(hash: hash, id: id) }
    hashedCount = count
    return id
  }

  /// The id of `type`, given now if it is new.
  package mutating func intern(_ type: some Collection<UInt8>) -> UInt32 {
    if let id = type.withContiguousStorageIfAvailable({ intern(UnsafeRawBufferPointer($0)) }) { return id }
    return Array(type).withUnsafeBytes { intern($0) }
  }

  /// Numbers a type that was not met before. Looking types up takes memory only once one is.
  package mutating func append(new type: some Collection<UInt8>) {
    _ =
      type.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
      ?? Array(type).withUnsafeBytes { append($0) }
  }

  private mutating func append(_ type: UnsafeRawBufferPointer) -> UInt32 {
    precondition(count < Int(Int32.max) - 1, "more than 2 billion types")
    let id = UInt32(truncatingIfNeeded: count)
    arena.makeRoom(for: type.count)
    arena.append(contentsOf: type)
    if (count + 1) & (1 << Self.log2BlockCount - 1) == 0 { blocks.append(arena.count) }
    offsets.makeRoom(for: 1)
    offsets.append(UInt32(arena.count - blocks[(count + 1) >> Self.log2BlockCount]))
    return id
  }

  /// The id of `type` if it has been met.
  package mutating func id(of type: some Collection<UInt8>) -> UInt32? {
    if hashedCount < count { hashAppended() }
    return Array(type).withUnsafeBytes { find($0, hash: hashBytes($0)) }
  }

  /// The bytes of the type `id`; empty for an id that was never given.
  package func bytes(of id: UInt32) -> ArraySlice<UInt8> { arena[range(Int(id))] }

  /// Calls `body` with the bytes of the type `id` (empty for an id that was never given), without a copy.
  package func withBytes<Result>(of id: UInt32, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
    -> Result
  {
    let range = range(Int(id))
    return try arena.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Where a type's bytes are.
  @inline(__always)
  private func range(_ id: Int) -> Range<Int> {
    guard id < count else { return 0..<0 }
    return start(id)..<start(id + 1)
  }

  @inline(__always)
  private func start(_ id: Int) -> Int { blocks[id >> Self.log2BlockCount] + Int(offsets[id]) }

  private func find(_ type: UnsafeRawBufferPointer, hash: UInt64) -> UInt32? {
    slots.withUnsafeBufferPointer { slots in
      let tag = tag(hash)
      var index = Int(truncatingIfNeeded: hash) & mask
      while true {
        let slot = slots[index]
        if slot == 0 { return nil }
        if slot & ~UInt32(mask) == tag {
          let id = Int(slot & UInt32(mask)) - 1
          let start = start(id)
          if self.start(id + 1) - start == type.count
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

  /// What a slot holds of a hash.
  @inline(__always)
  private func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) & ~UInt32(mask) }

  private mutating func place(hash: UInt64, id: UInt32) {
    var index = Int(truncatingIfNeeded: hash) & mask
    while slots[index] != 0 { index = (index + 1) & mask }
    slots[index] = tag(hash) | (id + 1)
  }

  /// Gives all types a slot, and room for more.
  private mutating func hashAppended() {
    let slotCount = Self.slotCount(for: count + 1)
    if slotCount > slots.count {
      // Not both at once.
      slots = []
      slots = [UInt32](repeating: 0, count: slotCount)
      mask = slotCount - 1
      hashedCount = 0
    }
    for id in hashedCount..<count {
      let hash = withBytes(of: UInt32(id)) { hashBytes($0) }
      place(hash: hash, id: UInt32(truncatingIfNeeded: id))
    }
    hashedCount = count
  }
}

extension Array {
  /// Room for more elements, a quarter of what there is at a time: of long arrays an array's own growth leaves half unused, and
  /// has three times their length at once.
  @inline(__always)
  fileprivate mutating func makeRoom(for more: Int) {
    if count + more > capacity, count > 1 << 12 { reserveCapacity(count + Swift.max(more, count / 4)) }
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
