/// How often each token followed each context of one kind: counts that are added and subtracted exactly.
///
/// Open addressing by the context's 32-bit key. Most contexts are seen once, so a slot holds the one token that
/// followed, and only from the second occurrence on a block of memory. The same multiset of additions minus
/// subtractions gives the same counts, in whatever order they came.
///
/// Shared across no threads: the owner serialises access.
final class ContextCounts {
  /// The low half the key; the high half the token that followed once, or `blockFlag` and the offset of a block in
  /// the pool, or `free`.
  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int
  private var usedSlotCount = 0
  /// Blocks: total, distinct, capacity class, 0; then pairs of token and count as a heap by count; and in blocks of many
  /// pairs, a `SuccessorIndex`.
  private var pool: UnsafeMutablePointer<UInt32>
  private var poolCount = 0
  private var poolCapacity: Int
  /// Offsets of free blocks by capacity class.
  private var freeBlocks = [[UInt32]](repeating: [], count: 32)

  private static let free: UInt32 = .max
  private static let blockFlag: UInt32 = 1 << 31
  private static let emptySlot = UInt64.max
  private static let headerCount = 4

  init() {
    slots = .allocate(capacity: 64)
    slots.initialize(repeating: Self.emptySlot, count: 64)
    mask = 63
    pool = .allocate(capacity: 64)
    poolCapacity = 64
  }

  deinit {
    slots.deallocate()
    pool.deallocate()
  }

  /// The number of contexts.
  var contextCount: Int { usedSlotCount }
  /// Memory held, in bytes.
  var byteCount: Int { (mask + 1) * 8 + poolCapacity * 4 }

  /// Forgets everything.
  func removeAll() {
    if mask + 1 > 1 << 12 {
      slots.deallocate()
      slots = .allocate(capacity: 64)
      mask = 63
    }
    slots.initialize(repeating: Self.emptySlot, count: mask + 1)
    usedSlotCount = 0
    poolCount = 0
    for index in freeBlocks.indices { freeBlocks[index].removeAll(keepingCapacity: true) }
  }

  /// Makes room for `count` contexts at once.
  func reserveCapacity(_ count: Int) {
    var slotCount = mask + 1
    while count * 4 > slotCount * 3 { slotCount *= 2 }
    if slotCount > mask + 1 { rehash(slotCount) }
  }

  @inline(__always)
  private func home(_ key: UInt32) -> Int { Int((key &* 0x9E37_79B1) ^ (key >> 15)) & mask }

  /// The slot of `key`, or the free slot where it would go.
  @inline(__always)
  private func slot(of key: UInt32) -> Int {
    var slot = home(key)
    while slots[slot] != Self.emptySlot && UInt32(truncatingIfNeeded: slots[slot]) != key {
      slot = (slot + 1) & mask
    }
    return slot
  }

  /// What followed the context.
  @inline(__always)
  func successors(of key: UInt32) -> Successors {
    let value = slots[slot(of: key)]
    let payload = UInt32(truncatingIfNeeded: value >> 32)
    if payload == Self.free { return Successors() }
    if payload & Self.blockFlag == 0 { return Successors(single: payload) }
    let block = pool + Int(payload ^ Self.blockFlag)
    return Successors(
      total: block[0], distinct: block[1], pairs: UnsafePointer(block + Self.headerCount),
      capacityClass: Int(block[2]))
  }

  /// Calls `body` with the key of each context.
  func forEachKey(_ body: (UInt32) -> Void) {
    for slot in 0...mask where slots[slot] != Self.emptySlot { body(UInt32(truncatingIfNeeded: slots[slot])) }
  }

  /// Counts `token` (below 2³¹ − 1) once more after the context.
  func add(_ key: UInt32, _ token: UInt32) {
    let slot = slot(of: key)
    let payload = UInt32(truncatingIfNeeded: slots[slot] >> 32)
    if payload == Self.free {
      slots[slot] = UInt64(token) << 32 | UInt64(key)
      usedSlotCount += 1
      if usedSlotCount * 4 > (mask + 1) * 3 { rehash((mask + 1) * 2) }
    } else if payload & Self.blockFlag == 0 {
      let offset = allocateBlock(capacityClass: 1)
      let block = pool + offset
      block[0] = 2
      block[Self.headerCount] = payload
      if payload == token {
        block[1] = 1
        block[Self.headerCount + 1] = 2
      } else {
        block[1] = 2
        block[Self.headerCount + 1] = 1
        block[Self.headerCount + 2] = token
        block[Self.headerCount + 3] = 1
      }
      slots[slot] = UInt64(UInt32(offset) | Self.blockFlag) << 32 | UInt64(key)
    } else {
      addToBlock(Int(payload ^ Self.blockFlag), token, slot: slot, key: key)
    }
  }

  private func addToBlock(_ offset: Int, _ token: UInt32, slot: Int, key: UInt32) {
    var block = pool + offset
    var pairs = block + Self.headerCount
    let distinct = Int(block[1])
    if let index = position(of: token, block) {
      guard block[0] < .max else { return }
      pairs[2 * index + 1] += 1
      siftUp(block, index)
      block[0] += 1
      return
    }
    if distinct == 1 << Int(block[2]) {
      let capacityClass = Int(block[2]) + 1
      let larger = allocateBlock(capacityClass: capacityClass)
      block = pool + offset
      let target = pool + larger
      target[0] = block[0]
      target[1] = block[1]
      (target + Self.headerCount).update(from: block + Self.headerCount, count: 2 * distinct)
      if let index = index(of: target) {
        index.removeAll()
        for place in 0..<distinct { index.insert(target[Self.headerCount + 2 * place], at: place) }
      }
      freeBlocks[capacityClass - 1].append(UInt32(offset))
      slots[slot] = UInt64(UInt32(larger) | Self.blockFlag) << 32 | UInt64(key)
      block = target
      pairs = block + Self.headerCount
    }
    pairs[2 * distinct] = token
    pairs[2 * distinct + 1] = 1
    index(of: block)?.insert(token, at: distinct)
    block[0] += 1
    block[1] += 1
  }

