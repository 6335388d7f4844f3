/// The nodes behind `DynamicCounts`: a trie in one array, children found through one hash table keyed by
/// (parent, word), siblings linked into a list, freed nodes used again.
///
/// Siblings stand by falling class of their count (`countClass`), so that the most frequent children of a node
/// are found without walking all of them. A node with many children knows where each class begins.
struct CountTrie: Sendable {
  static let root: UInt32 = 0
  /// No node: the end of a list. The root is nobody's sibling or child.
  static let none: UInt32 = 0

  struct Node {
    var parent: UInt32
    var word: UInt32
    /// How often the n-gram occurs.
    var count: UInt32
    /// The sum of the children's counts: how often it is followed by something.
    var total: UInt32 = 0
    /// How many children there are, and how many of them have the count 1.
    var distinct: UInt32 = 0
    var singletons: UInt32 = 0
    var firstChild: UInt32 = CountTrie.none
    var next: UInt32 = CountTrie.none
    var previous: UInt32 = CountTrie.none
    /// 1 + the node's row in `heads`; 0 while it has few children.
    var headsRow: UInt32 = 0
  }

  /// From how many children on a node has a row in `heads`.
  static let manyChildren = 24

  var nodes: [Node]
  private var freeNodes: [UInt32] = []
  var heads: [UInt32] = []
  var freeHeadsRows: [UInt32] = []
  /// Open addressing, linear probing: the high half of the hash, and the node; 0 is empty.
  private var slots: [UInt64]
  private var mask: Int
  private(set) var liveCount = 0

  init() {
    nodes = [Node(parent: 0, word: 0, count: 0)]
    slots = [UInt64](repeating: 0, count: 256)
    mask = 255
  }

  var memoryBytes: Int {
    nodes.capacity * MemoryLayout<Node>.stride + slots.capacity * MemoryLayout<UInt64>.stride
      + (freeNodes.capacity + heads.capacity + freeHeadsRows.capacity) * MemoryLayout<UInt32>.stride
  }

  func count(of node: UInt32) -> UInt32 { nodes[Int(node)].count }
  func total(of node: UInt32) -> UInt32 { nodes[Int(node)].total }
  func distinctCount(of node: UInt32) -> UInt32 { nodes[Int(node)].distinct }
  func singletonCount(of node: UInt32) -> UInt32 { nodes[Int(node)].singletons }
  func word(of node: UInt32) -> UInt32 { nodes[Int(node)].word }
  func firstChild(of node: UInt32) -> UInt32 { nodes[Int(node)].firstChild }
  func nextSibling(of node: UInt32) -> UInt32 { nodes[Int(node)].next }

  @inline(__always)
  private static func hash(_ parent: UInt32, _ word: UInt32) -> UInt64 {
    let key = UInt64(parent) << 32 | UInt64(word)
    return foldedMultiply(key ^ 0x9E37_79B9_7F4A_7C15, 0xE703_7ED1_A0B4_28DB)
  }

  func child(of parent: UInt32, _ word: UInt32) -> UInt32? {
    let hash = Self.hash(parent, word)
    var index = Int(truncatingIfNeeded: hash) & mask
    while true {
      let slot = slots[index]
      if slot == 0 { return nil }
      if slot >> 32 == hash >> 32 {
        let node = UInt32(truncatingIfNeeded: slot)
        if nodes[Int(node)].parent == parent && nodes[Int(node)].word == word { return node }
      }
      index = (index + 1) & mask
    }
  }

  // MARK: Adding

  /// Counts all windows of a sequence.
  mutating func add(_ ids: UnsafeBufferPointer<UInt32>, order: Int) {
    reserve(forNew: ids.count * min(order, 3))
    // path[k] is the node of the last k tokens. The lookups of one token do not depend on each other, which
    // lets the processor wait for their cache misses together.
    var path = [UInt32](repeating: Self.root, count: order + 1)
    var known = 1
    for id in ids {
      reserveSlots(for: order)
      for length in stride(from: known, through: 1, by: -1) {
        path[length] = increment(path[length - 1], id)
      }
      if known < order { known += 1 }
    }
  }

  /// Counts, or takes away, the windows that touch `range`: those that hold a token of it, or reach across it
  /// where it is empty.
  mutating func changeWindows(
    of ids: UnsafeBufferPointer<UInt32>, in range: Range<Int>, order: Int, adding: Bool
  ) {
    let first = max(0, range.lowerBound - order + 1)
    var path = [UInt32](repeating: Self.root, count: order + 1)
    for start in first..<max(first, range.upperBound) {
      let end = min(ids.count, start + order)
      // Windows start ..< start + length change from this length on.
      let shortest = max(1, range.lowerBound - start + 1)
      if adding {
        add(from: start, to: end, of: ids, shortest: shortest)
      } else {
        subtract(from: start, to: end, of: ids, shortest: shortest, path: &path)
      }
    }
  }

  private mutating func add(
    from start: Int, to end: Int, of ids: UnsafeBufferPointer<UInt32>, shortest: Int
  ) {
    reserveSlots(for: end - start)
    var node = Self.root
    for position in start..<end {
      if position - start + 1 < shortest {
        // The shorter windows did not change; they are there, unless somebody took away what was not added.
        guard let child = child(of: node, ids[position]) else { return }
        node = child
      } else {
        node = increment(node, ids[position])
      }
    }
  }

