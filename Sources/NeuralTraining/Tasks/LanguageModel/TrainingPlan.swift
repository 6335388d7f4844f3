import JSON
import Neural
import Platform

/// A run's sizes and settings, chosen where the options left them open.
public struct TrainingPlan: Sendable {
  public var architecture: RecurrentArchitecture
  public var direction: ReadingDirection
  public var regularization: Regularization
  public var rate: Double
  public var schedule: RateSchedule
  public var trainingTokenCount: Int
  /// The held-out tokens that are measured: fewer than there are where measuring them would take a run's time.
  public var heldOutTokenCount: Int
  public var parameterCount: Int
  public var threadCount: Int
  /// An estimate; the run says what it reaches.
  public var expectedEpochs: Double
  public var memoryEstimate: Int
  public var matrixProducts: String

  package var json: JSON {
    [
      "event": "plan", "cell": .string(architecture.cell.rawValue),
      "direction": .string(direction.rawValue), "layers": JSON(architecture.layerCount),
      "embedding": JSON(architecture.embeddingSize), "hidden": JSON(architecture.hiddenSize),
      "vocabulary": JSON(architecture.vocabularyCount), "tied": .bool(architecture.isTied),
      "output": .string(outputName), "parameters": JSON(parameterCount),
      "dropout": [
        "input": JSON(regularization.inputDropout), "layer": JSON(regularization.layerDropout),
        "output": JSON(regularization.outputDropout), "embedding": JSON(regularization.embeddingDropout),
        "weights": JSON(regularization.weightDrop), "variational": .bool(regularization.isVariational),
      ],
      "rate": JSON(rate), "schedule": .string("\(schedule)"), "trainingTokens": JSON(trainingTokenCount),
      "heldOutTokens": JSON(heldOutTokenCount), "threads": JSON(threadCount),
      "expectedEpochs": JSON(expectedEpochs), "memoryBytes": JSON(memoryEstimate),
      "matrixProducts": .string(matrixProducts),
    ]
  }

  private var outputName: String {
    switch architecture.output {
    case .full: "full"
    case .adaptive(let cutoffs, _, _): "adaptive " + cutoffs.map { String($0) }.joined(separator: ",")
    }
  }

  /// The plan in a sentence.
  public var summary: String {
    let tied = architecture.isTied ? ", tied" : ""
    let layers = "\(architecture.layerCount) layer\(architecture.layerCount == 1 ? "" : "s")"
    return
      "\(architecture.cell.rawValue)\(direction == .both ? " in both directions" : ""), \(layers) of \(architecture.hiddenSize), embeddings of \(architecture.embeddingSize)\(tied), "
      + "\(outputName) softmax over \(architecture.vocabularyCount) types, \(parameterCount) weights, "
      + "about \(Int(expectedEpochs.rounded(.up))) passes over \(trainingTokenCount) tokens, "
      + "\(threadCount) thread\(threadCount == 1 ? "" : "s"), \(matrixProducts)"
  }
}

/// Chooses what the options leave open.
struct TrainingPlanner {
  var options: RecurrentTrainingOptions
  let vocabularyCount: Int
  let trainingTokenCount: Int
  let heldOutTokenCount: Int
  let threadCount: Int
  /// Of matrix products in whole training steps; measured, and replaceable in tests.
  var gigaflopsPerSecond: Double
  /// What the network begins as, which decides its sizes; nil for none.
  var initial: InitialNetwork?

  private static let hiddenSizes = [1024, 800, 650, 512, 400, 300, 256, 200, 128, 96, 64, 48, 32]

  func plan() throws(Failure) -> TrainingPlan {
    let sizes = options.sizes
    guard options.direction == .forward || sizes.cell.isRecurrent else {
      throw Failure(
        "--direction both", why: "a \(sizes.cell.rawValue) network sees the last tokens only",
        remedy: "choose the cell rnn, gru or lstm")
    }
    let adaptive = isAdaptive
    var candidates = Self.hiddenSizes.filter { $0 <= idealHidden }
    if let hidden = initial?.architecture.hiddenSize ?? sizes.hiddenSize { candidates = [hidden] }
    var chosen: (RecurrentArchitecture, Double, Int)?
    for hidden in candidates {
      let architecture = try architecture(hidden: hidden, isAdaptive: adaptive)
      let epochs = epochs(architecture)
      let memory = memoryEstimate(architecture)
      chosen = (architecture, epochs, memory)
      if epochs >= wantedEpochs && memory <= options.memoryLimit ?? .max { break }
    }
    guard let (architecture, epochs, memory) = chosen else {
      throw Failure("--hidden", why: "no size is left to choose", remedy: "name one")
    }
    if let limit = options.memoryLimit, memory > limit {
      throw Failure(
        "--memory", why: "training this network takes about \(memory >> 20) MB, more than \(limit >> 20)",
        remedy: "allow more, or choose a smaller --hidden, --batch or --network-vocabulary")
    }
    return TrainingPlan(
      architecture: architecture, direction: options.direction,
      regularization: options.regularization ?? regularization(architecture, epochs),
      rate: options.rate ?? defaultRate * (initial == nil ? 1 : InitialNetwork.rateShare),
      schedule: options.schedule ?? defaultSchedule,
      trainingTokenCount: trainingTokenCount, heldOutTokenCount: evaluatedTokenCount(architecture),
      parameterCount: options.direction.parameterCount(of: architecture), threadCount: threadCount,
      expectedEpochs: epochs, memoryEstimate: memory,
      matrixProducts: matrixProductsName(precision: options.precision ?? .fastest))
  }

