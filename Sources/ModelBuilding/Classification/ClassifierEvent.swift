import JSON
import Platform

/// What the training of a classifier tells, beside what every build does.
public enum ClassifierEvent: Sendable {
  /// What was read.
  case examples(Examples)
  /// What a bag is made of, chosen by cross-validation or given.
  case bag(
    order: Int, characters: ClosedRange<Int>?, crossesWords: Bool, usesRatios: Bool, c: Double,
    featureCount: Int)
  /// - `on`: "fold 3", "folds", "heldOut" or "test".
  case scores(LabelScores, on: String)
  /// The classifier is in place.
  case finished(BuiltClassifier)

  public struct Examples: Hashable, Sendable {
    public var labels: [String]
    /// Of each label.
    public var counts: [Int]
    public var heldOutCount: Int
    public var testCount: Int
    public var byteCount: Int
  }

  var object: (name: String, members: JSONObject) {
    switch self {
    case .examples(let examples):
      return (
        "examples",
        [
          "labels": .array(
            zip(examples.labels, examples.counts).map { ["label": .string($0), "examples": JSON($1)] }),
          "heldOut": JSON(examples.heldOutCount), "test": JSON(examples.testCount),
          "bytes": JSON(examples.byteCount),
        ]
      )
    case .bag(let order, let characters, let crossesWords, let usesRatios, let c, let featureCount):
      return (
        "bag",
        [
          "order": JSON(order),
          "characters": characters.map { [JSON($0.lowerBound), JSON($0.upperBound)] } ?? .null,
          "acrossWords": .bool(crossesWords), "ratios": .bool(usesRatios), "c": JSON(c),
          "features": JSON(featureCount),
        ]
      )
    case .scores(let scores, let on):
      var members: JSONObject = ["on": .string(on)]
      for (key, value) in scores.completeMembers { members[key] = value }
      return ("scores", members)
    case .finished(let classifier): return ("finished", classifier.members)
    }
  }
}

/// A classifier that is in place.
public struct BuiltClassifier: Hashable, Sendable {
  /// Its directory, as it was named.
  public var path: String
  /// "bag", a network's, or both.
  public var encoder: String
  /// Since the build began.
  public var seconds: Double
  public var labels: [String]
  /// Examples that it learned from.
  public var exampleCount: Int

  var members: JSONObject {
    [
      "model": JSON(path), "encoder": .string(encoder), "seconds": JSON(seconds),
      "labels": .array(labels.map { .string($0) }), "examples": JSON(exampleCount),
    ]
  }
}
