import LanguageModeling
import NGrams

/// The most probable words of a position.
///
/// The experts name words and add what they give to them; whatever an expert has not named is looked up for the few
/// words that are ranked in the end, so that each of those has its exact probability.
extension MixtureEngine {
  /// Sums that can be told apart by rank; longer lists are ranked as well, but with less care for what is named.
  static let maximumRank = 512
  /// So many words each expert names in any case.
  private static let firstCount = 12
  /// So many words that followed once, or that the n-grams expect, are named at most.
  private static let nominationLimit = 64
  /// An expert names on as long as it gives a word this part of what the last word of the list has so far. A word
  /// that is not named would have to gather its whole probability from shares below that.
  private static let sufficientShare: Float = 0.125
  /// The same for the n-grams, which know nearly all words: what they alone expect has hardly anything from others.
  private static let sufficientShareOfNGrams: Float = 0.4
  /// The most words of a typed prefix that the n-grams are asked for: those behind them are never among the first ten
  /// unless the document or other contexts name them too, which are asked for all theirs.
  private static let prefixedLimit = 192

  /// Experts with counts by context, which name words.
  private static let counting = [Expert.trained, Expert.document.dropFirst(), Expert.neighbours.dropFirst()]
    .flatMap { Array($0) }

  /// Gathers in `candidates` the words that may be among the `rank` most probable ones.
  func collect(rank: Int, where accepts: (UInt32) -> Bool) {
    candidates.removeAll()
    completeExperts = 0
    let rank = min(max(rank, 1), Self.maximumRank)
    let first = max(rank, Self.firstCount)
    for expert in Self.counting where input.isActive[expert] {
      name(expert, atLeast: 1, after: 0, limit: first, nil, accepts)
    }
    nameByNetwork(after: 0, atLeast: 0, limit: first, accepts)
    let enough = candidates.score(atRank: rank, scratch: rankScratch) * Self.sufficientShare
    for expert in Expert.recency where input.isActive[expert] {
      nameRecent(expert, atLeast: enough, nil, accepts)
    }
    nameByNGrams(rank: rank, accepts)
    let least = candidates.score(atRank: rank, scratch: rankScratch) * Self.sufficientShare
    for expert in Self.counting where input.isActive[expert] && completeExperts >> UInt64(expert) & 1 == 0 {
      let needed = max(1, (least / weights[expert] * views[expert].total).rounded(.up))
      guard needed <= Float(views[expert].successors.maximum) else { continue }
      name(
        expert, atLeast: UInt32(min(needed, 0x1p31)), after: first, limit: Self.nominationLimit, nil, accepts)
    }
    nameByNetwork(after: first, atLeast: least, limit: RecurrentView.listCount, accepts)
  }

  /// Gathers in `candidates` all the words that a filter passes and any expert but the n-grams knows of, and the
  /// n-grams' most probable ones.
  ///
  /// - Parameter ids: of the vocabulary's words that begin with what is typed.
  func collectAll(_ filter: TokenFilter, ids: Range<UInt32>?, where accepts: (UInt32) -> Bool) {
    candidates.removeAll()
    completeExperts = 0
    for expert in Self.counting where input.isActive[expert] {
      name(expert, atLeast: 1, after: 0, limit: .max, filter, accepts)
    }
    for expert in Expert.recency where input.isActive[expert] {
      nameRecent(expert, atLeast: 0, filter, accepts)
    }
    if input.isActive[Expert.ngram], let ngrams = model?.ngrams {
      let weight = weights[Expert.ngram]
      ngrams.forEachSuccessor(of: ngramState, limit: Self.prefixedLimit, ids: ids) {
        candidates.add($0, weight * $1, contributor: 1 << UInt64(Expert.ngram), where: accepts)
        return true
      }
    }
    if let recurrent, input.isActive[Expert.recurrent] {
      let weight = weights[Expert.recurrent]
      recurrent.forEachBest(limit: RecurrentView.listCount, ids: ids) {
        candidates.add($0, weight * $1, contributor: 1 << UInt64(Expert.recurrent), where: accepts)
        return true
      }
    }
    // Any word of the document may be meant, whatever its contexts.
    if input.isActive[Expert.document.lowerBound] {
      document?.forEachToken {
        if filter.admits($0) { candidates.add($0, 0, contributor: 0, where: accepts) }
      }
    }
  }