  /// The size that a text of this length fills without being learnt by heart, from runs on prose.
  private var idealHidden: Int {
    if options.units == .character {
      return trainingTokenCount < 50_000 ? 128 : trainingTokenCount < 300_000 ? 256 : 512
    }
    return switch trainingTokenCount {
    case ..<5_000: 32
    case ..<20_000: 64
    case ..<100_000: 128
    case ..<300_000: 256
    case ..<1_500_000: 400
    case ..<6_000_000: 512
    case ..<20_000_000: 650
    default: 1024
    }
  }

  /// Passes that a text of this length wants.
  var wantedEpochs: Double {
    switch trainingTokenCount {
    case ..<300_000: 12
    case ..<2_000_000 where options.units == .character: 12
    case ..<2_000_000: 4.5
    case ..<10_000_000: 3
    default: 1
    }
  }

  private var isAdaptive: Bool {
    if let isAdaptive = options.sizes.isAdaptive { return isAdaptive && vocabularyCount >= 20 }
    if options.sizes.cutoffs != nil { return true }
    return options.sizes.isTied != true && options.sampled == nil && vocabularyCount > 30_000
  }

  private func architecture(hidden: Int, isAdaptive: Bool) throws(Failure) -> RecurrentArchitecture {
    if let initial { return try initial.architecture(vocabularyCount: vocabularyCount) }
    let sizes = options.sizes
    let embedding = sizes.embeddingSize ?? (options.units == .word ? hidden : min(hidden, 64))
    let isTied = sizes.isTied ?? (!isAdaptive && embedding == hidden)
    let layers = sizes.layerCount ?? (sizes.cell.isRecurrent && trainingTokenCount >= 100_000 ? 2 : 1)
    var output = RecurrentArchitecture.Output.full
    if isAdaptive {
      let cutoffs = sizes.cutoffs ?? Self.cutoffs(vocabularyCount)
      output = .adaptive(cutoffs: cutoffs, divisor: hidden >= 128 ? 4 : 2, hasHeadBias: true)
    }
    return try RecurrentArchitecture(
      cell: sizes.cell, layerCount: layers, embeddingSize: embedding, hiddenSize: hidden,
      vocabularyCount: vocabularyCount, isTied: isTied, output: output, units: options.units,
      windowLength: sizes.cell.isRecurrent ? 0 : sizes.windowLength)
  }

  /// Times a few steps of the largest network that could be chosen. The fastest counts: what else is running when a run
  /// begins will mostly have ended long before the run has.
  ///
  /// Vocabulary and hidden size are cut to what takes about a second: beyond that a step is as fast per operation.
  mutating func measureSpeed() throws(Failure) {
    let hidden = min(initial?.architecture.hiddenSize ?? options.sizes.hiddenSize ?? idealHidden, 400)
    var sizes = try architecture(hidden: hidden, isAdaptive: false)
    sizes = try RecurrentArchitecture(
      cell: sizes.cell, layerCount: sizes.layerCount, embeddingSize: min(sizes.embeddingSize, 400),
      hiddenSize: hidden,
      vocabularyCount: min(max(vocabularyCount, 64), 10_000), isTied: false, output: .full,
      units: sizes.units,
      windowLength: sizes.windowLength)
    var benchmark = TrainingBenchmark(
      sizes, streamCount: options.chosenStreamCount, stepCount: options.stepCount, threadCount: threadCount)
    benchmark.precision = options.precision ?? .fastest
    gigaflopsPerSecond = max(1, benchmark.run(segmentCount: 10).bestGigaflopsPerSecond)
  }

  /// A head that holds most of the text, then types that are rarer in bigger clusters.
  static func cutoffs(_ vocabularyCount: Int) -> [Int] {
    let head = max(1, min(vocabularyCount / 6, 8_000))
    let middle = min(vocabularyCount - 1, head * 4)
    return middle > head && vocabularyCount > 2_000 ? [head, middle] : [head]
  }

