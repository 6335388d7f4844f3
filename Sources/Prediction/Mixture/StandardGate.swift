import Platform

/// Weights where no model has any: the more of the context an expert has matched, the more often it has been seen and
/// the surer it is of one successor, the more it counts.
enum StandardGate {
  /// By place in `ContextKind.dynamic`: what a match is worth before anything else is known.
  private static let documentBias: [Float] = [-2, -0.6, 1, 1.8, 2.4, 2.8, 3.2, -1.2, 1, -1.5]
  private static let recencyBias: [Float] = [-1, -1.2, -1.2, 1.2]
  private static let trainedBias: [Float] = [0.2, 0.6, 0, 0, 0]

  static func weigh(_ input: borrowing Gate.Input, weights: UnsafeMutablePointer<Float>) {
    var sum: Float = 0
    for expert in 0..<Gate.expertStride { weights[expert] = 0 }
    for expert in 0..<Expert.count where input.isActive[expert] {
      weights[expert] = expf(logit(expert, input))
      sum += weights[expert]
    }
    for expert in 0..<Expert.count { weights[expert] /= sum }
  }

  private static func logit(_ expert: Int, _ input: borrowing Gate.Input) -> Float {
    if expert == Expert.ngram { return 1.5 }
    if expert == Expert.spelling { return -1.5 }
    if expert == Expert.recurrent { return 2 }
    let offset = Feature.expert(expert)
    let confidence = 1.5 * input.features[offset + 1] + 0.8 * input.features[offset]
    switch expert {
    case Expert.trained: return trainedBias[expert - Expert.trained.lowerBound] + confidence
    case Expert.document: return documentBias[expert - Expert.document.lowerBound] + confidence
    case Expert.neighbours: return documentBias[expert - Expert.neighbours.lowerBound] + confidence - 0.3
    default: return recencyBias[expert - Expert.recency.lowerBound] + confidence
    }
  }
}
