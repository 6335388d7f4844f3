import Lexing
import Platform

/// The second step: few weights, which learn what those that are gone had told, and are rounded to 8 bits.
final class SparseLanguageWeights {
  private let keys: HashedKeys
  private let starts: [Int]
  private let labels: [Int32]
  private let weights: Numbers<Float>
  private let squares: Numbers<Float>
  private let bias: Numbers<Float>
  private let biasSquares: Numbers<Float>

  private static let rate: Float = 0.05
  private static let keptShare = 0.8

  /// - Parameter features: by ascending keys, with the labels of their weights ascending.
  init(_ features: [(key: UInt32, weights: [(label: Int, weight: Float)])], bias: [Float]) {
    keys = HashedKeys(features.map(\.key))
    starts = features.reduce(into: [0]) { $0.append($0.last! + $1.weights.count) }
    labels = features.flatMap { $0.weights.map { Int32($0.label) } }
    weights = Numbers(features.flatMap { $0.weights.map(\.weight) })
    squares = Numbers(labels.count, 1)
    self.bias = Numbers(bias)
    biasSquares = Numbers(bias.count, 1)
  }

  func fit(_ texts: [LabelledLanguages.Text], passes: Int, seed: UInt64, progress: (Double) -> Void) {
    var random = SplitMix64(seed: seed)
    let costs = LanguageCosts(texts, labelCount: bias.count)
    let rows = texts.map { text in text.keys.compactMap { keys.row(of: $0) } }
    var order = Array(texts.indices)
    for pass in 0..<passes {
      order.shuffle(using: &random)
      for (step, index) in order.enumerated() {
        let kept = rows[index].filter { _ in random.uniform() < Self.keptShare }
        learn(kept, label: texts[index].label, cost: costs[texts[index].label])
        if step % 512 == 0 {
          progress((Double(pass) + Double(step) / Double(order.count)) / Double(passes))
        }
      }
    }
  }

  private func learn(_ rows: [Int32], label: Int, cost: Float) {
    guard !rows.isEmpty else { return }
    let scale = 1 / Float(rows.count).squareRoot()
    var errors = HashedClassifier.softmax(logits(rows, scale: scale))
    errors[label] -= 1
    for other in errors.indices {
      errors[other] *= cost
      Self.move(bias.base + other, biasSquares.base + other, errors[other], rate: 0.1 * Self.rate)
      errors[other] *= scale
    }
    for row in rows {
      for index in starts[Int(row)]..<starts[Int(row) + 1] {
        Self.move(weights.base + index, squares.base + index, errors[Int(labels[index])], rate: Self.rate)
      }
    }
  }

  private func logits(_ rows: [Int32], scale: Float) -> [Float] {
    var sums = [Float](repeating: 0, count: bias.count)
    for row in rows {
      for index in starts[Int(row)]..<starts[Int(row) + 1] { sums[Int(labels[index])] += weights[index] }
    }
    return sums.indices.map { sums[$0] * scale + bias[$0] }
  }

  @inline(__always)
  private static func move(
    _ weight: UnsafeMutablePointer<Float>, _ squares: UnsafeMutablePointer<Float>, _ gradient: Float,
    rate: Float
  ) {
    squares.pointee += gradient * gradient
    weight.pointee -= rate * gradient / squares.pointee.squareRoot()
  }

  /// - Parameter temperature: what logits are divided by, so that probabilities are as often right as they say.
  func classifier(
    kind: LanguageFeatures, labels names: [String], temperature: Float, leastProbability: Float
  ) -> HashedClassifier {
    // A few weights are far larger than the rest: the largest step is theirs that all but one in a thousand reach.
    let sizes = weights.array.map { abs($0) }.sorted()
    let step = max(1e-6, sizes.isEmpty ? 1 : sizes[min(sizes.count - 1, sizes.count * 999 / 1_000)]) / 127
    let features = keys.all.indices.map { row in
      (
        key: keys.all[row],
        weights: (starts[row]..<starts[row + 1]).map { index in
          HashedClassifier.Weight(
            label: UInt8(labels[index]),
            weight: Int8(max(-127, min(127, (weights[index] / step).rounded()))))
        }
      )
    }
    return HashedClassifier(
      kind: kind, labels: names, leastProbability: leastProbability, scale: step / temperature,
      bias: bias.array.map { $0 / temperature }, features: features)
  }
}
