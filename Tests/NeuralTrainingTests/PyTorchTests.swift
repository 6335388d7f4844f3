import Neural
import Testing

@testable import NeuralTraining

/// The same weights give what PyTorch gives. Golden/make_golden.py made the values.
@Suite struct PyTorchTests {
  static let names =
    ["rnn", "gru", "lstm"].flatMap { cell in
      [1, 2].flatMap { layers in ["free", "tied"].map { "\(cell)-\(layers)-\($0)" } }
    } + ["lstm-1-adaptive"]

  let file: Safetensors

  init() throws {
    let directory = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    file = try Safetensors("/\(directory)/Golden/golden.safetensors")
  }

  private func network<Scalar: TrainingScalar>(_ name: String, _ type: Scalar.Type, usesOneDNN: Bool) throws
    -> Network<Scalar>
  {
    let parts = name.split(separator: "-")
    let isTied = parts[2] == "tied"
    let layerCount = Int(parts[1])!
    let architecture = try RecurrentArchitecture(
      cell: RecurrentArchitecture.Cell(rawValue: String(parts[0]))!, layerCount: layerCount,
      embeddingSize: isTied ? 8 : 5, hiddenSize: 8, vocabularyCount: 23, isTied: isTied,
      output: parts[2] == "adaptive" ? .adaptive(cutoffs: [7, 14], divisor: 2, hasHeadBias: false) : .full)
    let network = Network<Scalar>(
      architecture, streamCount: 3, stepCount: 6, team: WorkerTeam(count: 2), usesOneDNN: usesOneDNN)
    for entry in network.parameters.entries {
      let values = try file.floats("\(name)/\(entry.name)", shape: entry.shape)
      for (index, value) in values.enumerated() {
        network.parameters.values.pointer[entry.offset + index] = Scalar(value)
      }
    }
    let h0 = try file.floats("\(name)/h0", shape: [layerCount, 3, 8])
    let c0 = try file.floats("\(name)/c0", shape: [layerCount, 3, 8])
    for (index, layer) in network.layers.enumerated() {
      layer.hiddenState.array = h0[index * 24..<(index + 1) * 24].map { Scalar($0) }
      if layer.cellState.count > 0 {
        layer.cellState.array = c0[index * 24..<(index + 1) * 24].map { Scalar($0) }
      }
    }
    return network
  }

  /// Within 1e-4 of the largest value of the tensor: relative to what single precision can hold of a sum.
  private func expectClose<Scalar: TrainingScalar>(_ ours: some Collection<Scalar>, _ tensor: String) throws {
    let golden = try file.floats(tensor)
    try #require(golden.count == ours.count)
    let scale = golden.reduce(0) { max($0, abs($1)) }
    for (index, (value, expected)) in zip(ours, golden).enumerated() {
      #expect(abs(Double(value) - Double(expected)) <= 1e-4 * Double(scale), "\(tensor)[\(index)]")
    }
  }

  private func check<Scalar: TrainingScalar>(_ name: String, _ type: Scalar.Type, usesOneDNN: Bool) throws {
    let network = try network(name, type, usesOneDNN: usesOneDNN)
    let tokens = try file.integers("\(name)/tokens", shape: [6, 3])
    let targets = try file.integers("\(name)/targets", shape: [6, 3])
    let loss = network.lossAndGradients(tokens, targets: targets, key: 0)
    try expectClose([Scalar(loss)], "\(name)/loss")
    for entry in network.parameters.entries {
      let gradient = network.parameters.gradients.array[entry.offset..<entry.offset + entry.count]
      try expectClose(gradient, "\(name)/gradient/\(entry.name)")
    }
    try expectClose(network.layers.flatMap(\.hiddenState.array), "\(name)/h")
    if network.architecture.cell == .lstm {
      try expectClose(network.layers.flatMap(\.cellState.array), "\(name)/c")
    }
    guard network.architecture.output == .full else { return }
    let hidden = network.outputInputs(count: 18)
    let weight = network.architecture.isTied ? "embedding.weight" : "output.weight"
    var logits: [Double] = []
    for row in 0..<18 {
      for type in 0..<23 {
        var sum = Double(network.parameters.parameter("output.bias").values[type])
        for unit in 0..<8 {
          sum +=
            Double(hidden[row * 8 + unit])
            * Double(network.parameters.parameter(weight).values[type * 8 + unit])
        }
        logits.append(sum)
      }
    }
    try expectClose(logits, "\(name)/logits")
  }

  @Test(arguments: names) func singlePrecisionAgrees(_ name: String) throws {
    try check(name, Float.self, usesOneDNN: true)
    try check(name, Float.self, usesOneDNN: false)
  }

  @Test(arguments: names) func doublePrecisionAgrees(_ name: String) throws {
    try check(name, Double.self, usesOneDNN: false)
  }

  /// Five steps with the gradient's norm clipped: the same losses on the way and the same weights at the end.
  @Test(arguments: ["adam", "sgd"]) func stepsAgree(_ kind: String) throws {
    let name = "lstm-1-free"
    let network = try network(name, Float.self, usesOneDNN: true)
    let state = (network.layers[0].hiddenState.array, network.layers[0].cellState.array)
    let tokens = try file.integers("\(name)/tokens", shape: [6, 3])
    let targets = try file.integers("\(name)/targets", shape: [6, 3])
    let isAdam = kind == "adam"
    let optimizer = Optimizer(
      isAdam ? .defaultAdam : .sgd(momentum: 0.9), store: network.parameters, team: network.team)
    var losses: [Float] = []
    for _ in 0..<5 {
      (network.layers[0].hiddenState.array, network.layers[0].cellState.array) = state
      losses.append(Float(network.lossAndGradients(tokens, targets: targets, key: 0)))
      _ = optimizer.update(
        rate: isAdam ? 0.05 : 0.5, clipping: Clipping(norm: 0.5), weightDecay: isAdam ? 0 : 0.01)
    }
    try expectClose(losses, "\(name)/\(kind)/losses")
    for entry in network.parameters.entries {
      let values = network.parameters.values.array[entry.offset..<entry.offset + entry.count]
      try expectClose(values, "\(name)/\(kind)/\(entry.name)")
    }
  }
}
