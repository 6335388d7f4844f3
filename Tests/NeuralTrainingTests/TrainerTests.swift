import JSON
import LanguageModeling
import Neural
import Platform
import Testing

@testable import NeuralTraining

/// Whole runs on texts of a few hundred tokens.
@Suite struct TrainerTests {
  /// Sentences from a grammar with a rule to learn: the k-th of ten nouns is followed by the k-th verb.
  static func text(sentences: Int = 250, vocabularyCount: Int = 24) -> TrainingText {
    var random = SplitMix64(seed: 5)
    let made = (0..<sentences).map { _ -> [TokenID] in
      let noun = Int(random.next() % 10)
      return [TokenID(3), TokenID(4 + noun), TokenID(14 + noun)]
    }
    return TrainingText(
      training: Array(made.dropLast(10)), heldOut: Array(made.suffix(10)), vocabularyCount: vocabularyCount)
  }

  static func options(_ cell: RecurrentArchitecture.Cell = .lstm, epochs: Int = 12)
    -> RecurrentTrainingOptions
  {
    var options = RecurrentTrainingOptions()
    options.sizes.cell = cell
    options.sizes.hiddenSize = 12
    options.sizes.embeddingSize = 12
    options.sizes.layerCount = 1
    options.sizes.isTied = false
    options.sizes.windowLength = 3
    options.length = .epochs(epochs)
    options.rate = 0.03
    options.streamCount = 4
    options.stepCount = 7
    options.threadCount = 1
    options.regularization = Regularization(dropout: 0.1)
    return options
  }

  static func train(
    _ text: TrainingText, _ options: RecurrentTrainingOptions, checkpoint: String? = nil,
    resumes: Bool = false,
    stopsAfter: Int = .max, report: (TrainingEvent) -> Void = { _ in }
  ) throws -> TrainedNetwork {
    let trainer = try NeuralTrainer(text, options: options, checkpointPath: checkpoint, resumes: resumes)
    var steps = 0
    return try trainer.run(
      report: report,
      shouldStop: {
        steps += 1
        return steps >= stopsAfter
      })
  }

  @Test(arguments: RecurrentArchitecture.Cell.allCases) func learnsARule(_ cell: RecurrentArchitecture.Cell)
    throws
  {
    let network = try Self.train(Self.text(), Self.options(cell))
    // Of four tokens one is a free choice among ten, the other three follow: ln 10 / 4 = 0.58 nats a token.
    let loss = try #require(network.heldOutLoss)
    #expect(loss < 0.8, "\(loss)")
  }

  @Test func otherOutputsAndMethodsLearn() throws {
    var adaptive = Self.options()
    adaptive.sizes.cutoffs = [8]
    var sampled = Self.options()
    sampled.sampled = SampledTraining(objective: .blackOut, sampleCount: 10)
    var contrastive = Self.options()
    contrastive.sampled = SampledTraining(objective: .noiseContrastive, sampleCount: 10)
    var descent = Self.options(epochs: 30)
    descent.method = .sgd(momentum: 0.9)
    descent.rate = 0.3
    var averaged = Self.options(epochs: 40)
    averaged.method = .averagedSGD
    averaged.rate = 3
    averaged.schedule = .constant
    // Noise-contrastive scores are normalised only in the limit.
    for (name, options, limit) in [
      ("adaptive", adaptive, 0.8), ("BlackOut", sampled, 1.0), ("NCE", contrastive, 1.6),
      ("SGD", descent, 0.8), ("ASGD", averaged, 1.0),
    ] {
      let loss = try #require(try Self.train(Self.text(), options).heldOutLoss)
      #expect(loss < limit, "\(name): \(loss)")
    }
  }

