import JSON
import LanguageModeling
import Neural
import Platform

/// A linear classifier of bags of hashed n-grams: logit c = b_c + Σ w_jc / √k over the k features j that a text has and the
/// model knows, however often it has them. Immutable.
package struct BagModel: Sendable {
  package static let fileName = "bag.safetensors"
  private static let keysName = "keys"
  private static let weightsName = "weight"
  private static let biasName = "bias"

  package let features: BagFeatures
  /// Logits that are computed: one a label, but one for two labels, the first one's being 0.
  package let columnCount: Int
  private let keys: HashedKeys
  /// features × columns.
  private let weights: [Float]
  private let bias: [Float]

  /// - Parameters:
  ///   - keys: of the features, ascending.
  ///   - weights: features × columns.
  ///   - bias: a number a column.
  package init(features: BagFeatures, keys: [UInt32], weights: [Float], bias: [Float]) {
    precondition(weights.count == keys.count * bias.count)
    self.features = features
    columnCount = bias.count
    self.keys = HashedKeys(keys)
    self.weights = weights
    self.bias = bias
  }

  package static func columnCount(labels: Int) -> Int { labels == 2 ? 1 : labels }

  /// - Throws: `Failure` for a file that is no bag of so many labels, or holds numbers that are not finite.
  package init(features: BagFeatures, file: MappedFile, labelCount: Int) throws(Failure) {
    let tensors = try Safetensors(file: file)
    let columns = Self.columnCount(labels: labelCount)
    let signed = try tensors.integers(Self.keysName)
    guard signed.count <= HashedKeys.countLimit else { throw tensors.damaged("too many features") }
    let keys = signed.map { UInt32(bitPattern: $0) }
    guard zip(keys, keys.dropFirst()).allSatisfy(<) else {
      throw tensors.damaged("\(Self.keysName) are not in ascending order")
    }
    let weights = try tensors.floats(Self.weightsName, shape: [keys.count, columns])
    let bias = try tensors.floats(Self.biasName, shape: [columns])
    guard weights.allSatisfy(\.isFinite), bias.allSatisfy(\.isFinite) else {
      throw tensors.damaged("it holds a number that is not finite")
    }
    self.init(features: features, keys: keys, weights: weights, bias: bias)
  }

  /// The file that `init` reads.
  package func serialized() -> [UInt8] {
    var file = SafetensorsWriter()
    file.add(Self.keysName, shape: [keys.count], keys.all.map { Int32(bitPattern: $0) })
    file.add(Self.weightsName, shape: [keys.count, columnCount], weights)
    file.add(Self.biasName, shape: [columnCount], bias)
    return file.serialized()
  }

  package var featureCount: Int { keys.count }

  /// A logit a label.
  package func logits(_ words: ClassifierWords) -> [Float] {
    let rows = distinctRows(words)
    var sums = [Float](repeating: 0, count: columnCount)
    for row in rows {
      let first = Int(row) * columnCount
      for column in 0..<columnCount { sums[column] += weights[first + column] }
    }
    let scale = 1 / Float(max(1, rows.count)).squareRoot()
    for column in 0..<columnCount { sums[column] = sums[column] * scale + bias[column] }
    return columnCount == 1 ? [0, sums[0]] : sums
  }

  /// The features of a text that the model knows, each once.
  private func distinctRows(_ words: ClassifierWords) -> [Int32] {
    var rows: [Int32] = []
    // Of a long text most features come again and again: those that came are marked.
    if words.count > keys.count / 64 {
      var isSeen = [Bool](repeating: false, count: keys.count)
      features.forEach(words) { key, _ in
        guard let row = keys.row(of: key), !isSeen[Int(row)] else { return }
        isSeen[Int(row)] = true
        rows.append(row)
      }
      return rows
    }
    features.forEach(words) { key, _ in if let row = keys.row(of: key) { rows.append(row) } }
    rows.sort()
    var count = 0
    for row in rows where count == 0 || row != rows[count - 1] {
      rows[count] = row
      count += 1
    }
    rows.removeLast(rows.count - count)
    return rows
  }

  /// What each feature of a text, where it stands first, adds to the logit of a label, above what it adds to the others on
  /// average.
  package func contributions(_ words: ClassifierWords, label: Int) -> [(
    feature: BagFeatures.Occurrence, weight: Float
  )] {
    var places: [Int32: BagFeatures.Occurrence] = [:]
    features.forEach(words) { key, place in
      guard let row = keys.row(of: key), places[row] == nil else { return }
      places[row] = place
    }
    let scale = 1 / Float(max(1, places.count)).squareRoot()
    return places.map { row, place in
      let first = Int(row) * columnCount
      if columnCount == 1 { return (place, (label == 1 ? 1 : -1) * weights[first] * scale) }
      let all = weights[first..<first + columnCount]
      let others = (all.reduce(0, +) - all[first + label]) / Float(columnCount - 1)
      return (place, (all[first + label] - others) * scale)
    }
  }
}

extension Safetensors {
  fileprivate func damaged(_ why: String) -> Failure {
    Failure(path, why: "is damaged: \(why)", remedy: "train the model again")
  }
}
