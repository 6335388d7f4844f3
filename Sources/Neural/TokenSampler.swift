import LanguageModeling
import Platform

/// Draws a token from a list of successors: temperature, then the most probable k, then the smallest set of the most
/// probable with probability p (Holtzman et al. 2020). The same seed gives the same draws.
public struct TokenSampler: Sendable {
  private let temperature: Double
  private let topK: Int
  private let topP: Double
  private var random: SplitMix64

  /// - Parameters:
  ///   - temperature: 0 always takes the most probable.
  ///   - topK: 0 for all.
  ///   - topP: 1 for all.
  public init(temperature: Double, topK: Int, topP: Double, seed: UInt64) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    random = SplitMix64(seed: seed)
  }

  /// One of the successors, which stand in descending order of probability; nil if there are none.
  public mutating func sample(_ successors: [Successor]) -> TokenID? {
    guard let first = successors.first else { return nil }
    if temperature == 0 { return first.token }
    let kept = topK > 0 ? successors.prefix(topK) : successors[...]
    var weights = kept.map { exp(Double($0.logProbability - first.logProbability) / temperature) }
    let all = weights.reduce(0, +)
    var sum = 0.0
    var count = 0
    while count < weights.count && (count == 0 || sum < topP * all) {
      sum += weights[count]
      count += 1
    }
    weights.removeLast(weights.count - count)
    var draw = random.uniform() * sum
    for (index, weight) in weights.enumerated() {
      draw -= weight
      if draw < 0 { return kept[index].token }
    }
    return kept[count - 1].token
  }
}
