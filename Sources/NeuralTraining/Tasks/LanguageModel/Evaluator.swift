import Neural

/// The exact loss of a text, read in several streams at once.
///
/// Every stream but the first begins some tokens early, so that its state is what it would be had the stream read the
/// whole text; those tokens are not counted. What reads backwards begins as many tokens behind each segment.
final class Evaluator {
  private static let warmupCount = 200
  private static let stepCount = 64
  private static let backwardWarmupCount = 64
  private let network: Network<Float>
  /// Nil with one direction.
  private let backward: BackwardTraining?
  private let stream: [Int32]
  private let streamCount: Int
  private let stride: Int
  private let warmup: Int
  var tokenCount: Int { stream.count - 1 }

  /// - Parameters:
  ///   - store: of the direction's parameters.
  ///   - stream: rows behind a first `</s>`.
  init(
    _ architecture: RecurrentArchitecture, store: ParameterStore<Float>,
    direction: ReadingDirection = .forward, team: WorkerTeam, stream: [Int32],
    precision: ProductPrecision = .float32
  ) {
    self.stream = stream
    let count = stream.count - 1
    let isLong = count >= 20 * Self.warmupCount
    let streamCount = isLong ? max(8, team.count) : 1
    self.streamCount = streamCount
    warmup = isLong ? Self.warmupCount : 0
    stride = (count - warmup + streamCount - 1) / streamCount
    func makeNetwork(_ store: ParameterStore<Float>, isJoint: Bool) -> Network<Float> {
      Network(
        architecture, streamCount: streamCount, stepCount: Self.stepCount, team: team,
        precision: precision, logitByteLimit: 64 << 20, store: store, isJoint: isJoint)
    }
    network = makeNetwork(store, isJoint: false)
    backward =
      direction == .both
      ? BackwardTraining(
        makeNetwork(ParameterStore(RecurrentArchitecture.backwardPrefix, of: store), isJoint: true)) : nil
  }

  /// Nats a token, the text before each known.
  func meanLoss() -> Double { measure(backward: nil).forward }

  /// Nats a token with the text before it known, and with all of the others; nil with one direction.
  func meanLosses() -> (forward: Double, both: Double?) { measure(backward: backward) }

  private func measure(backward: BackwardTraining?) -> (forward: Double, both: Double?) {
    let count = tokenCount
    guard count > 0 else { return (0, backward == nil ? nil : 0) }
    network.resetState()
    var total = 0.0
    var totalOfBoth = 0.0
    for first in Swift.stride(from: 0, to: stride + warmup, by: Self.stepCount) {
      let steps = min(Self.stepCount, stride + warmup - first)
      var tokens = [Int32](repeating: stream[0], count: steps * streamCount)
      var targets = [Int32](repeating: -1, count: steps * streamCount)
      for step in 0..<steps {
        for index in 0..<streamCount {
          let position = index * stride + first + step
          guard position < count else { continue }
          tokens[step * streamCount + index] = stream[position]
          targets[step * streamCount + index] = target(index, first + step)
        }
      }
      total += network.loss(tokens, targets: targets)
      guard let backward else { continue }
      let segment = BackwardSegment(
        streamCount: streamCount, stepCount: steps, warmupCount: Self.backwardWarmupCount,
        token: { index, place in
          let position = index * stride + first + place
          return position < stream.count ? stream[position] : stream[0]
        },
        target: { index, place in target(index, first + place - 1) })
      totalOfBoth += backward.loss(segment, forward: network.outputInputs(count: tokens.count))
    }
    return (total / Double(count), backward == nil ? nil : totalOfBoth / Double(count))
  }

  /// What a stream predicts at a step; −1 where that is not counted.
  private func target(_ index: Int, _ step: Int) -> Int32 {
    let position = index * stride + step
    return position < tokenCount && (index == 0 || step >= warmup) ? stream[position + 1] : -1
  }
}