  /// Multiplications of one token's forward and backward pass, in floating-point operations.
  private func operationsPerToken(_ architecture: RecurrentArchitecture) -> Double {
    var weights = 0.0
    for parameter in architecture.parameters where parameter.shape.count == 2 {
      switch parameter.name {
      case "embedding.weight": if architecture.isTied { weights += Double(parameter.count) }
      case "output.weight":
        weights += Double(options.sampled.map { $0.sampleCount * architecture.hiddenSize } ?? parameter.count)
      default:
        // A token meets about one in eight of the clusters' rows.
        weights += Double(parameter.count) * (parameter.name.hasSuffix(".1.weight") ? 0.12 : 1)
      }
    }
    return 6 * weights * (options.direction == .both ? 1 + Self.backwardCost : 1)
  }

  /// What the network that reads backwards takes of the forward one's operations: it reads some tokens twice.
  private static let backwardCost = 1.2

  private func epochs(_ architecture: RecurrentArchitecture) -> Double {
    switch options.length {
    case .epochs(let count): return Double(count)
    case .seconds(let seconds):
      let updates = Double(trainingTokenCount) / Double(options.chosenStreamCount * options.stepCount)
      let weights = Double(options.direction.parameterCount(of: architecture))
      // The optimiser moves 28 bytes a weight and step at memory speed.
      let epochSeconds =
        Double(trainingTokenCount) * operationsPerToken(architecture) / (gigaflopsPerSecond * 1e9)
        + updates * weights * 28 / 12e9
      let evaluation = Double(evaluatedTokenCount(architecture)) * evaluationSecondsPerToken(architecture)
      return seconds * 0.97 / max(epochSeconds + evaluation, 1e-6)
    }
  }

  private func evaluationSecondsPerToken(_ architecture: RecurrentArchitecture) -> Double {
    operationsPerToken(architecture) / 3 / (gigaflopsPerSecond * 1e9)
  }

  /// The held-out tokens to measure: as many as eight evaluations read in about a seventh of the time.
  private func evaluatedTokenCount(_ architecture: RecurrentArchitecture) -> Int {
    guard case .seconds(let seconds) = options.length else { return heldOutTokenCount }
    let count = seconds / 7 / 8 / max(evaluationSecondsPerToken(architecture), 1e-12)
    return min(heldOutTokenCount, max(4_096, Int(min(count, 1e12))))
  }

  /// Bytes: weights, gradients, the optimiser's two, the best and the last good ones, a checkpoint; activations; logits.
  func memoryEstimate(_ architecture: RecurrentArchitecture) -> Int {
    let weights = options.direction.parameterCount(of: architecture)
    let networks = options.direction == .both ? 2 : 1
    let rows = options.chosenStreamCount * options.stepCount
    let perRow =
      architecture.layerCount * (2 * architecture.cell.gateCount + 6) * architecture.hiddenSize
      + 4 * architecture.firstInputSize
    let logits = min(192 << 20, rows * 4 * vocabularyCount)
    return weights * 4 * 11 + networks * (rows * perRow * 4 + logits) + trainingTokenCount * 8
  }

  private var defaultRate: Double {
    switch options.method {
    case .adam: options.units == .character ? 3e-3 : 2e-3
    case .sgd(let momentum): momentum > 0 ? 0.5 : 5
    case .averagedSGD: 5
    }
  }

  private var defaultSchedule: RateSchedule {
    if case .averagedSGD = options.method { return .constant }
    return .cosine(warmup: 0.02, floor: 0.02)
  }

  /// More passes over less text need more of it.
  private func regularization(_ architecture: RecurrentArchitecture, _ epochs: Double) -> Regularization {
    var result = Regularization()
    guard epochs > 1.5 else { return result }
    let strength = epochs >= 4 ? 1.0 : 0.5
    let isSmall = architecture.hiddenSize <= 128
    result.inputDropout = (isSmall ? 0.2 : 0.4) * strength
    result.layerDropout = (isSmall ? 0.1 : 0.3) * strength
    result.outputDropout = (isSmall ? 0.2 : 0.4) * strength
    if architecture.units == .character {
      result.inputDropout = 0.1 * strength
      result.outputDropout = 0.3 * strength
    }
    return result
  }
}

extension ReadingDirection {
  /// Numbers that a network of these sizes learns.
  func parameterCount(of architecture: RecurrentArchitecture) -> Int {
    let count = architecture.parameters.reduce(0) { $0 + $1.count }
    guard self == .both else { return count }
    return 2 * count + JointOutput.parameters(of: architecture).reduce(0) { $0 + $1.count }
  }
}
