/// The abstracted contexts of the training text.
final class TrainedContextExperts: MixtureComponent {
  static let name = Component.contexts
  static let expertCount = ContextKind.trained.count
  static let featureCount = GateInput.statisticCount * expertCount
  /// By place in `ContextKind.trained`.
  private static let bias: [Float] = [0.2, 0.6, 0, 0, 0]

  let placement: ComponentPlacement
  private let trained: TrainedContexts?
  private let experts: ContextExperts

  static func group(ofExpertAt place: Int) -> ExpertGroup { .contexts }

  init(_ placement: ComponentPlacement, _ setting: MixtureSetting, earlier: [any MixtureComponent]) {
    self.placement = placement
    trained = setting.contexts
    experts = ContextExperts(placement)
  }

  static func standardLogit(_ place: Int, _ input: borrowing GateInput, firstFeature: Int) -> Float {
    bias[place] + input.confidence(place, firstFeature: firstFeature)
  }

  func prepare(_ position: borrowing MixturePosition, _ input: inout GateInput) {
    guard let trained else { return }
    for (place, kind) in ContextKind.trained.enumerated() {
      let view = ExpertView(successors: trained.successors(kind, position.keys[kind]))
      experts.activate(place, view, &input)
    }
  }

  @inline(__always)
  func probability(of token: UInt32, byExpertAt place: Int) -> Float {
    experts.probability(of: token, byExpertAt: place)
  }

  func addShares(
    to words: UnsafeMutableBufferPointer<PartialProbability>, at places: WordPlaces,
    weights: UnsafePointer<Float>
  ) {
    experts.addShares(from: 0, to: words, at: places, weights: weights)
  }

  func name(_ round: NamingRound, _ nominations: Nominations, where accepts: (UInt32) -> Bool) {
    experts.name(round, from: 0, nominations, where: accepts)
  }

  func nameAll(
    _ round: NamingRound, _ nominations: Nominations, _ filter: TokenFilter, ids: Range<UInt32>?,
    where accepts: (UInt32) -> Bool
  ) {
    experts.nameAll(round, from: 0, nominations, filter, where: accepts)
  }
}
