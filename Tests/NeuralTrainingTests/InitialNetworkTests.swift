import LanguageModeling
import Neural
import Platform
import Testing

@testable import NeuralTraining

/// Networks that begin as others, over other vocabularies.
@Suite struct InitialNetworkTests {
  let directory = "/tmp/inkling-beginning-tests-\(getpid())-\(UInt64.random(in: 0 ... .max))"

  /// A trained network of the text of `TrainerTests`, written and read again.
  private func source(_ change: (inout RecurrentTrainingOptions) -> Void = { _ in }) throws -> (
    network: TrainedNetwork, initial: InitialNetwork
  ) {
    try createDirectories(directory)
    var options = TrainerTests.options(epochs: 8)
    change(&options)
    let network = try TrainerTests.train(TrainerTests.text(), options)
    let path = directory + "/source.safetensors"
    try network.write(to: path)
    return (network, try InitialNetwork(Safetensors(path)))
  }

  /// The text with every id of a word moved by one, and a new word in the place of id 3.
  private func movedText() -> TrainingText {
    let text = TrainerTests.text()
    func moved(_ tokens: [UInt32]) -> [UInt32] { tokens.map { $0 >= 3 ? $0 + 1 : $0 } }
    return TrainingText(
      training: moved(text.training), heldOut: moved(text.heldOut!),
      vocabularyCount: text.vocabularyCount + 1)
  }

  private var movedOrigins: [[Int32]] { (0..<25).map { $0 < 3 ? [$0] : $0 == 3 ? [4, 5] : [$0 - 1] } }

  /// Of the network as it begins.
  private func perplexity(_ event: TrainingEvent) -> Double? {
    guard case .notice(let text) = event, text.hasPrefix("as it begins") else { return nil }
    return text.split(separator: " ").last.flatMap { Double($0) }
  }

  @Test(arguments: [false, true]) func beginsAsGoodAsItsSource(isTied: Bool) throws {
    defer { removeTree(directory) }
    var (network, initial) = try source { $0.sizes.isTied = isTied }
    initial.origins = movedOrigins
    var options = TrainerTests.options(epochs: 1)
    // Nothing is learned at a rate of 0.
    options.rate = 0
    options.sizes = NetworkSizes()
    var began: Double?
    let trainer = try NeuralTrainer(movedText(), options: options, initial: initial)
    #expect(trainer.plan.architecture == (try initial.architecture(vocabularyCount: 25)))
    let result = try trainer.run { event in began = perplexity(event) ?? began }
    let loss = try #require(network.heldOutLoss)
    // The new word takes a share of each distribution.
    #expect(abs(try #require(result.heldOutLoss) - loss) < 0.12)
    #expect(abs(try #require(began) - exponential(try #require(result.heldOutLoss))) < 0.06)
  }

  @Test func rowsOfNewTypesAreMeansAndTheirBiasesCounts() throws {
    defer { removeTree(directory) }
    var (_, initial) = try source()
    initial.origins = movedOrigins
    let text = movedText()
    var counted = text
    counted.training += [UInt32](repeating: 3, count: 4)
    let rows = try NetworkRows(counted, limit: nil, byFrequency: false)
    let values = initial.values(for: rows)
    let file = try Safetensors(directory + "/source.safetensors")
    let size = initial.architecture.hiddenSize
    for name in ["embedding.weight", "output.weight"] {
      let (old, new) = (try file.floats(name), try #require(values[name]))
      for index in 0..<size {
        #expect(new[3 * size + index] == (old[4 * size + index] + old[5 * size + index]) / 2)
        #expect(new[9 * size + index] == old[8 * size + index])
      }
    }
    let old = try file.floats("output.bias")
    let new = try #require(values["output.bias"])
    #expect(new[9] == old[8])
    // On the scale of the others: of two new words the one that is twice as frequent has ln 2 more.
    var twice = counted
    twice.training += [UInt32](repeating: 3, count: 4)
    let other = try NetworkRows(twice, limit: nil, byFrequency: false)
    let more = try #require(initial.values(for: other)["output.bias"])[3] - new[3]
    #expect(abs(more - 0.6931) < 1e-3)
    #expect(values["rnn.weight_hh_l0"] == (try file.floats("rnn.weight_hh_l0")))
  }

  @Test func resumedRunsEndWithTheSameWeightsAndKnowWhatTheyBeganAs() throws {
    defer { removeTree(directory) }
    var (_, initial) = try source()
    initial.origins = movedOrigins
    let path = directory + "/checkpoint.safetensors"
    let options = TrainerTests.options(epochs: 3)
    func train(_ initial: InitialNetwork?, resumes: Bool = false, stopsAfter: Int = .max) throws
      -> TrainedNetwork
    {
      var steps = 0
      return try NeuralTrainer(
        movedText(), options: options, initial: initial, checkpointPath: path, resumes: resumes
      ).run(
        report: { _ in },
        shouldStop: {
          steps += 1
          return steps >= stopsAfter
        })
    }
    let whole = try train(initial)
    let stopped = try train(initial, stopsAfter: 17)
    // What it has learned until then is not thrown away.
    var beginning = options
    beginning.rate = 0
    beginning.length = .epochs(1)
    let began = try NeuralTrainer(movedText(), options: beginning, initial: initial).run { _ in }
    let (learned, first) = (try #require(stopped.heldOutLoss), try #require(began.heldOutLoss))
    #expect(learned < first)
    #expect(throws: Failure.self) { try train(nil, resumes: true) }
    var other = initial
    other.origins[5] = [7]
    #expect(throws: Failure.self) { try train(other, resumes: true) }
    let resumed = try train(initial, resumes: true)
    #expect(resumed.values == whole.values && resumed.heldOutLoss == whole.heldOutLoss)
  }

  /// What it began as is kept where learning makes it worse, and it stops by itself.
  @Test func forgetsNothingForATextThatItLearnsByHeart() throws {
    defer { removeTree(directory) }
    let (network, initial) = try source { $0.length = .epochs(25) }
    var named = initial
    named.origins = (0..<24).map { [$0] }
    var options = TrainerTests.options(epochs: 200)
    options.sizes = NetworkSizes()
    var text = TrainerTests.text()
    // Another rule than that of the held-out text.
    text.training = text.training.prefix(120).map { $0 >= 14 ? 14 + ($0 - 13) % 10 : $0 }
    var notices: [String] = []
    let result = try NeuralTrainer(text, options: options, initial: named).run { event in
      if case .notice(let text) = event { notices.append(text) }
    }
    #expect(abs(try #require(result.heldOutLoss) - (try #require(network.heldOutLoss))) < 1e-3)
    #expect(notices.contains { $0.contains("stopped early") })
  }

  @Test func whatNoOtherCanBeginAsIsRefused() throws {
    defer { removeTree(directory) }
    #expect(throws: Failure.self) { try source { $0.sizes.cutoffs = [8] } }
    let (_, initial) = try source()
    var sizes = NetworkSizes()
    #expect(initial.fits(sizes))
    sizes.hiddenSize = 13
    #expect(!initial.fits(sizes))
    sizes = NetworkSizes()
    sizes.cell = .gru
    #expect(!initial.fits(sizes))
    // Rows that are not there count as none.
    var wild = initial
    wild.origins = (0..<24).map { [$0 % 2 == 0 ? -4 : 900] }
    let rows = try NetworkRows(TrainerTests.text(), limit: nil, byFrequency: false)
    #expect(wild.values(for: rows)["embedding.weight"]?.count == 24 * 12)
  }
}
