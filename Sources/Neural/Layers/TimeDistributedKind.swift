import JSON
import Platform

/// A layer applied to every step of a sequence by itself (Keras' `TimeDistributed`).
///
/// Rows are steps here, so a layer of rows needs no wrapper, and a layer of sequences takes the innermost of sequences
/// within sequences: a pooled convolution over each word's letters gives each word a row. This kind says so by name and
/// has it checked: the layer within sees one step, which for a layer of sequences has to be one.
///
/// Options: `layer`, an object with the `kind` and the options of the layer within; it has no name of its own.
package struct TimeDistributedKind: LayerKind {
  package static let name = "timeDistributed"
  package let inner: any LayerKind
  private let step: String
  package var module: String? { inner.module }

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    var shape = try inputs.rows(0, levels: 1)
    step = shape.levels.removeFirst()
    inner = try NetworkDescription.kind(
      options["layer"], LayerInputs([shape], place: options["inputs"]))
    guard !(inner is TimeDistributedKind) else {
      throw options["layer"]["kind"].mismatch(expected: "another kind than timeDistributed")
    }
  }

  package var options: JSONObject {
    var layer: JSONObject = ["kind": .string(type(of: inner).name)]
    for (key, value) in inner.options { layer[key] = value }
    return ["layer": .object(layer)]
  }
  package var outputs: [LayerOutput] {
    inner.outputs.map {
      LayerOutput(LayerShape(size: $0.shape.size, levels: [step] + $0.shape.levels), suffix: $0.suffix)
    }
  }
  package var parameters: [RecurrentArchitecture.Parameter] { inner.parameters }

  package func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer {
    try inner.layer(weights)
  }
}
