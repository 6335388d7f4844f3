import Platform

/// What a diff makes of the message about it: names of files, functions and everything else that a changed line has.
///
/// It stands beside the gate, which is fitted to texts that have no diff: its weight is λ of `DiffWeights`, and the others have
/// what is left, in the gate's proportions. So the mixture stays a distribution, and where there is no diff the gate's own.
final class DiffExpert: MixtureComponent {
  static let name = Component.document
  static let expertCount = 1
  static let featureCount = 0
  /// Numbers that λ follows from; see `features`.
  static let gateFeatureCount = 8

  let placement: ComponentPlacement
  private var diff: DiffDistribution?
  private var following: [(token: UInt32, probability: Float)] = []
  private var followingShare: Float = 0
  /// λ at the position; 0 where there is no diff.
  private(set) var share: Float = 0
  private let weights: DiffWeights

  init(_ placement: ComponentPlacement, _ setting: MixtureSetting, earlier: [any MixtureComponent]) {
    self.placement = placement
    weights = setting.diffWeights
  }

  /// It is no part of what the gate weighs.
  static func standardLogit(_ place: Int, _ input: borrowing GateInput, firstFeature: Int) -> Float { 0 }

  func prepare(_ position: borrowing MixturePosition, _ input: inout GateInput) {
    finish()
    guard let diff = position.sources.diff, !diff.tokens.isEmpty else { return }
    self.diff = diff
    let before = position.index > 0 ? position.sequence.id(at: position.index - 1) : .max
    following = diff.successors[before] ?? []
    followingShare = following.isEmpty ? 0 : weights.following
    let features = Self.features(position.sequence, position.index, diff)
    var sum: Float = 0
    for (weight, feature) in zip(weights.gate, features) { sum += weight * feature }
    share = 1 / (1 + expf(-sum))
  }

  /// What is known of a position: 1; whether it is the first; whether a line has ended before; whether the word before is of the
  /// diff; whether it is a frequent word or a mark; whether a line begins; how many words the diff has; which part of the
  /// last words of the message are of the diff.
  static func features(_ sequence: TokenSequence, _ index: Int, _ diff: DiffDistribution) -> [Float] {
    var values = [Float](repeating: 0, count: gateFeatureCount)
    values[0] = 1
    values[6] = log2f(1 + Float(diff.tokens.count)) / 12
    guard index > 0 else {
      values[1] = 1
      return values
    }
    let before = sequence.id(at: index - 1)
    values[3] = diff.indices[before] != nil ? 1 : 0
    values[4] = sequence.tokenClass(at: index - 1).isShape ? 0 : 1
    values[5] = before == diff.lineEnd ? 1 : 0
    var (words, shared) = (0, 0)
    for place in max(0, index - reach)..<index {
      let token = sequence.id(at: place)
      if token == diff.lineEnd { values[2] = 1 }
      guard place >= index - 10, sequence.tokenClass(at: place).isShape else { continue }
      words += 1
      if diff.indices[token] != nil { shared += 1 }
    }
    values[7] = words > 0 ? Float(shared) / Float(words) : 0
    return values
  }

  /// A message's subject ends within so many tokens.
  private static let reach = 400

  func finish() {
    diff = nil
    following = []
    share = 0
  }

  func probability(of token: UInt32, byExpertAt place: Int) -> Float {
    guard let diff else { return 0 }
    var probability = diff.indices[token].map { diff.probabilities[$0] } ?? 0
    if followingShare > 0 {
      probability *= 1 - followingShare
      if let next = following.first(where: { $0.token == token }) {
        probability += followingShare * next.probability
      }
    }
    return probability
  }

  func name(_ round: NamingRound, _ nominations: Nominations, where accepts: (UInt32) -> Bool) {
    nameWords(round, nominations, nil, accepts)
  }

  func nameAll(
    _ round: NamingRound, _ nominations: Nominations, _ filter: TokenFilter, ids: Range<UInt32>?,
    where accepts: (UInt32) -> Bool
  ) {
    nameWords(round, nominations, filter, accepts)
  }

  /// A diff's words are few: all of them are named at once.
  private func nameWords(
    _ round: NamingRound, _ nominations: Nominations, _ filter: TokenFilter?, _ accepts: (UInt32) -> Bool
  ) {
    let expert = placement.experts.lowerBound
    guard round == .lists, let diff, nominations.isActive(expert) else { return }
    let weight = nominations.weights[expert]
    let (candidates, bit) = (nominations.candidates, placement.mask)
    nominations.completeExperts |= bit
    func add(_ token: UInt32, _ probability: Float) {
      if let filter, !filter.admits(token) { return }
      candidates.add(token, weight * probability, contributor: bit, where: accepts)
    }
    for (index, token) in diff.tokens.enumerated() where diff.probabilities[index] > 0 {
      add(token, (1 - followingShare) * diff.probabilities[index])
    }
    if followingShare > 0 { for next in following { add(next.token, followingShare * next.probability) } }
  }
}
