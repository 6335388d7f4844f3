import Classification
import Platform

/// Texts with their labels, as classifiers read them.
struct LabelledExamples {
  struct Example {
    var label: Int
    var words: ClassifierWords
  }

  var labels: [String] = []
  var examples: [Example] = []
  /// Bytes of all texts.
  var byteCount = 0

  /// How many examples each label has.
  var counts: [Int] {
    var counts = [Int](repeating: 0, count: labels.count)
    for example in examples { counts[example.label] += 1 }
    return counts
  }

  /// Some of the examples, their labels as before.
  func part(_ isIncluded: (Int) -> Bool) -> LabelledExamples {
    LabelledExamples(
      labels: labels, examples: examples.indices.filter(isIncluded).map { examples[$0] }, byteCount: byteCount
    )
  }

  /// About one example in ten of each label for what is chosen by held-out text, and the rest. A label's only example stays.
  func heldOutSplit(seed: UInt64) -> (training: LabelledExamples, heldOut: LabelledExamples) {
    var random = SplitMix64(seed: SplitMix64.mix(seed &+ 0x1F))
    var places = [[Int]](repeating: [], count: labels.count)
    for (index, example) in examples.enumerated() { places[example.label].append(index) }
    var heldOut: Set<Int> = []
    for var members in places {
      members.shuffle(using: &random)
      heldOut.formUnion(members.prefix((members.count + (members.count > 1 ? 5 : 0)) / 10))
    }
    return (part { !heldOut.contains($0) }, part { heldOut.contains($0) })
  }

  /// Labels that differ in case, in white space or in how a character is composed alone: as a rule one that was written in
  /// two ways.
  var likeLabels: [(String, String)] {
    var seen: [String: String] = [:]
    var pairs: [(String, String)] = []
    for label in labels {
      let plain = label.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
      if let other = seen[plain] { pairs.append((other, label)) } else { seen[plain] = label }
    }
    return pairs
  }
}
