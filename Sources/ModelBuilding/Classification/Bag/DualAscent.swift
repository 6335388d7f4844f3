import Platform

/// Logistic regression of some rows of a sparse matrix: the weights that make Σᵢ uᵢ · −log p(yᵢ) + |w|² / 2C least, where the
/// weight of feature j in logit c is w_jc · r_jc, and a feature that all texts have stands for the bias.
///
/// Found by dual coordinate ascent (Yu, Huang and Lin 2011; Shalev-Shwartz and Zhang 2013): w is always Σᵢ Cuᵢ (1(yᵢ) − μᵢ) xᵢ, μᵢ
/// being a distribution over the labels, one a text. A step moves one text's μᵢ to where the objective is best with all
/// others as they are; at the end it is what the text is given. A step costs the text's own features, twice, and some ten passes do.
protocol DualAscent: AnyObject {
  /// How many texts are learned from.
  var textCount: Int { get }
  /// Passes that were made.
  var passCount: Int { get set }
  var c: Double { get set }

  /// Goes on with another C from where it is: the distributions stay.
  func rescale(by factor: Float)
  /// Another search that goes on from where this one is.
  func copy() -> any DualAscent
  /// A text's step.
  ///
  /// - Returns: how far its distribution was from what it was given: half the sum of the differences.
  func step(_ text: Int) -> Float
  /// A logit an output for a row of the matrix.
  func logits(row: Int) -> [Float]
  /// features × outputs as they are added up, and a bias an output.
  func result() -> (weights: [Float], bias: [Float])
}

extension DualAscent {
  /// Goes on from the weights of now. One thread: the result does not depend on how many there are.
  ///
  /// - Parameters:
  ///   - c: the larger, the closer the weights follow the examples.
  ///   - tolerance: of the mean of what `step` returns; nearer, labels hardly change.
  func fit(c: Double, tolerance: Float = 1e-2, passLimit: Int = 40) {
    if passCount > 0 { rescale(by: Float(c / self.c)) }
    self.c = c
    var order = Array(0..<textCount)
    var random = SplitMix64(seed: UInt64(passCount))
    for _ in 0..<passLimit {
      passCount += 1
      order.shuffle(using: &random)
      var sum = 0.0
      for text in order { sum += Double(step(text)) }
      if sum <= Double(tolerance) * Double(textCount) { break }
    }
  }
}

/// What both kinds of regression read of a matrix.
struct RegressionTexts {
  let matrix: BagMatrix
  /// Rows of the matrix that are learned from, their labels, and what a mistake about each costs.
  let rows: [Int]
  let labels: [Int]
  let costs: [Float]
  let labelCount: Int
  let usesRatios: Bool

  /// - Parameters:
  ///   - labels: of all rows of the matrix.
  ///   - labelWeights: what a mistake about each label costs.
  init(
    _ matrix: BagMatrix, rows: [Int], labels: [Int], labelWeights: [Double], usesRatios: Bool
  ) {
    self.matrix = matrix
    self.rows = rows
    self.labels = rows.map { labels[$0] }
    costs = self.labels.map { Float(labelWeights[$0]) }
    labelCount = labelWeights.count
    self.usesRatios = usesRatios
  }

  func regression() -> any DualAscent {
    labelCount == 2 ? BinaryRegression(self) : SoftmaxRegression(self)
  }

  @inline(__always)
  func places(_ row: Int) -> Range<Int> { matrix.rowStarts[row]..<matrix.rowStarts[row + 1] }

  /// 1/√k for each row of the matrix, k being the features that it has of those that are known, as all of the rows are that are
  /// learned from.
  func scales(isKnown: (Int) -> Bool) -> Numbers<Float> {
    let scales = Numbers(matrix.rowCount, Float(0))
    for row in rows { scales[row] = 1 / Float(max(1, places(row).count)).squareRoot() }
    for row in 0..<matrix.rowCount where scales[row] == 0 {
      var count = 0
      for place in places(row) where isKnown(Int(matrix.columns[place])) { count += 1 }
      scales[row] = 1 / Float(max(1, count)).squareRoot()
    }
    return scales
  }
}

/// r² of a feature for a label: r_jc = log((1 + n_jc) / |1 + n_·c|) − log((1 + n_jc') / |1 + n_·c'|), c' being all labels but c (Wang
/// and Manning 2012, equation 2, one label against the rest).
struct LogCountRatios {
  /// Of each label log(|1 + n_·c| / |1 + n_·c'|).
  private let totals: [Float]
  /// log(1 + n) of the first n: most features are in few texts.
  private let logarithms: [Float]

  /// So small that it moves nothing, and not 0: that is the square of a feature that is not known.
  static let leastSquare: Float = 1e-12

  /// - Parameters:
  ///   - counts: how many features the texts of each label have, all together.
  ///   - featureCount: that are known.
  init(counts: [Double], featureCount: Int) {
    let all = counts.reduce(0, +) + Double(featureCount)
    totals = counts.map { Float(log(($0 + Double(featureCount)) / (all - $0))) }
    logarithms = (0..<1_024).map { logf(Float($0 + 1)) }
  }

  /// - Parameters:
  ///   - count: texts of the label that have the feature.
  ///   - rest: other texts that have it.
  @inline(__always)
  func square(label: Int, count: Float, rest: Float) -> Float {
    let ratio = logarithm(count) - logarithm(rest) - totals[label]
    return max(Self.leastSquare, ratio * ratio)
  }

  @inline(__always)
  private func logarithm(_ count: Float) -> Float {
    let place = Int(count)
    return place < logarithms.count ? logarithms[place] : logf(1 + count)
  }
}
