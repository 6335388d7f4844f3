import Platform

/// Of any number of labels: a logit each.
final class SoftmaxRegression: DualAscent {
  private typealias Lanes = SIMD8<Float>
  private let texts: RegressionTexts
  private let labelCount: Int
  /// Lanes for a number a label; those behind the last label hold nothing.
  private let width: Int
  /// Of each feature the weights as they are added up, w · r, a label; behind them r², 0 of features that no text has that
  /// is learned from.
  private let features: Numbers<Lanes>
  private let bias: Numbers<Lanes>
  /// Of each row of the matrix.
  private let scales: Numbers<Float>
  /// |x|² of each text, a label.
  private let squares: Numbers<Lanes>
  /// Of each text a probability a label.
  private let distributions: Numbers<Lanes>
  /// Of the text whose step is made, a number a label: what it is given, and how far its distribution goes towards it.
  private let given: Numbers<Lanes>
  private let direction: Numbers<Lanes>
  var passCount = 0
  var c = 1.0
  var textCount: Int { texts.rows.count }

  private static let least: Float = 1e-10

  init(_ texts: RegressionTexts) {
    self.texts = texts
    labelCount = texts.labelCount
    let width = (labelCount + 7) / 8
    self.width = width
    features = Numbers(texts.matrix.columnCount * 2 * width, .zero)
    bias = Numbers(width, .zero)
    given = Numbers(width, .zero)
    direction = Numbers(width, .zero)
    distributions = Numbers(texts.rows.count * width, .zero)
    squares = Numbers(texts.rows.count * width, .zero)
    Self.count(texts, features, width)
    let known = features
    scales = texts.scales { known[$0 * 2 * width + width][0] > 0 }
    for (text, row) in texts.rows.enumerated() {
      let label = texts.labels[text]
      distributions[text * width + label / 8][label % 8] = 1
      let scale = scales[row] * scales[row]
      for place in texts.places(row) {
        let source = features.base + Int(texts.matrix.columns[place]) * 2 * width + width
        for lane in 0..<width { squares[text * width + lane] += source[lane] * scale }
      }
      for lane in 0..<width { squares[text * width + lane] += 1 }
    }
  }

  /// Counts which labels' texts have each feature, and puts r² in their place.
  private static func count(_ texts: RegressionTexts, _ features: Numbers<Lanes>, _ width: Int) {
    var totals = [Double](repeating: 0, count: texts.labelCount)
    for (text, row) in texts.rows.enumerated() {
      let label = texts.labels[text]
      let places = texts.places(row)
      totals[label] += Double(places.count)
      for place in places {
        features[Int(texts.matrix.columns[place]) * 2 * width + width + label / 8][label % 8] += 1
      }
    }
    func all(_ feature: Int) -> Float {
      (0..<width).reduce(0) { $0 + features[feature * 2 * width + width + $1].sum() }
    }
    let featureCount = texts.matrix.columnCount
    let known = (0..<featureCount).reduce(0) { $0 + (all($1) > 0 ? 1 : 0) }
    let ratios = LogCountRatios(counts: totals, featureCount: known)
    for feature in 0..<featureCount {
      let sum = all(feature)
      guard sum > 0 else { continue }
      let target = features.base + feature * 2 * width + width
      for label in 0..<texts.labelCount {
        let count = target[label / 8][label % 8]
        target[label / 8][label % 8] =
          texts.usesRatios ? ratios.square(label: label, count: count, rest: sum - count) : 1
      }
    }
  }

  private init(_ other: SoftmaxRegression) {
    (texts, labelCount, width) = (other.texts, other.labelCount, other.width)
    (scales, squares) = (other.scales, other.squares)
    (features, bias, distributions) = (other.features.copy(), other.bias.copy(), other.distributions.copy())
    (given, direction) = (Numbers(width, .zero), Numbers(width, .zero))
    (passCount, c) = (other.passCount, other.c)
  }

  func copy() -> any DualAscent { SoftmaxRegression(self) }

  func rescale(by factor: Float) {
    for feature in 0..<texts.matrix.columnCount {
      for lane in 0..<width { features[feature * 2 * width + lane] *= factor }
    }
    for lane in 0..<width { bias[lane] *= factor }
  }

