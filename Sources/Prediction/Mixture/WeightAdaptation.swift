import Platform

/// Experts that a document trusts more or less than the gate does together.
enum ExpertGroup: Int, CaseIterable, Sendable {
  case ngrams, contexts, spelling
  /// The document's own words by how often they occur, behind few tokens and behind many, and behind abstracted contexts.
  case frequencies, shortContexts, longContexts, abstractedContexts
  case neighbours
  /// Its last words, and what came last behind the same tokens.
  case lastWords, lastSuccessors
  case network
  /// Those of all layers below the model.
  case layerNGrams, layerContexts
}

/// How much more, or less, than the gate a document trusts each group of experts: what its tokens so far have said.
///
/// Weight wₑ becomes wₑ · exp(b_g) / Σ, which is a bias on the gate's logits that a group has in common. Each token that is
/// read takes a step of gradient descent on its surprisal: with w_g the weight of a group's experts and r_g the part of the
/// token's probability that comes from them, −∂(−ln P)/∂b_g = r_g − w_g. Biases fall back towards 0, so that a text of
/// some thousand tokens earlier says nothing any more.
struct WeightAdaptation: Hashable, BitwiseCopyable, Sendable {
  /// b, by group.
  private(set) var biases = SIMD16<Float>()

  /// The step, in nats; found with `decay` on held-out files of nine packages of Python (docs/evaluate.md).
  private static let rate: Float = 0.1
  /// What a token leaves of the biases.
  private static let decay: Float = 0.999

  /// No bias goes beyond this either way, in nats.
  private static let limit: Float = 2

  var isNeutral: Bool { biases == SIMD16() }

  /// exp(b), by group.
  var factors: SIMD16<Float> {
    var factors = SIMD16<Float>(repeating: 1)
    for group in ExpertGroup.allCases { factors[group.rawValue] = expf(biases[group.rawValue]) }
    return factors
  }

  /// Learns from a token.
  ///
  /// - Parameters:
  ///   - weights: w, by group.
  ///   - shares: what each group gives to the token, weighed: Σ wₑ·Pₑ.
  mutating func learn(weights: SIMD16<Float>, shares: SIMD16<Float>) {
    let (weight, probability) = (weights.sum(), shares.sum())
    biases *= Self.decay
    // What nobody foretells at all says nothing of any.
    guard weight > 0, probability > .leastNormalMagnitude, probability.isFinite else { return }
    biases += Self.rate * (shares / probability - weights / weight)
    biases.clamp(lowerBound: SIMD16(repeating: -Self.limit), upperBound: SIMD16(repeating: Self.limit))
  }
}
