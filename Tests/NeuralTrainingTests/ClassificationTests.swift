import JSON
import LanguageModeling
import Neural
import Platform
import Testing

@testable import NeuralTraining

/// Whole runs of a task that is no language model.
@Suite struct ClassificationTests {
  /// Whether 1 comes before 2 in a sequence of other ids: no bag of words tells.
  static func text(_ count: Int = 240) -> LabelledText {
    var random = SplitMix64(seed: 21)
    let examples = (0..<count).map { _ -> LabelledSequence in
      let label = Int(random.next() % 2)
      var ids = (0..<Int(3 + random.next() % 6)).map { _ in Int32(3 + random.next() % 5) }
      let first = Int(random.next() % UInt64(ids.count - 1))
      ids[first] = label == 0 ? 1 : 2
      ids[ids.count - 1] = label == 0 ? 2 : 1
      return LabelledSequence(ids: ids, label: label)
    }
    return LabelledText(
      training: Array(examples.dropLast(60)), heldOut: Array(examples.suffix(60)),
      labels: ["rising", "falling"], typeCount: 8)
  }

  static func description(_ encoder: JSON, labels: Int = 2, isFixed: Bool = false) throws
    -> NetworkDescription
  {
    try NetworkDescription(
      JSONDecoding([
        "inputs": [["name": "words", "levels": ["words"]]],
        "layers": [
          [
            "kind": "embedding", "name": "embedding", "inputs": ["words"], "count": 8, "size": 6,
            "isFixed": .bool(isFixed),
          ], encoder,
          ["kind": "dropout", "name": "dropped", "inputs": ["encoder.last"], "rate": 0.2],
          ["kind": "linear", "name": "output", "inputs": ["dropped"], "size": JSON(labels)],
        ], "outputs": ["output"],
      ]))
  }

  static let gru: JSON = [
    "kind": "bidirectional", "name": "encoder", "inputs": ["embedding"], "cell": "gru", "size": 6,
  ]

  static func options(epochs: Int = 14) -> ClassificationOptions {
    var options = ClassificationOptions()
    options.length = .epochs(epochs)
    options.batchSize = 10
    options.rate = 0.02
    options.threadCount = 2
    return options
  }

  static func train(
    _ text: LabelledText, _ options: ClassificationOptions, _ description: NetworkDescription? = nil,
    checkpoint: String? = nil, resumes: Bool = false, stopsAfter: Int = .max,
    report: (TrainingEvent) -> Void = { _ in }
  ) throws -> TrainedClassifier {
    let trainer = try ClassifierTrainer(
      text, description: description ?? Self.description(gru), options: options, checkpointPath: checkpoint,
      resumes: resumes)
    var steps = 0
    return try trainer.run(
      report: report,
      shouldStop: {
        steps += 1
        return steps >= stopsAfter
      })
  }

  @Test func learnsAnOrderThatNoBagTells() throws {
    var evaluations: [TrainingEvent.Evaluation] = []
    let classifier = try Self.train(Self.text(), Self.options()) { event in
      if case .evaluation(let evaluation) = event { evaluations.append(evaluation) }
    }
    let score = try #require(classifier.score)
    #expect(score.metric.name == "accuracy" && score.value > 0.95, "\(score.value)")
    // The best weights are kept, whatever came after.
    #expect(score.value == evaluations.compactMap { $0.score?.value }.max())
    #expect(evaluations.allSatisfy { $0.heldOutPerplexity == nil && $0.heldOutLoss != nil })
  }

  @Test(arguments: [nil, 0.9]) func resumedRunsEndWithTheSameWeights(_ averagingDecay: Double?) throws {
    let directory = "/tmp/inkling-classification-\(getpid())-\(averagingDecay ?? 0)"
    try createDirectories(directory)
    defer { removeTree(directory) }
    let path = directory + "/checkpoint.safetensors"
    var options = Self.options(epochs: 6)
    options.schedule = .plateau(factor: 0.5)
    options.averagingDecay = averagingDecay
    let whole = try Self.train(Self.text(), options)
    // Stopped in the middle of a pass, twice.
    _ = try Self.train(Self.text(), options, checkpoint: path, stopsAfter: 23)
    _ = try Self.train(Self.text(), options, checkpoint: path, resumes: true, stopsAfter: 40)
    let resumed = try Self.train(Self.text(), options, checkpoint: path, resumes: true)
    #expect(resumed.values == whole.values)
    #expect(resumed.score == whole.score)
    options.seed = 2
    #expect(throws: Failure.self) { try Self.train(Self.text(), options, checkpoint: path, resumes: true) }
    options.seed = 1
    var other = Self.text()
    other.training[7].label = 1 - other.training[7].label
    #expect(throws: Failure.self) { try Self.train(other, options, checkpoint: path, resumes: true) }
    try writeFileAtomically(path, Array(readFile(path).dropLast(9)))
    #expect(throws: Failure.self) { try Self.train(Self.text(), options, checkpoint: path, resumes: true) }
  }

