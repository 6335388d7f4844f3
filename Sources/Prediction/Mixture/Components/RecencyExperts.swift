/// The document's last words, and what came last in the same place: an expert for each list of `RecencyWindow`.
final class RecencyExperts: MixtureComponent {
  static let name = Component.document
  static let expertCount = RecencyWindow.listCount
  static let featureCount = GateInput.statisticCount * expertCount
  private static let bias: [Float] = [-1, -1.2, -1.2, 1.2]

  let placement: ComponentPlacement
  private let window = RecencyWindow()

  static func group(ofExpertAt place: Int) -> ExpertGroup {
    place < RecencyWindow.wordListCount ? .lastWords : .lastSuccessors
  }

  init(_ placement: ComponentPlacement, _ setting: MixtureSetting, earlier: [any MixtureComponent]) {
    self.placement = placement
  }

  static func standardLogit(_ place: Int, _ input: borrowing GateInput, firstFeature: Int) -> Float {
    bias[place] + input.confidence(place, firstFeature: firstFeature)
  }

  static func isHidden(_ knowledge: MixtureKnowledge, withNetwork: Bool) -> Bool { knowledge == .nothing }

  func prepare(_ position: borrowing MixturePosition, _ input: inout GateInput) {
    guard position.sources.document != nil else { return }
    window.read(position.sequence, before: position.index)
    for place in 0..<Self.expertCount {
      let list = window.lists[place]
      guard list.sum > 0 else { continue }
      input.isActive[placement.experts.lowerBound + place] = true
      input.describe(
        place, firstFeature: placement.features.lowerBound, countPlusOne: Float(1 + list.placeCount),
        greatestShare: list.greatest, distinctPlusOne: Float(1 + list.distinctCount))
    }
  }

  func finish() { window.giveBack() }

  @inline(__always)
  func probability(of token: UInt32, byExpertAt place: Int) -> Float {
    window.lists[place].probability(of: token)
  }

  func agreement(with probability: (UInt32) -> Float, _ input: borrowing GateInput) -> Float {
    let first = placement.experts.lowerBound
    let places = RecencyWindow.wordListCount..<Self.expertCount
    guard let last = places.last(where: { input.isActive[first + $0] }),
      let token = window.lists[last].latest
    else { return 0 }
    return probability(token)
  }

  func name(_ round: NamingRound, _ nominations: Nominations, where accepts: (UInt32) -> Bool) {
    guard round == .lists else { return }
    for place in 0..<Self.expertCount { name(place, atLeast: nominations.least, nominations, nil, accepts) }
  }

  func nameAll(
    _ round: NamingRound, _ nominations: Nominations, _ filter: TokenFilter, ids: Range<UInt32>?,
    where accepts: (UInt32) -> Bool
  ) {
    guard round == .lists else { return }
    for place in 0..<Self.expertCount { name(place, atLeast: 0, nominations, filter, accepts) }
  }

  /// Adds what a list gives to those of its words to whom it gives at least so much.
  @inline(__always)
  private func name(
    _ place: Int, atLeast least: Float, _ nominations: Nominations, _ filter: TokenFilter?,
    _ accepts: (UInt32) -> Bool
  ) {
    let expert = placement.experts.lowerBound + place
    guard nominations.isActive(expert) else { return }
    let list = window.lists[place]
    let scale = nominations.weights[expert] / max(list.sum, .leastNormalMagnitude)
    let bit: UInt64 = 1 << UInt64(expert)
    let candidates = nominations.candidates
    let (tokens, scores) = (list.scores.tokens, list.scores.scores)
    if least <= 0 { nominations.completeExperts |= bit }
    for index in 0..<list.scores.count where scale * scores[index] >= least {
      if let filter, !filter.admits(tokens[index]) { continue }
      candidates.add(tokens[index], scale * scores[index], contributor: bit, where: accepts)
    }
  }
}
