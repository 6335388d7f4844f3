import Neural

/// The half of a language model in both directions that reads backwards: P(w_t | w_<t, w_>t) by a softmax of
/// tanh(W [h_t−1; g_t+1] + b), where h is the forward network's vector and g that of a network that comes from the end
/// (the two directions of Schuster and Paliwal 1997, joined as in context2vec: Melamud, Goldberger and Dagan 2016).
///
/// The forward network learns nothing from it and stays what it is without. The text comes segment by segment from its
/// beginning, so that this network cannot carry its state on: it reads some tokens behind each segment first.
final class BackwardTraining {
  /// Tokens that are read before the first one that counts.
  static let warmupCount = 32

  let network: Network<Float>

  /// - Parameter network: with a joint output.
  init(_ network: Network<Float>) { self.network = network }

  /// The mean training loss in nats, with its gradients.
  ///
  /// - Parameter forward: the forward network's vectors of the same segment: by step, then stream.
  func lossAndGradients(_ segment: BackwardSegment, forward: [Float], key: UInt64) -> Double {
    begin(segment)
    return network.lossAndGradients(
      segment.tokens, targets: segment.targets, beside: reversed(forward), key: key)
  }

  /// The sum of the losses in nats over the targets that are not negative.
  func loss(_ segment: BackwardSegment, forward: [Float]) -> Double {
    begin(segment)
    return network.loss(segment.tokens, targets: segment.targets, beside: reversed(forward))
  }

  private func begin(_ segment: BackwardSegment) {
    network.resetState()
    let count = network.streamCount * network.stepCount
    for start in stride(from: 0, to: segment.warmup.count, by: count) {
      network.read(Array(segment.warmup[start..<min(start + count, segment.warmup.count)]))
    }
  }

  /// Vectors of a segment, the last step first.
  private func reversed(_ vectors: [Float]) -> [Float] {
    let count = network.streamCount * network.architecture.hiddenSize
    var result: [Float] = []
    result.reserveCapacity(vectors.count)
    for start in stride(from: vectors.count - count, through: 0, by: -count) {
      result += vectors[start..<start + count]
    }
    return result
  }
}

/// What is read and predicted from the end of a segment of streams to its beginning: by step, then stream.
struct BackwardSegment {
  /// Tokens behind the segment, the farthest first.
  var warmup: [Int32]
  var tokens: [Int32]
  /// −1 for none.
  var targets: [Int32]

  /// - Parameters:
  ///   - stepCount: of the forward segment, whose step s predicts the token at place s + 1.
  ///   - token: what is read at a place of a stream, counted from what the forward segment reads first.
  ///   - target: what is predicted there.
  init(
    streamCount: Int, stepCount: Int, warmupCount: Int = BackwardTraining.warmupCount,
    token: (_ stream: Int, _ place: Int) -> Int32, target: (_ stream: Int, _ place: Int) -> Int32
  ) {
    warmup = []
    tokens = []
    targets = []
    for place in stride(from: stepCount + 1 + warmupCount, to: stepCount + 1, by: -1) {
      for stream in 0..<streamCount { warmup.append(token(stream, place)) }
    }
    for place in stride(from: stepCount + 1, to: 1, by: -1) {
      for stream in 0..<streamCount {
        tokens.append(token(stream, place))
        targets.append(target(stream, place - 1))
      }
    }
  }
}
