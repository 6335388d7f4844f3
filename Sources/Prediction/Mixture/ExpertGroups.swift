import Platform

/// Which group each expert of an engine belongs to, those of the layers included.
struct ExpertGroups {
  /// By expert.
  private let groups: [ExpertGroup]
  /// By group, its experts, a bit each.
  private let masks: [UInt64]

  /// - Parameter layerCount: the layers' experts follow those of the layout.
  init(layerCount: Int) {
    var groups = [ExpertGroup](repeating: .ngrams, count: Gate.expertStride)
    for (component, placement) in zip(MixtureLayout.components, MixtureLayout.placements) {
      for (place, expert) in placement.experts.enumerated() {
        groups[expert] = component.group(ofExpertAt: place)
      }
    }
    for _ in 0..<layerCount {
      groups.append(.layerNGrams)
      groups += [ExpertGroup](repeating: .layerContexts, count: LayerExperts.expertCount - 1)
    }
    var masks = [UInt64](repeating: 0, count: ExpertGroup.allCases.count)
    for (expert, group) in groups.enumerated() { masks[group.rawValue] |= 1 << UInt64(expert) }
    self.groups = groups
    self.masks = masks
  }

  /// Changes weights whose sum is 1, and leaves it 1.
  func apply(_ adaptation: WeightAdaptation, to weights: UnsafeMutablePointer<Float>) {
    let factors = adaptation.factors
    var sum: Float = 0
    for (expert, group) in groups.enumerated() {
      weights[expert] *= factors[group.rawValue]
      sum += weights[expert]
    }
    guard sum > 0 else { return }
    for expert in groups.indices { weights[expert] /= sum }
  }

  /// The weight of each group's experts together.
  func sums(_ weights: UnsafePointer<Float>) -> SIMD16<Float> {
    var sums = SIMD16<Float>()
    for (expert, group) in groups.enumerated() { sums[group.rawValue] += weights[expert] }
    return sums
  }

  /// Calls `body` with each group of which some of the experts are among those given, and these.
  func forEach(among experts: UInt64, _ body: (ExpertGroup, UInt64) -> Void) {
    for group in ExpertGroup.allCases where masks[group.rawValue] & experts != 0 {
      body(group, masks[group.rawValue] & experts)
    }
  }
}
