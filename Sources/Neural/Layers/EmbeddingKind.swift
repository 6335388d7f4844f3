import JSON
import Platform

/// A vector for every id.
///
/// Options: `count` of types; `size` of a vector; `isFixed`, whether training leaves the vectors as they are; `typeDropout`,
/// the share of types left out of a batch (Gal and Ghahramani 2016, section 4).
package struct EmbeddingKind: LayerKind {
  package static let name = "embedding"
  package let count: Int
  package let size: Int
  package let isFixed: Bool
  package let typeDropout: Double
  private let levels: [String]

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    try inputs.require(inputs.shapes[0].size == 0, "ids", at: 0)
    levels = inputs.shapes[0].levels
    count = try options["count"].integer(in: LayerLimit.types)
    size = try options["size"].integer(in: LayerLimit.size)
    isFixed = try options["isFixed"].optional?.bool() ?? false
    typeDropout = try options["typeDropout"].optional?.double(in: LayerLimit.rate) ?? 0
  }

  package var options: JSONObject {
    [
      "count": JSON(count), "size": JSON(size), "isFixed": .bool(isFixed), "typeDropout": JSON(typeDropout),
    ]
  }
  package var outputs: [LayerOutput] { [LayerOutput(LayerShape(size: size, levels: levels))] }
  package var parameters: [RecurrentArchitecture.Parameter] { [.init(name: "weight", shape: [count, size])] }

  package func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer {
    EmbeddingInference(table: try weights.table("weight"))
  }
}

private struct EmbeddingInference: InferenceLayer {
  let table: EmbeddingTable

  func forward(_ inputs: [LayerValues]) -> [LayerValues] {
    [LayerValues(vectorsOf: inputs[0], in: table)]
  }
}
