import NGrams

/// The static n-gram model.
final class NGramExpert: MixtureComponent {
  static let name = Component.ngram
  static let expertCount = 1
  /// One-hot: how many tokens of the context the model knows, 0 to 7.
  static let featureCount = 8

  /// As `Nominations.sufficientShare`: what the n-grams alone expect has hardly anything from others.
  private static let sufficientShare: Float = 0.4
  /// The most words of a typed prefix that the n-grams are asked for: those behind them are never among the first ten
  /// unless the document or other contexts name them too, which are asked for all theirs.
  private static let prefixedLimit = 192
  /// The same for those that begin with it in another case.
  private static let otherCaseLimit = 48
  /// After so many words more it is looked again how good a word has to be.
  private static let checkedCount = 8

  let placement: ComponentPlacement
  private let ngrams: NGramComponent?
  private let lexicon: Lexicon
  private var context = NGramContext()

  static func group(ofExpertAt place: Int) -> ExpertGroup { .ngrams }

  init(_ placement: ComponentPlacement, _ setting: MixtureSetting, earlier: [any MixtureComponent]) {
    self.placement = placement
    ngrams = setting.ngrams
    lexicon = setting.lexicon
  }

  static func standardLogit(_ place: Int, _ input: borrowing GateInput, firstFeature: Int) -> Float { 1.5 }

  func prepare(_ position: borrowing MixturePosition, _ input: inout GateInput) {
    guard let ngrams else { return }
    context = ngrams.context(of: position.sequence, at: position.index)
    input.isActive[placement.experts.lowerBound] = true
    input.features[placement.features.lowerBound + min(context.matchedCount, Self.featureCount - 1)] = 1
  }

  @inline(__always)
  func probability(of token: UInt32, byExpertAt place: Int) -> Float {
    lexicon.isKnown(token) ? ngrams?.probability(of: token, after: context) ?? 0 : 0
  }

  /// So many words are looked up side by side.
  private static let groupCount = 32

  func addShares(
    to words: UnsafeMutableBufferPointer<PartialProbability>, at places: WordPlaces,
    weights: UnsafePointer<Float>
  ) {
    let (expert, mask) = (placement.experts.lowerBound, placement.mask)
    for start in stride(from: 0, to: words.count, by: Self.groupCount) {
      let group = start..<min(start + Self.groupCount, words.count)
      if let ngrams, let state = context.state {
        ngrams.model.fetch(group.count, { words[start + $0].token }, after: state)
      }
      for index in group where words[index].missing & mask != 0 {
        words[index].sum += weights[expert] * probability(of: words[index].token, byExpertAt: 0)
      }
    }
  }

  func name(_ round: NamingRound, _ nominations: Nominations, where accepts: (UInt32) -> Bool) {
    guard round == .searching, let ngrams, nominations.isActive(placement.experts.lowerBound) else { return }
    let weight = nominations.weights[placement.experts.lowerBound]
    let candidates = nominations.candidates
    var least = nominations.lastSum * Self.sufficientShare
    var named = 0
    ngrams.forEachSuccessor(
      of: context, limit: max(Nominations.limit, nominations.rank), ids: nil
    ) { token, probability in
      guard weight * probability >= least else { return false }
      candidates.add(token, weight * probability, contributor: placement.mask, where: accepts)
      named += 1
      if named % Self.checkedCount == 0 { least = nominations.lastSum * Self.sufficientShare }
      return true
    }
  }

  func nameAll(
    _ round: NamingRound, _ nominations: Nominations, _ filter: TokenFilter, ids: Range<UInt32>?,
    where accepts: (UInt32) -> Bool
  ) {
    if round == .searching { nameExpected(nominations, Self.prefixedLimit, ids: ids, where: accepts) }
  }

  func nameKnown(_ nominations: Nominations, ids: Range<UInt32>, where accepts: (UInt32) -> Bool) {
    nameExpected(nominations, Self.otherCaseLimit, ids: ids, where: accepts)
  }

  private func nameExpected(
    _ nominations: Nominations, _ limit: Int, ids: Range<UInt32>?, where accepts: (UInt32) -> Bool
  ) {
    guard let ngrams, nominations.isActive(placement.experts.lowerBound) else { return }
    let weight = nominations.weights[placement.experts.lowerBound]
    let candidates = nominations.candidates
    ngrams.forEachSuccessor(of: context, limit: limit, ids: ids) {
      candidates.add($0, weight * $1, contributor: placement.mask, where: accepts)
      return true
    }
  }
}
