/// The document's own tokens by their contexts; the first expert knows how often each occurs at all.
final class DocumentExperts: MixtureComponent {
  static let name = Component.document
  static let expertCount = ContextKind.dynamic.count
  static let featureCount = GateInput.statisticCount * expertCount
  static let hasFlag = true
  /// By place in `ContextKind.dynamic`: what a match is worth before anything else is known.
  static let bias: [Float] = [-2, -0.6, 1, 1.8, 2.4, 2.8, 3.2, -1.2, 1, -1.5]

  let placement: ComponentPlacement
  private let experts: ContextExperts
  private var document: DocumentCounts?
  private var leftOut: UInt32 = .max

  static func group(ofExpertAt place: Int) -> ExpertGroup {
    switch ContextKind.dynamic[place] {
    case .order0, .order1: .frequencies
    case .order2, .order3: .shortContexts
    case .order4, .order6, .order8: .longContexts
    default: .abstractedContexts
    }
  }

  init(_ placement: ComponentPlacement, _ setting: MixtureSetting, earlier: [any MixtureComponent]) {
    self.placement = placement
    experts = ContextExperts(placement)
  }

  static func standardLogit(_ place: Int, _ input: borrowing GateInput, firstFeature: Int) -> Float {
    bias[place] + input.confidence(place, firstFeature: firstFeature)
  }

  static func isHidden(_ knowledge: MixtureKnowledge, withNetwork: Bool) -> Bool { knowledge == .nothing }

  func prepare(_ position: borrowing MixturePosition, _ input: inout GateInput) {
    document = position.sources.document
    leftOut = position.leftOut
    guard let document, let flag = placement.flag else { return }
    input.features[flag] = 1
    experts.activate(
      0, total: document.tokenCount - (leftOut == .max ? 0 : 1), distinct: document.distinctCount, &input)
    for (place, kind) in ContextKind.dynamic.enumerated().dropFirst() {
      let successors = document.tables[place].successors(of: position.keys[kind])
      experts.activate(place, ExpertView(successors: successors, leftOut: leftOut), &input)
    }
  }

  func finish() { document = nil }

  @inline(__always)
  func probability(of token: UInt32, byExpertAt place: Int) -> Float {
    if place > 0 { return experts.probability(of: token, byExpertAt: place) }
    guard let document else { return 0 }
    return (Float(document.count(of: token)) - (token == leftOut ? 1 : 0)) / experts[0].total
  }

  func agreement(with probability: (UInt32) -> Float, _ input: borrowing GateInput) -> Float {
    experts.agreement(with: probability, among: ContextKind.orders, input)
  }

  func addShares(
    to words: UnsafeMutableBufferPointer<PartialProbability>, at places: WordPlaces,
    weights: UnsafePointer<Float>
  ) {
    let expert = placement.experts.lowerBound
    for index in words.indices where words[index].missing >> UInt64(expert) & 1 != 0 {
      words[index].sum += weights[expert] * probability(of: words[index].token, byExpertAt: 0)
    }
    experts.addShares(from: 1, to: words, at: places, weights: weights)
  }

  func name(_ round: NamingRound, _ nominations: Nominations, where accepts: (UInt32) -> Bool) {
    experts.name(round, from: 1, nominations, where: accepts)
  }

  func nameAll(
    _ round: NamingRound, _ nominations: Nominations, _ filter: TokenFilter, ids: Range<UInt32>?,
    where accepts: (UInt32) -> Bool
  ) {
    experts.nameAll(round, from: 1, nominations, filter, where: accepts)
    guard round == .completing, nominations.isActive(placement.experts.lowerBound) else { return }
    // Any word of the document may be meant, whatever its contexts.
    let candidates = nominations.candidates
    document?.forEachToken {
      if filter.admits($0) { candidates.add($0, 0, contributor: 0, where: accepts) }
    }
  }
}
