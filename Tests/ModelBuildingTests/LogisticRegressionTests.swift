import Classification
import Platform
import Testing

@testable import ModelBuilding

/// The bag's regressions against their definition, in double precision.
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

  /// The length of the gradient of Σ uᵢ · −log p(yᵢ) + (|w|² + |b|²) / 2C by the weights that were found.
  static func gradientLength(
    _ regression: any DualAscent, _ matrix: BagMatrix, _ labels: [Int], rows: [Int], _ labelWeights: [Double],
    c: Double
  ) -> Double {
    let (weights, bias) = regression.result()
    let outputs = bias.count
    var gradient = weights.map { Double($0) / c }
    var biasGradient = bias.map { Double($0) / c }
    for row in rows {
      let columns = (matrix.rowStarts[row]..<matrix.rowStarts[row + 1]).map { Int(matrix.columns[$0]) }
      let scale = 1 / Double(max(1, columns.count)).squareRoot()
      var logits = bias.map(Double.init)
      for column in columns {
        for output in 0..<outputs { logits[output] += scale * Double(weights[column * outputs + output]) }
      }
      if outputs == 1 { logits = [0, logits[0]] }
      let sum = logits.reduce(0) { $0 + exp($1) }
      for output in 0..<outputs {
        let label = outputs == 1 ? 1 : output
        let error = (exp(logits[label]) / sum - (labels[row] == label ? 1 : 0)) * labelWeights[labels[row]]
        biasGradient[output] += error
        for column in columns { gradient[column * outputs + output] += scale * error }
      }
    }
    return (gradient + biasGradient).reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// Settings are tried and divisions trained side by side, and what comes out is the same.
  @Test(arguments: [2, 5]) func theBagDoesNotDependOnTheThreads(labelCount: Int) throws {
    let bags = try [1, 3].map { threadCount in
      try BagTraining(
        examples: Self.examples(labelCount, 400), labelWeights: [Double](repeating: 1, count: labelCount),
        metric: .accuracy, threadCount: threadCount
      ).run { _ in }
    }
    #expect(bags[0].settings == bags[1].settings && bags[0].temperature == bags[1].temperature)
    #expect(bags[0].bag.serialized() == bags[1].bag.serialized())
  }

  @Test(arguments: [2, 4, 11]) func theGradientVanishesWhereTheSearchEnds(labelCount: Int) throws {
    let examples = Self.examples(labelCount, 300)
    let labels = examples.examples.map(\.label)
    let labelWeights = (0..<labelCount).map { 1 + 0.5 * Double($0) }
    let matrix = try BagMatrix(examples, features: BagFeatures(order: 2), threadCount: 2)
    // What is held out has features that nobody learns.
    let rows = Array(0..<280)
    let regression = RegressionTexts(
      matrix, rows: rows, labels: labels, labelWeights: labelWeights, usesRatios: false
    ).regression()
    func length(_ c: Double, of other: (any DualAscent)? = nil) -> Double {
      Self.gradientLength(other ?? regression, matrix, labels, rows: rows, labelWeights, c: c)
    }
    let atZero = length(5)
    regression.fit(c: 5, tolerance: 1e-4, passLimit: 100)
    #expect(atZero > 10 && length(5) < 0.05)
    // From one C to the next the search goes on.
    let passes = regression.passCount
    regression.fit(c: 2, tolerance: 1e-4, passLimit: 100)
    #expect(length(2) < 0.05 && regression.passCount > passes)
    // A copy goes on from there, and this one stays where it is.
    let (copy, weights) = (regression.copy(), regression.result().weights)
    copy.fit(c: 7, tolerance: 1e-4, passLimit: 100)
    #expect(length(7, of: copy) < 0.05 && length(2) < 0.05 && regression.result().weights == weights)
  }

  /// With ratios the penalty is (w / r)²: the gradient of the loss is −w / (C r²).
  @Test(arguments: [2, 3]) func ratiosMakeTellingFeaturesCheap(labelCount: Int) throws {
    let examples = Self.examples(labelCount, 200)
    let labels = examples.examples.map(\.label)
    let matrix = try BagMatrix(examples, features: BagFeatures(order: 1), threadCount: 1)
    let rows = Array(0..<200)
    func weights(usesRatios: Bool) -> [Float] {
      let regression = RegressionTexts(
        matrix, rows: rows, labels: labels, labelWeights: [Double](repeating: 1, count: labelCount),
        usesRatios: usesRatios
      ).regression()
      regression.fit(c: 1, tolerance: 1e-4, passLimit: 200)
      return regression.result().weights
    }
    func column(_ word: String) throws -> Int {
      Int(matrix.columnsOfKeys[Int(try #require(matrix.keys.row(of: Self.key(word))))])
    }
    let (common, telling) = (try column("common"), try column("w1"))
    // All texts have the one.
    #expect(common == 0)
    let outputs = labelCount == 2 ? 1 : labelCount
    let (plain, cheap) = (weights(usesRatios: false), weights(usesRatios: true))
    let output = labelCount == 2 ? 0 : 1
    #expect(cheap[telling * outputs + output] > 1.2 * plain[telling * outputs + output])
    #expect(abs(cheap[common * outputs + output]) < abs(cheap[telling * outputs + output]) / 10)
  }

  private static func key(_ word: String) -> UInt32 {
    var keys: [UInt32] = []
    BagFeatures(order: 1).forEach(ClassifierWords(Array(word.utf8))) { key, _ in keys.append(key) }
    return keys[0]
  }

  @Test func theMatrixHasEachFeatureOnce() throws {
    var examples = LabelledExamples(labels: ["x", "y"])
    for (label, text) in [(0, "a a b"), (1, "b c"), (0, "")] {
      examples.examples.append(.init(label: label, words: ClassifierWords(Array(text.utf8))))
    }
    let matrix = try BagMatrix(examples, features: BagFeatures(order: 1), threadCount: 1)
    #expect(matrix.columnCount == 3 && matrix.rowStarts.array == [0, 2, 4, 4])
    let columns = matrix.columns.array
    #expect(Set(columns) == [0, 1, 2] && Set(columns[0..<2]).intersection(columns[2..<4]).count == 1)
    // Of a long text too.
    let long = Array(String(repeating: "b a ", count: 3_000).utf8)
    examples.examples[0] = .init(label: 0, words: ClassifierWords(long, keepsPlaces: false))
    let other = try BagMatrix(examples, features: BagFeatures(order: 1), threadCount: 3)
    #expect(other.rowStarts.array == [0, 2, 4, 4] && Set(other.columns.array[0..<2]) == Set(columns[0..<2]))
    // Only "b" is in two texts.
    let few = try BagMatrix(examples, features: BagFeatures(order: 1), columnLimit: 2, threadCount: 2)
    #expect(few.columnCount == 1 && few.rowStarts.array == [0, 1, 2, 2] && few.columns.array == [0, 0])
  }

  /// Sorting puts the features of many texts together as looking at them one by one does.
  @Test(arguments: [1, 3]) func theMatrixHasTheFeaturesOfEachText(threadCount: Int) throws {
    var examples = LabelledExamples(labels: ["x", "y"])
    var generator = SplitMix64(seed: 14)
    var expected: [Set<UInt32>] = []
    // So many occurrences that each of 256 groups has more than are sorted by comparison.
    for index in 0..<2_000 {
      let text = (0..<120).map { _ in "w\(generator.next() % 6_000)" }.joined(separator: " ")
      let words = ClassifierWords(Array(text.utf8))
      examples.examples.append(.init(label: index % 2, words: words))
      var keys: Set<UInt32> = []
      BagFeatures(order: 2).forEach(words) { key, _ in keys.insert(key) }
      expected.append(keys)
    }
    let matrix = try BagMatrix(examples, features: BagFeatures(order: 2), threadCount: threadCount)
    var numbers: [UInt32: Int32] = [:]
    for key in expected.reduce(into: Set<UInt32>(), { $0.formUnion($1) }) {
      numbers[key] = matrix.columnsOfKeys[Int(try #require(matrix.keys.row(of: key)))]
    }
    #expect(matrix.columnCount == numbers.count)
    let (starts, columns) = (matrix.rowStarts.array, matrix.columns.array)
    let areRight = expected.indices.allSatisfy { text in
      let row = columns[starts[text]..<starts[text + 1]]
      return row.count == expected[text].count && Set(row) == Set(expected[text].map { numbers[$0]! })
    }
    #expect(areRight)
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
