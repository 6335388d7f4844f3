/// What one position shows the gate.
struct GateInput {
  var features: [Float]
  /// Rows of the three tables, from the last token back.
  var rows: (Int, Int, Int) = (15, 15, 15)
  /// Whether an expert has something to say.
  var isActive: [Bool]

  init(featureCount: Int, expertCount: Int) {
    features = [Float](repeating: 0, count: featureCount)
    isActive = [Bool](repeating: false, count: expertCount)
  }

  /// Shows nothing of a component.
  mutating func hide(_ placement: ComponentPlacement) {
    for feature in placement.features { features[feature] = 0 }
    for expert in placement.experts { isActive[expert] = false }
  }
}
