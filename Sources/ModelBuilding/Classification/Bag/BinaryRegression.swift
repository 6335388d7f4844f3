import Platform

/// Of two labels: one logit, that of the second.
final class BinaryRegression: DualAscent {
  private let texts: RegressionTexts
  /// Of each feature its weight as it is added up, w · r, and r²; 0 of those that no text has that is learned from.
  private let features: Numbers<SIMD2<Float>>
  private var bias: Float = 0
  /// Of each row of the matrix.
  private let scales: Numbers<Float>
  /// |x|² of each text.
  private let squares: Numbers<Float>
  /// Of each text t: its other label has the probability σ(t).
  private let misses: Numbers<Float>
  var passCount = 0
  var c = 1.0
  var textCount: Int { texts.rows.count }

  /// σ of it is nothing: w is zero to begin with.
  private static let nothing: Float = -40

  init(_ texts: RegressionTexts) {
    self.texts = texts
    let (matrix, columns) = (texts.matrix, texts.matrix.columns)
    let features = Numbers(matrix.columnCount, SIMD2<Float>(repeating: 0))
    var totals = [0.0, 0]
    for (text, row) in texts.rows.enumerated() {
      let places = texts.places(row)
      totals[texts.labels[text]] += Double(places.count)
      for place in places { features[Int(columns[place])][texts.labels[text]] += 1 }
    }
    let known = (0..<features.count).reduce(0) { $0 + (features[$1].sum() > 0 ? 1 : 0) }
    let ratios = LogCountRatios(counts: totals, featureCount: known)
    for feature in 0..<features.count {
      let counts = features[feature]
      let square = texts.usesRatios ? ratios.square(label: 1, count: counts[1], rest: counts[0]) : 1
      features[feature] = SIMD2(0, counts.sum() > 0 ? square : 0)
    }
    let scales = texts.scales { features[$0].y > 0 }
    squares = Numbers(texts.rows.count, Float(1))
    for (text, row) in texts.rows.enumerated() {
      var sum: Float = 0
      for place in texts.places(row) { sum += features[Int(columns[place])].y }
      squares[text] += sum * scales[row] * scales[row]
    }
    self.features = features
    self.scales = scales
    misses = Numbers(texts.rows.count, Self.nothing)
  }

  private init(_ other: BinaryRegression) {
    (texts, scales, squares) = (other.texts, other.scales, other.squares)
    (features, misses) = (other.features.copy(), other.misses.copy())
    (bias, passCount, c) = (other.bias, other.passCount, other.c)
  }

  func copy() -> any DualAscent { BinaryRegression(self) }

  func rescale(by factor: Float) {
    for feature in 0..<features.count { features[feature].x *= factor }
    bias *= factor
  }

  @inline(__always)
  private static func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }

  /// In four sums side by side, which need not wait for each other.
  @inline(__always)
  private func logit(_ row: Int) -> Float {
    let (columns, features) = (texts.matrix.columns.base, features.base)
    let places = texts.places(row)
    var (place, end) = (places.lowerBound, places.upperBound)
    var sums = SIMD4<Float>(repeating: 0)
    while place + 4 <= end {
      sums[0] += features[Int(columns[place])].x
      sums[1] += features[Int(columns[place + 1])].x
      sums[2] += features[Int(columns[place + 2])].x
      sums[3] += features[Int(columns[place + 3])].x
      place += 4
    }
    while end > place {
      end -= 1
      sums[0] += features[Int(columns[end])].x
    }
    return sums.sum() * scales[row] + bias
  }

  func step(_ text: Int) -> Float {
    let row = texts.rows[text]
    let sign: Float = texts.labels[text] == 1 ? 1 : -1
    let margin = sign * logit(row)
    let cost = Float(c) * texts.costs[text]
    let before = misses[text]
    let shareBefore = Self.sigmoid(before)
    let after = Self.best(margin, cost * squares[text], before: before, shareBefore: shareBefore)
    misses[text] = after
    let change = cost * (Self.sigmoid(after) - shareBefore) * sign
    bias += change
    let scaled = change * scales[row]
    let (columns, features) = (texts.matrix.columns.base, features.base)
    for place in texts.places(row) {
      let feature = features + Int(columns[place])
      feature.pointee.x += scaled * feature.pointee.y
    }
    return abs(Self.sigmoid(-margin) - shareBefore)
  }

  /// Where t + z + Cu|x|² (σ(t) − σ(before)) = 0, z being the margin before the step: by Newton's steps within bounds.
  private static func best(_ margin: Float, _ curvature: Float, before: Float, shareBefore: Float) -> Float {
    // σ is between 0 and 1.
    var (low, high) = (-margin - curvature * (1 - shareBefore), -margin + curvature * shareBefore)
    var t = min(max(before == nothing ? 0 : before, low), high)
    for _ in 0..<40 {
      let share = sigmoid(t)
      let value = t + margin + curvature * (share - shareBefore)
      if value > 0 { high = t } else { low = t }
      var next = t - value / (1 + curvature * share * (1 - share))
      if !(next >= low && next <= high) { next = (low + high) / 2 }
      let isFound = abs(next - t) < 1e-3
      t = next
      if isFound { break }
    }
    return t
  }

  func logits(row: Int) -> [Float] { [logit(row)] }

  func result() -> (weights: [Float], bias: [Float]) {
    ((0..<features.count).map { features[$0].x }, [bias])
  }
}
