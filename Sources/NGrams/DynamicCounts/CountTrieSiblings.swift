/// The class of a count in lists of siblings: floor(log2(count)).
@inline(__always)
func countClass(_ count: UInt32) -> Int { 31 - max(count, 1).leadingZeroBitCount }

/// Lists of siblings, by falling class of the count; within a class the one that entered it last comes first.
///
/// A node with many children has a row in `heads`: the first child of each class, and the last child of all, so
/// that no change walks the list.
extension CountTrie {
  /// 32 classes, then the last child.
  private static let rowCount = 33
  private static let lastPlace = 32

  /// Puts a new node, with the count 1, among its siblings.
  mutating func link(_ node: UInt32) {
    let parent = Int(nodes[Int(node)].parent)
    if nodes[parent].headsRow == 0 && nodes[parent].distinct >= UInt32(Self.manyChildren) {
      makeHeads(of: parent)
    }
    insert(node, powerClass: 0)
  }

  /// Moves a node whose count has just changed its class.
  mutating func reposition(_ node: UInt32, from oldClass: Int) {
    unlink(node, from: oldClass)
    insert(node, powerClass: countClass(nodes[Int(node)].count))
  }

  private mutating func insert(_ node: UInt32, powerClass: Int) {
    let parent = Int(nodes[Int(node)].parent)
    let row = Int(nodes[parent].headsRow)
    var before = CountTrie.none
    var after = CountTrie.none
    if row == 0 {
      after = nodes[parent].firstChild
      while after != CountTrie.none && countClass(nodes[Int(after)].count) > powerClass {
        before = after
        after = nodes[Int(after)].next
      }
    } else {
      let base = (row - 1) * Self.rowCount
      var lower = powerClass
      while lower >= 0 && after == CountTrie.none {
        after = heads[base + lower]
        lower -= 1
      }
      before = after == CountTrie.none ? heads[base + Self.lastPlace] : nodes[Int(after)].previous
      heads[base + powerClass] = node
      if after == CountTrie.none { heads[base + Self.lastPlace] = node }
    }
    nodes[Int(node)].previous = before
    nodes[Int(node)].next = after
    if before == CountTrie.none {
      nodes[parent].firstChild = node
    } else {
      nodes[Int(before)].next = node
    }
    if after != CountTrie.none { nodes[Int(after)].previous = node }
  }

  /// Takes a node out of its list, where it stands in the class `oldClass`.
  mutating func unlink(_ node: UInt32, from oldClass: Int) {
    let parent = Int(nodes[Int(node)].parent)
    let before = nodes[Int(node)].previous
    let after = nodes[Int(node)].next
    if before == CountTrie.none {
      nodes[parent].firstChild = after
    } else {
      nodes[Int(before)].next = after
    }
    if after != CountTrie.none { nodes[Int(after)].previous = before }
    let row = Int(nodes[parent].headsRow)
    if row == 0 { return }
    let base = (row - 1) * Self.rowCount
    if heads[base + oldClass] == node {
      let staysInClass = after != CountTrie.none && countClass(nodes[Int(after)].count) == oldClass
      heads[base + oldClass] = staysInClass ? after : CountTrie.none
    }
    if heads[base + Self.lastPlace] == node { heads[base + Self.lastPlace] = before }
  }

  private mutating func makeHeads(of parent: Int) {
    let row: UInt32
    if let free = freeHeadsRows.popLast() {
      row = free
    } else {
      heads.append(contentsOf: repeatElement(CountTrie.none, count: Self.rowCount))
      row = UInt32(truncatingIfNeeded: heads.count / Self.rowCount)
    }
    nodes[parent].headsRow = row
    let base = (Int(row) - 1) * Self.rowCount
    for place in 0..<Self.rowCount { heads[base + place] = CountTrie.none }
    var child = nodes[parent].firstChild
    while child != CountTrie.none {
      let place = base + countClass(nodes[Int(child)].count)
      if heads[place] == CountTrie.none { heads[place] = child }
      heads[base + Self.lastPlace] = child
      child = nodes[Int(child)].next
    }
  }

  /// Frees the row of a node that goes.
  mutating func releaseHeads(of node: UInt32) {
    freeHeadsRows.append(nodes[Int(node)].headsRow)
    nodes[Int(node)].headsRow = 0
  }
}