  /// Where a block finds its tokens; nil if it holds so few that it is read through.
  @inline(__always)
  private func index(of block: UnsafeMutablePointer<UInt32>) -> SuccessorIndex? {
    SuccessorIndex(pairs: block + Self.headerCount, capacityClass: Int(block[2]))
  }

  @inline(__always)
  private func position(of token: UInt32, _ block: UnsafeMutablePointer<UInt32>) -> Int? {
    if let index = index(of: block) { return index.position(of: token) }
    let pairs = block + Self.headerCount
    let distinct = Int(block[1])
    var index = 0
    while index < distinct && pairs[2 * index] != token { index += 1 }
    return index < distinct ? index : nil
  }

  /// Counts `token` once less after the context. What was never added is left alone.
  func subtract(_ key: UInt32, _ token: UInt32) {
    let slot = slot(of: key)
    let payload = UInt32(truncatingIfNeeded: slots[slot] >> 32)
    if payload == Self.free { return }
    if payload & Self.blockFlag == 0 {
      if payload == token { removeSlot(slot) }
      return
    }
    let offset = Int(payload ^ Self.blockFlag)
    let block = pool + offset
    let pairs = block + Self.headerCount
    var distinct = Int(block[1])
    guard let index = position(of: token, block) else { return }
    block[0] -= 1
    pairs[2 * index + 1] -= 1
    if pairs[2 * index + 1] == 0 {
      distinct -= 1
      block[1] -= 1
      if let successorIndex = self.index(of: block) {
        successorIndex.remove(at: index, last: distinct)
      } else {
        pairs[2 * index] = pairs[2 * distinct]
        pairs[2 * index + 1] = pairs[2 * distinct + 1]
      }
      if index < distinct {
        siftUp(block, index)
        siftDown(block, index, distinct)
      }
    } else {
      siftDown(block, index, distinct)
    }
    if block[0] == 1 {
      slots[slot] = UInt64(pairs[0]) << 32 | UInt64(key)
      freeBlocks[Int(block[2])].append(UInt32(offset))
    }
  }

  private func siftUp(_ block: UnsafeMutablePointer<UInt32>, _ start: Int) {
    let pairs = block + Self.headerCount
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard pairs[2 * parent + 1] < pairs[2 * index + 1] else { return }
      swapPairs(block, parent, index)
      index = parent
    }
  }

  private func siftDown(_ block: UnsafeMutablePointer<UInt32>, _ start: Int, _ count: Int) {
    let pairs = block + Self.headerCount
    var index = start
    while true {
      var child = 2 * index + 1
      guard child < count else { return }
      if child + 1 < count && pairs[2 * child + 3] > pairs[2 * child + 1] { child += 1 }
      guard pairs[2 * child + 1] > pairs[2 * index + 1] else { return }
      swapPairs(block, child, index)
      index = child
    }
  }

  @inline(__always)
  private func swapPairs(_ block: UnsafeMutablePointer<UInt32>, _ a: Int, _ b: Int) {
    index(of: block)?.exchange(a, b)
    let pairs = block + Self.headerCount
    (pairs[2 * a], pairs[2 * b]) = (pairs[2 * b], pairs[2 * a])
    (pairs[2 * a + 1], pairs[2 * b + 1]) = (pairs[2 * b + 1], pairs[2 * a + 1])
  }

  /// Frees a slot and moves back those that had been pushed on by it.
  private func removeSlot(_ slot: Int) {
    var hole = slot
    var next = (slot + 1) & mask
    while slots[next] != Self.emptySlot {
      let wanted = home(UInt32(truncatingIfNeeded: slots[next]))
      if (next - wanted) & mask >= (next - hole) & mask {
        slots[hole] = slots[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    slots[hole] = Self.emptySlot
    usedSlotCount -= 1
  }

  private func allocateBlock(capacityClass: Int) -> Int {
    if let offset = freeBlocks[capacityClass].popLast() {
      pool[Int(offset) + 2] = UInt32(capacityClass)
      return Int(offset)
    }
    let needed =
      Self.headerCount + 2 << capacityClass + SuccessorIndex.wordCount(capacityClass: capacityClass)
    if poolCount + needed > poolCapacity {
      poolCapacity = max(poolCapacity + poolCapacity / 2, poolCount + needed)
      let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: poolCapacity)
      larger.update(from: pool, count: poolCount)
      pool.deallocate()
      pool = larger
    }
    let offset = poolCount
    poolCount += needed
    pool[offset + 2] = UInt32(capacityClass)
    pool[offset + 3] = 0
    return offset
  }

  private func rehash(_ slotCount: Int) {
    let old = slots
    let oldCount = mask + 1
    slots = .allocate(capacity: slotCount)
    slots.initialize(repeating: Self.emptySlot, count: slotCount)
    mask = slotCount - 1
    for index in 0..<oldCount where old[index] != Self.emptySlot {
      slots[slot(of: UInt32(truncatingIfNeeded: old[index]))] = old[index]
    }
    old.deallocate()
  }
}
