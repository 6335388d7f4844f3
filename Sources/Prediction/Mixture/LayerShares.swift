import Platform

/// How much of the mixture a model and its layers have at a position.
///
/// λ is in proportion to what the text so far says of each (`LayerEvidence`), and to how much of the last tokens each has
/// seen in a row: the odds of a layer against the model are those of the evidence, times a constant of the two orders that
/// matched.
enum LayerShares {
  /// Evidence of so many tokens is taken for granted, in equal parts.
  private static let priorTokenCount: Float = 60
  /// ln of the odds for each token more that a layer has matched than the model.
  private static let oddsPerToken: Float = 0.5
  /// Below this share a layer is not asked: it costs as much as any other.
  private static let leastShare: Float = 0.004
  private static let greatestOrder: Int32 = 4

  /// λ of the model in lane 0, of the layers behind it.
  ///
  /// - Parameters:
  ///   - matchedCounts: by the same lanes, how many of the last tokens each has seen in a row.
  ///   - isOn: 0 for those that are left out.
  static func shares(
    _ evidence: LayerEvidence, matchedCounts: SIMD8<Int32>, isOn: SIMD8<Int32>, layerCount: Int
  ) -> SIMD8<Float> {
    let prior = SIMD8<Float>(repeating: priorTokenCount / Float(layerCount + 1))
    let known = SIMD8<Float>(evidence.shares) * (1 / 256) + prior
    var odds = SIMD8<Float>()
    for place in 0...layerCount where isOn[place] != 0 {
      odds[place] =
        max(known[place], 0) * expf(oddsPerToken * Float(min(matchedCounts[place], greatestOrder)))
    }
    let least = leastShare * odds.sum()
    for place in 1...layerCount where odds[place] < least { odds[place] = 0 }
    return odds * (1 / max(odds.sum(), .leastNormalMagnitude))
  }
}
