import Classification
import Platform
import Testing

@testable import ModelBuilding

/// The classifier's search against its definition, in double precision.
@Suite struct LogisticRegressionTests {
  static func examples(_ labelCount: Int, _ count: Int) -> LabelledExamples {
    var random = SplitMix64(seed: 31)
    var result = LabelledExamples(labels: (0..<labelCount).map { "\($0)" })
    for _ in 0..<count {
      let label = Int(random.next() % UInt64(labelCount))
      var words = ["w\(label)", "common"]
      for _ in 0..<4 { words.append("n\(random.next() % 12)") }
      // One in five is not what it looks like.
      let shown = random.next() % 5 == 0 ? (label + 1) % labelCount : label
      result.examples.append(
        .init(
          label: shown, words: ClassifierWords(Array(words.joined(separator: " ").utf8), keepsPlaces: false)))
    }
    return result
  }

  /// The gradient of Σ uᵢ · −log p(yᵢ) + |w|² / 2C by the weights that were found.
  static func gradient(
    _ text: KeyedTexts, _ labels: [Int], _ labelWeights: [Double], _ regression: LogisticRegression,
    _ matrix: BagMatrix,
    c: Double
  ) -> (weights: [Double], bias: [Double]) {
    let (weights, bias) = regression.result()
    let outputs = bias.count
    let labelCount = labelWeights.count
    var gradient = weights.map { Double($0) / c }
    var biasGradient = [Double](repeating: 0, count: outputs)
    for (row, keys) in text.keys.enumerated() {
      let columns = keys.compactMap { matrix.keys.row(of: $0).map(Int.init) }
      let scale = 1 / Double(max(1, columns.count)).squareRoot()
      var logits = bias.map(Double.init)
      for column in columns {
        for output in 0..<outputs { logits[output] += scale * Double(weights[column * outputs + output]) }
      }
      if labelCount == 2 { logits = [0, logits[0]] }
      let sum = logits.reduce(0) { $0 + exp($1) }
      for output in 0..<outputs {
        let label = labelCount == 2 ? 1 : output
        let error = (exp(logits[label]) / sum - (labels[row] == label ? 1 : 0)) * labelWeights[labels[row]]
        biasGradient[output] += error
        for column in columns { gradient[column * outputs + output] += scale * error }
      }
    }
    return (gradient, biasGradient)
  }

  @Test(arguments: [2, 4]) func theGradientVanishesWhereTheSearchEnds(labelCount: Int) throws {
    let examples = Self.examples(labelCount, 300)
    let texts = try KeyedTexts(examples, features: BagFeatures(order: 2), threadCount: 2)
    let labels = examples.examples.map(\.label)
    let labelWeights = (0..<labelCount).map { 1 + 0.5 * Double($0) }
    let matrix = BagMatrix(texts, rows: Array(0..<300), minimumCount: 1)
    let regression = LogisticRegression(
      matrix, labels: labels, labelWeights: labelWeights, usesRatios: false, threadCount: 2)
    regression.fit(c: 5, tolerance: 1e-5)
    let (weights, bias) = Self.gradient(texts, labels, labelWeights, regression, matrix, c: 5)
    // At zero the gradient's length is of the order of ten.
    #expect((weights + bias).reduce(0) { $0 + $1 * $1 }.squareRoot() < 0.2)
  }

  @Test func theResultDoesNotDependOnTheThreads() throws {
    let examples = Self.examples(3, 1_200)
    let texts = try KeyedTexts(examples, features: BagFeatures(order: 2, characters: 2...3), threadCount: 2)
    let results = [1, 2].map { threads in
      let matrix = BagMatrix(texts, rows: Array(0..<1_200), minimumCount: 1)
      let regression = LogisticRegression(
        matrix, labels: examples.examples.map(\.label), labelWeights: [1, 1, 1], usesRatios: true,
        threadCount: threads)
      regression.fit(c: 10)
      return regression.result().weights
    }
    #expect(results[0] == results[1])
  }

  @Test func theMatrixHasEachFeatureOnceBothWays() throws {
    var examples = LabelledExamples(labels: ["x", "y"])
    for (label, text) in [(0, "a a b"), (1, "b c"), (0, "")] {
      examples.examples.append(.init(label: label, words: ClassifierWords(Array(text.utf8))))
    }
    let texts = try KeyedTexts(examples, features: BagFeatures(order: 1), threadCount: 1)
    let matrix = BagMatrix(texts, rows: [0, 1, 2], minimumCount: 1)
    #expect(matrix.columnCount == 3 && matrix.rowStarts.array == [0, 2, 4, 4])
    #expect(abs(matrix.scales[0] - 1 / Float(2).squareRoot()) < 1e-7)
    var pairs: Set<[Int]> = []
    for row in 0..<3 {
      for place in matrix.rowStarts[row]..<matrix.rowStarts[row + 1] {
        pairs.insert([row, Int(matrix.columns[place])])
      }
    }
    var others: Set<[Int]> = []
    for column in 0..<3 {
      for place in matrix.columnStarts[column]..<matrix.columnStarts[column + 1] {
        others.insert([Int(matrix.rows[place]), column])
      }
    }
    #expect(pairs == others && pairs.count == 4)
    // Only "b" is in two texts.
    #expect(BagMatrix(texts, rows: [0, 1, 2], minimumCount: 2).columnCount == 1)
  }

  @Test func probabilitiesAreWhatTheySay() {
    var scores = LabelScores(labels: ["x", "y"])
    // Sure of 0.95 and right in three of four: the logits are too large.
    for index in 0..<100 { scores.add(label: index % 4 == 0 ? 1 : 0, logits: [3, 0], example: index) }
    #expect(abs(scores.expectedCalibrationError - (1 / (1 + exp(-3)) - 0.75)) < 1e-6)
    let temperature = scores.temperature
    // σ(3 / t) = 0.75
    #expect(abs(temperature - 3 / log(3)) < 0.01)
    scores.divideLogits(by: Float(temperature))
    #expect(scores.expectedCalibrationError < 0.01 && scores.confusion.accuracy == 0.75)
    #expect(scores.worst(2).map(\.example) == [0, 4])
  }
}
