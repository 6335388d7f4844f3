import LanguageModeling
import Lexing
import Platform
import Privacy

/// A message and the words of the diff that it is about.
public struct DescribedDiff: Sendable {
  let message: [UInt8]
  let words: DiffWords

  /// - Parameters:
  ///   - diff: in git's format.
  ///   - grammar: of messages.
  ///   - types: what nobody is to learn.
  package init(message: [UInt8], diff: [UInt8], grammar: Grammar, types: TypeReader) {
    self.message = message
    words = DiffWords(diff, grammar: grammar, types: types)
  }
}

/// Fits `DiffWeights` to a history.
public enum DiffFitting {
  /// Words that fewer diffs have say nothing of their own.
  private static let leastSeen = 2
  /// Words that are kept, those that most diffs have.
  private static let copyingLimit = 20_000
  /// So many commits say enough of how words end.
  private static let endingLimit = 500
  private static let stepCount = 400
  /// The inverse variance of the numbers around those that they begin with: a Gaussian prior.
  private static let priorPrecision = 0.6

  /// What messages take from their diffs: which words, and of each place how often.
  ///
  /// - Parameters:
  ///   - grammar: of messages.
  ///   - types: what nobody is to learn.
  package static func copying(
    of history: some Sequence<DescribedDiff>, grammar: Grammar, types: TypeReader
  ) -> DiffWeights {
    var weights = DiffWeights.standard
    var counts: [[UInt8]: DiffWeights.Copying] = [:]
    var endings = WordEndingCounts()
    let places = DiffWords.Place.allCases
    var byPlace = [DiffWeights.Copying](repeating: .init(copied: 0, seen: 0), count: places.count)
    for (place, described) in history.enumerated() {
      let words = described.words
      let message = Set(types.types(of: described.message, grammar: grammar))
      let all = words.words
      if place < endingLimit { endings.add(message: message, diff: all) }
      for word in all {
        let copied: Float = message.contains(word) ? 1 : 0
        counts[word, default: .init(copied: 0, seen: 0)].copied += copied
        counts[word]!.seen += 1
      }
      for place in places {
        for word in words.counts[place.rawValue].keys {
          byPlace[place.rawValue].seen += 1
          if message.contains(word) { byPlace[place.rawValue].copied += 1 }
        }
      }
    }
    for place in places where byPlace[place.rawValue].seen > 0 {
      let known = byPlace[place.rawValue]
      // As if a hundred words of other histories had been seen too.
      weights.rates[place.rawValue] =
        (known.copied + 100 * weights.rates[place.rawValue]) / (known.seen + 100)
    }
    weights.endings = endings.endings
    let kept = counts.filter { Int($0.value.seen) >= leastSeen }.sorted {
      $0.value.seen == $1.value.seen
        ? $0.key.lexicographicallyPrecedes($1.key) : $0.value.seen > $1.value.seen
    }
    weights.copying = Dictionary(uniqueKeysWithValues: kept.prefix(copyingLimit).map { ($0.key, $0.value) })
    return weights
  }

  /// A token of a held-out message: what the mixture gives to it without the diff, what the words of each place and each context
  /// give (-1 where there are none), what those behind the word before give (nil where there are none), and the position's features.
  private struct Row {
    var base: Double
    var byPlace: [Double]
    var byContext: [Double]
    var following: Double?
    var features: [Double]
  }

  /// The weights that give held-out messages the most probability.
  ///
  /// - Parameters:
  ///   - weights: `copying` of other messages.
  ///   - model: has not learned from the held-out messages.
  public static func fit(
    _ weights: DiffWeights, to heldOut: some Collection<DescribedDiff>, model: Model, grammar: Grammar,
    progress: (Double) -> Void = { _ in }
  ) -> DiffWeights {
    var rows: [Row] = []
    for (place, described) in heldOut.enumerated() {
      rows += self.rows(described, weights, model, grammar)
      progress(0.8 * Double(place + 1) / Double(heldOut.count))
    }
    guard !rows.isEmpty else { return weights }
    var parameters = Parameters(weights)
    let prior = parameters
    var (first, second) = (Parameters.zero, Parameters.zero)
    for step in 1...stepCount {
      var gradient = Parameters.zero
      for row in rows { parameters.addGradient(of: row, to: &gradient) }
      for index in gradient.values.indices {
        let value =
          (gradient.values[index] - priorPrecision * (parameters.values[index] - prior.values[index]))
          / Double(rows.count)
        first.values[index] = 0.9 * first.values[index] + 0.1 * value
        second.values[index] = 0.999 * second.values[index] + 0.001 * value * value
        let (mean, square) = (
          first.values[index] / (1 - pow(0.9, Double(step))),
          second.values[index] / (1 - pow(0.999, Double(step)))
        )
        parameters.values[index] += 0.03 * mean / (square.squareRoot() + 1e-9)
      }
      progress(0.8 + 0.2 * Double(step) / Double(stepCount))
    }
    return parameters.weights(like: weights)
  }

