/// Other documents by their contexts, the document's own share of the counts taken off.
final class NeighbourExperts: MixtureComponent {
  static let name = Component.neighbours
  static let expertCount = ContextKind.dynamic.count
  static let featureCount = GateInput.statisticCount * expertCount
  static let hasFlag = true

  let placement: ComponentPlacement
  private let experts: ContextExperts
  private var neighbours: DocumentCounts?
  /// The document's own counts where the neighbours' include them.
  private var own: DocumentCounts?

  static func group(ofExpertAt place: Int) -> ExpertGroup { .neighbours }

  init(_ placement: ComponentPlacement, _ setting: MixtureSetting, earlier: [any MixtureComponent]) {
    self.placement = placement
    experts = ContextExperts(placement)
  }

  static func standardLogit(_ place: Int, _ input: borrowing GateInput, firstFeature: Int) -> Float {
    DocumentExperts.bias[place] + input.confidence(place, firstFeature: firstFeature) - 0.3
  }

  static func isHidden(_ knowledge: MixtureKnowledge, withNetwork: Bool) -> Bool {
    knowledge != .everything
  }

  func prepare(_ position: borrowing MixturePosition, _ input: inout GateInput) {
    neighbours = position.sources.neighbours
    own = position.sources.neighboursIncludeDocument ? position.sources.document : nil
    guard let neighbours, let flag = placement.flag else { return }
    input.features[flag] = 1
    experts.activate(
      0, total: neighbours.tokenCount - (own?.tokenCount ?? 0), distinct: neighbours.distinctCount, &input)
    for (place, kind) in ContextKind.dynamic.enumerated().dropFirst() {
      let key = position.keys[kind]
      let view = ExpertView(
        successors: neighbours.tables[place].successors(of: key),
        subtracted: own?.tables[place].successors(of: key) ?? Successors())
      experts.activate(place, view, &input)
    }
  }

  func finish() {
    neighbours = nil
    own = nil
  }

  @inline(__always)
  func probability(of token: UInt32, byExpertAt place: Int) -> Float {
    if place > 0 { return experts.probability(of: token, byExpertAt: place) }
    guard let neighbours else { return 0 }
    let count = Int(neighbours.count(of: token)) - Int(own?.count(of: token) ?? 0)
    return count > 0 ? Float(count) / experts[0].total : 0
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
  }
}
