import Neural
import Platform

/// The tree that a recursive autoencoder makes of a text (Socher et al. 2011).
public struct TextPhrases: Hashable, Sendable {
  public struct Node: Hashable, Sendable {
    /// Where it stands, in bytes of the text.
    public var place: Range<Int>
    /// Numbers of the two nodes that it is made of, from left to right; none of a word.
    public var children: [Int]
    /// Of each label, in the classifier's order; they sum to 1.
    public var probabilities: [Float]
    /// The squared distance between the children and what the node tells of them, weighted by their words; 0 of a word.
    public var error: Double
  }

  /// The words in their order, then what was joined of them in that order; the root is the last. Empty without words.
  public var nodes: [Node]
}

extension TextClassifier {
  /// The phrases of a text, of which as many words are read as in classifying; nil where the model makes none.
  ///
  /// - Parameter text: in UTF-8; what is not is no error.
  public func phrases(_ text: [UInt8]) throws(Failure) -> TextPhrases? {
    guard let network, let part = network.network.network.phrases(labelCount: labels.count) else {
      return nil
    }
    let words = words(text)
    let ids = network.ids(words)
    let activations = try network.network.activations(ids)
    // A network that somebody else described may have other layers between the words and the tree.
    guard let leaves = activations[part.leaves], let logits = activations[part.labels],
      leaves.lengths.count == 1, leaves.rowCount == ids.count, ids.count <= words.places.count
    else { return nil }
    let composed = part.autoencoder.compose(leaves, 0..<leaves.rowCount)
    let tree = composed.tree
    guard logits.rowCount == tree.spans.count, logits.size == labels.count else { return nil }
    let nodes = tree.spans.enumerated().map { node, span in
      let joined = node - tree.leafCount
      return TextPhrases.Node(
        place: words.places[span.lowerBound].lowerBound..<words.places[span.upperBound - 1].upperBound,
        children: joined < 0 ? [] : [tree.compositions[joined].left, tree.compositions[joined].right],
        probabilities: SequenceClassifier.probabilities(Array(logits[node])),
        error: joined < 0 ? 0 : composed.errors[joined])
    }
    return TextPhrases(nodes: nodes)
  }
}
