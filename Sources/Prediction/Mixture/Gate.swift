import Platform

/// A small network that gives each expert its weight from what is known of the position.
///
/// hidden = leakyReLU(W₁·features + table₁[last token] + table₂[the one before] + table₃[the third last] + b₁);
/// logits = W₂·hidden + b₂; weights = softmax over the experts that have something to say.
///
/// A mixture of experts in the sense of Jacobs, Jordan, Nowlan and Hinton (1991), so that the result stays an exact
/// distribution whatever the weights.
struct Gate: Sendable {
  /// Shapes: features × hidden, hidden, 3 × rows × hidden, hidden × experts (padded), experts (padded).
  static let hiddenCount = 32
  static let expertStride = (MixtureLayout.expertCount + 7) / 8 * 8
  static let inputWeights = 0
  static let inputBias = MixtureLayout.featureCount * hiddenCount
  static let tables = inputBias + hiddenCount
  static let outputWeights = tables + 3 * TokenClass.gateRowCount * hiddenCount
  static let outputBias = outputWeights + hiddenCount * expertStride
  static let parameterCount = outputBias + expertStride
  static let leak: Float = 0.1

  var parameters: [Float]

  /// - Parameters:
  ///   - hidden: receives the `hiddenCount` hidden values.
  ///   - weights: receives `expertStride` weights; those of experts that are not active are 0.
  func forward(
    _ input: borrowing GateInput, hidden: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>
  ) {
    let (featureCount, expertCount) = (MixtureLayout.featureCount, MixtureLayout.expertCount)
    let stride = Self.expertStride
    parameters.withUnsafeBufferPointer { parameters in
      let base = parameters.baseAddress!
      let rowCount = TokenClass.gateRowCount
      let rows = [input.rows.0, rowCount + input.rows.1, 2 * rowCount + input.rows.2]
      for unit in 0..<Self.hiddenCount { hidden[unit] = base[Self.inputBias + unit] }
      for row in rows {
        let table = base + Self.tables + row * Self.hiddenCount
        for unit in 0..<Self.hiddenCount { hidden[unit] += table[unit] }
      }
      input.features.withUnsafeBufferPointer { features in
        for feature in 0..<featureCount where features[feature] != 0 {
          let value = features[feature]
          let column = base + feature * Self.hiddenCount
          for unit in 0..<Self.hiddenCount { hidden[unit] += value * column[unit] }
        }
      }
      for unit in 0..<Self.hiddenCount where hidden[unit] < 0 { hidden[unit] *= Self.leak }
      let (columns, bias) = (base + Self.outputWeights, base + Self.outputBias)
      for block in Swift.stride(from: 0, to: stride, by: 8) {
        var logits = Self.block(bias + block)
        for unit in 0..<Self.hiddenCount {
          logits += hidden[unit] * Self.block(columns + (unit * stride + block))
        }
        for lane in 0..<8 { weights[block + lane] = logits[lane] }
      }
    }
    var greatest = -Float.infinity
    for expert in 0..<expertCount where input.isActive[expert] {
      greatest = max(greatest, weights[expert])
    }
    var sum: Float = 0
    for expert in 0..<stride {
      if expert < expertCount && input.isActive[expert] {
        weights[expert] = expf(weights[expert] - greatest)
        sum += weights[expert]
      } else {
        weights[expert] = 0
      }
    }
    for expert in 0..<expertCount { weights[expert] /= sum }
  }

  @inline(__always)
  private static func block(_ values: UnsafePointer<Float>) -> SIMD8<Float> {
    UnsafeRawPointer(values).loadUnaligned(as: SIMD8<Float>.self)
  }
}

extension Gate {
  /// The same gate for a model that ranks its structural words otherwise.
  ///
  /// - Parameter ranks: by rank there, the word's rank here; nil for a word that is not structural here, which then counts
  ///   as others that are not ranked.
  func ranked(_ ranks: [Int?]) -> Gate {
    var result = self
    for table in 0..<3 {
      let base = Self.tables + table * TokenClass.gateRowCount * Self.hiddenCount
      for rank in 0..<TokenClass.gateRowCount - TokenClass.firstRankedRow {
        let known = rank < ranks.count ? ranks[rank] : nil
        let source = TokenClass.gateRow(ofRank: known ?? .max)
        let target = TokenClass.gateRow(ofRank: rank)
        for unit in 0..<Self.hiddenCount {
          result.parameters[base + target * Self.hiddenCount + unit] =
            parameters[base + source * Self.hiddenCount + unit]
        }
      }
    }
    return result
  }
}

extension GateInput {
  /// Of the components that there are.
  init() { self.init(featureCount: MixtureLayout.featureCount, expertCount: MixtureLayout.expertCount) }
}
