import Neural
import Platform

/// What a classifier's network learns beside the labels of examples: it moves weights and is measured nowhere.
public struct ClassificationSideLoss: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    /// The cross-entropy of an example's label at every step that the layer has of it, added up: the layer gives a logit a
    /// label.
    case labelOfSteps
    /// What the layer gives itself: a number an example.
    case value
  }

  /// The layer's output, as `NetworkDescription` refers to it.
  public var reference: String
  public var kind: Kind
  /// Of an example, beside the loss of its label.
  public var factor: Double

  public init(_ reference: String, _ kind: Kind, factor: Double) {
    self.reference = reference
    self.kind = kind
    self.factor = factor
  }
}

/// A side loss in a network.
struct SideLoss {
  private let options: ClassificationSideLoss
  private let activation: Activation<Float>
  private let crossEntropy: CrossEntropyLoss<Float>?

  /// - Parameter loss: of the labels, whose weights hold here too.
  /// - Throws: `Failure` where the network has no such layer, or one of another shape.
  init(
    _ options: ClassificationSideLoss, network: DescribedNetwork<Float>, loss: CrossEntropyLoss<Float>
  ) throws(Failure) {
    let shape = network.description.shape(of: options.reference)
    let fits =
      switch options.kind {
      case .labelOfSteps: shape?.size == loss.logits.size && shape?.levels.count == 1
      case .value: shape == LayerShape(size: 1, levels: [])
      }
    guard fits, options.factor >= 0, options.factor.isFinite else {
      throw Failure(
        "side loss of \(options.reference)", why: "the network has no output of that name and shape",
        remedy:
          "name one with \(options.kind == .value ? "a number an example" : "logits of the labels by step")")
    }
    self.options = options
    activation = network.activation(options.reference)
    crossEntropy =
      options.kind == .labelOfSteps
      ? CrossEntropyLoss(logits: activation, labelWeights: loss.labelWeights, team: network.team) : nil
  }

  /// Leaves the gradient of the batch's mean in the layer's output.
  ///
  /// - Parameters:
  ///   - labels: of the examples.
  ///   - weight: of the examples together.
  func leaveGradient(labels: [Int32], weight: Double) {
    let factor = weight > 0 ? options.factor / weight : 0
    if let crossEntropy {
      let lengths = activation.shape.lengths
      let targets = labels.indices.flatMap { [Int32](repeating: labels[$0], count: lengths[$0]) }
      _ = crossEntropy.run(targets, writesGradient: true, factor: factor)
    } else {
      for row in 0..<activation.rowCount { activation.gradient[row] = Float(factor) }
      activation.markWritten()
    }
  }
}
