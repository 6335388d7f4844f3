import Platform

/// A binary tree over the steps of a sequence: which two nodes each composed node is made of.
///
/// Nodes are numbered: the leaves in their order, then what is composed in the order of composition, the root last. A tree
/// over L leaves has L − 1 composed nodes; one over no leaves has no nodes.
package struct TreeShape: Hashable, Sendable {
  package struct Children: Hashable, Sendable {
    package var left: Int
    package var right: Int

    package init(left: Int, right: Int) {
      self.left = left
      self.right = right
    }
  }

  package let leafCount: Int
  /// Of the node leafCount + k, those that it is made of.
  package let compositions: [Children]
  /// Of every node how far it is from its farthest leaf: 0 for leaves.
  package let heights: [Int]

  package var nodeCount: Int { heights.count }

  /// - Throws: `Failure` unless every node but the root is a child once, of a node that comes later.
  package init(leafCount: Int, compositions: [Children]) throws(Failure) {
    var heights = [Int](repeating: 0, count: leafCount)
    var isChild = [Bool](repeating: false, count: leafCount + compositions.count)
    guard compositions.count == max(0, leafCount - 1) else { throw Self.failure }
    for children in compositions {
      for child in [children.left, children.right] {
        guard heights.indices.contains(child), !isChild[child] else { throw Self.failure }
        isChild[child] = true
      }
      heights.append(1 + max(heights[children.left], heights[children.right]))
    }
    self.leafCount = leafCount
    self.compositions = compositions
    self.heights = heights
  }

  /// Of every node the leaves under it, where each node's children stand side by side, the left one first; else those
  /// between its outermost.
  package var spans: [Range<Int>] {
    var spans = (0..<leafCount).map { $0..<$0 + 1 }
    for pair in compositions {
      let (left, right) = (spans[pair.left], spans[pair.right])
      spans.append(
        min(left.lowerBound, right.lowerBound)..<max(left.upperBound, right.upperBound))
    }
    return spans
  }

  private static var failure: Failure {
    Failure(
      "tree", why: "is not binary: every node but the root is a child of one later node",
      remedy: "check where the tree comes from")
  }

  /// ((1 2) 3) 4: each word joins what came before it.
  package static func leftBranching(_ leafCount: Int) -> TreeShape {
    let compositions = (0..<max(0, leafCount - 1)).map { index in
      Children(left: index == 0 ? 0 : leafCount + index - 1, right: index + 1)
    }
    // Such trees are binary by their making.
    return try! TreeShape(leafCount: leafCount, compositions: compositions)
  }
}
