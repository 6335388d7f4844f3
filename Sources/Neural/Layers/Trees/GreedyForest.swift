/// A sequence on its way to a tree: of all neighbours those are joined first whose joining costs least.
///
///     var forest = GreedyForest(leafCount: 4)
///     // Every pair of neighbours is measured …
///     for pair in forest.pairs.indices { forest.measure(pair, cost) }
///     while let joined = forest.joinCheapest() {
///       // … and again those that have another neighbour now.
///       for pair in joined.changed { forest.measure(pair, cost) }
///     }
package struct GreedyForest {
  /// Two neighbours that may be joined next.
  package struct Pair {
    /// Nodes, numbered as `TreeShape` does.
    package var children: TreeShape.Children
    /// Leaves under each.
    package var leftLeafCount: Int
    package var rightLeafCount: Int
    /// Where the caller keeps what it knows of the pair: below the number of leaves less one, of no two pairs the same.
    package let slot: Int
    fileprivate var cost = Double.infinity
  }

  package struct Joined {
    package let node: Int
    package let pair: Pair
    /// The places in `pairs` of those whose neighbour the new node is.
    package let changed: Range<Int>
  }

  package let leafCount: Int
  /// From left to right.
  package private(set) var pairs: [Pair]
  private var compositions: [TreeShape.Children] = []

  /// What costs less by no more than this part is as dear: equal costs that were added up in another order, or in
  /// training and inference, are joined in the same order, from the left.
  private static let equalPart = 1e-4

  package init(leafCount: Int) {
    self.leafCount = leafCount
    pairs = (0..<max(0, leafCount - 1)).map {
      Pair(children: .init(left: $0, right: $0 + 1), leftLeafCount: 1, rightLeafCount: 1, slot: $0)
    }
  }

  /// Says what joining a pair costs; one that is not measured costs more than all others.
  package mutating func measure(_ pair: Int, _ cost: Double) { pairs[pair].cost = cost }

  /// Joins the cheapest pair, of equal ones the first; nil where there is one tree, or none.
  package mutating func joinCheapest() -> Joined? {
    guard !pairs.isEmpty else { return nil }
    var best = 0
    for index in 1..<pairs.count where pairs[index].cost < pairs[best].cost * (1 - Self.equalPart) {
      best = index
    }
    let pair = pairs.remove(at: best)
    let node = leafCount + compositions.count
    let count = pair.leftLeafCount + pair.rightLeafCount
    compositions.append(pair.children)
    if best > 0 {
      pairs[best - 1].children.right = node
      pairs[best - 1].rightLeafCount = count
    }
    if best < pairs.count {
      pairs[best].children.left = node
      pairs[best].leftLeafCount = count
    }
    return Joined(node: node, pair: pair, changed: max(0, best - 1)..<min(best + 1, pairs.count))
  }

  /// The tree, once all is joined.
  package var tree: TreeShape {
    precondition(pairs.isEmpty)
    return TreeShape(leafCount: leafCount, compositions: compositions)
  }
}