  @Test(arguments: [RecurrentArchitecture.Cell.lstm, .window], ProductPrecision.allCases.filter(\.isHere))
  func resumedRunsEndWithTheSameWeights(_ cell: RecurrentArchitecture.Cell, _ precision: ProductPrecision)
    throws
  {
    let directory = "/tmp/inkling-training-tests-\(getpid())-\(cell.rawValue)-\(precision.rawValue)"
    try createDirectories(directory)
    defer { removeTree(directory) }
    let path = directory + "/checkpoint.safetensors"
    var options = Self.options(cell, epochs: 6)
    options.schedule = .plateau(factor: 0.4)
    options.precision = precision
    let whole = try Self.train(Self.text(), options)
    // Stopped in the middle of a pass, twice; the checkpoint knows the precision and the streams.
    _ = try Self.train(Self.text(), options, checkpoint: path, stopsAfter: 17)
    options.precision = nil
    options.streamCount = nil
    _ = try Self.train(Self.text(), options, checkpoint: path, resumes: true, stopsAfter: 8)
    let resumed = try Self.train(Self.text(), options, checkpoint: path, resumes: true)
    #expect(resumed.values == whole.values)
    #expect(resumed.heldOutLoss == whole.heldOutLoss)
    var plan = try NeuralTrainer(Self.text(), options: options).plan
    let measured = plan.heldOutTokenCount
    plan.heldOutTokenCount = 1
    #expect(try Checkpoint(path).plan(from: plan).heldOutTokenCount == measured)
    options.seed = 2
    #expect(throws: Failure.self) {
      try Self.train(Self.text(), options, checkpoint: path, resumes: true)
    }
    try writeFileAtomically(path, Array(readFile(path).dropLast(9)))
    options.seed = 1
    #expect(throws: Failure.self) {
      try Self.train(Self.text(), options, checkpoint: path, resumes: true)
    }
  }

  /// As a checkpoint of 0.1.0 has it, so that its runs can be gone on with.
  @Test func aRunIsToldByWhatTheFirstVersionWrote() {
    var options = RecurrentTrainingOptions()
    options.sizes.layerCount = 1
    options.sizes.hiddenSize = 16
    options.length = .seconds(20)
    options.streamCount = 20
    options.precision = .float32
    options.threadCount = 2
    #expect(
      options.fingerprint == """
        RecurrentTrainingOptions(sizes: NeuralTraining.NetworkSizes(cell: Neural.RecurrentArchitecture.Cell.lstm, \
        layerCount: Optional(1), embeddingSize: nil, hiddenSize: Optional(16), isTied: nil, isAdaptive: nil, \
        cutoffs: nil, windowLength: 8, vocabularyLimit: nil), units: Neural.RecurrentArchitecture.Units.word, \
        length: NeuralTraining.TrainingLength.epochs(0), streamCount: 20, stepCount: 35, \
        method: NeuralTraining.OptimizationMethod.adam(beta1: 0.9, beta2: 0.99, epsilon: 1e-08), rate: nil, \
        schedule: nil, clipping: NeuralTraining.Clipping(norm: 0.5, value: 0.0), weightDecay: 0.0, \
        regularization: nil, sampled: nil, unknownProbability: 0.5, predictsUnknown: true, rotatesText: true, \
        patience: nil, forgetBias: 1.0, seed: 1, threadCount: nil, memoryLimit: nil, secondsBetweenCheckpoints: 0.0)
        """)
    let forward = options.fingerprint
    options.direction = .both
    #expect(options.fingerprint != forward)
  }

  /// What 0.1.0 wrote is what is read: these names may grow, but none may change or go.
  @Test func checkpointsHaveTheNamesOfTheFirstFormat() throws {
    let path = "/tmp/inkling-training-tests-\(getpid())-names.safetensors"
    defer { unlink(path) }
    var options = Self.options(epochs: 2)
    options.schedule = .plateau(factor: 0.4)
    options.precision = .float32
    _ = try Self.train(Self.text(), options, checkpoint: path, stopsAfter: 60)
    let file = try Safetensors(path)
    #expect(Set(file.tensors.keys) == ["values", "first", "second", "best", "hidden.0", "cells.0"])
    let progress = try JSON.parse([UInt8](try #require(file.metadata["training.progress"]).utf8))
    let members = try #require(progress.objectValue).keys
    #expect(
      Set(members) == [
        "step", "epoch", "segment", "plannedSteps", "rateFactor", "bestLoss", "evaluationsWithoutGain",
        "lossSum", "lossCount", "smoothedLoss", "lowestSmoothedLoss", "recoveryCount", "elapsedSeconds",
        "lastEvaluatedStep", "hasBest", "optimizerSteps", "rate", "heldOutTokens", "inputDropout",
        "layerDropout", "outputDropout", "embeddingDropout", "weightDrop", "isVariational", "schedule",
        "scheduleFirst", "scheduleSecond", "streams",
      ])
    #expect(progress["schedule"] == "plateau" && progress["scheduleFirst"] == 0.4)
    #expect(try RecurrentArchitecture(metadata: file.metadata).hiddenSize == 12)
  }

  @Test func oddTextsTrainOrSayWhatIsMissing() throws {
    func run(_ training: [[TokenID]], _ heldOut: [[TokenID]]? = nil, count: Int = 24) throws -> TrainedNetwork
    {
      try Self.train(
        TrainingText(training: training, heldOut: heldOut, vocabularyCount: count), Self.options(epochs: 2))
    }
    #expect(throws: Failure.self) { try run([]) }
    #expect(throws: Failure.self) { try run([[], []]) }
    _ = try run([[TokenID(3)]])
    _ = try run([[TokenID(3)]], [[]], count: 4)
    _ = try run([[TokenID(7), TokenID(8)]], [[TokenID(5), TokenID(23), TokenID(999)]])
    _ = try run(Array(repeating: [TokenID(9), TokenID(4)], count: 300))
    _ = try run([[TokenID(3), TokenID(4)]], count: 5_000)
    #expect(throws: Failure.self) { try run([[TokenID(24)]]) }
  }

  @Test func anExplodingLossGoesBackToGoodWeights() throws {
    var options = Self.options(epochs: 8)
    options.method = .sgd(momentum: 0)
    options.rate = 3e4
    options.clipping = Clipping(norm: 0, value: 0)
    options.schedule = .constant
    var notices: [String] = []
    func note(_ event: TrainingEvent) { if case .notice(let text) = event { notices.append(text) } }
    do {
      let network = try Self.train(Self.text(), options, report: note)
      #expect(network.values.allSatisfy { $0.isFinite })
    } catch let failure as Failure {
      #expect(failure.why.contains("exploded"))
    }
    #expect(notices.contains { $0.contains("half the learning rate") })
  }

  @Test func theFileHoldsWhatTheArchitectureLists() throws {
    let path = "/tmp/inkling-training-tests-\(getpid()).safetensors"
    defer { unlink(path) }
    var options = Self.options(epochs: 1)
    options.sizes.vocabularyLimit = 9
    options.sizes.cutoffs = [4]
    let network = try Self.train(Self.text(), options)
    try network.write(to: path)
    let file = try Safetensors(path)
    let architecture = try RecurrentArchitecture(metadata: file.metadata)
    #expect(architecture == network.architecture && architecture.vocabularyCount == 9)
    for parameter in architecture.parameters {
      let values = try file.floats(parameter.name, shape: parameter.shape)
      #expect(values.allSatisfy { $0.isFinite })
    }
    let tokens = try NetworkVocabulary.read(file, count: 9)
    #expect(tokens.contains(.unknown) && tokens.contains(.sentenceEnd) && Set(tokens).count == 9)
  }

  /// Inference and PyTorch read the file; both must give what training measured.
  @Test(arguments: [true, false], [true, false])
  func theFileGivesTheMeasuredLoss(isTied: Bool, isCompact: Bool) throws {
    let path = "/tmp/inkling-training-tests-\(getpid())-\(isTied)-\(isCompact).safetensors"
    defer { unlink(path) }
    var options = Self.options(epochs: 4)
    options.sizes.isTied = isTied
    let text = Self.text()
    let network = try Self.train(text, options)
    try network.write(to: path, isCompact: isCompact)
    let model = try RecurrentModel(path: path, precision: .float32)
    let heldOut = try #require(text.heldOut)
    // A text begins after `<s>`, which stands for the `</s>` of training.
    var state = model.sentenceStartState
    var loss = 0.0
    for token in heldOut {
      var next = state
      loss -= Double(model.logProbability(of: TokenID(rawValue: token), after: state, next: &next))
      state = next
    }
    let measured = try #require(network.heldOutLoss)
    #expect(abs(loss / Double(heldOut.count) - measured) < (isCompact ? 1e-2 : 2e-3), "\(measured)")
    let imported = try ImportedWeights(path)
    #expect(imported.architecture == network.architecture)
  }

  @Test func evaluationInStreamsIsEvaluationInOne() throws {
    let architecture = try RecurrentArchitecture(
      cell: .lstm, embeddingSize: 6, hiddenSize: 6, vocabularyCount: 20)
    let store = ParameterStore<Float>(architecture.declarations(forgetBias: 0))
    store.initialize(seed: 3)
    let stream = (0...4_100).map { (index: Int) -> Int32 in Int32((index * index + index / 7) % 20) }
    let team = WorkerTeam(count: 2)
    let network = Network<Float>(architecture, streamCount: 1, stepCount: 4_100, team: team, store: store)
    let whole = network.loss(Array(stream.dropLast()), targets: Array(stream.dropFirst())) / 4_100
    let parts = Evaluator(architecture, store: store, team: team, stream: stream).meanLoss()
    #expect(abs(whole - parts) < 1e-4, "\(whole) \(parts)")
  }

  @Test func aTimeLimitIsKept() throws {
    var options = Self.options()
    options.length = .seconds(2)
    options.sizes.hiddenSize = nil
    options.sizes.embeddingSize = nil
    let start = monotonicTime()
    let trainer = try NeuralTrainer(Self.text(), options: options)
    _ = try trainer.run(report: { _ in })
    #expect(monotonicTime() - start < 12)
    #expect(trainer.plan.architecture.hiddenSize <= 64)
  }

  /// Measuring much text would take the time that a short run has for learning.
  @Test func aShortRunMeasuresASample() throws {
    let tokens = (0..<100_000).map { UInt32($0) }
    #expect(NeuralTrainer.sample(tokens, count: 200_000) == tokens)
    let sample = NeuralTrainer.sample(tokens, count: 10_000)
    #expect((9_900...10_000).contains(sample.count))
    #expect(sample.first == 0 && sample.last! > 89_000)
    #expect(sample == sample.sorted() && Set(sample).count == sample.count)
    var options = Self.options()
    func measured(seconds: Double) throws -> Int {
      options.length = .seconds(seconds)
      return try TrainingPlanner(
        options: options, vocabularyCount: 20_000, trainingTokenCount: 5_000_000, heldOutTokenCount: 500_000,
        threadCount: 2, gigaflopsPerSecond: 100
      ).plan().heldOutTokenCount
    }
    #expect(try measured(seconds: 1) == 4_096)
    #expect(try measured(seconds: 100_000) == 500_000)
  }

  @Test func memoryBoundsTheSizesOrIsRefused() throws {
    func plan(_ limit: Int, hidden: Int?) throws -> TrainingPlan {
      var options = RecurrentTrainingOptions()
      options.memoryLimit = limit
      options.sizes.hiddenSize = hidden
      return try TrainingPlanner(
        options: options, vocabularyCount: 20_000, trainingTokenCount: 800_000, heldOutTokenCount: 50_000,
        threadCount: 2, gigaflopsPerSecond: 150
      ).plan()
    }
    let small = try plan(300 << 20, hidden: nil)
    #expect(small.memoryEstimate <= 300 << 20)
    #expect(throws: Failure.self) { try plan(300 << 20, hidden: 1024) }
  }
}
