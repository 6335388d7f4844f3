import Neural
import Platform
import Testing

@testable import NeuralTraining

/// Runs whose every step is one of several processes, here threads: what comes out is what one process learns.
@Suite struct SharedGradientsTests {
  private static func train(
    _ count: Int, _ options: RecurrentTrainingOptions, checkpoint: String? = nil, resumes: Bool = false,
    stopsAfter: Int = .max
  ) throws -> [TrainedNetwork] {
    try TrainerTests.train(
      count, options, checkpoint: checkpoint, resumes: resumes, stopsAfter: stopsAfter
    ) { .gradients($0) }
  }

  private static func expectEqual(_ network: TrainedNetwork, _ other: TrainedNetwork, within limit: Float) {
    #expect(network.values.count == other.values.count)
    let difference = zip(network.values, other.values).map { abs($0 - $1) }.max() ?? .infinity
    #expect(difference < limit, "\(difference)")
  }

  /// What differs in what travels between processes, and in what is drawn at random.
  enum Variant: CaseIterable, Sendable {
    case plain, tied, adaptive, sampled, sampledAndTied, variational, bothDirections, averaged

    var options: RecurrentTrainingOptions {
      var options = TrainerTests.options(epochs: 2)
      options.rate = 0.01
      // In bfloat16 sums in another order are further apart than what these tests would find.
      options.precision = .float32
      switch self {
      case .plain: break
      case .tied: options.sizes.isTied = true
      case .adaptive:
        options.sizes.isAdaptive = true
        options.sizes.cutoffs = [6, 12]
      case .sampled: options.sampled = SampledTraining(objective: .noiseContrastive, sampleCount: 6)
      case .sampledAndTied:
        options.sampled = SampledTraining(objective: .blackOut, sampleCount: 6)
        options.sizes.isTied = true
      case .variational:
        options.regularization = Regularization(dropout: 0.3)
        options.regularization?.isVariational = true
        options.regularization?.embeddingDropout = 0.2
        options.regularization?.weightDrop = 0.2
      case .bothDirections: options.direction = .both
      case .averaged:
        options.method = .averagedSGD
        options.rate = 0.5
      }
      return options
    }
  }

  @Test(arguments: Variant.allCases, [2, 3]) func processesLearnWhatOneDoes(
    _ variant: Variant, _ count: Int
  ) throws {
    let options = variant.options
    let one = try TrainerTests.train(TrainerTests.text(), options)
    let several = try Self.train(count, options)
    for network in several {
      Self.expectEqual(network, one, within: 1e-5)
      #expect(network.values == several[0].values)
    }
    let (loss, other) = (try #require(one.heldOutLoss), try #require(several[0].heldOutLoss))
    #expect(abs(loss - other) < 1e-5)
  }

  /// What one number of processes has begun, another one goes on with, and so does one process by itself.
  @Test func otherNumbersOfProcessesGoOn() throws {
    let path = "/tmp/inkling-shared-tests-\(getpid()).checkpoint"
    defer { unlink(path) }
    var options = TrainerTests.options(epochs: 3)
    options.precision = .float32
    options.rate = 0.01
    let whole = try TrainerTests.train(TrainerTests.text(), options)
    _ = try Self.train(3, options, checkpoint: path, stopsAfter: 11)
    let resumed = try Self.train(2, options, checkpoint: path, resumes: true, stopsAfter: 20)
    #expect(resumed[0].values == resumed[1].values)
    let alone = try TrainerTests.train(TrainerTests.text(), options, checkpoint: path, resumes: true)
    Self.expectEqual(alone, whole, within: 1e-5)
  }

  @Test func processesWithOtherOptionsAreRefused() throws {
    let results = try ThreadGroup.run(2) { group in
      var options = TrainerTests.options()
      options.length = .epochs(3 + group.index)
      _ = try NeuralTrainer(TrainerTests.text(), options: options, sharing: .gradients(group))
    }
    for result in results { #expect(throws: Failure.self) { try result.get() } }
  }
}
