/// How often each label was taken for each.
public struct ConfusionMatrix: Hashable, Sendable {
  public let labelCount: Int
  /// labels × labels: the row is the label, the column what it was taken for.
  public private(set) var counts: [Int]

  public init(labelCount: Int) {
    self.labelCount = labelCount
    counts = [Int](repeating: 0, count: labelCount * labelCount)
  }

  public mutating func count(label: Int, takenFor answer: Int) { counts[label * labelCount + answer] += 1 }

  public subscript(label: Int, answer: Int) -> Int { counts[label * labelCount + answer] }

  /// The share of examples that were given their label; 0 without examples.
  public var accuracy: Double {
    let correct = (0..<labelCount).reduce(0) { $0 + self[$1, $1] }
    return Double(correct) / Double(max(1, counts.reduce(0, +)))
  }

  /// 2 · right / (there + given), the harmonic mean of precision and recall; 0 where the label is neither there nor given.
  public func f1(_ label: Int) -> Double {
    let there = (0..<labelCount).reduce(0) { $0 + self[label, $1] }
    let given = (0..<labelCount).reduce(0) { $0 + self[$1, label] }
    return there + given == 0 ? 0 : 2 * Double(self[label, label]) / Double(there + given)
  }

  /// The mean of `f1` over all labels (Sokolova and Lapalme 2009).
  public var macroF1: Double {
    (0..<labelCount).reduce(0) { $0 + f1($1) } / Double(max(1, labelCount))
  }
}
