import Neural
import Platform

/// How fast networks of given sizes train on this machine, on random tokens: whole steps, as in a real run.
package struct TrainingBenchmark: Sendable {
  package struct Result: Sendable {
    package var tokensPerSecond: Double
    /// Of the matrix products of a full softmax's forward and backward pass: 6 a weight and token.
    package var gigaflopsPerSecond: Double
    package var medianStepSeconds: Double
    /// Of the step that took the least processor time: what the machine can do when nothing else runs.
    package var bestGigaflopsPerSecond: Double
    /// The mean training loss of the last step in nats.
    package var loss: Double
    package var matrixProducts: String
  }

  package var architecture: RecurrentArchitecture
  package var streamCount: Int
  package var stepCount: Int
  package var threadCount: Int
  package var usesOneDNN = true
  package var precision = ProductPrecision.float32

  package init(
    _ architecture: RecurrentArchitecture, streamCount: Int, stepCount: Int, threadCount: Int? = nil
  ) {
    self.architecture = architecture
    self.streamCount = streamCount
    self.stepCount = stepCount
    self.threadCount = threadCount ?? WorkerTeam.processorCount
  }

  /// Runs `segmentCount` steps and takes the median of all but the first two.
  package func run(segmentCount: Int = 10) -> Result {
    let network = Network<Float>(
      architecture, streamCount: streamCount, stepCount: stepCount, team: WorkerTeam(count: threadCount),
      forgetBias: 0, usesOneDNN: usesOneDNN, precision: precision)
    network.parameters.initialize(seed: 1)
    let optimizer = Optimizer(
      .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8), store: network.parameters, team: network.team)
    var random = SplitMix64(seed: 2)
    let count = streamCount * stepCount
    // Types at random, rare ones rarely, as an adaptive softmax expects them.
    let types = (0...count).map { _ in
      Int32(min(powered(Double(architecture.vocabularyCount), random.uniform()) - 1, 1e9))
    }
    let clock = ContinuousClock()
    var seconds: [Double] = []
    var processorSeconds: [Double] = []
    var loss = 0.0
    for segment in 0..<max(segmentCount, 3) {
      let processorStart = processorTime()
      let duration = clock.measure {
        network.resetState()
        loss = network.lossAndGradients(
          Array(types.dropLast()), targets: Array(types.dropFirst()), key: UInt64(segment))
        _ = optimizer.update(rate: 1e-3, clipping: Clipping(norm: 5), weightDecay: 0)
      }
      processorSeconds.append(
        (processorTime() - processorStart) / Double(min(threadCount, WorkerTeam.processorCount)))
      seconds.append(Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18)
    }
    let sorted = seconds.dropFirst(2).sorted()
    let least = min(sorted[0], max(processorSeconds.dropFirst(2).min()!, 1e-6))
    let median = sorted[sorted.count / 2]
    let weights = architecture.parameters.filter { $0.shape.count == 2 && $0.name != "embedding.weight" }
      .reduce(architecture.isTied ? architecture.vocabularyCount * architecture.embeddingSize : 0) {
        $0 + $1.count
      }
    let gigaflops = 6 * Double(weights * count) / 1e9
    return Result(
      tokensPerSecond: Double(count) / median, gigaflopsPerSecond: gigaflops / median,
      medianStepSeconds: median, bestGigaflopsPerSecond: gigaflops / least, loss: loss,
      matrixProducts: matrixProductsName(usesOneDNN: usesOneDNN, precision: precision))
  }
}

extension TrainingBenchmark {
  /// Where runs cut an adaptive softmax over so many types, unless told otherwise.
  package static func cutoffs(vocabularyCount: Int) -> [Int] { TrainingPlanner.cutoffs(vocabularyCount) }
}

/// Seconds that this process has spent on processors, all threads together.
private func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
