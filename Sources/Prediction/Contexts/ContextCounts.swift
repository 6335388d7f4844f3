import CSystem
import Platform

/// How often each token followed each context of one kind: counts that are added and subtracted exactly.
///
/// Open addressing by the context's 32-bit key. Most contexts are seen once, so a slot holds the one token that
/// followed, and only from the second occurrence on a block of memory (`SuccessorBlocks`). The same multiset of
/// additions minus subtractions gives the same counts, in whatever order they came.
///
/// The slots are in the order of the keys' hashes, whatever their number: going through one table's contexts and
/// looking each up in another, as growing and `add(contentsOf:)` do, passes through the memory of both in one direction.
/// Their number need not be a power of two (Lemire 2019, "Fast random integer generation in an interval": a hash times
/// the number, divided by 2³²), so that a table that has grown a little takes a little more memory and not twice as much.
///
/// Shared across no threads: the owner serialises access.
final class ContextCounts {
  /// The low half the key; the high half one more than the token that followed once, or `blockFlag` and the offset of a
  /// block; 0 if the slot is free.
  private var slots: UnsafeMutablePointer<UInt64>
  private var slotCount: Int
  private var usedSlotCount = 0
  /// Whether memory is to be given back only when all of a change is made.
  private var defersShrinking = false
  private var blocks = SuccessorBlocks()

  private static let blockFlag: UInt32 = 1 << 31
  private static let smallestSlotCount = 1 << 3
  /// So many slots are not given back for being free.
  private static let keptSlotCount = 1 << 10
  /// How many keys ahead slots, and then blocks, are fetched.
  private static let slotDistance = 12
  private static let blockDistance = 5

  init() {
    slotCount = Self.smallestSlotCount
    slots = Self.makeSlots(slotCount)
  }

  deinit { free(slots) }