  @Test func theModelDirectoryAnswersAsTraining() throws {
    let directory = "/tmp/inkling-classifier-\(getpid())"
    defer { removeTree(directory) }
    let text = Self.text()
    let classifier = try Self.train(text, Self.options(epochs: 3))
    var writer = try ModelDirectoryWriter(directory)
    try classifier.write(to: &writer)
    try writer.commit()
    let model = try ModelDirectory(directory)
    #expect(try model.kind() == .classifier)
    // A program that knows language models alone must not take it for one.
    #expect(model["version"]?.integerValue == 2)
    let inference = try SequenceClassifier(model)
    #expect(inference.labels == text.labels)
    var correct = 0
    for example in text.heldOut {
      let probabilities = try inference.probabilities(example.ids)
      let sum = probabilities.reduce(0, +)
      #expect(abs(sum - 1) < 1e-5)
      if probabilities[example.label] > 0.5 { correct += 1 }
    }
    let share = Double(correct) / Double(text.heldOut.count)
    #expect(share == classifier.score?.value)
  }

  @Test func aLanguageModelsDirectoryIsStillVersionOne() throws {
    let directory = "/tmp/inkling-language-\(getpid())"
    defer { removeTree(directory) }
    var writer = try ModelDirectoryWriter(directory)
    try writer.commit()
    let model = try ModelDirectory(directory)
    #expect(model["version"]?.integerValue == 1)
    #expect(try model.kind() == .language)
    #expect(throws: Failure.self) { try SequenceClassifier(model) }
  }

