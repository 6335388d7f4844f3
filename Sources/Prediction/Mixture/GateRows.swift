import Platform

/// Positions of held-out text: what the gate sees of each, and what each expert gave the token that came.
struct GateRows {
  /// Numbers a row: features, then experts; −1 for an expert that had nothing to say.
  static let stride = Feature.count + Expert.count

  private(set) var values: [Float] = []
  private(set) var tableRows: [(UInt8, UInt8, UInt8)] = []

  var count: Int { tableRows.count }

  /// - Parameter spelled: P of the token's spelling, where nothing but that gives it any; else 0.
  mutating func append(_ engine: MixtureEngine, token: UInt32, spelled: Float) {
    values.append(contentsOf: engine.input.features)
    for expert in 0..<Expert.count {
      if expert == Expert.spelling {
        values.append(spelled)
      } else if engine.input.isActive[expert] {
        var probability = engine.probability(of: token, expert: expert)
        if expert == Expert.recurrent { probability += engine.recurrentUnknownProbability * spelled }
        values.append(probability)
      } else {
        values.append(-1)
      }
    }
    let rows = engine.input.rows
    tableRows.append((UInt8(rows.0), UInt8(rows.1), UInt8(rows.2)))
  }

  /// What may be known besides the static model.
  enum Knowledge: CaseIterable { case nothing, document, everything }

  /// Copies a row, less what is not to be known.
  ///
  /// - Parameter withNetwork: false where the network is to count as not ready.
  func read(
    _ index: Int, knowing knowledge: Knowledge, withNetwork: Bool = true, into input: inout Gate.Input,
    probabilities: inout [Float]
  ) {
    let base = index * Self.stride
    for feature in 0..<Feature.count { input.features[feature] = values[base + feature] }
    for expert in 0..<Expert.count {
      let probability = values[base + Feature.count + expert]
      input.isActive[expert] = probability >= 0
      probabilities[expert] = max(probability, 0)
    }
    let rows = tableRows[index]
    input.rows = (Int(rows.0), Int(rows.1), Int(rows.2))
    if !withNetwork {
      hide(Expert.recurrent..<Expert.recurrent + 1, nil, &input, &probabilities)
      for feature in Feature.recurrent.lowerBound..<Feature.position { input.features[feature] = 0 }
    }
    if knowledge == .everything { return }
    input.features[Feature.neighbourAgreement] = 0
    hide(Expert.neighbours, Feature.hasNeighbours, &input, &probabilities)
    if knowledge == .document { return }
    input.features[Feature.documentAgreement] = 0
    input.features[Feature.recencyAgreement] = 0
    hide(Expert.document, Feature.hasDocument, &input, &probabilities)
    hide(Expert.recency, Feature.hasDocument, &input, &probabilities)
  }

  private func hide(
    _ experts: Range<Int>, _ flag: Int?, _ input: inout Gate.Input, _ probabilities: inout [Float]
  ) {
    if let flag { input.features[flag] = 0 }
    for expert in experts {
      input.isActive[expert] = false
      probabilities[expert] = 0
      for offset in 0..<3 { input.features[Feature.expert(expert) + offset] = 0 }
    }
  }

  /// The surprisal that only so few tokens exceed of those that something other than the spelling model knows.
  func surprisal(quantile: Double, gate: Gate) -> Float {
    var input = Gate.Input()
    var probabilities = [Float](repeating: 0, count: Expert.count)
    var hidden = [Float](repeating: 0, count: Gate.hiddenCount)
    var weights = [Float](repeating: 0, count: Gate.expertStride)
    var bits: [Float] = []
    for index in 0..<count {
      read(index, knowing: .everything, into: &input, probabilities: &probabilities)
      gate.forward(input, hidden: &hidden, weights: &weights)
      var sum: Float = 0
      for expert in 0..<Expert.count where expert != Expert.spelling {
        sum += weights[expert] * probabilities[expert]
      }
      if sum > 1e-7 { bits.append(-log2f(sum)) }
    }
    guard !bits.isEmpty else { return MixtureWeights.defaultThresholdBits }
    bits.sort()
    return max(6, bits[min(bits.count - 1, Int(Double(bits.count) * quantile))])
  }
}
