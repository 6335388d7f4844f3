import LanguageModeling
import Lexing
import Platform
import Privacy

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

  /// The weights that give held-out messages the most probability.
  ///
  /// - Parameters:
  ///   - weights: `copying` of other messages.
  ///   - history: all messages, the oldest first.
  ///   - heldOut: places of those that the model has not learned from.
  public static func fit(
    _ weights: DiffWeights, to history: [DescribedDiff], heldOut: Set<Int>, model: Model, grammar: Grammar,
    progress: (Double) -> Void = { _ in }
  ) -> DiffWeights {
    let messages = MessageHistory(
      MessageHistory.content(of: history, lexicon: model.makeLexicon(), grammar: grammar))
    var rows: [DiffRow] = []
    for (count, place) in heldOut.sorted().enumerated() where history.indices ~= place {
      let recalled = messages.map { messages in
        RecalledMessages(
          messages,
          messages.messages(like: history[place].words, where: { !heldOut.contains($0) }),
          count: UInt32(model.vocabulary.count))
      }
      rows += self.rows(history[place], weights, model, recalled, grammar)
      progress(0.8 * Double(count + 1) / Double(heldOut.count))
    }
    guard !rows.isEmpty else { return weights }
    var parameters = DiffParameters(weights)
    let prior = parameters
    var (first, second) = (DiffParameters.zero, DiffParameters.zero)
    for step in 1...stepCount {
      var gradient = DiffParameters.zero
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
    _ described: DescribedDiff, _ weights: DiffWeights, _ model: Model, _ recalled: RecalledMessages?,
    _ grammar: Grammar
  ) -> [DiffRow] {
    let lexicon = model.makeLexicon()
    guard !described.words.isEmpty else { return [] }
    let diff = DiffDistribution(described.words, weights: weights, lexicon: lexicon, recalled: recalled)
    let sequence = lexicon.sequence(of: LexedDocument(text: described.message, grammar: grammar))
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    let document = DocumentCounts()
    var sources = MixtureSources()
    sources.document = document
    var rows: [DiffRow] = []
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
        DiffRow(
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
          }, recalled: diff.recalled.map { values(of: token, sequence, index, $0) } ?? [],
          features: DiffFeatures.values(sequence, index, diff, contexts).map(Double.init)
            + [Double(diff.recalled?.likeness ?? 0)]))
      document.add(sequence, index..<index + 1)
    }
    engine.finish()
    return rows
  }

  /// What recalled messages give to a token, by their contexts.
  private static func values(
    of token: UInt32, _ sequence: TokenSequence, _ index: Int, _ recalled: RecalledMessages
  ) -> [Double] {
    let (one, two) = recalled.following(sequence, index)
    return [Double(recalled.probability(of: token))]
      + [one, two].map { words in
        words.isEmpty ? -1 : Double(words.first { $0.token == token }?.probability ?? 0)
      }
  }
}