  /// A row's logits, in `given`.
  @inline(__always)
  private func addUp(_ row: Int) {
    let (columns, features, target, width) = (texts.matrix.columns.base, features.base, given.base, width)
    if width == 1 {
      var sum = Lanes.zero
      for place in texts.places(row) { sum += features[Int(columns[place]) * 2] }
      target[0] = sum * scales[row] + bias[0]
      return
    }
    for lane in 0..<width { target[lane] = .zero }
    for place in texts.places(row) {
      let source = features + Int(columns[place]) * 2 * width
      for lane in 0..<width { target[lane] += source[lane] }
    }
    for lane in 0..<width { target[lane] = target[lane] * scales[row] + bias[lane] }
  }

  func step(_ text: Int) -> Float {
    let row = texts.rows[text]
    addUp(row)
    let curvature = Float(c) * texts.costs[text]
    let (distance, length) = lengthOfStep(text, curvature)
    let (columns, features, width) = (texts.matrix.columns.base, features.base, width)
    let direction = direction.base
    for lane in 0..<width {
      let change = direction[lane] * length
      distributions[text * width + lane] += change
      direction[lane] = change * -curvature
      bias[lane] += direction[lane]
      direction[lane] *= scales[row]
    }
    for place in texts.places(row) {
      let target = features + Int(columns[place]) * 2 * width
      for lane in 0..<width { target[lane] += direction[lane] * target[width + lane] }
    }
    return distance
  }

  /// How far the text's distribution is best moved towards what the text is given, which `direction` gets: s of 0 to 1
  /// where Σ d log(μ + s d) − Σ z d + Cu s Σ |x|² d² = 0, by Newton's steps within bounds. Of `given` the logits.
  private func lengthOfStep(_ text: Int, _ curvature: Float) -> (distance: Float, length: Float) {
    let logits = UnsafeMutableRawPointer(given.base).assumingMemoryBound(to: Float.self)
    let d = UnsafeMutableRawPointer(direction.base).assumingMemoryBound(to: Float.self)
    let now = UnsafeMutableRawPointer(distributions.base + text * width).assumingMemoryBound(to: Float.self)
    let squares = UnsafeMutableRawPointer(squares.base + text * width).assumingMemoryBound(to: Float.self)
    var largest = -Float.infinity
    for label in 0..<labelCount { largest = max(largest, logits[label]) }
    var sum: Float = 0
    for label in 0..<labelCount {
      d[label] = expf(logits[label] - largest)
      sum += d[label]
    }
    var (distance, slope, bend, square): (Float, Float, Float, Float) = (0, 0, 0, 0)
    for label in 0..<labelCount {
      d[label] = d[label] / sum - now[label]
      distance += abs(d[label]) / 2
      slope += (logits[label] - largest) * d[label]
      square += d[label] * d[label]
      bend += curvature * squares[label] * d[label] * d[label]
    }
    guard square > 1e-14 else { return (distance, 0) }
    var (low, high): (Float, Float) = (0, 1)
    var length = 1 / (1 + bend / (4 * square))
    for _ in 0..<20 {
      var (value, change) = (bend * length - slope, bend)
      for label in 0..<labelCount {
        let share = max(now[label] + length * d[label], Self.least)
        value += d[label] * logf(share)
        change += d[label] * d[label] / share
      }
      if value > 0 { high = length } else { low = length }
      var next = length - value / change
      if !(next > low && next < high) { next = (low + high) / 2 }
      let isFound = abs(next - length) < 1e-3
      length = next
      if isFound { break }
    }
    return (distance, length)
  }

  func logits(row: Int) -> [Float] {
    addUp(row)
    return (0..<labelCount).map { given[$0 / 8][$0 % 8] }
  }

  func result() -> (weights: [Float], bias: [Float]) {
    var weights: [Float] = []
    weights.reserveCapacity(texts.matrix.columnCount * labelCount)
    for feature in 0..<texts.matrix.columnCount {
      for label in 0..<labelCount { weights.append(features[feature * 2 * width + label / 8][label % 8]) }
    }
    return (weights, (0..<labelCount).map { bias[$0 / 8][$0 % 8] })
  }
}
