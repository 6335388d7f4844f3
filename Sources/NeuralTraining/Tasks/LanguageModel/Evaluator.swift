import Neural

/// The exact loss of a text, read in several streams at once.
///
/// Every stream but the first begins some tokens early, so that its state is what it would be had the stream read the
/// whole text; those tokens are not counted.
final class Evaluator {
  private static let warmupCount = 200
  private let network: Network<Float>
  private let stream: [Int32]
  private let streamCount: Int
  private let stride: Int
  private let warmup: Int
  var tokenCount: Int { stream.count - 1 }

  /// - Parameter stream: rows behind a first `</s>`.
  init(_ architecture: RecurrentArchitecture, store: ParameterStore<Float>, team: WorkerTeam, stream: [Int32])
  {
    self.stream = stream
    let count = stream.count - 1
    let isLong = count >= 20 * Self.warmupCount
    streamCount = isLong ? max(8, team.count) : 1
    warmup = isLong ? Self.warmupCount : 0
    stride = (count - warmup + streamCount - 1) / streamCount
    network = Network(
      architecture, streamCount: streamCount, stepCount: 64, team: team, logitByteLimit: 64 << 20,
      store: store)
  }

  /// Nats a token.
  func meanLoss() -> Double {
    let count = tokenCount
    guard count > 0 else { return 0 }
    network.resetState()
    var total = 0.0
    for first in Swift.stride(from: 0, to: stride + warmup, by: network.stepCount) {
      let steps = min(network.stepCount, stride + warmup - first)
      var tokens = [Int32](repeating: stream[0], count: steps * streamCount)
      var targets = [Int32](repeating: -1, count: steps * streamCount)
      for step in 0..<steps {
        for index in 0..<streamCount {
          let position = index * stride + first + step
          guard position < count else { continue }
          tokens[step * streamCount + index] = stream[position]
          if index == 0 || first + step >= warmup {
            targets[step * streamCount + index] = stream[position + 1]
          }
        }
      }
      total += network.loss(tokens, targets: targets)
    }
    return total / Double(count)
  }
}