  @Test func fixedVectorsStayWhateverTheDecay() throws {
    var options = Self.options(epochs: 2)
    options.weightDecay = 0.1
    let description = try Self.description(Self.gru, isFixed: true)
    let classifier = try Self.train(Self.text(), options, description)
    let network = try DescribedNetwork<Float>(description, team: WorkerTeam(count: 1))
    network.parameters.initialize(seed: options.seed)
    let table = network.parameters.parameter("embedding.weight")
    let kept = try #require(classifier.weights.values["embedding.weight"])
    #expect(kept == Array(UnsafeBufferPointer(start: table.values, count: table.count)))
    let output = network.parameters.parameter("output.weight")
    #expect(
      classifier.weights.values["output.weight"]
        != Array(UnsafeBufferPointer(start: output.values, count: output.count)))
  }

  @Test func vectorsLearnedElsewhereAreWhereTrainingBegins() throws {
    let description = try Self.description(Self.gru, isFixed: true)
    let vectors = (0..<48).map { Float(wave($0)) }
    let options = Self.options(epochs: 1)
    func train(_ values: [String: [Float]]) throws -> TrainedClassifier {
      try ClassifierTrainer(
        Self.text(), description: description, options: options, initialValues: values
      ).run(report: { _ in })
    }
    let classifier = try train(["embedding.weight": vectors])
    #expect(classifier.weights.values["embedding.weight"] == vectors)
    #expect(throws: Failure.self) { try train(["embedding.weights": vectors]) }
    #expect(throws: Failure.self) { try train(["embedding.weight": Array(vectors.dropLast())]) }
    #expect(throws: Failure.self) { try train(["embedding.weight": vectors.map { $0 / 0 }]) }
    // A run from other vectors is another run.
    let path = "/tmp/inkling-vectors-\(getpid()).safetensors"
    defer { unlink(path) }
    func trainer(_ values: [Float], resumes: Bool) throws -> ClassifierTrainer {
      try ClassifierTrainer(
        Self.text(), description: description, options: options, initialValues: ["embedding.weight": values],
        checkpointPath: path, resumes: resumes)
    }
    _ = try trainer(vectors, resumes: false).run(report: { _ in }, shouldStop: { true })
    _ = try trainer(vectors, resumes: true)
    #expect(throws: Failure.self) { try trainer(vectors.map { $0 + 1 }, resumes: true) }
  }

  @Test func oddTextsTrainOrSayWhatIsMissing() throws {
    func run(_ training: [LabelledSequence], _ heldOut: [LabelledSequence] = [], labels: Int = 2) throws {
      let text = LabelledText(
        training: training, heldOut: heldOut, labels: (0..<labels).map { "\($0)" }, typeCount: 8)
      _ = try Self.train(text, Self.options(epochs: 2), Self.description(Self.gru, labels: labels))
    }
    let one = LabelledSequence(ids: [3, 4], label: 1)
    #expect(throws: Failure.self) { try run([]) }
    #expect(throws: Failure.self) { try run([one], labels: 1) }
    #expect(throws: Failure.self) { try run([LabelledSequence(ids: [8], label: 0)]) }
    #expect(throws: Failure.self) { try run([LabelledSequence(ids: [1], label: 2)]) }
    try run([one])
    try run([LabelledSequence(ids: [], label: 0), one], [LabelledSequence(ids: [], label: 1)])
    try run([one, LabelledSequence(ids: [Int32](repeating: 2, count: 3_000), label: 4)], labels: 5)
    let wrong = try Self.description(Self.gru, labels: 3)
    #expect(throws: Failure.self) { try Self.train(Self.text(), Self.options(), wrong) }
  }

  @Test func aTimeLimitEndsTheRun() throws {
    var options = Self.options()
    options.length = .seconds(1)
    var summary: TrainingEvent.Summary?
    _ = try Self.train(Self.text(), options) { event in
      if case .finished(let value) = event { summary = value }
    }
    let finished = try #require(summary)
    #expect(finished.epochs > 0 && finished.elapsedSeconds < 10 && !finished.wasInterrupted)
  }

  @Test func aRunWithoutGainStops() throws {
    var options = Self.options(epochs: 200)
    options.patience = 2
    options.rate = 1e-12
    var stopped = false
    var passes = 0.0
    _ = try Self.train(Self.text(), options) { event in
      if case .notice(let text) = event, text.contains("stopped early") { stopped = true }
      if case .finished(let summary) = event { passes = summary.epochs }
    }
    #expect(stopped && passes < 100)
  }

  @Test func batchesAreAllExamplesOnceInAnOrderOfTheSeed() {
    let lengths = (0..<203).map { ($0 * 37) % 50 }
    let batches = ExampleBatches(lengths: lengths, batchSize: 10, seed: 3)
    let epoch = batches.epoch(4)
    #expect(epoch.count == batches.count && epoch.flatMap { $0 }.sorted() == Array(0..<203))
    #expect(epoch == ExampleBatches(lengths: lengths, batchSize: 10, seed: 3).epoch(4))
    #expect(
      epoch != batches.epoch(5) && epoch != ExampleBatches(lengths: lengths, batchSize: 10, seed: 4).epoch(4))
    // Batches are of about one length, and not in the order of lengths.
    let spreads = epoch.map { batch in batch.map { lengths[$0] }.max()! - batch.map { lengths[$0] }.min()! }
    #expect(spreads.allSatisfy { $0 <= 6 })
    let means = epoch.map { batch in batch.reduce(0) { $0 + lengths[$1] } / batch.count }
    #expect(means != means.sorted())
  }

  @Test func theScoresAreTheirDefinitions() {
    var matrix = ConfusionMatrix(labelCount: 3)
    // Label 0: two right, one taken for 1. Label 1: one right. Label 2: never there, never given.
    for answer in [0, 0, 1] { matrix.count(label: 0, takenFor: answer) }
    matrix.count(label: 1, takenFor: 1)
    #expect(matrix.accuracy == 0.75)
    #expect(abs(matrix.f1(0) - 0.8) < 1e-12 && abs(matrix.f1(1) - 2 / 3.0) < 1e-12 && matrix.f1(2) == 0)
    #expect(abs(matrix.macroF1 - (0.8 + 2 / 3.0) / 3) < 1e-12)
    #expect(ConfusionMatrix(labelCount: 2).accuracy == 0)
  }

  /// With balanced weights the rare label's examples count as much together as the frequent one's.
  @Test func balancedWeightsFindARareLabel() throws {
    var random = SplitMix64(seed: 9)
    func examples(_ count: Int) -> [LabelledSequence] {
      // Of what looks rare, one in four is: without weights it is better never to say so.
      (0..<count).map { _ in
        let looksRare = random.next() % 5 == 0
        let isRare = looksRare && random.next() % 4 == 0
        return LabelledSequence(ids: [looksRare ? 1 : 2, 3], label: isRare ? 1 : 0)
      }
    }
    let text = LabelledText(
      training: examples(400), heldOut: examples(400), labels: ["usual", "rare"], typeCount: 8)
    var options = Self.options(epochs: 3)
    options.metric = .macroF1
    let uniform = try #require(try Self.train(text, options).score)
    options.weighting = .balanced
    let balanced = try #require(try Self.train(text, options).score)
    #expect(uniform.metric.name == "macroF1" && uniform.value < 0.51)
    #expect(balanced.value > 0.6)
  }
}
