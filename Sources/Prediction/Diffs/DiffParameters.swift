import Platform

/// What is fitted of `DiffWeights`: logits of the places, logarithms of the contexts' weights, the logit of `following`, the
/// gate, and what weighs that which is recalled.
struct DiffParameters {
  var values: [Double]
  private static let placeCount = DiffDistribution.placeCount
  private static let followingPlace = placeCount + DiffText.Context.allCases.count
  private static let gatePlace = followingPlace + 1
  private static let recallPlace = gatePlace + DiffFeatures.count
  private static let recallCount = RecalledMessages.Context.allCases.count
  private static let count = recallPlace + recallCount * DiffFeatures.recallCount
  static let zero = DiffParameters(values: [Double](repeating: 0, count: count))

  private init(values: [Double]) { self.values = values }

  init(_ weights: DiffWeights) {
    values = weights.places.map { log(Double(max($0, 1e-4))) }
    values += weights.contexts.map { log(Double(max($0, 1e-4))) }
    values.append(log(Double(weights.following / (1 - weights.following))))
    values += weights.gate.map(Double.init)
    values += weights.recall.joined().map(Double.init)
  }

  func weights(like other: DiffWeights) -> DiffWeights {
    var result = other
    let places = values.prefix(Self.placeCount).map { exp($0) }
    let sum = places.reduce(0, +)
    result.places = places.map { Float($0 / sum) }
    result.following = Float(min(0.99, 1 / (1 + exp(-values[Self.followingPlace]))))
    result.contexts = values[Self.placeCount..<Self.followingPlace].map { Float(min(1e3, exp($0))) }
    func bounded(_ start: Int, _ count: Int) -> [Float] {
      values[start..<start + count].map { Float(max(-50, min(50, $0))) }
    }
    result.gate = bounded(Self.gatePlace, DiffFeatures.count)
    result.recall = (0..<Self.recallCount).map {
      bounded(Self.recallPlace + $0 * DiffFeatures.recallCount, DiffFeatures.recallCount)
    }
    return result
  }

  /// Adds the gradient of log((S + Σ z R) / (1 + Σ z)), S = (1 − λ) base + λ D and
  /// D = (1 − f) (Σ αₚ Pₚ + Σ c Q) / (1 + Σ c) + f F.
  func addGradient(of row: DiffRow, to gradient: inout DiffParameters) {
    var logit = 0.0
    for index in 0..<DiffFeatures.count { logit += values[Self.gatePlace + index] * row.features[index] }
    let share = 1 / (1 + exp(-logit))
    var weights = [Double](repeating: 0, count: Self.placeCount)
    var sum = 0.0
    for place in weights.indices where row.byPlace[place] >= 0 {
      weights[place] = exp(values[place])
      sum += weights[place]
    }
    var places = 0.0
    for place in weights.indices where row.byPlace[place] >= 0 {
      weights[place] /= sum
      places += weights[place] * row.byPlace[place]
    }
    let contexts = row.byContext.indices.map {
      row.byContext[$0] < 0 ? 0 : exp(values[Self.placeCount + $0])
    }
    let whole = 1 + contexts.reduce(0, +)
    let mean = zip(contexts, row.byContext).reduce(places) { $0 + $1.0 * $1.1 } / whole
    let following = row.following == nil ? 0 : 1 / (1 + exp(-values[Self.followingPlace]))
    let diff = (1 - following) * mean + following * (row.following ?? 0)
    // Both times 1 + Σ z.
    let total = addRecallGradient(of: row, beside: (1 - share) * row.base + share * diff, to: &gradient)
    let byMean = share / total * (1 - following)
    for place in weights.indices where row.byPlace[place] >= 0 {
      gradient.values[place] += byMean * weights[place] * (row.byPlace[place] - places) / whole
    }
    for (place, weight) in contexts.enumerated() where row.byContext[place] >= 0 {
      gradient.values[Self.placeCount + place] += byMean * weight * (row.byContext[place] - mean) / whole
    }
    if let next = row.following {
      gradient.values[Self.followingPlace] += share / total * following * (1 - following) * (next - mean)
    }
    let byLogit = (diff - row.base) / total * share * (1 - share)
    for index in 0..<DiffFeatures.count {
      gradient.values[Self.gatePlace + index] += byLogit * row.features[index]
    }
  }

  /// - Parameter probability: S.
  /// - Returns: S + Σ z R.
  private func addRecallGradient(
    of row: DiffRow, beside probability: Double, to gradient: inout DiffParameters
  ) -> Double {
    var (sum, total) = (1.0, max(probability, 1e-300))
    var weights = [Double](repeating: 0, count: row.recalled.count)
    for (context, value) in row.recalled.enumerated() where value >= 0 {
      let first = Self.recallPlace + context * DiffFeatures.recallCount
      var logit = 0.0
      for (index, feature) in row.features.enumerated() { logit += values[first + index] * feature }
      weights[context] = exp(max(-20, min(Double(DiffWeights.recallLimit), logit)))
      sum += weights[context]
      total += weights[context] * value
    }
    for (context, value) in row.recalled.enumerated() where value >= 0 {
      let first = Self.recallPlace + context * DiffFeatures.recallCount
      let byLogit = weights[context] * (value / total - 1 / sum)
      for (index, feature) in row.features.enumerated() {
        gradient.values[first + index] += byLogit * feature
      }
    }
    return total
  }
}
