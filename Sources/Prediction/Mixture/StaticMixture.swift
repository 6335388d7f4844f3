import LanguageModeling
import NGrams
import Neural
import Platform

/// The n-gram model and the network of a model directory, mixed with one weight: P = λ·P_network + (1 − λ)·P_n-gram.
///
/// What can be said of token files whose lines are sentences, where there is no document whose own words could count.
public struct StaticMixture {
  public let ngrams: NGramModel
  public let network: RecurrentModel
  /// Types of the n-gram model that are `<unk>` to the network, `<unk>` itself among them.
  private let unknownTypeCount: Int

  public init(ngrams: NGramModel, network: RecurrentModel) {
    self.ngrams = ngrams
    self.network = network
    var known = 0
    for id in 0..<ngrams.vocabularyCount where TokenID(id) != .unknown && network.knows(TokenID(id)) {
      known += 1
    }
    unknownTypeCount = max(1, ngrams.vocabularyCount - known)
  }

  /// ln P of each token of a stream by both models.
  public struct Scores {
    public var ngrams: [Float] = []
    public var network: [Float] = []

    public init(ngrams: [Float] = [], network: [Float] = []) {
      self.ngrams = ngrams
      self.network = network
    }

    /// ln P of token `index` with the network's weight λ.
    public func mixed(_ index: Int, weight: Double) -> Float {
      Float(log(weight * exp(Double(network[index])) + (1 - weight) * exp(Double(ngrams[index]))))
    }
  }

  /// Scores sequences that follow each other: to the n-grams each stands between `<s>` and `</s>`, to the network all are
  /// one stream in which `</s>` divides them.
  ///
  /// - Parameter stream: every sequence ended by `</s>`.
  public func score(_ stream: [TokenID]) -> Scores {
    var state = network.emptyState
    network.step(.sentenceEnd, &state)
    var scores = Scores(network: network.score(stream, after: &state).logProbabilities)
    scores.ngrams.reserveCapacity(stream.count)
    var before = ngrams.sentenceStartState
    var next = before
    for (index, token) in stream.enumerated() {
      scores.ngrams.append(ngrams.logProbability(of: token, after: before, next: &next))
      before = token == .sentenceEnd ? ngrams.sentenceStartState : next
      scores.network[index] -= spread(of: token)
    }
    return scores
  }

  /// What a token that the network does not know has less of the logarithm than the network's `<unk>`, which stands for all
  /// types that it does not know, in equal parts; 0 for the others.
  public func spread(of token: TokenID) -> Float {
    token == .unknown || !network.knows(token) ? Float(log(Double(unknownTypeCount))) : 0
  }

  /// The weight of the network under which a stream is the most probable: expectation-maximisation, which finds the one
  /// maximum.
  public static func fitWeight(_ scores: Scores) -> Double {
    var weight = 0.5
    guard !scores.network.isEmpty else { return weight }
    for _ in 0..<50 {
      var sum = 0.0
      for index in scores.network.indices {
        let network = weight * exp(Double(scores.network[index]))
        let other = (1 - weight) * exp(Double(scores.ngrams[index]))
        if network + other > 0 { sum += network / (network + other) } else { sum += weight }
      }
      let next = min(max(sum / Double(scores.network.count), 1e-6), 1 - 1e-6)
      if abs(next - weight) < 1e-6 { return next }
      weight = next
    }
    return weight
  }
}
