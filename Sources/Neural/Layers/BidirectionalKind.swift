import JSON
import Platform

/// Two recurrent layers over the same sequences, one from each end, their hidden vectors side by side (Schuster and Paliwal
/// 1997; Keras' `Bidirectional`, PyTorch's `bidirectional=True`).
///
/// Outputs: `NAME`, both vectors of every step; `NAME.last`, the forward layer's last and the backward layer's at the first
/// step; `NAME.lastCells` of an LSTM. Options: those of `recurrent` but the direction; `size` is of one direction. The
/// parameters are those of one PyTorch module, the backward layer's with `_reverse`.
package struct BidirectionalKind: LayerKind {
  package static let name = "bidirectional"
  package let forward: RecurrentKind
  package let backward: RecurrentKind

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    forward = try RecurrentKind(options, inputs: inputs, direction: .forward)
    backward = try RecurrentKind(options, inputs: inputs, direction: .backward)
  }

  package var options: JSONObject {
    var options = forward.options
    options["direction"] = nil
    return options
  }
  package var outputs: [LayerOutput] {
    forward.outputs.map { output in
      var output = output
      output.shape.size *= 2
      return output
    }
  }
  package var parameters: [RecurrentArchitecture.Parameter] { forward.parameters + backward.parameters }
  package var module: String? { forward.module }

  package func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer {
    Inference(
      forward: try RecurrentInference(forward, weights), backward: try RecurrentInference(backward, weights))
  }

  private struct Inference: InferenceLayer {
    let forward: RecurrentInference
    let backward: RecurrentInference
    let readsTypes = true

    func forward(_ inputs: [LayerValues]) -> [LayerValues] {
      zip(forward.forward(inputs), backward.forward(inputs)).map {
        CombiningRule.concatenation.combine([$0, $1])
      }
    }
  }
}
