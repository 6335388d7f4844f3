import JSON
import Platform
import Tagging

/// The tags of a sentence.
struct TagAnswer {
  var tags: [Int]
  /// Of each word its tags, the most probable first; nil where they were not asked for.
  var probabilities: [[(tag: Int, probability: Double)]]?

  /// Of the word at `place`.
  func members(at place: Int, _ names: [String]) -> JSONObject {
    var object: JSONObject = ["tag": .string(names[tags[place]])]
    if let probabilities {
      var members = JSONObject()
      for (tag, probability) in probabilities[place] { members[names[tag]] = JSON(probability) }
      object["probabilities"] = .object(members)
    }
    return object
  }
}

/// Answers as the options say.
struct TagAnswerer {
  let model: TaggerModel
  let givesProbabilities: Bool
  /// Whether a word's tag is told before the words behind it are known.
  let filters: Bool
  /// Tags of a word at the most; nil for all.
  let top: Int?

  /// Refuses what the tagger cannot do.
  func check() throws(Failure) {
    guard filters, try model.tagger.filteredProbabilities(of: []) == nil else { return }
    throw Failure(
      "--filter", why: "a tagger of the kind \(model.kind.rawValue) looks at the words behind as well",
      remedy: "train one with --tagger hmm, rnn or lstm")
  }

  func answer(_ words: [[UInt8]], top: Int? = nil) throws(Failure) -> TagAnswer {
    let count = model.tagger.tags.count
    guard filters || givesProbabilities else { return TagAnswer(tags: try model.tagger.tags(of: words)) }
    let values =
      filters
      ? try model.tagger.filteredProbabilities(of: words) ?? [] : try model.tagger.probabilities(of: words)
    let ranked = words.indices.map { word in
      (0..<count).map { (tag: $0, probability: values[word * count + $0]) }
        .sorted { ($0.probability, $1.tag) > ($1.probability, $0.tag) }
    }
    let tags = filters ? ranked.map { $0[0].tag } : try model.tagger.tags(of: words)
    let limit = min(count, top ?? self.top ?? count)
    return TagAnswer(
      tags: tags, probabilities: givesProbabilities ? ranked.map { Array($0.prefix(limit)) } : nil)
  }
}
