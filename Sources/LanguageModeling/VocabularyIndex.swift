/// A hash table from the bytes of a type to its id, open addressing, at most half full.
final class VocabularyIndex: Sendable {
  /// Low 32 bits: id + 1, or 0 for a free slot; high 32 bits: the hash's.
  private nonisolated(unsafe) let slots: UnsafeMutableBufferPointer<UInt64>
  private let mask: Int

  init(_ text: VocabularyText) {
    var capacity = 16
    while capacity < 2 * text.count { capacity *= 2 }
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: 0)
    mask = capacity - 1
    for id in 0..<text.count {
      let hash = Self.hash(text[id])
      var place = Int(truncatingIfNeeded: hash) & mask
      while slots[place] != 0 { place = (place + 1) & mask }
      slots[place] = (hash >> 32) << 32 | UInt64(id + 1)
    }
  }

  deinit { slots.deallocate() }

  @inline(__always)
  func id(of type: UnsafeRawBufferPointer, in text: VocabularyText) -> TokenID? {
    let hash = Self.hash(type)
    var place = Int(truncatingIfNeeded: hash) & mask
    while true {
      let slot = slots[place]
      if slot == 0 { return nil }
      if slot >> 32 == hash >> 32 {
        let id = Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) - 1
        if text.compare(id, type) == 0 { return TokenID(id) }
      }
      place = (place + 1) & mask
    }
  }

  /// Multiplies and folds 8 bytes at a time.
  @inline(__always)
  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let count = bytes.count
    guard let base = bytes.baseAddress, count > 0 else { return fold(0x9E37_79B9_7F4A_7C15, 0) }
    var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    if count >= 8 {
      var offset = 0
      while offset + 8 <= count {
        hash = fold(hash, base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += 8
      }
      if offset < count {
        hash = fold(hash, base.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
      }
      return hash
    }
    if count >= 4 {
      let low = base.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
      let high = base.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
      return fold(hash, UInt64(low) << 32 | UInt64(high))
    }
    let first = base.load(as: UInt8.self)
    let middle = base.load(fromByteOffset: count / 2, as: UInt8.self)
    let last = base.load(fromByteOffset: count - 1, as: UInt8.self)
    return fold(hash, UInt64(first) << 16 | UInt64(middle) << 8 | UInt64(last))
  }

  @inline(__always)
  private static func fold(_ hash: UInt64, _ value: UInt64) -> UInt64 {
    let product = (hash ^ value ^ 0x2D35_8DCC_AA6C_78A5).multipliedFullWidth(by: 0x8BB8_4B93_962E_ACC9)
    return product.high ^ product.low
  }
}
