import Neural
import Platform
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
  /// Whether the output reads another network's vectors beside these.
  var isJoint = false
  var testDescription: String { name }

  func network() throws -> Network<Double> {
    let architecture = try RecurrentArchitecture(
      cell: cell, layerCount: layerCount, embeddingSize: isTied ? 4 : 3, hiddenSize: 4, vocabularyCount: 11,
      isTied: isTied, output: output, windowLength: cell.isRecurrent ? 0 : 3)
    let store = ParameterStore<Double>(
      architecture.declarations(forgetBias: 1, direction: isJoint ? .both : .forward))
    let network = Network<Double>(
      architecture, streamCount: 3, stepCount: 5, team: WorkerTeam(count: threadCount),
      regularization: regularization, sampled: sampled, counts: (0..<11).map { 3 * $0 },
      store: isJoint ? ParameterStore(RecurrentArchitecture.backwardPrefix, of: store) : store,
      isJoint: isJoint)
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
      GradientCase(
        name: "noise-contrastive, tied, targets left out", cell: .gru, isTied: true,
        sampled: SampledTraining(objective: .noiseContrastive, sampleCount: 4), ignoresSomeTargets: true),
      GradientCase(name: "window, adaptive softmax", cell: .window, output: adaptive),
      GradientCase(
        name: "two GRU layers, adaptive softmax, dropped", cell: .gru, layerCount: 2, output: biased,
        regularization: Regularization(dropout: 0.3)),
    ]
    for cell in [RecurrentArchitecture.Cell.rnn, .gru, .lstm] {
      cases.append(
        GradientCase(name: "\(cell), joint", cell: cell, ignoresSomeTargets: true, isJoint: true))
    }
    cases += [
      GradientCase(
        name: "two layers, tied, joint, dropped", layerCount: 2, isTied: true,
        regularization: Regularization(dropout: 0.3), isJoint: true),
      GradientCase(
        name: "adaptive softmax, joint", cell: .gru, output: adaptive, threadCount: 1, isJoint: true),
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
    let earlier = (0..<count).map { (index: Int) -> Int32 in Int32((index * 7 + 3) % 11) }
    let tokens = (0..<count).map { (index: Int) -> Int32 in Int32((index * 5 + 1) % 11) }
    var targets = (0..<count).map { (index: Int) -> Int32 in Int32((index * 3 + 2) % 11) }
    if gradientCase.ignoresSomeTargets { for index in [1, 4, 9] { targets[index] = -1 } }

    network.resetState()
    _ = network.loss(earlier, targets: earlier)
    let hidden = network.layers.map(\.hiddenState.array)
    let cells = network.layers.map(\.cellState.array)
    let history = network.history
    let besideCount = gradientCase.isJoint ? 4 * count : 0
    let beside = (0..<besideCount).map { (index: Int) -> Double in 0.7 * wave(index + 5_000) }
    if gradientCase.cell.isRecurrent { #expect(hidden[0].contains { abs($0) > 0.01 }) }

    func loss() -> Double {
      for (index, layer) in network.layers.enumerated() {
        layer.hiddenState.array = hidden[index]
        layer.cellState.array = cells[index]
      }
      network.history = history
      return network.lossAndGradients(tokens, targets: targets, beside: beside, key: 42)
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
        let numeric: Double = (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * step)
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

  /// What one plain step of rate 1 takes off is the gradient of the loss with the penalty on the squares of all weights.
  @Test func weightDecayIsTheGradientOfItsPenalty() throws {
    let network = try GradientCase(name: "weight decay").network()
    let decay = 0.3
    let tokens = (0..<15).map { (index: Int) -> Int32 in Int32((index * 5 + 1) % 11) }
    let targets = (0..<15).map { (index: Int) -> Int32 in Int32((index * 3 + 2) % 11) }
    func objective() -> Double {
      network.resetState()
      let loss = network.lossAndGradients(tokens, targets: targets, key: 1)
      let squares: Double = network.parameters.values.array.reduce(0) { $0 + $1 * $1 }
      return loss + decay / 2 * squares
    }
    let before = network.parameters.values.array
    _ = objective()
    let optimizer = Optimizer(.sgd(momentum: 0), store: network.parameters, team: network.team)
    _ = optimizer.update(rate: 1, clipping: Clipping(norm: 0), weightDecay: decay)
    let taken = zip(before, network.parameters.values.array).map { $0 - $1 }
    network.parameters.values.array = before
    for index in stride(from: 0, to: before.count, by: 7) where before[index] != 0 {
      func at(_ offset: Double) -> Double {
        network.parameters.values.pointer[index] = before[index] + offset
        defer { network.parameters.values.pointer[index] = before[index] }
        return objective()
      }
      let step = 1e-3
      let numeric: Double = (at(-2 * step) - 8 * at(-step) + 8 * at(step) - at(2 * step)) / (12 * step)
      #expect(abs(numeric - taken[index]) < 1e-6 * max(abs(numeric), 1e-4))
    }
  }

  @Test func clippingBoundsElementsAndThenTheNorm() throws {
    let network = try GradientCase(name: "clipping").network()
    let count = network.parameters.count
    let optimizer = Optimizer(.sgd(momentum: 0), store: network.parameters, team: network.team)
    for index in 0..<count { network.parameters.gradients.pointer[index] = 5 * wave(index) }
    let before = network.parameters.values.array
    let norm = optimizer.update(rate: 1, clipping: Clipping(norm: 2, value: 0.5), weightDecay: 0)
    let clamped = (0..<count).map { max(-0.5, min(0.5, 5 * wave($0))) }
    let expectedNorm = clamped.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(abs(norm - expectedNorm) < 1e-9 * expectedNorm)
    for (index, value) in network.parameters.values.array.enumerated() {
      #expect(abs(before[index] - value - clamped[index] * 2 / expectedNorm) < 1e-6)
    }
    network.parameters.gradients.pointer[3] = .nan
    let kept = network.parameters.values.array
    #expect(!optimizer.update(rate: 1, clipping: Clipping(), weightDecay: 0).isFinite)
    #expect(network.parameters.values.array == kept)
  }

  /// The plain mean of the weights at first, then the mean with exponentially falling shares; what is not tuned stays.
  @Test func averagesAreTheWeightsToEvaluate() {
    let store = ParameterStore<Double>([
      ParameterDeclaration(name: "tuned", shape: [20], initial: .zero),
      ParameterDeclaration(name: "fixed", shape: [20], initial: .zero, isTuned: false),
    ])
    for index in 0..<store.count { store.values.pointer[index] = wave(index) }
    let begin = store.values.array
    let optimizer = Optimizer(
      .sgd(momentum: 0), store: store, team: WorkerTeam(count: 2), averagingDecay: 0.75)
    #expect(optimizer.withEvaluationWeights { store.values.array } == begin)
    var average = begin
    for step in 1...9 {
      for index in 0..<store.tunedCount { store.gradients.pointer[index] = wave(index * step) }
      _ = optimizer.update(rate: 1, clipping: Clipping(norm: 0), weightDecay: 0)
      let values = store.values.array
      let share = max(0.25, 1 / Double(step))
      for index in 0..<store.count { average[index] += share * (values[index] - average[index]) }
      let evaluated = optimizer.withEvaluationWeights { store.values.array }
      #expect(zip(evaluated, average).allSatisfy { abs($0 - $1) < 1e-12 }, "step \(step)")
      #expect(store.values.array == values)
    }
    // Going back to other weights begins the average anew.
    optimizer.reset()
    #expect(optimizer.withEvaluationWeights { store.values.array } == store.values.array)
  }
}
