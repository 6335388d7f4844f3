import Platform

/// The part of a network that makes a tree of a sequence and says at each node which label it has.
package struct NetworkPhrases: Sendable {
  package let autoencoder: RecursiveAutoencoder
  /// References to the leaves' vectors, and to a logit a label of every node.
  package let leaves: String
  package let labels: String
}

extension LayeredNetwork {
  /// Nil where the network has no recursive autoencoder that a linear layer of so many labels reads.
  package func phrases(labelCount: Int) -> NetworkPhrases? {
    for (index, layer) in description.layers.enumerated() where layer.kind is RecursiveAutoencoderKind {
      let labels = description.layers.first { other in
        other.inputs == [layer.name] && (other.kind as? LinearKind)?.size == labelCount
      }
      guard let labels, let autoencoder = inference(ofLayer: index) as? RecursiveAutoencoder else { continue }
      return NetworkPhrases(autoencoder: autoencoder, leaves: layer.inputs[0], labels: labels.name)
    }
    return nil
  }
}
