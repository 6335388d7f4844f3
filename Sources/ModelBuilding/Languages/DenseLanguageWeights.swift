import Lexing
import Platform

/// The first, dense step of training: a weight for each feature and language, found by stochastic gradient descent with a rate of
/// its own for each (AdaGrad: Duchi, Hazan and Singer 2011), a part of a text's features left out each time.
struct DenseLanguageWeights {
  typealias Lanes = SIMD8<Float>

  let labelCount: Int
  /// Lanes of a row: the languages, and what fills the last.
  private let stride: Int
  private let keys: HashedKeys
  /// features × stride, and the sums of the squares of their gradients.
  private let weights: Numbers<Lanes>
  private let squares: Numbers<Lanes>
  private let bias: Numbers<Lanes>
  private let biasSquares: Numbers<Lanes>

  private static let rate: Float = 0.3
  private static let keptShare = 0.6
  /// Labels that a feature has a weight for.
  private static let labelLimit = 32

  /// - Parameter keys: of the features, ascending.
  init(keys: [UInt32], labelCount: Int) {
    self.labelCount = labelCount
    stride = (labelCount + 7) / 8
    self.keys = HashedKeys(keys)
    weights = Numbers(keys.count * stride, .zero)
    squares = Numbers(keys.count * stride, Lanes(repeating: 1e-6))
    bias = Numbers(stride, .zero)
    biasSquares = Numbers(stride, Lanes(repeating: 1e-6))
  }

  /// - Parameter passes: over all texts, in orders that follow from the seed.
  func fit(_ texts: [LabelledLanguages.Text], passes: Int, seed: UInt64, progress: (Double) -> Void) {
    var random = SplitMix64(seed: seed)
    let costs = LanguageCosts(texts, labelCount: labelCount)
    let rows = texts.map { text in text.keys.compactMap { keys.row(of: $0) } }
    var order = Array(texts.indices)
    for pass in 0..<passes {
      order.shuffle(using: &random)
      let rate = Self.rate * (1 - 0.7 * Float(pass) / Float(passes))
      for (step, index) in order.enumerated() {
        let kept = rows[index].filter { _ in random.uniform() < Self.keptShare }
        learn(kept, label: texts[index].label, cost: costs[texts[index].label], rate: rate)
        if step % 512 == 0 {
          progress((Double(pass) + Double(step) / Double(order.count)) / Double(passes))
        }
      }
    }
  }

  private func learn(_ rows: [Int32], label: Int, cost: Float, rate: Float) {
    guard !rows.isEmpty else { return }
    let scale = 1 / Float(rows.count).squareRoot()
    var sums = [Lanes](repeating: .zero, count: stride)
    for row in rows {
      let source = weights.base + Int(row) * stride
      for lane in 0..<stride { sums[lane] += source[lane] }
    }
    let logits = (0..<labelCount).map { sums[$0 / 8][$0 % 8] * scale + bias[$0 / 8][$0 % 8] }
    let probabilities = HashedClassifier.softmax(logits)
    var errors = [Lanes](repeating: .zero, count: stride)
    for other in 0..<labelCount { errors[other / 8][other % 8] = cost * probabilities[other] }
    errors[label / 8][label % 8] -= cost
    for lane in 0..<stride {
      Self.move(bias.base + lane, biasSquares.base + lane, errors[lane], rate: 0.1 * rate)
      errors[lane] *= scale
    }
    for row in rows {
      let first = Int(row) * stride
      for lane in 0..<stride {
        Self.move(weights.base + first + lane, squares.base + first + lane, errors[lane], rate: rate)
      }
    }
  }

  @inline(__always)
  private static func move(
    _ weights: UnsafeMutablePointer<Lanes>, _ squares: UnsafeMutablePointer<Lanes>, _ gradient: Lanes,
    rate: Float
  ) {
    squares[0] += gradient * gradient
    weights[0] -= rate * gradient / squares[0].squareRoot()
  }

  /// Of the features that texts have, the weights that move logits most: by their distance from the feature's median, times
  /// the root of how many texts have it.
  ///
  /// - Parameter byteLimit: what features of 5 bytes and weights of 2 may take together.
  func largest(_ texts: [LabelledLanguages.Text], byteLimit: Int) -> SparseLanguageWeights {
    var counts = [Float](repeating: 0, count: keys.count)
    for text in texts { for key in text.keys { if let row = keys.row(of: key) { counts[Int(row)] += 1 } } }
    var medians = [Float](repeating: 0, count: keys.count)
    var all: [(score: Float, row: Int32, label: Int32)] = []
    for row in 0..<keys.count {
      let own = (0..<labelCount).map { weight(row, $0) }
      medians[row] = own.sorted()[labelCount / 2]
      let median = medians[row]
      for label in own.indices.sorted(by: { abs(own[$0] - median) > abs(own[$1] - median) }).prefix(
        Self.labelLimit)
      {
        all.append((abs(own[label] - median) * counts[row].squareRoot(), Int32(row), Int32(label)))
      }
    }
    all.sort { ($0.score, $1.row, $1.label) > ($1.score, $0.row, $0.label) }
    var kept: [[(label: Int, weight: Float)]] = Array(repeating: [], count: keys.count)
    var bytes = 0
    for entry in all {
      let row = Int(entry.row)
      bytes += kept[row].isEmpty ? 7 : 2
      guard bytes <= byteLimit else { break }
      kept[row].append((Int(entry.label), weight(row, Int(entry.label)) - medians[row]))
    }
    let features = keys.all.indices.filter { !kept[$0].isEmpty }.map {
      (key: keys.all[$0], weights: kept[$0].sorted { $0.label < $1.label })
    }
    return SparseLanguageWeights(features, bias: (0..<labelCount).map { bias[$0 / 8][$0 % 8] })
  }

  private func weight(_ row: Int, _ label: Int) -> Float { weights[row * stride + label / 8][label % 8] }
}

/// What a mistake about a text costs: so much more of languages with few texts, up to a bound.
struct LanguageCosts {
  private let costs: [Float]

  init(_ texts: [LabelledLanguages.Text], labelCount: Int) {
    var counts = [Float](repeating: 0, count: labelCount)
    for text in texts { counts[text.label] += 1 }
    let mean = Float(texts.count) / Float(labelCount)
    costs = counts.map { min(3, (mean / max(1, $0)).squareRoot()) }
  }

  subscript(label: Int) -> Float { costs[label] }
}
