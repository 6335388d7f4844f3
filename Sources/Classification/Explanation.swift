import Neural
import Platform

/// A part of a text that spoke for a label, or against it.
public struct Evidence: Hashable, Sendable {
  /// Where it stands, in bytes of the text.
  public var place: Range<Int>
  /// What it adds to the label's logit above what it adds to the others on average; negative against the label.
  public var weight: Float
}

extension TextClassifier {
  /// Longer texts are explained by their beginning, where each word costs a pass through the network.
  private static let occludedWords = 200

  /// What decided about a label, the strongest first: of a bag its n-grams, of a convolutional network the windows that its
  /// filters answer to most (Kim 2014), of any other network each word by how much the label loses without it (Li, Monroe
  /// and Jurafsky 2016, "erasure").
  ///
  /// - Parameters:
  ///   - label: a number among `labels`.
  ///   - limit: how many parts.
  public func explain(_ text: [UInt8], label: Int, limit: Int) throws(Failure) -> [Evidence] {
    precondition(labels.indices.contains(label))
    let words = words(text)
    var weights: [Range<Int>: Float] = [:]
    if let bag {
      for evidence in explain(words, bag, label) {
        weights[evidence.place, default: 0] += bagShare * evidence.weight
      }
    }
    if let network {
      for evidence in try explain(words, network.network, network.ids(words), label) {
        weights[evidence.place, default: 0] += (1 - bagShare) * evidence.weight
      }
    }
    let evidence = weights.map { Evidence(place: $0.key, weight: $0.value) }
    return Array(
      evidence.sorted {
        (-abs($0.weight), $0.place.lowerBound, $0.place.count) < (
          -abs($1.weight), $1.place.lowerBound, $1.place.count
        )
      }
      .prefix(limit))
  }

  private func explain(_ words: ClassifierWords, _ bag: BagModel, _ label: Int) -> [Evidence] {
    bag.contributions(words, label: label).compactMap { feature, weight in
      Self.place(feature, words).map { Evidence(place: $0, weight: weight) }
    }
  }

  private func explain(
    _ words: ClassifierWords, _ network: SequenceClassifier, _ ids: [Int32], _ label: Int
  ) throws(Failure) -> [Evidence] {
    guard let windows = ConvolutionWindows(network) else { return try erasures(words, ids, network, label) }
    let found = windows.weights(try network.activations(ids), label: label, labelCount: labels.count)
    return found.compactMap { window in
      Self.place(window.words, words).map { Evidence(place: $0, weight: window.weight) }
    }
  }

  /// Where words stand in the text, of which the first and last may be its ends; nil where nothing does.
  private static func place(_ range: Range<Int>, _ words: ClassifierWords) -> Range<Int>? {
    let within = range.clamped(to: 0..<words.count)
    guard !within.isEmpty else { return nil }
    return words.places[within.lowerBound].lowerBound..<words.places[within.upperBound - 1].upperBound
  }

  private static func place(_ feature: BagFeatures.Occurrence, _ words: ClassifierWords) -> Range<Int>? {
    guard let bytes = feature.bytes, !feature.words.isEmpty else { return place(feature.words, words) }
    let (first, last) = (feature.words.lowerBound, feature.words.upperBound - 1)
    let start = place(bytes.lowerBound, first, words) ?? words.places[first].lowerBound
    return start..<(place(bytes.upperBound, last, words) ?? words.places[last].upperBound)
  }

  /// Where a byte of a word in lower case stands in the text; nil where lower case is longer or shorter than what was written.
  private static func place(_ byte: Int, _ word: Int, _ words: ClassifierWords) -> Int? {
    let (place, folded) = (words.places[word], words.range(word))
    return place.count == folded.count ? byte + place.lowerBound - folded.lowerBound : nil
  }

  private func erasures(
    _ words: ClassifierWords, _ ids: [Int32], _ network: SequenceClassifier, _ label: Int
  ) throws(Failure) -> [Evidence] {
    func logOdds(_ ids: [Int32]) throws(Failure) -> Float {
      let probability = min(max(try network.probabilities(ids)[label], 1e-7), 1 - 1e-7)
      return logf(probability / (1 - probability))
    }
    let whole = try logOdds(ids)
    var evidence: [Evidence] = []
    for word in 0..<min(ids.count, Self.occludedWords) where ids[word] >= 0 {
      var without = ids
      without[word] = -1
      evidence.append(Evidence(place: words.places[word], weight: whole - (try logOdds(without))))
    }
    return evidence
  }
}
