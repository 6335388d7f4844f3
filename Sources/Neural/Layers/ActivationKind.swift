import CKernels
import JSON
import Platform

/// What a layer's sums become.
public enum ActivationFunction: String, Hashable, Sendable, CaseIterable {
  case identity, tanh, relu, sigmoid

  /// Sums in place to values.
  func apply(_ count: Int, _ values: UnsafeMutablePointer<Float>, _ kernels: KernelSet) {
    switch self {
    case .identity: break
    case .tanh: kernels.table.pointee.tanh_gates(values, values, count)
    case .relu: for index in 0..<count { values[index] = 0 >= values[index] ? 0 : values[index] }
    case .sigmoid: for index in 0..<count { values[index] = 1 / (1 + expf(-values[index])) }
    }
  }
}

/// A function of every element.
///
/// Options: `function`, one of `identity`, `tanh`, `relu` and `sigmoid`.
package struct ActivationKind: LayerKind {
  package static let name = "activation"
  package let function: ActivationFunction
  private let shape: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    shape = try inputs.rows(0)
    function = try options["function"].oneOf(ActivationFunction.self)
  }

  package var options: JSONObject { ["function": .string(function.rawValue)] }
  package var outputs: [LayerOutput] { [LayerOutput(shape)] }

  package func layer(_ weights: LayerWeights) -> any InferenceLayer {
    Inference(function: function, kernels: weights.kernels)
  }

  private struct Inference: InferenceLayer {
    let function: ActivationFunction
    let kernels: KernelSet

    func forward(_ inputs: [LayerValues]) -> [LayerValues] {
      var result = inputs[0]
      result.values.withUnsafeMutableBufferPointer { values in
        if let base = values.baseAddress { function.apply(values.count, base, kernels) }
      }
      return [result]
    }
  }
}