  private mutating func subtract(
    from start: Int, to end: Int, of ids: UnsafeBufferPointer<UInt32>, shortest: Int,
    path: inout [UInt32]
  ) {
    var length = 0
    for position in start..<end {
      guard let child = child(of: path[length], ids[position]) else { break }
      length += 1
      path[length] = child
    }
    // The longest first, so that a node never goes before its children.
    while length >= shortest {
      decrement(path[length])
      length -= 1
    }
  }

  /// One more of (`parent`, `word`); makes the node if there is none. Needs room in `slots`.
  @inline(__always)
  private mutating func increment(_ parent: UInt32, _ word: UInt32) -> UInt32 {
    let hash = Self.hash(parent, word)
    var index = Int(truncatingIfNeeded: hash) & mask
    nodes[Int(parent)].total &+= 1
    while true {
      let slot = slots[index]
      if slot == 0 { break }
      if slot >> 32 == hash >> 32 {
        let node = UInt32(truncatingIfNeeded: slot)
        if nodes[Int(node)].parent == parent && nodes[Int(node)].word == word {
          let count = nodes[Int(node)].count
          nodes[Int(node)].count = count &+ 1
          if count == 1 { nodes[Int(parent)].singletons &-= 1 }
          if countClass(count) != countClass(count &+ 1) { reposition(node, from: countClass(count)) }
          return node
        }
      }
      index = (index + 1) & mask
    }
    let node = makeNode(parent, word)
    slots[index] = (hash >> 32) << 32 | UInt64(node)
    link(node)
    nodes[Int(parent)].distinct &+= 1
    nodes[Int(parent)].singletons &+= 1
    return node
  }

  private mutating func makeNode(_ parent: UInt32, _ word: UInt32) -> UInt32 {
    liveCount += 1
    if let free = freeNodes.popLast() {
      nodes[Int(free)] = Node(parent: parent, word: word, count: 1)
      return free
    }
    nodes.append(Node(parent: parent, word: word, count: 1))
    return UInt32(truncatingIfNeeded: nodes.count - 1)
  }

  // MARK: Subtracting

  private mutating func decrement(_ node: UInt32) {
    let parent = nodes[Int(node)].parent
    let count = nodes[Int(node)].count
    // Only of what was never added can an n-gram have longer ones and be taken away itself.
    if count <= nodes[Int(node)].total { return }
    nodes[Int(parent)].total &-= 1
    if count > 1 {
      nodes[Int(node)].count = count - 1
      if count == 2 { nodes[Int(parent)].singletons &+= 1 }
      if countClass(count) != countClass(count - 1) { reposition(node, from: countClass(count)) }
      return
    }
    unlink(node, from: 0)
    nodes[Int(parent)].distinct &-= 1
    nodes[Int(parent)].singletons &-= 1
    removeSlot(of: node)
    if nodes[Int(node)].headsRow != 0 { releaseHeads(of: node) }
    nodes[Int(node)].count = 0
    freeNodes.append(node)
    liveCount -= 1
  }

  /// Empties the node's slot and moves later ones of the run back, so that no tombstones gather.
  private mutating func removeSlot(of node: UInt32) {
    let hash = Self.hash(nodes[Int(node)].parent, nodes[Int(node)].word)
    var hole = Int(truncatingIfNeeded: hash) & mask
    while UInt32(truncatingIfNeeded: slots[hole]) != node || slots[hole] >> 32 != hash >> 32 {
      hole = (hole + 1) & mask
    }
    var index = (hole + 1) & mask
    while slots[index] != 0 {
      let occupant = nodes[Int(slots[index] & 0xFFFF_FFFF)]
      let home = Int(truncatingIfNeeded: Self.hash(occupant.parent, occupant.word)) & mask
      // It may move back if its home is not within (hole, index], going round.
      if (index - home) & mask >= (index - hole) & mask {
        slots[hole] = slots[index]
        hole = index
      }
      index = (index + 1) & mask
    }
    slots[hole] = 0
  }

  private mutating func reserveSlots(for newCount: Int) {
    if (liveCount + newCount) * 2 > slots.count { growSlots() }
  }

  /// Room at once for as many new nodes as a long text is likely to need, and for the edits that follow.
  private mutating func reserve(forNew newCount: Int) {
    if newCount < 1 << 12 { return }
    nodes.reserveCapacity(nodes.count + newCount)
    while (liveCount + newCount) * 2 > slots.count { growSlots() }
  }

  private mutating func growSlots() {
    slots = [UInt64](repeating: 0, count: slots.count * 2)
    mask = slots.count - 1
    for node in nodes.indices.dropFirst() where nodes[node].count > 0 {
      let hash = Self.hash(nodes[node].parent, nodes[node].word)
      var index = Int(truncatingIfNeeded: hash) & mask
      while slots[index] != 0 { index = (index + 1) & mask }
      slots[index] = (hash >> 32) << 32 | UInt64(node)
    }
  }
}
