import Platform

/// Weights where no model has any: the more of the context an expert has matched, the more often it has been seen and
/// the surer it is of one successor, the more it counts.
enum StandardGate {
  static func weigh(_ input: borrowing GateInput, weights: UnsafeMutablePointer<Float>) {
    var sum: Float = 0
    for expert in 0..<Gate.expertStride { weights[expert] = 0 }
    for (component, placement) in zip(MixtureLayout.components, MixtureLayout.placements) {
      for (place, expert) in placement.experts.enumerated() where input.isActive[expert] {
        weights[expert] = expf(
          component.standardLogit(place, input, firstFeature: placement.features.lowerBound))
        sum += weights[expert]
      }
    }
    for expert in 0..<MixtureLayout.expertCount { weights[expert] /= sum }
  }
}
