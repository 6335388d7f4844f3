import LanguageModeling
import Neural
import Platform

/// Words in the middle of a line of prose, where the model has a network in both directions: what stands behind the place has
/// its say.
extension DocumentState {
  /// Words that are weighed beyond those of a list: a word that little spoke for may be the one.
  private static let weighedCount = 48
  /// No word becomes more or less probable by more than this, in nats.
  private static let greatestGain: Float = 6

  /// The best words at a place, best first: of the middle of a line with what follows, and whether there was no time for that.
  mutating func weighedWords(
    at place: DocumentPlace, limit: Int, _ view: RecurrentView?, while mayGoOn: () -> Bool
  ) -> (words: [CandidateItem], lacksWhatFollows: Bool) {
    guard looksBehind(place, view) else { return (words(at: place, limit: limit, view), false) }
    var words = words(at: place, limit: limit + Self.weighedCount, view)
    let isWeighed = weighByWhatFollows(&words, place, view, while: mayGoOn)
    return (Array(words.prefix(limit)), !isWeighed)
  }

  /// Weighs words anew by what stands behind them on their line, and sorts them. By Bayes' rule P(w | left, right) is
  /// P(w | left) · P(right | w, left) / P(right | left), and the last quotient is what the network's P(w | left, right) has over
  /// its own P(w | left). Does nothing where the line ends behind the place, nor without such a network.
  ///
  /// - Parameters:
  ///   - view: what the network expects behind the left side alone.
  ///   - mayGoOn: asked every few steps of either direction; false leaves the words as they are.
  /// - Returns: false where it ended that.
  private mutating func weighByWhatFollows(
    _ words: inout [CandidateItem], _ place: DocumentPlace, _ view: RecurrentView?, while mayGoOn: () -> Bool
  ) -> Bool {
    guard words.count > 1 else { return true }
    guard let gains = gains(of: words.map(\.token), place, view, while: mayGoOn) else { return false }
    let sum = words.reduce(0) { $0 + $1.completion.probability }
    for (index, gain) in zip(words.indices, gains) {
      words[index].completion.probability *= Double(expf(gain))
    }
    let changed = words.reduce(0) { $0 + $1.completion.probability }
    // What is in no list has the same probability as before.
    for index in words.indices { words[index].completion.probability *= sum / max(changed, 1e-300) }
    let order = words.indices.sorted {
      (words[$1].completion.probability, $0) < (words[$0].completion.probability, $1)
    }
    words = order.map { words[$0] }
    return true
  }

  /// ln of how many times as probable each word is there, what follows known.
  mutating func gains(
    of words: [UInt32], _ place: DocumentPlace, _ view: RecurrentView?, while mayGoOn: () -> Bool
  ) -> [Float]? {
    guard let view, looksBehind(place, view), let both = takeUpBothDirections(),
      let between = distribution(inPlaceOf: place, both, while: mayGoOn)
    else { return nil }
    return words.map { word in
      let token = both.token(of: word)
      guard token > .sentenceEnd, let before = view.logProbability(ofToken: token) else { return 0 }
      let gain = between.logProbability(of: token) - before
      return min(max(gain, -Self.greatestGain), Self.greatestGain)
    }
  }

  /// Whether more stands on the line behind a place than the word that is typed there, and a network may say what it tells.
  private func looksBehind(_ place: DocumentPlace, _ view: RecurrentView?) -> Bool {
    guard lexed.grammar.isProse, place.context != .code, let view, let both = model?.bidirectional,
      view.component.network === both.network.forward
    else { return false }
    let next = place.tokenIndex + (place.typed.isEmpty ? 0 : 1)
    return next < lexed.tokenCount && lexed.token(at: next).kind != .lineEnd
  }

  private mutating func distribution(
    inPlaceOf place: DocumentPlace, _ both: BidirectionalComponent, while mayGoOn: () -> Bool
  ) -> RecurrentDistribution? {
    // What is typed of a word is not read; where nothing is, the word comes before a token that stays.
    let last = place.typed.isEmpty ? place.tokenIndex - 1 : place.tokenIndex
    backwardTrack?.setFocus(place.tokenIndex)
    guard place.tokenIndex > 0, backwardTrack?.prepare(behind: last, while: mayGoOn) == true,
      track?.prepare(before: place.tokenIndex, while: mayGoOn) == true,
      let behind = backwardTrack?.nextState(behind: last),
      let before = track?.state(before: place.tokenIndex), mayGoOn()
    else { return nil }
    return both.network.distribution(between: before, and: behind)
  }
}
