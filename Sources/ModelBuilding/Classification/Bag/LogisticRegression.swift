import NGrams
import Platform

/// Multinomial logistic regression of a sparse matrix: the weights that make Σᵢ uᵢ · −log p(yᵢ) + |w|² / 2C least, where the
/// weight of feature j in logit c is w_jc · r_jc. The factors r are log-count ratios (Wang and Manning 2012, equation 2,
/// one label against the rest) or ones.
///
/// Found by L-BFGS (Nocedal and Wright 2006, algorithm 7.4). Each sum is made by one thread in a fixed order: the result
/// does not depend on how many there are.
final class LogisticRegression: @unchecked Sendable {
  private let matrix: BagMatrix
  private let labels: [Int32]
  private let exampleWeights: [Float]
  /// Logits that are computed: one for two labels.
  private let outputs: Int
  private let threadCount: Int
  /// features × outputs.
  private let ratios: Numbers<Float>
  /// w: features × outputs, and a bias an output behind them.
  private let weights: Numbers<Float>
  /// w · r, and the biases.
  private let effective: Numbers<Float>
  /// Σᵢ-th derivative of a text's loss by its logits: texts × outputs; and the losses.
  private let errors: Numbers<Float>
  /// The same times the text's scale.
  private let scaledErrors: Numbers<Float>
  private let losses: Numbers<Double>
  private let gradient: Numbers<Float>
  private var size: Int { weights.count }
  private var features: Int { matrix.columnCount }

  private static let memory = 6
  private static let iterationLimit = 200
  private static let rowsPerTask = 512
  private static let columnsPerTask = 8_192

  /// - Parameters:
  ///   - labels: of the matrix' rows.
  ///   - labelWeights: what a mistake about each label costs.
  init(
    _ matrix: BagMatrix, labels: [Int], labelWeights: [Double], usesRatios: Bool, threadCount: Int
  ) {
    self.matrix = matrix
    self.labels = labels.map { Int32($0) }
    let labelCount = labelWeights.count
    exampleWeights = labels.map { Float(labelWeights[$0]) }
    outputs = labelCount == 2 ? 1 : labelCount
    self.threadCount = threadCount
    let size = matrix.columnCount * outputs + outputs
    ratios = Numbers(matrix.columnCount * outputs, Float(1))
    weights = Numbers(size, Float(0))
    effective = Numbers(size, Float(0))
    gradient = Numbers(size, Float(0))
    errors = Numbers(matrix.rowCount * outputs, Float(0))
    scaledErrors = Numbers(matrix.rowCount * outputs, Float(0))
    losses = Numbers(matrix.rowCount, 0)
    if usesRatios { makeRatios() }
  }

  /// r_jc = log((1 + n_jc) / |1 + n_·c|) − log((1 + n_jc') / |1 + n_·c'|), c' being all labels but c.
  private func makeRatios() {
    let (labelCount, features) = (max(2, outputs), self.features)
    var totals = [Double](repeating: Double(features), count: labelCount)
    var all = Double(features)
    for row in 0..<matrix.rowCount {
      let count = Double(matrix.rowStarts[row + 1] - matrix.rowStarts[row])
      totals[Int(labels[row])] += count
      all += count
    }
    var counts = [Double](repeating: 1, count: labelCount)
    for feature in 0..<features {
      for label in 0..<labelCount { counts[label] = 1 }
      let places = matrix.columnStarts[feature]..<matrix.columnStarts[feature + 1]
      for place in places { counts[Int(labels[Int(matrix.rows[place])])] += 1 }
      for output in 0..<outputs {
        let label = outputs == 1 ? 1 : output
        let rest = 1 + Double(places.count) - (counts[label] - 1)
        let restTotal = all - (totals[label] - Double(features))
        ratios[feature * outputs + output] = Float(log(counts[label] / totals[label]) - log(rest / restTotal))
      }
    }
  }

  // MARK: Loss and gradient

  private func tasks(_ count: Int, _ grain: Int, _ body: @Sendable (Range<Int>) -> Void) {
    // Nothing here throws.
    try? forEachTask((count + grain - 1) / grain, threadCount: threadCount) { _, task throws(Failure) in
      body(task * grain..<min((task + 1) * grain, count))
    }
  }

  /// The objective at `weights`, with its gradient in `gradient`.
  private func evaluate(penalty: Float) -> Double {
    let (features, outputs) = (features, outputs)
    tasks(features, Self.columnsPerTask) { [self] columns in
      for index in columns.lowerBound * outputs..<columns.upperBound * outputs {
        effective[index] = weights[index] * ratios[index]
      }
    }
    for output in 0..<outputs {
      effective[features * outputs + output] = weights[features * outputs + output]
    }
    tasks(matrix.rowCount, Self.rowsPerTask) { [self] rows in
      for row in rows {
        losses[row] = outputs == 1 ? evaluateBinary(row) : evaluate(row)
        let scale = matrix.scales[row]
        for index in row * outputs..<(row + 1) * outputs { scaledErrors[index] = scale * errors[index] }
      }
    }
    var sum = 0.0
    for row in 0..<matrix.rowCount { sum += losses[row] }
    let squares = Numbers((features + Self.columnsPerTask - 1) / Self.columnsPerTask, 0.0)
    tasks(features, Self.columnsPerTask) { [self] columns in
      squares[columns.lowerBound / Self.columnsPerTask] = addGradients(columns, penalty)
    }
    for task in 0..<squares.count { sum += squares[task] * Double(penalty) / 2 }
    for output in 0..<outputs {
      var bias: Double = 0
      for row in 0..<matrix.rowCount { bias += Double(errors[row * outputs + output]) }
      gradient[features * outputs + output] = Float(bias)
    }
    return sum
  }

