import JSON
import LanguageModeling
import Platform

/// A classifier's network and the names of its labels, out of a model directory. Immutable.
public final class SequenceClassifier: Sendable {
  public let labels: [String]
  public let network: LayeredNetwork
  /// How texts enter the network.
  public let input: SequenceInput
  private let inputName: String

  /// More labels are taken for a damaged file.
  private static let labelCounts = 2...16_384

  /// - Throws: `Failure` if the model is no classifier, or its description and its weights do not fit each other.
  public convenience init(_ directory: ModelDirectory, precision: WeightPrecision = .float32) throws(Failure)
  {
    let path = directory.path + "/" + ModelDirectory.descriptionName
    guard try directory.kind() == .classifier, let weights = directory.file(ModelDirectory.networkName) else {
      throw Failure(path, why: "describes no classifier", remedy: "name a model that was trained as one")
    }
    let description: NetworkDescription
    let labels: [String]
    var input = SequenceInput()
    do throws(JSONError) {
      description = try NetworkDescription(JSONDecoding(directory["network"], name: "network"))
      labels = try JSONDecoding(directory["labels"], name: "labels").strings()
      if let given = JSONDecoding(directory["input"], name: "input").optional {
        input = try SequenceInput(given)
      }
    } catch {
      throw Failure(path, why: "\(error)", remedy: "train the model again")
    }
    guard Self.fits(description, input, labels: labels.count) else {
      throw Failure(
        path, why: "its network does not go from sequences to its \(labels.count) labels",
        remedy: "train the model again")
    }
    let network = try LayeredNetwork(
      description, weights: Safetensors(file: weights), precision: precision)
    self.init(network, labels: labels, input: input)
  }

  /// - Parameter network: from one input of sequences, as `input` has them, to a logit a label.
  public init(_ network: LayeredNetwork, labels: [String], input: SequenceInput = SequenceInput()) {
    precondition(Self.fits(network.description, input, labels: labels.count))
    self.labels = labels
    self.input = input
    self.network = network
    inputName = network.description.inputs[0].name
  }

  private static func fits(_ description: NetworkDescription, _ input: SequenceInput, labels: Int) -> Bool {
    labelCounts.contains(labels) && description.inputs.count == 1
      && description.inputs[0].levels.count == input.levelCount && description.outputs.count == 1
      && description.shape(of: description.outputs[0]) == LayerShape(size: labels, levels: [])
  }

  /// The probability of each label, in their order.
  ///
  /// - Parameter ids: of the model's vocabulary.
  /// - Throws: `Failure` for an id that is beyond it.
  public func probabilities(_ ids: [Int32]) throws(Failure) -> [Float] {
    Self.probabilities(try network.output(input.values([ids])).values)
  }

  /// What every layer gives for a text, by reference.
  package func activations(_ ids: [Int32]) throws(Failure) -> [String: LayerValues] {
    try network.activations([inputName: input.values([ids])])
  }

  /// The softmax of a logit a label.
  package static func probabilities(_ logits: [Float]) -> [Float] {
    let largest = logits.max() ?? 0
    let weights = logits.map { expf($0 - largest) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
}