  /// Adds what an expert with counts gives to its words.
  @inline(__always)
  private func name(
    _ expert: Int, atLeast count: UInt32, after passed: Int, limit: Int, _ filter: TokenFilter?,
    _ accepts: (UInt32) -> Bool
  ) {
    let view = views[expert]
    let scale = weights[expert] / view.total
    let bit: UInt64 = 1 << UInt64(expert)
    if count <= 1 && Int(view.successors.distinct) <= limit { completeExperts |= bit }
    let isPlain = view.subtracted.isEmpty && view.leftOut == .max
    let (candidates, subtracted, leftOut) = (candidates, view.subtracted, view.leftOut)
    view.successors.forEach(atLeast: count, after: passed, limit: limit, scratch: &heapScratch) {
      token, count in
      if let filter, !filter.admits(token) { return }
      var counted = count
      if !isPlain {
        let taken = subtracted.count(of: token) + (token == leftOut ? 1 : 0)
        guard counted > taken else { return }
        counted -= taken
      }
      candidates.add(token, scale * Float(counted), contributor: bit, where: accepts)
    }
  }

  /// Adds what a list of recent words gives to those of them to whom it gives at least so much.
  private func nameRecent(
    _ expert: Int, atLeast least: Float, _ filter: TokenFilter?, _ accepts: (UInt32) -> Bool
  ) {
    let list = window.lists[expert - Expert.recency.lowerBound]
    let scale = weights[expert] / max(list.sum, .leastNormalMagnitude)
    let bit: UInt64 = 1 << UInt64(expert)
    let (tokens, scores) = (list.scores.tokens, list.scores.scores)
    if least <= 0 { completeExperts |= bit }
    for index in 0..<list.scores.count where scale * scores[index] >= least {
      if let filter, !filter.admits(tokens[index]) { continue }
      candidates.add(tokens[index], scale * scores[index], contributor: bit, where: accepts)
    }
  }

  /// Adds what the n-grams give to the words that they expect most, as long as one of them alone could make the list.
  private func nameByNGrams(rank: Int, _ accepts: (UInt32) -> Bool) {
    guard input.isActive[Expert.ngram], let ngrams = model?.ngrams else { return }
    let weight = weights[Expert.ngram]
    let bit: UInt64 = 1 << UInt64(Expert.ngram)
    var least = candidates.score(atRank: rank, scratch: rankScratch) * Self.sufficientShareOfNGrams
    var named = 0
    ngrams.forEachSuccessor(of: ngramState, limit: max(Self.nominationLimit, rank), ids: nil) {
      token, probability in
      guard weight * probability >= least else { return false }
      candidates.add(token, weight * probability, contributor: bit, where: accepts)
      named += 1
      if named % 8 == 0 {
        least = candidates.score(atRank: rank, scratch: rankScratch) * Self.sufficientShareOfNGrams
      }
      return true
    }
  }

  /// Adds what the network gives to the words that it expects most, the first `passed` left out.
  private func nameByNetwork(
    after passed: Int, atLeast least: Float, limit: Int, _ accepts: (UInt32) -> Bool
  ) {
    guard let recurrent, input.isActive[Expert.recurrent] else { return }
    let weight = weights[Expert.recurrent]
    var place = 0
    recurrent.forEachBest(limit: min(limit, RecurrentView.listCount), ids: nil) { token, probability in
      guard weight * probability >= least else { return false }
      if place >= passed {
        candidates.add(
          token, weight * probability, contributor: 1 << UInt64(Expert.recurrent), where: accepts)
      }
      place += 1
      return true
    }
  }

  // MARK: Ranking

  /// P of a candidate without what the spelling model adds: its sum, and what the experts give to it that did not
  /// name it.
  func probability(ofCandidate index: Int) -> Float {
    var sum = candidates.scores[index]
    var rest = activeExperts & ~(completeExperts | candidates.contributors[index])
    while rest != 0 {
      let expert = rest.trailingZeroBitCount
      rest &= rest - 1
      sum += weights[expert] * probability(of: candidates.tokens[index], expert: expert)
    }
    return sum
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
    lexicon.withReading { reading in
      collectAll(
        TokenFilter(lexicon, prefix: typed), ids: lexicon.vocabulary?.ids(withPrefix: typed)
      ) { id in
        !lexicon.isForgotten(id)
          && reading.withBytes(of: id) { $0.count > typed.count && $0.starts(with: typed) }
      }
    }
    return ranked(limit)
  }

  /// The candidates with the greatest sums, ranked by their exact probability.
  private func ranked(_ limit: Int) -> [(token: UInt32, probability: Float)] {
    let considered = 2 * limit + 4
    var least: Float = 0
    if considered <= Self.maximumRank { least = candidates.score(atRank: considered, scratch: rankScratch) }
    var found: [(token: UInt32, probability: Float)] = []
    found.reserveCapacity(considered)
    for index in 0..<candidates.count where candidates.scores[index] >= least {
      found.append((candidates.tokens[index], probability(ofCandidate: index)))
    }
    found.sort { ($1.probability, $0.token) < ($0.probability, $1.token) }
    return Array(found.prefix(limit))
  }
}
