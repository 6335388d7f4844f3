import JSON
import Transduction

/// What the training of a transducer tells beside what all builds do.
public enum TransducerBuildingEvent: Sendable {
  /// The pairs are read: how many are learned from and held out, how many were left out, the types of the vocabulary.
  case pairs(training: Int, heldOut: Int, tooLong: Int, withheld: Int, types: Int)
  /// How well the model does: `on` is "heldOut" or "test".
  case accuracy(TransductionAccuracy, on: String)
  /// The model is in place.
  case finished(BuiltTransducer)

  /// The event's name and members in `training.jsonl` and for scripts.
  var object: (name: String, members: JSONObject) {
    switch self {
    case .pairs(let training, let heldOut, let tooLong, let withheld, let types):
      (
        "pairs",
        [
          "training": JSON(training), "heldOut": JSON(heldOut), "tooLong": JSON(tooLong),
          "withheld": JSON(withheld), "types": JSON(types),
        ]
      )
    case .accuracy(let accuracy, let name): ("transduction", accuracy.members(on: name))
    case .finished(let model):
      (
        "finished",
        ["model": JSON(model.path), "seconds": JSON(model.seconds), "pairs": JSON(model.pairCount)]
      )
    }
  }
}

/// A transducer that is in place.
public struct BuiltTransducer: Hashable, Sendable {
  /// Its directory, as it was named.
  public var path: String
  /// Since the build began.
  public var seconds: Double
  /// Pairs that were learned from.
  public var pairCount: Int
  /// On what chose the weights, and on the test pairs, where there are some.
  public var heldOut: TransductionAccuracy?
  public var test: TransductionAccuracy?
}

/// How well texts became what they should have.
public struct TransductionAccuracy: Hashable, Sendable {
  public var pairCount = 0
  /// Pairs whose first output is the target.
  public var exactCount = 0
  /// Pairs that have the target among their outputs.
  public var amongCount = 0
  /// Outputs of a pair that were looked at.
  public var width: Int
  /// Edits of single units from the first outputs to the targets, and the targets' units.
  public var editCount = 0
  public var unitCount = 0
  public var seconds = 0.0

  public var exactness: Double { Double(exactCount) / Double(max(1, pairCount)) }
  /// Edits a unit of the targets: the character error rate, or the word error rate.
  public var unitErrorRate: Double { Double(editCount) / Double(max(1, unitCount)) }

  mutating func count(_ target: [[UInt8]], outputs: [[UInt8]], units: TextUnits) {
    let text = units.join(target)
    pairCount += 1
    if outputs.first == text { exactCount += 1 }
    if outputs.contains(text) { amongCount += 1 }
    editCount += Self.distance(units.split(outputs.first ?? []), target)
    unitCount += target.count
  }

  /// Levenshtein 1966: insertions, deletions and replacements of single units.
  static func distance(_ first: [[UInt8]], _ second: [[UInt8]]) -> Int {
    var row = Array(0...second.count)
    for (index, unit) in first.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for (place, other) in second.enumerated() {
        let replaced = diagonal + (unit == other ? 0 : 1)
        diagonal = row[place + 1]
        row[place + 1] = min(replaced, row[place] + 1, diagonal + 1)
      }
    }
    return row[second.count]
  }

  func members(on name: String) -> JSONObject {
    [
      "on": .string(name), "pairs": JSON(pairCount), "exact": JSON(exactness),
      "among": JSON(Double(amongCount) / Double(max(1, pairCount))), "beam": JSON(width),
      "unitErrorRate": JSON(unitErrorRate),
      "milliseconds": JSON(1e3 * seconds / Double(max(1, pairCount))),
    ]
  }
}
