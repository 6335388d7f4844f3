import Platform

/// Fits a gate by gradient descent on the surprisal of held-out tokens.
///
/// With P = Σ wₑpₑ and w the softmax of the logits, ∂(−ln P)/∂logitₑ = wₑ − wₑpₑ/P. Adam (Kingma and Ba 2015) with a
/// rate that falls linearly.
struct GateTrainer {
  private(set) var gate: Gate
  private var random: SplitMix64
  private var gradient = [Float](repeating: 0, count: Gate.parameterCount)
  private var firstMoments = [Float](repeating: 0, count: Gate.parameterCount)
  private var secondMoments = [Float](repeating: 0, count: Gate.parameterCount)
  private var hidden = [Float](repeating: 0, count: Gate.hiddenCount)
  private var weights = [Float](repeating: 0, count: Gate.expertStride)
  private var logitGradient = [Float](repeating: 0, count: Gate.expertStride)
  private var hiddenGradient = [Float](repeating: 0, count: Gate.hiddenCount)
  private var stepCount = 0

  static let batchCount = 64
  /// More fit the held-out documents better and text of other origins worse.
  static let epochCount = 2
  static let firstRate: Float = 0.003

  /// - Parameter initial: what the gate begins as; nil draws it.
  init(seed: UInt64, initial: Gate? = nil) {
    random = SplitMix64(seed: seed)
    if let initial {
      gate = initial
      return
    }
    var parameters = [Float](repeating: 0, count: Gate.parameterCount)
    for index in Gate.inputWeights..<Gate.inputBias { parameters[index] = 0.15 * random.normal() }
    for index in Gate.tables..<Gate.outputWeights { parameters[index] = 0.05 * random.normal() }
    for index in Gate.outputWeights..<Gate.outputBias { parameters[index] = 0.1 * random.normal() }
    gate = Gate(parameters: parameters)
  }

  /// - Parameter progress: called with the share that is done; false stops.
  mutating func train(_ rows: inout GateRows, progress: (Double) -> Bool) throws(Failure) {
    var order = Array(0..<rows.count)
    var input = GateInput()
    var probabilities = [Float](repeating: 0, count: MixtureLayout.expertCount)
    let total = max(1, Self.epochCount * (rows.count / Self.batchCount))
    for _ in 0..<Self.epochCount {
      for index in stride(from: order.count - 1, to: 0, by: -1) {
        order.swapAt(index, Int(random.next() % UInt64(index + 1)))
      }
      var start = 0
      while start + Self.batchCount <= order.count {
        for index in order[start..<start + Self.batchCount] {
          let draw = random.next() % 20
          let knowledge: MixtureKnowledge = draw < 4 ? .nothing : draw < 12 ? .document : .everything
          // One in eight without the network: it is not always ready.
          let withNetwork = random.next() % 8 != 0
          try rows.read(
            index, knowing: knowledge, withNetwork: withNetwork, into: &input, probabilities: &probabilities)
          _ = accumulate(input, probabilities)
        }
        step(rate: Self.firstRate * (1 - 0.95 * Float(stepCount) / Float(total)))
        start += Self.batchCount
        if stepCount % 256 == 0, !progress(Double(stepCount) / Double(total)) { return }
      }
    }
  }

  /// Adds one row's gradient.
  ///
  /// - Returns: the row's surprisal in nats.
  mutating func accumulate(_ input: borrowing GateInput, _ probabilities: [Float]) -> Float {
    gate.forward(input, hidden: &hidden, weights: &weights)
    let (expertCount, expertStride) = (MixtureLayout.expertCount, Gate.expertStride)
    var sum: Float = 1e-30
    for expert in 0..<expertCount { sum += weights[expert] * probabilities[expert] }
    for expert in 0..<expertCount {
      logitGradient[expert] = weights[expert] - weights[expert] * (probabilities[expert] / sum)
    }
    let features = input.features
    let rows = input.rows
    let (featureCount, hiddenCount) = (MixtureLayout.featureCount, Gate.hiddenCount)
    let (inputBias, tables) = (Gate.inputBias, Gate.tables)
    let (outputWeights, outputBias) = (Gate.outputWeights, Gate.outputBias)
    gradient.withUnsafeMutableBufferPointer { gradient in
      gate.parameters.withUnsafeBufferPointer { parameters in
        logitGradient.withUnsafeBufferPointer { logitGradient in
          hiddenGradient.withUnsafeMutableBufferPointer { hiddenGradient in
            for expert in 0..<expertStride { gradient[outputBias + expert] += logitGradient[expert] }
            for unit in 0..<hiddenCount {
              let offset = outputWeights + unit * expertStride
              let value = hidden[unit]
              var back = SIMD8<Float>()
              for block in 0..<expertStride / 8 {
                var given = SIMD8<Float>()
                var weight = SIMD8<Float>()
                for lane in 0..<8 {
                  given[lane] = logitGradient[block * 8 + lane]
                  weight[lane] = parameters[offset + block * 8 + lane]
                }
                back += given * weight
                for lane in 0..<8 { gradient[offset + block * 8 + lane] += value * given[lane] }
              }
              hiddenGradient[unit] = value > 0 ? back.sum() : Gate.leak * back.sum()
            }
            for unit in 0..<hiddenCount { gradient[inputBias + unit] += hiddenGradient[unit] }
            let rowCount = TokenClass.gateRowCount
            for row in [rows.0, rowCount + rows.1, 2 * rowCount + rows.2] {
              let offset = tables + row * hiddenCount
              for unit in 0..<hiddenCount { gradient[offset + unit] += hiddenGradient[unit] }
            }
            for feature in 0..<featureCount where features[feature] != 0 {
              let value = features[feature]
              let offset = feature * hiddenCount
              for unit in 0..<hiddenCount { gradient[offset + unit] += value * hiddenGradient[unit] }
            }
          }
        }
      }
    }
    return -logf(sum)
  }

  /// The gradient summed up since the last step, for checks.
  var accumulatedGradient: [Float] { gradient }

  private mutating func step(rate: Float) {
    stepCount += 1
    let firstCorrection = 1 - powf(0.9, Float(stepCount))
    let secondCorrection = 1 - powf(0.999, Float(stepCount))
    gate.parameters.withUnsafeMutableBufferPointer { parameters in
      gradient.withUnsafeMutableBufferPointer { gradient in
        firstMoments.withUnsafeMutableBufferPointer { first in
          secondMoments.withUnsafeMutableBufferPointer { second in
            for index in parameters.indices {
              let value = gradient[index] / Float(Self.batchCount)
              gradient[index] = 0
              first[index] = 0.9 * first[index] + 0.1 * value
              second[index] = 0.999 * second[index] + 0.001 * value * value
              parameters[index] -=
                rate * (first[index] / firstCorrection) / (sqrtf(second[index] / secondCorrection) + 1e-8)
            }
          }
        }
      }
    }
  }
}

extension SplitMix64 {
  /// 0 ..< 1, of 24 bits.
  mutating func uniformFloat() -> Float { Float(next() >> 40) / Float(1 << 24) }

  /// Of mean 0 and variance 1 (Box and Muller 1958).
  mutating func normal() -> Float {
    let radius = sqrtf(-2 * logf(max(uniformFloat(), 1e-7)))
    return radius * cosf(2 * .pi * uniformFloat())
  }
}
