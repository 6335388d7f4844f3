import JSON
import LanguageModeling
import Platform

/// A classifier's network and the names of its labels, out of a model directory. Immutable.
public final class SequenceClassifier: Sendable {
  public let labels: [String]
  public let network: LayeredNetwork
  private let input: String
  private let output: String

  /// More labels are taken for a damaged file.
  private static let labelCounts = 2...16_384

  /// - Throws: `Failure` if the model is no classifier, or its description and its weights do not fit each other.
  public init(_ directory: ModelDirectory, precision: WeightPrecision = .float32) throws(Failure) {
    let path = directory.path + "/" + ModelDirectory.descriptionName
    guard try directory.kind() == .classifier, let weights = directory.file(ModelDirectory.networkName) else {
      throw Failure(path, why: "describes no classifier", remedy: "name a model that was trained as one")
    }
    let description: NetworkDescription
    do throws(JSONError) {
      description = try NetworkDescription(JSONDecoding(directory["network"], name: "network"))
      labels = try JSONDecoding(directory["labels"], name: "labels").strings()
    } catch {
      throw Failure(path, why: "\(error)", remedy: "train the model again")
    }
    guard Self.labelCounts.contains(labels.count), description.inputs.count == 1,
      description.inputs[0].levels.count == 1, description.outputs.count == 1,
      description.shape(of: description.outputs[0]) == LayerShape(size: labels.count, levels: [])
    else {
      throw Failure(
        path, why: "its network does not go from sequences to its \(labels.count) labels",
        remedy: "train the model again")
    }
    input = description.inputs[0].name
    output = description.outputs[0]
    network = try LayeredNetwork(description, weights: Safetensors(file: weights), precision: precision)
  }

  /// The probability of each label, in their order.
  ///
  /// - Parameter ids: of the model's vocabulary.
  /// - Throws: `Failure` for an id that is beyond it.
  public func probabilities(_ ids: [Int32]) throws(Failure) -> [Float] {
    let logits = try network.outputs([input: LayerValues(ids: [ids])])[output]!.values
    let largest = logits.max() ?? 0
    let weights = logits.map { expf($0 - largest) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
}
