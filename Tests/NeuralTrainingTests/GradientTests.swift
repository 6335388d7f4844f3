import Neural
import Testing

@testable import NeuralTraining

/// A network to check, and what it is checked with.
struct GradientCase: Sendable, CustomTestStringConvertible {
  var name: String
  var cell: RecurrentArchitecture.Cell = .lstm
  var layerCount = 1
  var isTied = false
  var output = RecurrentArchitecture.Output.full
  var regularization = Regularization()
  var sampled: SampledTraining?
  var threadCount = 2
  var ignoresSomeTargets = false
  var testDescription: String { name }

  func network() throws -> Network<Double> {
    let architecture = try RecurrentArchitecture(
      cell: cell, layerCount: layerCount, embeddingSize: isTied ? 4 : 3, hiddenSize: 4, vocabularyCount: 11,
      isTied: isTied, output: output, windowLength: cell.isRecurrent ? 0 : 3)
    let network = Network<Double>(
      architecture, streamCount: 3, stepCount: 5, team: WorkerTeam(count: threadCount),
      regularization: regularization, sampled: sampled, counts: (0..<11).map { 3 * $0 })
    for index in 0..<network.parameters.count {
      network.parameters.values.pointer[index] = 0.6 * wave(index)
    }
    return network
  }

  static let all: [GradientCase] = {
    var cases: [GradientCase] = []
    for cell in RecurrentArchitecture.Cell.allCases {
      cases.append(GradientCase(name: "\(cell)", cell: cell))
      cases.append(
        GradientCase(
          name: "\(cell), two layers, tied", cell: cell, layerCount: 2, isTied: true, threadCount: 1))
    }
    let adaptive = RecurrentArchitecture.Output.adaptive(cutoffs: [4, 7], divisor: 2, hasHeadBias: false)
    let biased = RecurrentArchitecture.Output.adaptive(cutoffs: [3], divisor: 1, hasHeadBias: true)
    cases += [
      GradientCase(name: "adaptive softmax", output: adaptive),
      GradientCase(name: "adaptive softmax with a head bias", output: biased, ignoresSomeTargets: true),
      GradientCase(
        name: "noise-contrastive", sampled: SampledTraining(objective: .noiseContrastive, sampleCount: 4)),
      GradientCase(
        name: "BlackOut, tied", isTied: true, sampled: SampledTraining(objective: .blackOut, sampleCount: 4)),
      GradientCase(name: "targets left out", cell: .gru, ignoresSomeTargets: true),
    ]
    for cell in RecurrentArchitecture.Cell.allCases {
      var options = Regularization(dropout: 0.3)
      options.weightDrop = 0.4
      options.embeddingDropout = 0.2
      cases.append(
        GradientCase(name: "\(cell), everything dropped", cell: cell, layerCount: 2, regularization: options))
    }
    var variational = Regularization(dropout: 0.4)
    variational.isVariational = true
    cases.append(
      GradientCase(
        name: "variational dropout, tied", layerCount: 2, isTied: true, regularization: variational))
    return cases
  }()
}

/// Numbers between −1 and 1 without a pattern.
func wave(_ index: Int) -> Double {
  var random = SplitMix64(seed: UInt64(index) &* 77)
  return 2 * random.uniform() - 1
}

@Suite struct GradientTests {
  /// Fourth-order central differences of the loss of a segment of five steps from a state that is not zero.
  @Test(arguments: GradientCase.all) func matchesCentralDifferences(_ gradientCase: GradientCase) throws {
    let network = try gradientCase.network()
    let count = network.streamCount * network.stepCount
    let earlier = (0..<count).map { Int32(($0 * 7 + 3) % 11) }
    let tokens = (0..<count).map { Int32(($0 * 5 + 1) % 11) }
    var targets = (0..<count).map { Int32(($0 * 3 + 2) % 11) }
    if gradientCase.ignoresSomeTargets { for index in [1, 4, 9] { targets[index] = -1 } }

    network.resetState()
    _ = network.loss(earlier, targets: earlier)
    let hidden = network.layers.map(\.hiddenState.array)
    let cells = network.layers.map(\.cellState.array)
    let history = network.history
    if gradientCase.cell.isRecurrent { #expect(hidden[0].contains { abs($0) > 0.01 }) }

    func loss() -> Double {
      for (index, layer) in network.layers.enumerated() {
        layer.hiddenState.array = hidden[index]
        layer.cellState.array = cells[index]
      }
      network.history = history
      return network.lossAndGradients(tokens, targets: targets, key: 42)
    }
    _ = loss()
    let analytic = network.parameters.gradients.array

    let step = 1e-3
    for entry in network.parameters.entries {
      var isAllZero = true
      for index in entry.offset..<entry.offset + entry.count {
        let value = network.parameters.values.pointer[index]
        func at(_ offset: Double) -> Double {
          network.parameters.values.pointer[index] = value + offset * step
          defer { network.parameters.values.pointer[index] = value }
          return loss()
        }
        let numeric = (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * step)
        if numeric != 0 { isAllZero = false }
        let error = abs(numeric - analytic[index])
        // Below 1e-5 a gradient is compared absolutely: the differences have no more digits.
        let scale = max(abs(numeric), abs(analytic[index]), 1e-5)
        #expect(
          error < 1e-6 * scale,
          "\(entry.name)[\(index - entry.offset)]: \(analytic[index]), numerically \(numeric)")
      }
      #expect(!isAllZero, "\(entry.name) has no gradient to check")
    }
  }
}
