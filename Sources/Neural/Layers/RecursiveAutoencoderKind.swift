import JSON
import Platform

/// A recursive autoencoder (Socher et al. 2011, sections 3.1 to 3.3): a tree over each sequence whose nodes are vectors of
/// the steps' size, joined greedily where the children are told best by their parent.
///
///     p = tanh(W [c₁; c₂] + b) / |tanh(…)|,   [c₁′; c₂′] = U p + d
///     error = n₁ / (n₁ + n₂) |c₁ − c₁′|² + n₂ / (n₁ + n₂) |c₂ − c₂′|²,   nᵢ the leaves under cᵢ
///
/// Input: the leaves, a sequence's steps. Outputs: `NAME`, every node, the leaves first and the root last; `NAME.root`, a
/// row a sequence, zeros where it has no steps; `NAME.errors`, a number a sequence, the sum of its nodes' errors. No
/// options. Parameters: `encoder.weight` (size × 2 size) and `encoder.bias`, W and b; `decoder.weight` (2 size × size) and
/// `decoder.bias`, U and d.
package struct RecursiveAutoencoderKind: LayerKind {
  package static let name = "recursiveAutoencoder"
  private let input: LayerShape
  package var size: Int { input.size }

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    input = try inputs.rows(0, levels: 1)
    try inputs.require(
      LayerLimit.size.contains(input.size), "rows of at most \(LayerLimit.size.upperBound)", at: 0)
  }

  package var options: JSONObject { JSONObject() }
  package var outputs: [LayerOutput] {
    var nodes = input
    nodes.lengthen(by: "nodes")
    let outer = Array(input.levels.dropLast())
    return [
      LayerOutput(nodes), LayerOutput(LayerShape(size: size, levels: outer), suffix: "root"),
      LayerOutput(LayerShape(size: 1, levels: outer), suffix: "errors"),
    ]
  }
  package var parameters: [RecurrentArchitecture.Parameter] {
    [
      .init(name: "encoder.weight", shape: [size, 2 * size]), .init(name: "encoder.bias", shape: [size]),
      .init(name: "decoder.weight", shape: [2 * size, size]), .init(name: "decoder.bias", shape: [2 * size]),
    ]
  }

  package func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer {
    RecursiveAutoencoder(
      size: size,
      encoder: try weights.matrix("encoder.weight", bias: try weights.vector("encoder.bias")),
      decoder: try weights.matrix("decoder.weight", bias: try weights.vector("decoder.bias")))
  }

  /// Vectors that are shorter are divided by this instead of by their length.
  package static let shortestLength = 1e-6
}
