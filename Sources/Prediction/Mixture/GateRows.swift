import NGrams
import Platform

/// What the gate must not see of a row that is read with so little knowledge.
private struct HiddenNumbers {
  let knowledge: MixtureKnowledge
  let withNetwork: Bool
  private(set) var features: [Int] = []
  private(set) var experts: [Int] = []

  static var all: [HiddenNumbers] {
    MixtureKnowledge.allCases.flatMap {
      [HiddenNumbers($0, withNetwork: false), HiddenNumbers($0, withNetwork: true)]
    }
  }

  private init(_ knowledge: MixtureKnowledge, withNetwork: Bool) {
    self.knowledge = knowledge
    self.withNetwork = withNetwork
    for (component, placement) in zip(MixtureLayout.components, MixtureLayout.placements) {
      for (place, other) in component.sharedFeatures
      where other.isHidden(knowledge, withNetwork: withNetwork) {
        features.append(placement.features.lowerBound + place)
      }
      guard component.isHidden(knowledge, withNetwork: withNetwork) else { continue }
      if let flag = placement.flag { features.append(flag) }
      features += placement.features
      experts += placement.experts
    }
  }
}

/// Positions of held-out text: what the gate sees of each, and what each expert gave the token that came.
struct GateRows {
  private let featureCount = MixtureLayout.featureCount
  private let expertCount = MixtureLayout.expertCount
  private var width: Int { featureCount + expertCount }
  private let hidden = HiddenNumbers.all
  /// By row the bits of features, then experts; −1 for an expert that had nothing to say.
  private var values: SpillableNumbers
  private var tableRows: [(UInt8, UInt8, UInt8)] = []
  /// The row that is read.
  private var row: [UInt32] = []

  var count: Int { tableRows.count }

  init(_ room: FittingRoom = FittingRoom()) {
    values = SpillableNumbers(
      memoryByteCount: room.byteCount, temporaryDirectory: room.temporaryDirectory)
  }

  /// - Parameter spelled: P of the token's spelling, where nothing but that gives it any; else 0.
  mutating func append(_ engine: MixtureEngine, token: UInt32, spelled: Float) throws(Failure) {
    var row: [UInt32] = []
    row.reserveCapacity(width)
    for feature in engine.input.features { row.append(feature.bitPattern) }
    for component in engine.components.prefix(MixtureLayout.components.count) {
      for (place, expert) in component.placement.experts.enumerated() {
        var value: Float = -1
        if engine.input.isActive[expert] {
          value =
            component.probability(of: token, byExpertAt: place)
            + component.spelledShare(ofExpertAt: place) * spelled
        }
        row.append(value.bitPattern)
      }
    }
    try values.append(row)
    let rows = engine.input.rows
    tableRows.append((UInt8(rows.0), UInt8(rows.1), UInt8(rows.2)))
  }

  /// Copies a row, less what is not to be known.
  ///
  /// - Parameter withNetwork: false where the network is to count as not ready.
  mutating func read(
    _ index: Int, knowing knowledge: MixtureKnowledge, withNetwork: Bool = true, into input: inout GateInput,
    probabilities: inout [Float]
  ) throws(Failure) {
    try values.read(index * width..<(index + 1) * width, into: &row)
    for feature in 0..<featureCount { input.features[feature] = Float(bitPattern: row[feature]) }
    for expert in 0..<expertCount {
      let probability = Float(bitPattern: row[featureCount + expert])
      input.isActive[expert] = probability >= 0
      probabilities[expert] = max(probability, 0)
    }
    let rows = tableRows[index]
    input.rows = (Int(rows.0), Int(rows.1), Int(rows.2))
    guard let hidden = hidden.first(where: { $0.knowledge == knowledge && $0.withNetwork == withNetwork })
    else {
      return
    }
    for feature in hidden.features { input.features[feature] = 0 }
    for expert in hidden.experts {
      input.isActive[expert] = false
      probabilities[expert] = 0
    }
  }

  /// The surprisal that only so few tokens exceed of those that something other than the spelling model knows.
  mutating func surprisal(quantile: Double, gate: Gate) throws(Failure) -> Float {
    var input = GateInput()
    var probabilities = [Float](repeating: 0, count: MixtureLayout.expertCount)
    var hidden = [Float](repeating: 0, count: Gate.hiddenCount)
    var weights = [Float](repeating: 0, count: Gate.expertStride)
    var bits: [Float] = []
    for index in 0..<count {
      try read(index, knowing: .everything, into: &input, probabilities: &probabilities)
      gate.forward(input, hidden: &hidden, weights: &weights)
      var sum: Float = 0
      for expert in 0..<MixtureLayout.expertCount where MixtureLayout.wordExperts >> UInt64(expert) & 1 != 0 {
        sum += weights[expert] * probabilities[expert]
      }
      if sum > 1e-7 { bits.append(-log2f(sum)) }
    }
    guard !bits.isEmpty else { return MixtureWeights.defaultThresholdBits }
    bits.sort()
    return max(6, bits[min(bits.count - 1, Int(Double(bits.count) * quantile))])
  }
}
