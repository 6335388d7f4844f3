import Neural
import Testing

@testable import NeuralTraining

/// Layers give what PyTorch gives, forward and backward. Golden/make_layers_golden.py made the values.
@Suite struct LayerGoldenTests {
  let file: Safetensors

  init() throws {
    let directory = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    file = try Safetensors("/\(directory)/Golden/layers.safetensors")
  }

  /// The cases that PyTorch has: all whose parameters are not drawn, and whose rows are by sequence.
  static let names = LayerCase<Float>.all.map(\.name).filter { name in
    !["dropout", "dropped", "by step", "equal lengths", "letters", "channels", "twice"].contains {
      name.contains($0)
    }
  }

  @Test(arguments: names, [1, 2]) func singlePrecisionAgrees(_ name: String, _ threadCount: Int) throws {
    let layerCase = try #require(LayerCase<Float>.all.first { $0.name == name })
    let built = layerCase.built(threadCount: threadCount)
    built.stack.forward(TrainingPass(key: nil, needsGradients: true))
    for (place, output) in built.outputs.enumerated() {
      let count = output.rowCount * output.size
      try expectClose((0..<count).map { output.values[$0] }, "\(name)/output.\(place)")
      for index in 0..<count { output.gradient[index] = Float(wave(index + 77 * (place + 1))) }
      output.markWritten()
    }
    built.stack.backward()
    let store = built.stack.context.store
    for entry in store.entries {
      let gradient = store.gradients.array[entry.offset..<entry.offset + entry.count]
      try expectClose(Array(gradient), "\(name)/gradient/\(entry.name)")
    }
    for (place, input) in built.inputs.enumerated() {
      try expectClose(input.values.indices.map { input.output.gradient[$0] }, "\(name)/input.\(place)")
    }
  }

  /// Within 1e-4 of the largest value of the tensor.
  private func expectClose(_ ours: [Float], _ tensor: String) throws {
    let golden = try file.floats(tensor)
    try #require(golden.count == ours.count, "\(tensor): \(ours.count) of \(golden.count)")
    let scale = max(1e-3, golden.reduce(0) { max($0, abs($1)) })
    for (index, (value, expected)) in zip(ours, golden).enumerated() {
      #expect(abs(value - expected) <= 1e-4 * scale, "\(tensor)[\(index)]: \(value), not \(expected)")
    }
  }
}