  /// A row of two labels: one logit, that of the second.
  private func evaluateBinary(_ row: Int) -> Double {
    let (effective, columns) = (effective.base, matrix.columns.base)
    var logit: Float = 0
    for place in matrix.rowStarts[row]..<matrix.rowStarts[row + 1] { logit += effective[Int(columns[place])] }
    logit = logit * matrix.scales[row] + effective[features]
    let signed = labels[row] == 1 ? logit : -logit
    let weight = exampleWeights[row]
    // −log σ(signed), without overflow.
    let small = exp(-Double(abs(signed)))
    let loss = log1p(small) + Double(max(0, -signed))
    let miss = signed >= 0 ? small / (1 + small) : 1 / (1 + small)
    errors[row] = (labels[row] == 1 ? -1 : 1) * Float(miss) * weight
    return loss * Double(weight)
  }

  private func evaluate(_ row: Int) -> Double {
    let outputs = outputs
    let target = errors.base + row * outputs
    target.update(repeating: 0, count: outputs)
    for place in matrix.rowStarts[row]..<matrix.rowStarts[row + 1] {
      let source = effective.base + Int(matrix.columns[place]) * outputs
      for output in 0..<outputs { target[output] += source[output] }
    }
    var largest = -Float.infinity
    for output in 0..<outputs {
      target[output] = target[output] * matrix.scales[row] + effective[features * outputs + output]
      largest = max(largest, target[output])
    }
    let label = Int(labels[row])
    let own = target[label] - largest
    var sum: Float = 0
    for output in 0..<outputs {
      target[output] = expf(target[output] - largest)
      sum += target[output]
    }
    let weight = exampleWeights[row]
    for output in 0..<outputs { target[output] *= weight / sum }
    target[label] -= weight
    return Double(weight) * (Double(logf(sum)) - Double(own))
  }

  /// The gradients of some features' weights.
  ///
  /// - Returns: the sum of the squares of the weights.
  private func addGradients(_ columns: Range<Int>, _ penalty: Float) -> Double {
    let outputs = outputs
    let (starts, rows, scaled) = (matrix.columnStarts.base, matrix.rows.base, scaledErrors.base)
    let (gradient, weights, ratios) = (gradient.base, weights.base, ratios.base)
    var squares = 0.0
    for column in columns {
      let target = gradient + column * outputs
      if outputs == 1 {
        // In a register: nearly all of a training's time is spent here.
        var sum: Float = 0
        for place in starts[column]..<starts[column + 1] { sum += scaled[Int(rows[place])] }
        target[0] = sum
      } else {
        target.update(repeating: 0, count: outputs)
        for place in starts[column]..<starts[column + 1] {
          let error = scaled + Int(rows[place]) * outputs
          for output in 0..<outputs { target[output] += error[output] }
        }
      }
      for index in column * outputs..<(column + 1) * outputs {
        squares += Double(weights[index] * weights[index])
        gradient[index] = gradient[index] * ratios[index] + penalty * weights[index]
      }
    }
    return squares
  }

  // MARK: The search

  /// Goes on from the weights of now.
  ///
  /// - Parameters:
  ///   - c: the larger, the closer the weights follow the examples.
  ///   - tolerance: the search ends where the gradient is this part of its first length.
  func fit(c: Double, tolerance: Double = 1e-3) {
    let penalty = Float(1 / c)
    var history = CurvatureHistory(size: size, memory: Self.memory)
    let direction = Numbers(size, Float(0))
    let before = Numbers(size, Float(0))
    let gradientBefore = Numbers(size, Float(0))
    var value = evaluate(penalty: penalty)
    // Of the search from zero: what goes on from other weights begins with less.
    let scale = max(Vectors.norm(gradient), Double(matrix.rowCount).squareRoot() * 1e-3)
    for iteration in 0..<Self.iterationLimit {
      let norm = Vectors.norm(gradient)
      guard norm > tolerance * scale, norm.isFinite else { break }
      history.direction(of: gradient, into: direction)
      let slope = Vectors.dot(direction, gradient)
      guard slope < 0 else { break }
      before.update(from: weights)
      gradientBefore.update(from: gradient)
      var step = iteration == 0 ? min(1, 1 / norm) : 1.0
      var isFound = false
      for _ in 0..<30 {
        Vectors.combine(before, step, direction, into: weights)
        let next = evaluate(penalty: penalty)
        if next <= value + 1e-4 * step * slope {
          isFound = true
          let gain = value - next
          value = next
          history.add(step, direction, gradientBefore, gradient)
          if gain < 1e-6 * abs(value) { return }
          break
        }
        step /= 2
      }
      guard isFound else {
        weights.update(from: before)
        _ = evaluate(penalty: penalty)
        return
      }
    }
  }

  /// features × outputs, and a bias an output.
  func result() -> (weights: [Float], bias: [Float]) {
    let count = features * outputs
    return (
      (0..<count).map { weights[$0] * ratios[$0] }, (0..<outputs).map { weights[count + $0] }
    )
  }

  /// A logit an output for a text with these keys.
  func logits(_ keys: [UInt32]) -> [Float] {
    var sums = [Float](repeating: 0, count: outputs)
    var count = 0
    for key in keys {
      guard let row = matrix.keys.row(of: key) else { continue }
      count += 1
      for output in 0..<outputs {
        let index = Int(row) * outputs + output
        sums[output] += weights[index] * ratios[index]
      }
    }
    let scale = 1 / Float(max(1, count)).squareRoot()
    return (0..<outputs).map { sums[$0] * scale + weights[features * outputs + $0] }
  }
}
