import LanguageModeling
import NGrams

/// The most probable words of a position.
///
/// The experts name words and add what they give to them; whatever an expert has not named is looked up for the few
/// words that are ranked in the end, so that each of those has its exact probability.
extension MixtureEngine {
  /// Gathers in `candidates` the words that may be among the `rank` most probable ones.
  func collect(rank: Int, where accepts: (UInt32) -> Bool) {
    nominations.begin(rank: rank, activeExperts: activeExperts)
    for round in NamingRound.all {
      nominations.begin(round)
      for component in components { component.name(round, nominations, where: accepts) }
      if round == .searching { nameLayerWords(beginningWith: nil, where: accepts) }
    }
  }

  /// Gathers in `candidates` all the words that a filter passes and any expert but the n-grams knows of, and the
  /// n-grams' most probable ones.
  ///
  /// - Parameter ids: of the vocabulary's words that begin with what is typed.
  func collectAll(_ filter: TokenFilter, ids: Range<UInt32>?, where accepts: (UInt32) -> Bool) {
    nominations.begin(rank: 1, activeExperts: activeExperts)
    for round in NamingRound.all {
      for component in components {
        component.nameAll(round, nominations, filter, ids: ids, where: accepts)
      }
    }
  }

  /// Gathers, beside what `collectAll` has gathered, what the n-grams and the network expect among other words of the
  /// vocabulary.
  ///
  /// - Parameter ids: none of those that were asked for before.
  func collectMore(ids: Range<UInt32>, where accepts: (UInt32) -> Bool) {
    guard !ids.isEmpty else { return }
    for component in components { component.nameKnown(nominations, ids: ids, where: accepts) }
  }

  // MARK: Ranking

  /// P of candidates without what the spelling model adds: their sums, and what the experts give to them that did not
  /// name them. Of those that were not accepted nothing is summed up yet.
  func probabilities(ofCandidates indices: some Sequence<Int>) -> [Float] {
    var words = indices.map { index in
      candidates.scores[index] < 0
        ? PartialProbability(token: candidates.tokens[index], sum: 0, missing: weightedExperts)
        : candidate(index)
    }
    words.withUnsafeMutableBufferPointer { addShares(to: $0) }
    return words.map(\.sum)
  }

  /// The sum of a candidate, and the experts that did not name it.
  @inline(__always)
  private func candidate(_ index: Int) -> PartialProbability {
    PartialProbability(
      token: candidates.tokens[index], sum: candidates.scores[index],
      missing: weightedExperts & ~(nominations.completeExperts | candidates.contributors[index]))
  }

  /// The most probable words, best first, each with its exact probability.
  ///
  /// - Parameter accepts: whether a word may be among them.
  func best(_ limit: Int, where accepts: (UInt32) -> Bool = { _ in true }) -> [(
    token: UInt32, probability: Float
  )] {
    guard limit > 0 else { return [] }
    if lexicon.forgetsWords {
      collect(rank: limit) { !lexicon.isForgotten($0) && accepts($0) }
    } else {
      collect(rank: limit, where: accepts)
    }
    return ranked(limit)
  }

  /// The most probable words that begin with what is typed and are longer, best first, each with its exact probability.
  func best(_ limit: Int, continuing typed: [UInt8]) -> [(token: UInt32, probability: Float)] {
    if typed.isEmpty { return best(limit) }
    lexicon.withReading { [lexicon] reading in
      let accepts = { (id: UInt32) in
        !lexicon.isForgotten(id)
          && reading.withBytes(of: id) { $0.count > typed.count && $0.starts(with: typed) }
      }
      collectAll(
        TokenFilter(lexicon, prefix: typed), ids: lexicon.vocabulary?.ids(withPrefix: typed), where: accepts)
      nameLayerWords(beginningWith: typed, where: accepts)
    }
    return ranked(limit)
  }

  /// The candidates with the greatest sums, ranked by their exact probability.
  private func ranked(_ limit: Int) -> [(token: UInt32, probability: Float)] {
    let considered = 2 * limit + 4
    var least: Float = 0
    if considered <= Nominations.maximumRank { least = nominations.sum(atRank: considered) }
    var found: [PartialProbability] = []
    found.reserveCapacity(considered)
    let candidates = candidates
    for index in 0..<candidates.count where candidates.scores[index] >= least {
      found.append(candidate(index))
    }
    found.withUnsafeMutableBufferPointer { addShares(to: $0) }
    found.sort { ($1.sum, $0.token) < ($0.sum, $1.token) }
    return found.prefix(limit).map { ($0.token, $0.sum) }
  }
}
