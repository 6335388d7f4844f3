/// A hash table in the file from pairs of words to their indices, for first words with many successors, where a
/// bisection would miss the cache time and again.
///
/// Open addressing. A slot holds 8 bits of the hash, then the index + 1; 0 is free.
struct PairTable {
  static let tagWidth = 8
  static let tagMask: UInt64 = 0xFF
  /// Up to this many successors are bisected: their keys share a line or two of the cache.
  static let leastSuccessorCount: UInt32 = 16

  let slots: UnsafeRawPointer
  let slotCount: UInt32
  let slotWidth: Int

  /// The slot `place`, which is below `slotCount`.
  @inline(__always)
  func slot(_ place: UInt32) -> UInt64 { loadBits(slots, Int(place) &* slotWidth, lowMask(slotWidth)) }

  /// Where the search for a pair begins.
  @inline(__always)
  func place(_ first: UInt32, _ second: UInt32) -> UInt32 {
    Self.place(first, second, slotCount: slotCount)
  }

  @inline(__always)
  static func place(_ first: UInt32, _ second: UInt32, slotCount: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: ((hash(first, second) >> 32) &* UInt64(slotCount)) >> 32)
  }

  @inline(__always)
  static func tag(_ first: UInt32, _ second: UInt32) -> UInt64 { hash(first, second) & tagMask }

  @inline(__always)
  private static func hash(_ first: UInt32, _ second: UInt32) -> UInt64 {
    let mixed = (UInt64(first) << 32 | UInt64(second)) &* 0x9E37_79B9_7F4A_7C15
    return (mixed ^ mixed >> 32) &* 0xD6E8_FEB8_6659_FD93
  }
}

/// Makes the table while a file is written.
struct PairTableBuilder {
  private(set) var slots: [UInt64] = []
  let slotWidth: Int
  var slotCount: Int { slots.count }

  /// - Parameters:
  ///   - words: the second word of each pair.
  ///   - begins: where the pairs of each first word begin, and where the last ones end.
  init(words: NumberColumn, begins: NumberColumn) {
    slotWidth = PairTable.tagWidth + bitWidth(of: UInt64(words.count))
    var pairCount = 0
    for first in 0..<begins.count - 1 where Self.isLong(begins, first) {
      pairCount += Int(begins[first + 1] - begins[first])
    }
    guard pairCount > 0 else { return }
    slots = [UInt64](repeating: 0, count: pairCount + pairCount * 2 / 3 + 1)
    for first in 0..<begins.count - 1 where Self.isLong(begins, first) {
      for index in Int(begins[first])..<Int(begins[first + 1]) { insert(UInt32(first), words[index], index) }
    }
  }

  private static func isLong(_ begins: NumberColumn, _ first: Int) -> Bool {
    begins[first + 1] - begins[first] > PairTable.leastSuccessorCount
  }

  private mutating func insert(_ first: UInt32, _ second: UInt32, _ index: Int) {
    var place = Int(PairTable.place(first, second, slotCount: UInt32(slots.count)))
    while slots[place] != 0 { place = place + 1 == slots.count ? 0 : place + 1 }
    slots[place] = UInt64(index + 1) << UInt64(PairTable.tagWidth) | PairTable.tag(first, second)
  }
}
