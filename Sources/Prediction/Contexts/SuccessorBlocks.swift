import CSystem
import Platform

/// The blocks of memory in which a table keeps what followed its contexts: pairs of token and count as a heap by
/// count, and in blocks of many pairs a `SuccessorIndex`.
///
/// A block has room for 2 to the power of its capacity class pairs; one that is full moves to twice the room. Blocks
/// are named by their offsets in one array, which moves when it grows.
final class SuccessorBlocks {
  /// Blocks: total, distinct, capacity class, 0; then the pairs; then the index.
  ///
  /// Nothing is allocated before the first block is: of most kinds of context a short document has none.
  private var pool: UnsafeMutablePointer<UInt32>
  private var poolCount = 0
  private var poolCapacity: Int
  /// By capacity class the offset of a free block, or `none`; the first number of each is the offset of the next one.
  private var firstFree: UnsafeMutablePointer<UInt32>?
  /// The numbers that free blocks take.
  private var freeCount = 0

  private static let none = UInt32.max
  private static let headerCount = 4
  private static let classCount = 31
  private static let smallestCapacity = 32
  /// Stands for a pool that is not allocated; never read or written.
  private nonisolated(unsafe) static let emptyPool = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
  /// Offsets leave one bit to whoever keeps them.
  private static let offsetLimit = 1 << 31
  /// So many free numbers are no waste.
  private static let toleratedFreeCount = 1 << 11

  /// - Parameter count: of numbers to have room for.
  init(reserving count: Int = 0) {
    poolCapacity = count
    pool = count > 0 ? .allocate(capacity: count) : Self.emptyPool
  }

  deinit {
    if poolCapacity > 0 { pool.deallocate() }
    firstFree?.deallocate()
  }

  /// Memory held, in bytes.
  var byteCount: Int { poolCapacity * 4 }

  /// The numbers in blocks that are in use.
  var usedCount: Int { poolCount - freeCount }

  /// Whether a third of the memory is in free blocks. They are used again by blocks of their size only, and over days
  /// of typing each size has its day: whoever keeps the blocks then copies them all to a new place.
  @inline(__always) var isSparse: Bool { freeCount > Self.toleratedFreeCount && freeCount &* 3 > poolCount }

  /// A block where it lies now.
  struct Block {
    fileprivate let base: UnsafeMutablePointer<UInt32>

    /// How many tokens followed.
    @inline(__always) var total: UInt32 {
      get { base[0] }
      nonmutating set { base[0] = newValue }
    }
    /// How many different ones.
    @inline(__always) var distinct: Int {
      get { Int(base[1]) }
      nonmutating set { base[1] = UInt32(truncatingIfNeeded: newValue) }
    }
    @inline(__always) var capacityClass: Int { Int(base[2]) }
    @inline(__always) var pairs: UnsafeMutablePointer<UInt32> { base + headerCount }
    /// Where a block finds its tokens; nil if it holds so few that it is read through.
    @inline(__always) var index: SuccessorIndex? {
      SuccessorIndex(pairs: pairs, capacityClass: capacityClass)
    }

    @inline(__always)
    func position(of token: UInt32) -> Int? {
      if let index { return index.position(of: token) }
      let pairs = pairs
      let distinct = distinct
      var index = 0
      while index < distinct && pairs[2 &* index] != token { index &+= 1 }
      return index < distinct ? index : nil
    }
  }

  @inline(__always)
  subscript(_ offset: UInt32) -> Block { Block(base: pool + Int(offset)) }

  @inline(__always)
  func prefetch(_ offset: UInt32) { inkling_prefetch(pool + Int(offset)) }

  func removeAll() {
    poolCount = 0
    freeCount = 0
    firstFree?.update(repeating: Self.none, count: Self.classCount)
    if poolCapacity > 1 << 12 {
      pool.deallocate()
      poolCapacity = 0
      pool = Self.emptyPool
    }
  }

  // MARK: Counting

  /// A block in which one token has followed.
  func make(_ token: UInt32, _ count: UInt32) -> UInt32 {
    let offset = allocate(capacityClass: 1)
    let block = self[offset]
    block.total = count
    block.distinct = 1
    block.pairs[0] = token
    block.pairs[1] = count
    return offset
  }

  /// A block with what a block of another table holds.
  func copy(_ successors: Successors) -> UInt32 {
    let distinct = Int(successors.distinct)
    let offset = allocate(
      capacityClass: max(1, (UInt(distinct) - 1).bitWidth - (UInt(distinct) - 1).leadingZeroBitCount))
    let block = self[offset]
    block.total = successors.total
    block.distinct = distinct
    if let pairs = successors.pairs { block.pairs.update(from: pairs, count: 2 * distinct) }
    fillIndex(of: block)
    return offset
  }

  /// Counts a token more often.
  ///
  /// - Returns: the offset of the block, which has moved if it was full.
  @inline(__always)
  func add(_ token: UInt32, count: UInt32, to offset: UInt32) -> UInt32 {
    let block = self[offset]
    if let place = block.position(of: token) {
      let (total, overflows) = block.total.addingReportingOverflow(count)
      guard !overflows else { return offset }
      block.total = total
      block.pairs[2 &* place &+ 1] &+= count
      siftUp(block, place)
      return offset
    }
    return append(token, count, to: offset)
  }

