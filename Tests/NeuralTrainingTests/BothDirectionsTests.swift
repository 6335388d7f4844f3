import JSON
import LanguageModeling
import Neural
import Platform
import Testing

@testable import NeuralTraining

/// Language models that know what stands on either side of a word.
@Suite struct BothDirectionsTests {
  /// The golden values of NeuralTests/Golden/make_bidirectional_golden.py: a text as one segment.
  @Test(arguments: ["rnn", "gru", "lstm"]) func gradientsArePyTorchs(cell: String) throws {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    func file(_ name: String) throws -> Safetensors {
      try Safetensors("/\(folder)/NeuralTests/Golden/both-\(cell)-\(name).safetensors")
    }
    let (forwardFile, backwardFile) = (try file("forward"), try file("backward"))
    let architecture = try RecurrentArchitecture(metadata: forwardFile.metadata)
    let store = ParameterStore<Float>(architecture.declarations(forgetBias: 0, direction: .both))
    let backwardStore = ParameterStore(RecurrentArchitecture.backwardPrefix, of: store)
    for parameter in architecture.parameters {
      try store.take([parameter.name: forwardFile.floats(parameter.name)])
    }
    for entry in backwardStore.entries {
      try backwardStore.take([entry.name: backwardFile.floats(entry.name)])
    }
    let tokens = try backwardFile.integers("golden.tokens")
    let team = WorkerTeam(count: 2)
    func network(_ store: ParameterStore<Float>, isJoint: Bool) -> Network<Float> {
      Network(
        architecture, streamCount: 1, stepCount: tokens.count, team: team, store: store, isJoint: isJoint)
    }
    let forward = network(store, isJoint: false)
    let text = [2] + tokens + [2]
    _ = forward.loss(Array(text[0..<tokens.count]), targets: tokens)
    let segment = BackwardSegment(
      streamCount: 1, stepCount: tokens.count, warmupCount: 0, token: { text[$1] }, target: { text[$1] })
    let loss = BackwardTraining(network(backwardStore, isJoint: true)).lossAndGradients(
      segment, forward: forward.outputInputs(count: tokens.count), key: 0)
    #expect(abs(loss - Double(try backwardFile.floats("golden.loss")[0])) < 1e-4)
    for entry in backwardStore.entries {
      let wanted = try backwardFile.floats("gradient/" + entry.name, shape: entry.shape)
      let scale = wanted.reduce(0) { max($0, abs($1)) }
      for (index, value) in wanted.enumerated() {
        let found = store.gradients.pointer[entry.offset + index]
        #expect(abs(found - value) <= 1e-4 * scale, "\(entry.name)[\(index)]")
      }
    }
  }

  /// Of noun and verb each tells the other: what is a free choice among ten from the left is none from both sides.
  private static func options(_ cell: RecurrentArchitecture.Cell, epochs: Int = 12)
    -> RecurrentTrainingOptions
  {
    var options = TrainerTests.options(cell, epochs: epochs)
    options.direction = .both
    options.precision = .float32
    return options
  }

  @Test(arguments: [RecurrentArchitecture.Cell.rnn, .gru, .lstm]) func learnsFromBothSides(
    _ cell: RecurrentArchitecture.Cell
  ) throws {
    let text = TrainerTests.text()
    var measured: Double?
    let network = try TrainerTests.train(
      text, Self.options(cell),
      report: { event in
        if case .evaluation(let evaluation) = event { measured = evaluation.heldOutLossInBothDirections }
      })
    let forward = try #require(network.heldOutLoss)
    #expect(forward < 0.8, "\(forward)")
    #expect(try #require(measured) < 0.35, "\(measured ?? 0)")
    let losses = network.losses(of: try #require(text.heldOut), threadCount: 1)
    #expect(abs(losses.forward - forward) < 1e-4)
    #expect(try #require(losses.both) < 0.35)
  }

  /// What training measures is what `BidirectionalModel` computes of the files, with either kind of output.
  @Test(arguments: [true, false]) func theFilesGiveTheMeasuredLoss(isAdaptive: Bool) throws {
    let folder = "/tmp/inkling-both-tests-\(getpid())-\(isAdaptive)"
    try createDirectories(folder)
    defer { removeTree(folder) }
    var options = Self.options(.lstm, epochs: 4)
    if isAdaptive {
      options.sizes.cutoffs = [8]
    } else {
      options.sizes.isTied = true
    }
    let text = TrainerTests.text()
    let network = try TrainerTests.train(text, options)
    try network.write(to: folder + "/recurrent.safetensors")
    try network.writeBackward(to: folder + "/backward.safetensors")
    let model = try BidirectionalModel(
      forward: RecurrentModel(path: folder + "/recurrent.safetensors", precision: .float32),
      backward: MappedFile(folder + "/backward.safetensors"), precision: .float32)
    // Long enough that how a text ends makes no difference.
    let scores = model.score(text.training.map { TokenID(rawValue: $0) })
    let loss = -scores.reduce(0) { $0 + Double($1) } / Double(text.training.count)
    let measured = try #require(network.losses(of: text.training, threadCount: 1).both)
    #expect(abs(loss - measured) < 5e-3, "\(loss) \(measured)")
  }

  @Test func resumedRunsEndWithTheSameWeights() throws {
    let folder = "/tmp/inkling-both-resume-tests-\(getpid())"
    try createDirectories(folder)
    defer { removeTree(folder) }
    let path = folder + "/checkpoint.safetensors"
    let options = Self.options(.gru, epochs: 4)
    let text = TrainerTests.text()
    let whole = try TrainerTests.train(text, options)
    _ = try TrainerTests.train(text, options, checkpoint: path, stopsAfter: 17)
    _ = try TrainerTests.train(text, options, checkpoint: path, resumes: true, stopsAfter: 8)
    let resumed = try TrainerTests.train(text, options, checkpoint: path, resumes: true)
    #expect(resumed.values == whole.values)
    // A run in one direction is another run.
    var other = options
    other.direction = .forward
    #expect(throws: Failure.self) {
      try TrainerTests.train(text, other, checkpoint: path, resumes: true)
    }
  }

  @Test func segmentsMeetAtTheSamePlaces() throws {
    let text = TrainingText(training: (0..<120).map { UInt32(3 + $0) }, heldOut: nil, vocabularyCount: 200)
    let rows = try NetworkRows(text, limit: nil, byFrequency: false)
    var options = RecurrentTrainingOptions()
    options.streamCount = 3
    options.stepCount = 7
    options.unknownProbability = 0
    let source = SegmentSource(rows.stream(text.training), rows: rows, options: options)
    for (index, epoch) in [(0, 0), (2, 0), (source.segmentsPerEpoch - 1, 0), (1, 3)] {
      let (tokens, targets) = source.segment(index, epoch: epoch)
      let backward = source.backwardSegment(index, epoch: epoch)
      let steps = tokens.count / 3
      #expect(backward.warmup.count == 3 * BackwardTraining.warmupCount)
      for step in 0..<steps {
        for stream in 0..<3 {
          let mirrored = (steps - 1 - step) * 3 + stream
          #expect(backward.targets[mirrored] == targets[step * 3 + stream])
          // What is read there is what follows the target.
          if step + 1 < steps { #expect(backward.tokens[mirrored] == targets[(step + 1) * 3 + stream]) }
        }
      }
    }
  }

  @Test func cellsThatSeeAWindowAreRefused() {
    #expect(throws: Failure.self) {
      try TrainerTests.train(TrainerTests.text(), Self.options(.window, epochs: 1))
    }
  }
}