  /// Zeroed, and without a page of memory until it is written to.
  private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
    guard let memory = calloc(count, 8) else { fatalError("out of memory: \(8 * count) bytes") }
    return memory.bindMemory(to: UInt64.self, capacity: count)
  }

  /// The number of contexts.
  var contextCount: Int { usedSlotCount }
  /// Memory held, in bytes.
  var byteCount: Int { slotCount * 8 + blocks.byteCount }

  /// Forgets everything.
  func removeAll() {
    if slotCount > Self.keptSlotCount {
      free(slots)
      slotCount = Self.smallestSlotCount
      slots = Self.makeSlots(slotCount)
    } else {
      slots.update(repeating: 0, count: slotCount)
    }
    usedSlotCount = 0
    blocks.removeAll()
  }

  /// Makes room for `count` contexts at once.
  func reserveCapacity(_ count: Int) {
    if count * 4 > slotCount * 3 { rehash(Self.slotCount(for: count)) }
  }

  /// The slots of a table that has come to be too full, or too empty: half of them are used.
  private static func slotCount(for contextCount: Int) -> Int { max(smallestSlotCount, 2 * contextCount) }

  @inline(__always)
  private func home(_ key: UInt32) -> Int {
    Int(truncatingIfNeeded: (UInt64(key &* 0x9E37_79B1) &* UInt64(truncatingIfNeeded: slotCount)) &>> 32)
  }

  @inline(__always)
  private func slot(after slot: Int) -> Int { slot &+ 1 == slotCount ? 0 : slot &+ 1 }

  /// How far a slot is behind another one, around the end of the table.
  @inline(__always)
  private func distance(from first: Int, to second: Int) -> Int {
    second >= first ? second &- first : second &- first &+ slotCount
  }

  /// The slot of `key`, or the free slot where it would go.
  @inline(__always)
  private func slot(of key: UInt32) -> Int {
    var slot = home(key)
    while slots[slot] != 0 && UInt32(truncatingIfNeeded: slots[slot]) != key { slot = self.slot(after: slot) }
    return slot
  }

  @inline(__always)
  private static func payload(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value >> 32) }

  /// What followed the context.
  @inline(__always)
  func successors(of key: UInt32) -> Successors {
    let payload = Self.payload(slots[slot(of: key)])
    if payload == 0 { return Successors() }
    if payload & Self.blockFlag == 0 { return Successors(single: payload &- 1) }
    let block = blocks[payload ^ Self.blockFlag]
    return Successors(
      total: block.total, distinct: UInt32(block.distinct), pairs: UnsafePointer(block.pairs),
      capacityClass: block.capacityClass)
  }

  /// Fetches what `successors(of:)` reads first.
  @inline(__always)
  func prefetch(_ key: UInt32) { inkling_prefetch(slots + home(key)) }

  /// Fetches what it reads then, once that is there.
  @inline(__always)
  func prefetchBlock(_ key: UInt32) {
    let payload = Self.payload(slots[home(key)])
    if payload & Self.blockFlag != 0 { blocks.prefetch(payload ^ Self.blockFlag) }
  }

  /// Calls `body` with the key of each context.
  func forEachKey(_ body: (UInt32) -> Void) {
    for slot in 0..<slotCount where slots[slot] != 0 { body(UInt32(truncatingIfNeeded: slots[slot])) }
  }

  // MARK: Counting

  /// Counts each token (below 2³¹ − 1) once more after the context in the same place.
  ///
  /// - Parameter tokens: nil where token 0 follows all contexts.
  func add(_ keys: UnsafeBufferPointer<UInt32>, _ tokens: UnsafePointer<UInt32>?) {
    fetchingAhead(keys) { add(keys[$0], tokens?[$0] ?? 0) }
  }

  /// Counts each token once less after the context in the same place.
  func subtract(_ keys: UnsafeBufferPointer<UInt32>, _ tokens: UnsafePointer<UInt32>?) {
    fetchingAhead(keys) { subtract(keys[$0], tokens?[$0] ?? 0) }
  }

  /// Calls `body` with each place, the memory of the keys in the places behind it being on its way.
  @inline(__always)
  private func fetchingAhead(_ keys: UnsafeBufferPointer<UInt32>, _ body: (Int) -> Void) {
    for place in 0..<min(keys.count, Self.slotDistance) { prefetch(keys[place]) }
    for place in 0..<keys.count {
      if place + Self.slotDistance < keys.count { prefetch(keys[place + Self.slotDistance]) }
      if place + Self.blockDistance < keys.count {
        prefetchBlock(keys[place + Self.blockDistance])
      }
      body(place)
    }
  }

  /// Counts `token` (below 2³¹ − 1) `count` times more after the context.
  @inline(__always)
  func add(_ key: UInt32, _ token: UInt32, count: UInt32 = 1) {
    let slot = slot(of: key)
    let payload = Self.payload(slots[slot])
    if payload & Self.blockFlag != 0 {
      setBlock(blocks.add(token, count: count, to: payload ^ Self.blockFlag), slot, key)
    } else if payload == 0 {
      if count == 1 {
        slots[slot] = UInt64(token &+ 1) << 32 | UInt64(key)
      } else {
        setBlock(blocks.make(token, count), slot, key)
      }
      noteNewContext()
    } else {
      let offset = blocks.make(payload &- 1, 1)
      setBlock(blocks.add(token, count: count, to: offset), slot, key)
    }
  }

  @inline(__always)
  private func setBlock(_ offset: UInt32, _ slot: Int, _ key: UInt32) {
    slots[slot] = UInt64(offset | Self.blockFlag) << 32 | UInt64(key)
  }

  @inline(__always)
  private func noteNewContext() {
    usedSlotCount &+= 1
    if usedSlotCount &* 4 > slotCount &* 3 {
      // Small tables grow faster: most of them become larger ones.
      rehash(slotCount < Self.keptSlotCount ? 2 * slotCount : Self.slotCount(for: usedSlotCount))
    }
  }

  /// Counts `token` `count` times less after the context. What was never added is left alone.
  @inline(__always)
  func subtract(_ key: UInt32, _ token: UInt32, count: UInt32 = 1) {
    let slot = slot(of: key)
    let payload = Self.payload(slots[slot])
    if payload == 0 { return }
    if payload & Self.blockFlag == 0 {
      if payload == token &+ 1 { removeSlot(slot) }
      return
    }
    let offset = payload ^ Self.blockFlag
    blocks.subtract(token, count: count, from: offset)
    let block = blocks[offset]
    if block.total > 1 {
      let kept = blocks.shrink(offset)
      if kept != offset { setBlock(kept, slot, key) }
      if blocks.isSparse && !defersShrinking { compact() }
      return
    }
    if block.total == 1 {
      slots[slot] = UInt64(block.pairs[0] &+ 1) << 32 | UInt64(key)
    } else {
      removeSlot(slot)
    }
    blocks.free(offset)
    if blocks.isSparse && !defersShrinking { compact() }
  }

  /// Counts everything that another table has counted, as counting it token by token would.
  func add(contentsOf other: ContextCounts) {
    reserveCapacity(usedSlotCount + other.usedSlotCount)
    other.forEachContext { key, successors in
      let slot = slot(of: key)
      if slots[slot] == 0, successors.pairs != nil {
        setBlock(blocks.copy(successors), slot, key)
        noteNewContext()
      } else {
        for index in 0..<Int(successors.distinct) {
          let (token, count) = successors.element(at: index)
          add(key, token, count: count)
        }
      }
    }
  }

  /// Takes back everything that another table has counted.
  func subtract(contentsOf other: ContextCounts) {
    defersShrinking = true
    other.forEachContext { key, successors in
      for index in 0..<Int(successors.distinct) {
        let (token, count) = successors.element(at: index)
        subtract(key, token, count: count)
      }
    }
    defersShrinking = false
    if blocks.isSparse { compact() }
    shrinkSlots()
  }

  /// Calls `body` with each context and what followed it.
  @inline(__always)
  private func forEachContext(_ body: (UInt32, Successors) -> Void) {
    for slot in 0..<slotCount where slots[slot] != 0 {
      let value = slots[slot]
      let payload = Self.payload(value)
      let key = UInt32(truncatingIfNeeded: value)
      if payload & Self.blockFlag == 0 {
        body(key, Successors(single: payload &- 1))
      } else {
        let block = blocks[payload ^ Self.blockFlag]
        body(
          key,
          Successors(
            total: block.total, distinct: UInt32(block.distinct), pairs: UnsafePointer(block.pairs),
            capacityClass: block.capacityClass))
      }
    }
  }

  /// Moves all blocks to memory that has no gaps.
  @inline(never)
  private func compact() {
    let used = blocks.usedCount
    let compacted = SuccessorBlocks(reserving: used + used / 8)
    for slot in 0..<slotCount {
      let payload = Self.payload(slots[slot])
      guard payload & Self.blockFlag != 0 else { continue }
      let block = blocks[payload ^ Self.blockFlag]
      let offset = compacted.copy(
        Successors(
          total: block.total, distinct: UInt32(block.distinct), pairs: UnsafePointer(block.pairs),
          capacityClass: block.capacityClass))
      setBlock(offset, slot, UInt32(truncatingIfNeeded: slots[slot]))
    }
    blocks = compacted
  }

  // MARK: Slots

  /// Frees a slot and moves back those that had been pushed on by it.
  private func removeSlot(_ slot: Int) {
    var hole = slot
    var next = self.slot(after: slot)
    while slots[next] != 0 {
      let wanted = home(UInt32(truncatingIfNeeded: slots[next]))
      if distance(from: wanted, to: next) >= distance(from: hole, to: next) {
        slots[hole] = slots[next]
        hole = next
      }
      next = self.slot(after: next)
    }
    slots[hole] = 0
    usedSlotCount -= 1
    if !defersShrinking { shrinkSlots() }
  }

  @inline(__always)
  private func shrinkSlots() {
    if slotCount > Self.keptSlotCount && usedSlotCount &* 6 < slotCount {
      rehash(Self.slotCount(for: usedSlotCount))
    }
  }

  private func rehash(_ newSlotCount: Int) {
    let old = slots
    let oldCount = slotCount
    slots = Self.makeSlots(newSlotCount)
    slotCount = newSlotCount
    for index in 0..<oldCount where old[index] != 0 {
      slots[slot(of: UInt32(truncatingIfNeeded: old[index]))] = old[index]
    }
    free(old)
  }
}
