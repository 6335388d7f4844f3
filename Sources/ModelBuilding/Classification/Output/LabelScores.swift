import JSON
import NeuralTraining
import Platform

/// What a classifier said of texts whose labels are known.
public struct LabelScores: Sendable {
  /// A text: its label, and a logit a label.
  struct Entry: Sendable {
    var label: Int
    var logits: [Float]
    /// Its number among those that were measured.
    var example: Int

    var answer: Int { logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 } }

    /// log p of a label.
    func logProbability(_ label: Int, temperature: Double = 1) -> Double {
      let largest = Double(logits.max() ?? 0)
      let sum = logits.reduce(0.0) { $0 + exp((Double($1) - largest) / temperature) }
      return (Double(logits[label]) - largest) / temperature - log(sum)
    }
  }

  public let labels: [String]
  private(set) var entries: [Entry] = []

  init(labels: [String]) { self.labels = labels }

  mutating func add(label: Int, logits: [Float], example: Int) {
    entries.append(Entry(label: label, logits: logits, example: example))
  }

  public var count: Int { entries.count }

  /// One entry in so many, the first of them with it.
  func part(every step: Int) -> LabelScores {
    var result = LabelScores(labels: labels)
    result.entries = stride(from: 0, to: count, by: step).map { entries[$0] }
    return result
  }

  public var confusion: ConfusionMatrix {
    var confusion = ConfusionMatrix(labelCount: labels.count)
    for entry in entries { confusion.count(label: entry.label, takenFor: entry.answer) }
    return confusion
  }

  /// Nats a text.
  public var loss: Double { loss(temperature: 1) }

  public func value(_ metric: ClassificationMetric) -> Double {
    metric == .accuracy ? confusion.accuracy : confusion.macroF1
  }

  private func loss(temperature: Double) -> Double {
    -entries.reduce(0) { $0 + $1.logProbability($1.label, temperature: temperature) } / Double(max(1, count))
  }

  /// What the logits are to be divided by for the loss to be least (Guo et al. 2017, section 4.2); 1 for few texts.
  var temperature: Double {
    guard count >= 50 else { return 1 }
    // The loss is convex in 1/t: by golden section over log t.
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (-2.5, 2.5)
    var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
    var (leftLoss, rightLoss) = (loss(temperature: exp(left)), loss(temperature: exp(right)))
    for _ in 0..<24 {
      if leftLoss < rightLoss {
        (high, right, rightLoss) = (right, left, leftLoss)
        left = high - ratio * (high - low)
        leftLoss = loss(temperature: exp(left))
      } else {
        (low, left, leftLoss) = (left, right, rightLoss)
        right = low + ratio * (high - low)
        rightLoss = loss(temperature: exp(right))
      }
    }
    return exp((low + high) / 2)
  }

  mutating func divideLogits(by temperature: Float) {
    for index in entries.indices {
      for label in labels.indices { entries[index].logits[label] /= temperature }
    }
  }

  /// Texts by how probable the answer was said to be, and how often it was right.
  public struct CalibrationBin: Hashable, Sendable {
    /// Of probabilities.
    public var range: Range<Double>
    public var count: Int
    public var meanProbability: Double
    public var accuracy: Double
  }

  /// Ten bins of equal width; those without texts are left out.
  public var calibration: [CalibrationBin] {
    var sums = [(count: Int, probability: Double, right: Int)](repeating: (0, 0, 0), count: 10)
    for entry in entries {
      let probability = exp(entry.logProbability(entry.answer))
      let bin = min(9, Int(probability * 10))
      sums[bin].count += 1
      sums[bin].probability += probability
      sums[bin].right += entry.answer == entry.label ? 1 : 0
    }
    return sums.enumerated().compactMap { index, sum in
      guard sum.count > 0 else { return nil }
      return CalibrationBin(
        range: Double(index) / 10..<Double(index + 1) / 10, count: sum.count,
        meanProbability: sum.probability / Double(sum.count), accuracy: Double(sum.right) / Double(sum.count))
    }
  }

  /// How far probabilities are from how often they are right, on average over the texts (Guo et al. 2017, equation 3).
  public var expectedCalibrationError: Double {
    calibration.reduce(0) {
      $0 + Double($1.count) / Double(max(1, count)) * abs($1.meanProbability - $1.accuracy)
    }
  }

  /// The texts whose labels were given the least probability, of those that were given another one.
  func worst(_ limit: Int) -> [Entry] {
    Array(
      entries.filter { $0.answer != $0.label }
        .sorted { ($0.logProbability($0.label), $0.example) < ($1.logProbability($1.label), $1.example) }
        .prefix(limit))
  }

  /// What two classifiers said of the same texts, each to the power of its share.
  static func mixed(_ a: LabelScores, _ b: LabelScores, share: Double) -> LabelScores {
    var result = a
    for index in a.entries.indices {
      result.entries[index].logits = a.labels.indices.map { label in
        Float(
          share * a.entries[index].logProbability(label) + (1 - share)
            * b.entries[index].logProbability(label))
      }
    }
    return result
  }

  /// Members of an event, and of a model's description.
  var members: JSONObject {
    let confusion = confusion
    return [
      "examples": JSON(count), "accuracy": JSON(confusion.accuracy), "macroF1": JSON(confusion.macroF1),
      "loss": JSON(loss), "calibrationError": JSON(expectedCalibrationError),
    ]
  }

  /// The same with how often each label was taken for each.
  var completeMembers: JSONObject {
    let confusion = confusion
    var members = members
    members["confusion"] = .array(
      labels.indices.map { label in .array(labels.indices.map { JSON(confusion[label, $0]) }) })
    return members
  }
}
