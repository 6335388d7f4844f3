import CSystem

/// A hash table from the bytes of a type to its id, open addressing, at most half full.
///
/// A value over memory that it does not own, so that a lookup counts no references.
struct VocabularyIndex: BitwiseCopyable {
  /// Slot 0 holds the mask. In the others, low 32 bits: id + 1, or 0 for a free slot; high 32 bits: the hash's.
  let memory: UnsafeMutablePointer<UInt64>

  init(address: UInt) {
    // The address is one that `memory` had; see `Vocabulary`.
    memory = UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped
  }

  var address: UInt { UInt(bitPattern: memory) }

  init(_ text: VocabularyText) {
    var capacity = 16
    while capacity < 2 * text.count { capacity *= 2 }
    memory = .allocate(capacity: capacity + 1)
    memory.initialize(repeating: 0, count: capacity + 1)
    memory[0] = UInt64(capacity - 1)
    let slots = memory + 1
    // Of a damaged file that has a type again and again, a search would pass over all of them.
    var last = Vocabulary.specials.count
    for id in 0..<text.count {
      if id > Vocabulary.specials.count {
        guard text.compare(last, text[id]) < 0 else { continue }
        last = id
      }
      let hash = Self.hash(text[id])
      var place = Int(truncatingIfNeeded: hash) & (capacity - 1)
      while slots[place] != 0 { place = (place + 1) & (capacity - 1) }
      slots[place] = (hash >> 32) << 32 | UInt64(id + 1)
    }
  }

  /// Fetches the slot that a lookup of a type with this hash reads first.
  @inline(__always)
  func prefetch(_ hash: UInt64) {
    inkling_prefetch(memory + 1 + Int(truncatingIfNeeded: hash & memory[0]))
  }

  /// Fetches where the type lies that a lookup will most likely find.
  @inline(__always)
  func prefetchPlace(_ hash: UInt64, in text: VocabularyText) {
    let slot = memory[1 + Int(truncatingIfNeeded: hash & memory[0])]
    inkling_prefetch(text.placeAddress(max(0, Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) &- 1)))
  }

  /// Fetches the bytes of that type.
  @inline(__always)
  func prefetchBytes(_ hash: UInt64, in text: VocabularyText) {
    let slot = memory[1 + Int(truncatingIfNeeded: hash & memory[0])]
    inkling_prefetch(text[max(0, Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) &- 1)].baseAddress)
  }

  /// The id of the type, whose hash is given; nil if there is none.
  @inline(__always)
  func id(of type: UnsafeRawBufferPointer, hash: UInt64, in text: VocabularyText) -> TokenID? {
    let mask = Int(truncatingIfNeeded: memory[0])
    let slots = memory + 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while true {
      let slot = slots[place]
      if slot == 0 { return nil }
      if slot >> 32 == hash >> 32 {
        let id = Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) &- 1
        if Self.areEqual(text[id], type) { return TokenID(rawValue: UInt32(truncatingIfNeeded: id)) }
      }
      place = (place &+ 1) & mask
    }
  }

  /// Most types are short, and a call of memcmp takes longer than comparing them here.
  @inline(__always)
  private static func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count, let first = a.baseAddress, let second = b.baseAddress else {
      return a.count == b.count
    }
    let count = a.count
    if count >= 8 {
      var offset = 0
      while offset &+ 8 <= count {
        if first.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          != second.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        {
          return false
        }
        offset &+= 8
      }
      return first.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        == second.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    }
    if count >= 4 {
      return first.loadUnaligned(as: UInt32.self) == second.loadUnaligned(as: UInt32.self)
        && first.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
          == second.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
    }
    var offset = 0
    while offset < count {
      if first.load(fromByteOffset: offset, as: UInt8.self)
        != second.load(fromByteOffset: offset, as: UInt8.self)
      {
        return false
      }
      offset &+= 1
    }
    return true
  }

  /// Multiplies and folds 8 bytes at a time.
  @inline(__always)
  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let count = bytes.count
    guard let base = bytes.baseAddress, count > 0 else { return fold(0x9E37_79B9_7F4A_7C15, 0) }
    var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    if count >= 8 {
      var offset = 0
      while offset &+ 8 <= count {
        hash = fold(hash, base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset &+= 8
      }
      if offset < count {
        hash = fold(hash, base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
      }
      return hash
    }
    if count >= 4 {
      let low = base.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
      let high = base.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
      return fold(hash, UInt64(low) << 32 | UInt64(high))
    }
    let first = base.load(as: UInt8.self)
    let middle = base.load(fromByteOffset: count / 2, as: UInt8.self)
    let last = base.load(fromByteOffset: count &- 1, as: UInt8.self)
    return fold(hash, UInt64(first) << 16 | UInt64(middle) << 8 | UInt64(last))
  }

  @inline(__always)
  private static func fold(_ hash: UInt64, _ value: UInt64) -> UInt64 {
    let product = (hash ^ value ^ 0x2D35_8DCC_AA6C_78A5).multipliedFullWidth(by: 0x8BB8_4B93_962E_ACC9)
    return product.high ^ product.low
  }
}
