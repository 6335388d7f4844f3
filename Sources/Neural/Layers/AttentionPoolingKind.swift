import JSON
import Platform

/// A sequence's rows made one, each weighted by how well its key fits a vector that is learned (Yang et al. 2016, 2.2).
///
/// Inputs: keys, as a rule a `linear` layer with `tanh` of the values, and values, by the same steps. No options.
/// Parameter: `query`, of the keys' size.
package struct AttentionPoolingKind: LayerKind {
  package static let name = "attentionPooling"
  private let keys: LayerShape
  private let values: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(2...2)
    keys = try inputs.rows(0, levels: 1)
    values = try inputs.rows(1, levels: 1)
    try inputs.require(values.levels == keys.levels, "rows by the steps of the keys", at: 1)
  }

  package var options: JSONObject { JSONObject() }
  package var outputs: [LayerOutput] {
    [LayerOutput(LayerShape(size: values.size, levels: values.levels.dropLast()))]
  }
  package var parameters: [RecurrentArchitecture.Parameter] { [.init(name: "query", shape: [keys.size])] }

  package func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer {
    Inference(query: try weights.vector("query"))
  }

  private struct Inference: InferenceLayer {
    let query: [Float]

    func forward(_ inputs: [LayerValues]) -> [LayerValues] {
      let (keys, values) = (inputs[0], inputs[1])
      var result = values.reduced(size: values.size)
      keys.forEachSequence { sequence, rows in
        let mean = weightedMean(values, rows, scores: rows.map { dot(keys[$0], query[...]) })
        result.values.replaceSubrange(sequence * values.size..<(sequence + 1) * values.size, with: mean)
      }
      return [result]
    }
  }
}
