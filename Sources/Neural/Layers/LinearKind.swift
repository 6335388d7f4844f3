import JSON
import Platform

/// y = f(W x + b) for every row, and so for every step of a sequence.
///
/// Options: `size` of y; `activation`, f; `hasBias`. Parameters as `torch.nn.Linear` has them.
package struct LinearKind: LayerKind {
  package static let name = "linear"
  package let size: Int
  package let activation: ActivationFunction
  package let hasBias: Bool
  package var inputSize: Int { input.size }
  private let input: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    input = try inputs.rows(0)
    size = try options["size"].integer(in: LayerLimit.size)
    activation = try options["activation"].optional?.oneOf(ActivationFunction.self) ?? .identity
    hasBias = try options["hasBias"].optional?.bool() ?? true
  }

  package var options: JSONObject {
    ["size": JSON(size), "activation": .string(activation.rawValue), "hasBias": .bool(hasBias)]
  }
  package var outputs: [LayerOutput] { [LayerOutput(LayerShape(size: size, levels: input.levels))] }
  package var parameters: [RecurrentArchitecture.Parameter] {
    [.init(name: "weight", shape: [size, input.size])] + (hasBias ? [.init(name: "bias", shape: [size])] : [])
  }

  package func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer {
    LinearInference(
      product: try weights.matrix("weight", bias: hasBias ? try weights.vector("bias") : []),
      activation: activation)
  }
}

private struct LinearInference: InferenceLayer {
  let product: RowProduct
  let activation: ActivationFunction

  func forward(_ inputs: [LayerValues]) -> [LayerValues] {
    let size = product.matrix.rowCount
    let input = inputs[0]
    var result = input.shaped(size: size)
    let row = KernelMemory<Float>(product.paddedCount)
    let quanta = product.quanta()
    input.values.withUnsafeBufferPointer { source in
      result.values.withUnsafeMutableBufferPointer { target in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        for index in 0..<input.rowCount {
          product.multiply(source + index * input.size, out: row.base, quanta)
          (target + index * size).update(from: row.base, count: size)
        }
        activation.apply(input.rowCount * size, target, product.kernels)
      }
    }
    return [result]
  }
}
