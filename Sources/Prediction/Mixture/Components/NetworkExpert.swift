/// The recurrent network, where there is one and it is ready.
final class NetworkExpert: MixtureComponent {
  static let name = Component.recurrent
  static let expertCount = 1
  static let spellsWords = true
  /// Whether it is there, the most probable word's share, and that of words that it does not know; then the second most
  /// probable word's share, and that of the ten most probable; then what it gives to the word that each of
  /// `agreeing` expects.
  static let featureCount = firstAgreement + agreeing.count
  private static let firstAgreement = 5
  private static let agreeing: [any MixtureComponent.Type] = [
    DocumentExperts.self, NeighbourExperts.self, RecencyExperts.self,
  ]
  static let sharedFeatures = agreeing.enumerated().map { (place: firstAgreement + $0, with: $1) }

  let placement: ComponentPlacement
  /// In the order of `agreeing`.
  private let others: [any MixtureComponent]
  private var view: RecurrentView?

  static func group(ofExpertAt place: Int) -> ExpertGroup { .network }

  init(_ placement: ComponentPlacement, _ setting: MixtureSetting, earlier: [any MixtureComponent]) {
    self.placement = placement
    others = Self.agreeing.map { wanted in earlier.first { type(of: $0) == wanted }! }
  }

  static func standardLogit(_ place: Int, _ input: borrowing GateInput, firstFeature: Int) -> Float { 2 }

  static func isHidden(_ knowledge: MixtureKnowledge, withNetwork: Bool) -> Bool { !withNetwork }

  func prepare(_ position: borrowing MixturePosition, _ input: inout GateInput) {
    view = position.sources.recurrent
    guard let view else { return }
    input.isActive[placement.experts.lowerBound] = true
    let first = placement.features.lowerBound
    input.features[first] = 1
    input.features[first + 1] = view.greatest[0]
    input.features[first + 2] = view.unknownProbability
    input.features[first + 3] = view.greatest[1]
    input.features[first + 4] = view.greatest.reduce(0, +)
    for (place, other) in others.enumerated() {
      input.features[first + Self.firstAgreement + place] = other.agreement(with: view.probability, input)
    }
  }

  func finish() { view = nil }

  @inline(__always)
  func probability(of token: UInt32, byExpertAt place: Int) -> Float { view?.probability(of: token) ?? 0 }

  func spelledShare(ofExpertAt place: Int) -> Float { view?.unknownProbability ?? 0 }

  func name(_ round: NamingRound, _ nominations: Nominations, where accepts: (UInt32) -> Bool) {
    switch round {
    case .opening: name(after: 0, atLeast: 0, limit: nominations.openingLimit, nominations, accepts)
    case .completing:
      name(
        after: nominations.openingLimit, atLeast: nominations.least, limit: RecurrentView.listCount,
        nominations, accepts)
    case .lists, .searching: break
    }
  }

  func nameAll(
    _ round: NamingRound, _ nominations: Nominations, _ filter: TokenFilter, ids: Range<UInt32>?,
    where accepts: (UInt32) -> Bool
  ) {
    if round == .completing { nameExpected(nominations, ids: ids, where: accepts) }
  }

  func nameKnown(_ nominations: Nominations, ids: Range<UInt32>, where accepts: (UInt32) -> Bool) {
    nameExpected(nominations, ids: ids, where: accepts)
  }

  private func nameExpected(
    _ nominations: Nominations, ids: Range<UInt32>?, where accepts: (UInt32) -> Bool
  ) {
    // A layer's network is asked with the layer, by whose vocabulary words begin as they are typed.
    guard let view, !view.component.isOfLayer, nominations.isActive(placement.experts.lowerBound) else {
      return
    }
    let weight = nominations.weights[placement.experts.lowerBound]
    view.forEachBest(limit: RecurrentView.listCount, ids: ids) {
      nominations.candidates.add($0, weight * $1, contributor: placement.mask, where: accepts)
      return true
    }
  }

  /// Adds what the network gives to the words that it expects most, the first `passed` left out.
  private func name(
    after passed: Int, atLeast least: Float, limit: Int, _ nominations: Nominations,
    _ accepts: (UInt32) -> Bool
  ) {
    guard let view, nominations.isActive(placement.experts.lowerBound) else { return }
    let weight = nominations.weights[placement.experts.lowerBound]
    var place = 0
    view.forEachBest(limit: min(limit, RecurrentView.listCount), ids: nil) { token, probability in
      guard weight * probability >= least else { return false }
      if place >= passed {
        nominations.candidates.add(
          token, weight * probability, contributor: placement.mask, where: accepts)
      }
      place += 1
      return true
    }
  }
}
