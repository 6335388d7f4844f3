import JSON
import Neural

/// A network that was trained elsewhere and is in a model now.
public struct ImportedNetwork: Sendable {
  /// What the person called the file.
  public var importedFrom: String
  /// The model directory, as it was named.
  public var output: String
  public var architecture: RecurrentArchitecture
  /// Biases that the file lacks, taken as zeros.
  public var absentBiases: [String]
  /// Harmless tensors that were passed over.
  public var unusedTensors: [String]

  /// The description's member `recurrent`.
  var description: JSONObject {
    [
      "importedFrom": JSON(importedFrom), "cell": JSON(architecture.cell.rawValue),
      "layers": JSON(architecture.layerCount),
      "embedding": JSON(architecture.embeddingSize), "hidden": JSON(architecture.hiddenSize),
      "vocabulary": JSON(architecture.vocabularyCount), "tied": JSON(architecture.isTied),
    ]
  }

  var members: JSONObject {
    var members = description
    if !absentBiases.isEmpty { members["absentBiases"] = .array(absentBiases.map { JSON($0) }) }
    if !unusedTensors.isEmpty { members["unusedTensors"] = .array(unusedTensors.map { JSON($0) }) }
    return members
  }
}