  @inline(never)
  private func append(_ token: UInt32, _ count: UInt32, to offset: UInt32) -> UInt32 {
    var offset = offset
    if self[offset].distinct == 1 << self[offset].capacityClass {
      offset = move(offset, toClass: self[offset].capacityClass + 1)
    }
    let block = self[offset]
    let (total, overflows) = block.total.addingReportingOverflow(count)
    guard !overflows else { return offset }
    let place = block.distinct
    block.pairs[2 * place] = token
    block.pairs[2 * place + 1] = count
    block.index?.insert(token, at: place)
    block.total = total
    block.distinct = place + 1
    if count > 1 { siftUp(block, place) }
    return offset
  }

  /// Moves a block to half the room if it fills no more than a quarter of it.
  ///
  /// - Returns: where the block is now.
  @inline(__always)
  func shrink(_ offset: UInt32) -> UInt32 {
    let block = self[offset]
    guard block.capacityClass > 1, block.distinct &* 4 <= 1 &<< block.capacityClass else { return offset }
    return move(offset, toClass: block.capacityClass - 1)
  }

  @inline(never)
  private func move(_ offset: UInt32, toClass capacityClass: Int) -> UInt32 {
    let target = allocate(capacityClass: capacityClass)
    let old = self[offset]
    let block = self[target]
    block.total = old.total
    block.distinct = old.distinct
    block.pairs.update(from: old.pairs, count: 2 * old.distinct)
    fillIndex(of: block)
    free(offset)
    return target
  }

  private func fillIndex(of block: Block) {
    guard let index = block.index else { return }
    index.removeAll()
    for place in 0..<block.distinct { index.insert(block.pairs[2 * place], at: place) }
  }

  /// Counts a token less often; what it does not hold is left alone.
  func subtract(_ token: UInt32, count: UInt32, from offset: UInt32) {
    let block = self[offset]
    guard let place = block.position(of: token) else { return }
    let pairs = block.pairs
    let taken = min(count, pairs[2 * place + 1])
    block.total -= taken
    pairs[2 * place + 1] -= taken
    guard pairs[2 * place + 1] == 0 else {
      siftDown(block, place)
      return
    }
    let last = block.distinct - 1
    block.distinct = last
    if let index = block.index {
      index.remove(at: place, last: last)
    } else {
      pairs[2 * place] = pairs[2 * last]
      pairs[2 * place + 1] = pairs[2 * last + 1]
    }
    if place < last {
      siftUp(block, place)
      siftDown(block, place)
    }
  }

  // MARK: The heap

  @inline(__always)
  private func siftUp(_ block: Block, _ start: Int) {
    let pairs = block.pairs
    var place = start
    while place > 0 {
      let parent = (place &- 1) / 2
      guard pairs[2 &* parent &+ 1] < pairs[2 &* place &+ 1] else { return }
      exchange(block, parent, place)
      place = parent
    }
  }

  private func siftDown(_ block: Block, _ start: Int) {
    let pairs = block.pairs
    let count = block.distinct
    var place = start
    while true {
      var child = 2 * place + 1
      guard child < count else { return }
      if child + 1 < count && pairs[2 * child + 3] > pairs[2 * child + 1] { child += 1 }
      guard pairs[2 * child + 1] > pairs[2 * place + 1] else { return }
      exchange(block, child, place)
      place = child
    }
  }

  private func exchange(_ block: Block, _ a: Int, _ b: Int) {
    block.index?.exchange(a, b)
    let pairs = block.pairs
    (pairs[2 * a], pairs[2 * b]) = (pairs[2 * b], pairs[2 * a])
    (pairs[2 * a + 1], pairs[2 * b + 1]) = (pairs[2 * b + 1], pairs[2 * a + 1])
  }

  // MARK: Memory

  /// Gives a block back.
  func free(_ offset: UInt32) {
    let block = self[offset]
    freeCount &+= Self.wordCount(block.capacityClass)
    let firstFree = freeLists()
    block.base[0] = firstFree[block.capacityClass]
    firstFree[block.capacityClass] = offset
  }

  private func freeLists() -> UnsafeMutablePointer<UInt32> {
    if let firstFree { return firstFree }
    let lists = UnsafeMutablePointer<UInt32>.allocate(capacity: Self.classCount)
    lists.initialize(repeating: Self.none, count: Self.classCount)
    firstFree = lists
    return lists
  }

  @inline(__always)
  private func allocate(capacityClass: Int) -> UInt32 {
    guard let firstFree else { return extend(capacityClass) }
    let offset = firstFree[capacityClass]
    if offset != Self.none {
      firstFree[capacityClass] = self[offset].total
      freeCount &-= Self.wordCount(capacityClass)
      return offset
    }
    return extend(capacityClass)
  }

  /// The numbers that a block takes.
  @inline(__always)
  private static func wordCount(_ capacityClass: Int) -> Int {
    headerCount + 2 << capacityClass + SuccessorIndex.wordCount(capacityClass: capacityClass)
  }

  private func extend(_ capacityClass: Int) -> UInt32 {
    let needed = Self.wordCount(capacityClass)
    if poolCount + needed > poolCapacity {
      let isFirst = poolCapacity == 0
      poolCapacity = max(poolCapacity + poolCapacity / 2, poolCount + needed, Self.smallestCapacity)
      precondition(poolCapacity <= Self.offsetLimit, "a table of contexts has grown over 8 GiB")
      let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: poolCapacity)
      larger.update(from: pool, count: poolCount)
      if !isFirst { pool.deallocate() }
      pool = larger
    }
    let offset = poolCount
    poolCount += needed
    pool[offset + 2] = UInt32(capacityClass)
    pool[offset + 3] = 0
    return UInt32(offset)
  }
}
