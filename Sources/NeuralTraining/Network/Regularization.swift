/// What keeps a network from learning its training text by heart (Merity, Keskar and Socher 2017, section 4).
///
/// All are probabilities of dropping; 0 turns one off.
public struct Regularization: Hashable, Sendable {
  /// Of the elements of the embeddings that enter the first layer.
  public var inputDropout = 0.0
  /// Of the elements passed between recurrent layers.
  public var layerDropout = 0.0
  /// Of the elements of the last hidden vector before the output layer.
  public var outputDropout = 0.0
  /// Whether one mask holds for all steps of a segment (Gal and Ghahramani 2016) instead of one a step.
  public var isVariational = false
  /// Of whole word types in the embedding, for a segment.
  public var embeddingDropout = 0.0
  /// Of the elements of the recurrent matrices, for a segment.
  public var weightDrop = 0.0

  public init() {}

  /// The same rate at the three places where PyTorch's language model examples have dropout.
  public init(dropout: Double) {
    inputDropout = dropout
    layerDropout = dropout
    outputDropout = dropout
  }
}