  private static func rows(
    _ described: DescribedDiff, _ weights: DiffWeights, _ model: Model, _ grammar: Grammar
  ) -> [Row] {
    let lexicon = model.makeLexicon()
    guard !described.words.isEmpty else { return [] }
    let diff = DiffDistribution(described.words, weights: weights, lexicon: lexicon)
    let sequence = lexicon.sequence(of: LexedDocument(text: described.message, grammar: grammar))
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    let document = DocumentCounts()
    var sources = MixtureSources()
    sources.document = document
    var rows: [Row] = []
    let placeCount = DiffDistribution.placeCount
    // Places without words have no say.
    let present = (0..<placeCount).map { place in
      diff.tokens.indices.contains { diff.byPlace[$0 * placeCount + place] > 0 }
    }
    for index in 0..<sequence.count {
      engine.prepare(sequence, at: index, sources)
      let token = sequence.id(at: index)
      let before = index > 0 ? sequence.id(at: index - 1) : .max
      let known = diff.indices[token]
      let contexts = diff.contexts(sequence, index)
      rows.append(
        Row(
          base: exp2(-engine.surprisalBits(of: token)),
          byPlace: (0..<placeCount).map { place in
            present[place] ? known.map { Double(diff.byPlace[$0 * placeCount + place]) } ?? 0 : -1
          },
          byContext: contexts.map { words in
            words.isEmpty
              ? -1
              : known.map { known in
                Double(words.first { $0.index == known }?.probability ?? 0)
              } ?? 0
          },
          following: diff.successors[before].map { next in
            Double(next.first { $0.token == token }?.probability ?? 0)
          }, features: DiffFeatures.values(sequence, index, diff, contexts).map(Double.init)))
      document.add(sequence, index..<index + 1)
    }
    engine.finish()
    return rows
  }

  /// Logits of the places, logarithms of the contexts' weights, the logit of `following`, and the gate.
  private struct Parameters {
    var values: [Double]
    private static let placeCount = DiffDistribution.placeCount
    private static let followingPlace = placeCount + DiffText.Context.allCases.count
    private static let count = followingPlace + 1 + DiffFeatures.count
    static let zero = Parameters(values: [Double](repeating: 0, count: count))

    private init(values: [Double]) { self.values = values }

    init(_ weights: DiffWeights) {
      values =
        weights.places.map { log(Double(max($0, 1e-4))) }
        + weights.contexts.map { log(Double(max($0, 1e-4))) }
        + [log(Double(weights.following / (1 - weights.following)))] + weights.gate.map(Double.init)
    }

    func weights(like other: DiffWeights) -> DiffWeights {
      var result = other
      let places = values.prefix(Self.placeCount).map { exp($0) }
      let sum = places.reduce(0, +)
      result.places = places.map { Float($0 / sum) }
      result.following = Float(min(0.99, 1 / (1 + exp(-values[Self.followingPlace]))))
      result.contexts = values[Self.placeCount..<Self.followingPlace].map { Float(min(1e3, exp($0))) }
      result.gate = values.suffix(DiffFeatures.count).map { Float(max(-50, min(50, $0))) }
      return result
    }

    /// Adds the gradient of log((1 − λ) base + λ D), D = (1 − f) (Σ αₚ Pₚ + Σ c Q) / (1 + Σ c) + f F.
    func addGradient(of row: Row, to gradient: inout Parameters) {
      let first = Self.followingPlace + 1
      var logit = 0.0
      for (index, feature) in row.features.enumerated() { logit += values[first + index] * feature }
      let share = 1 / (1 + exp(-logit))
      var weights = [Double](repeating: 0, count: Self.placeCount)
      var sum = 0.0
      for place in weights.indices where row.byPlace[place] >= 0 {
        weights[place] = exp(values[place])
        sum += weights[place]
      }
      var places = 0.0
      for place in weights.indices where row.byPlace[place] >= 0 {
        weights[place] /= sum
        places += weights[place] * row.byPlace[place]
      }
      let contexts = row.byContext.indices.map {
        row.byContext[$0] < 0 ? 0 : exp(values[Self.placeCount + $0])
      }
      let whole = 1 + contexts.reduce(0, +)
      let mean = zip(contexts, row.byContext).reduce(places) { $0 + $1.0 * $1.1 } / whole
      let following = row.following == nil ? 0 : 1 / (1 + exp(-values[Self.followingPlace]))
      let diff = (1 - following) * mean + following * (row.following ?? 0)
      let total = max((1 - share) * row.base + share * diff, 1e-300)
      let byMean = share / total * (1 - following)
      for place in weights.indices where row.byPlace[place] >= 0 {
        gradient.values[place] += byMean * weights[place] * (row.byPlace[place] - places) / whole
      }
      for (place, weight) in contexts.enumerated() where row.byContext[place] >= 0 {
        gradient.values[Self.placeCount + place] += byMean * weight * (row.byContext[place] - mean) / whole
      }
      if let next = row.following {
        gradient.values[Self.followingPlace] += share / total * following * (1 - following) * (next - mean)
      }
      let byLogit = (diff - row.base) / total * share * (1 - share)
      for (index, feature) in row.features.enumerated() {
        gradient.values[first + index] += byLogit * feature
      }
    }
  }
}
