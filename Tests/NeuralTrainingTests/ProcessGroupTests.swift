import Neural
import Platform
import Synchronization
import Testing

@testable import NeuralTraining

/// Runs of several processes, here threads, on the texts of `TrainerTests`.
@Suite struct ProcessGroupTests {
  private static func train(
    _ count: Int, _ options: RecurrentTrainingOptions, every stepCount: Int, rate: Double = 0.7,
    momentum: Double? = nil, checkpoint: String? = nil, resumes: Bool = false, stopsAfter: Int = .max
  ) throws -> [TrainedNetwork] {
    try TrainerTests.train(
      count, options, checkpoint: checkpoint, resumes: resumes, stopsAfter: stopsAfter
    ) { .weights(OuterAveraging($0, stepCount: stepCount, rate: rate, momentum: momentum)) }
  }

  /// The mean of what two halves of a batch move the weights to is what the batch moves them to.
  @Test func plainMeansAfterEveryStepAreOneProcess() throws {
    var options = TrainerTests.options(epochs: 3)
    options.method = .sgd(momentum: 0)
    options.rate = 0.2
    options.clipping = Clipping(norm: 0)
    options.regularization = Regularization()
    let one = try TrainerTests.train(TrainerTests.text(), options)
    let two = try Self.train(2, options, every: 1, rate: 1, momentum: 0)
    #expect(two[0].values == two[1].values)
    for (first, second) in zip(one.values, two[0].values) { #expect(abs(first - second) < 2e-5) }
    let (loss, other) = (try #require(one.heldOutLoss), try #require(two[0].heldOutLoss))
    #expect(abs(loss - other) < 1e-4)
  }

  @Test(arguments: [2, 3]) func processesLearnARule(_ count: Int) throws {
    let networks = try Self.train(count, TrainerTests.options(epochs: 24), every: 10)
    let loss = try #require(networks[0].heldOutLoss)
    #expect(loss < 0.85, "\(loss)")
    for network in networks { #expect(network.values == networks[0].values) }
  }

  @Test func stoppedRunsGoOnToTheSameWeights() throws {
    let path = "/tmp/inkling-group-tests-\(getpid()).checkpoint"
    defer { unlink(path) }
    let options = TrainerTests.options(epochs: 5)
    let whole = try Self.train(2, options, every: 7)
    _ = try Self.train(2, options, every: 7, checkpoint: path, stopsAfter: 4)
    let resumed = try Self.train(2, options, every: 7, checkpoint: path, resumes: true)
    #expect(resumed[0].values == whole[0].values)
    // Fewer processes can go on, too; other outer steps are another run.
    let alone = try Self.train(1, options, every: 7, checkpoint: path, resumes: true)
    #expect(try #require(alone[0].heldOutLoss) < 1.5)
    #expect(throws: Failure.self) {
      try Self.train(2, options, every: 8, checkpoint: path, resumes: true)
    }
  }

  /// A loss that explodes in one process takes all of them back, to one state.
  @Test func allGoBackTogether() throws {
    var options = TrainerTests.options(epochs: 12)
    options.method = .sgd(momentum: 0.9)
    options.rate = 6
    options.clipping = Clipping(norm: 0)
    let returns = Mutex(0)
    let networks = try ThreadGroup.run(2) { [options] group in
      try NeuralTrainer(
        TrainerTests.text(), options: options, sharing: .weights(OuterAveraging(group, stepCount: 5))
      ).run { event in
        if case .notice(let text) = event, text.contains("back to the last good") {
          returns.withLock { $0 += 1 }
        }
      }
    }.map { try $0.get() }
    #expect(returns.withLock { $0 } > 0)
    #expect(networks[0].values == networks[1].values)
    for value in networks[0].values { #expect(value.isFinite) }
    #expect(try #require(networks[0].heldOutLoss) < 3.2)
  }

  @Test func whatWouldLearnAnotherNetworkIsRefused() throws {
    for change: @Sendable (inout RecurrentTrainingOptions) -> Void in [
      { $0.sizes.hiddenSize = 24 }, { $0.length = .epochs(9) }, { $0.patience = 3 },
    ] {
      let results = try ThreadGroup.run(2) { group in
        var options = TrainerTests.options()
        if group.index == 1 { change(&options) }
        _ = try NeuralTrainer(
          TrainerTests.text(), options: options, sharing: .weights(OuterAveraging(group, stepCount: 5)))
      }
      for result in results { #expect(throws: Failure.self) { try result.get() } }
    }
  }

  @Test func whatHasReadOtherTextIsRefused() throws {
    let results = try ThreadGroup.run(2) { group in
      let text = TrainerTests.text(sentences: 250 + group.index)
      _ = try NeuralTrainer(
        text, options: TrainerTests.options(), sharing: .weights(OuterAveraging(group, stepCount: 5)))
    }
    for result in results { #expect(throws: Failure.self) { try result.get() } }
    var timed = TrainerTests.options()
    timed.length = .seconds(5)
    let other = try ThreadGroup.run(1) { [timed] group in
      _ = try NeuralTrainer(
        TrainerTests.text(), options: timed, sharing: .weights(OuterAveraging(group, stepCount: 5)))
    }
    #expect(throws: Failure.self) { try other[0].get() }
  }
}
