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
  /// Of the node leafCount + k, those that it is made of: nodes before it, each a child once.
  package let compositions: [Children]

  package init(leafCount: Int, compositions: [Children]) {
    precondition(compositions.count == max(0, leafCount - 1))
    self.leafCount = leafCount
    self.compositions = compositions
  }

  /// Of every node the leaves under it, those of neighbours that were joined side by side.
  package var spans: [Range<Int>] {
    var spans = (0..<leafCount).map { $0..<$0 + 1 }
    for pair in compositions {
      spans.append(spans[pair.left].lowerBound..<spans[pair.right].upperBound)
    }
    return spans
  }
}
