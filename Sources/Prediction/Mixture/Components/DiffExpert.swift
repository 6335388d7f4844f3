import Platform

/// What a diff makes of the message about it: names of files, functions and everything else that a changed line has.
///
/// It stands beside the gate, which is fitted to texts that have no diff: its weight is λ of `DiffWeights`, and the others have
/// what is left, in the gate's proportions. So the mixture stays a distribution, and where there is no diff the gate's own.
final class DiffExpert: MixtureComponent {
  static let name = Component.document
  static let expertCount = 1
  static let featureCount = 0

  let placement: ComponentPlacement
  private var diff: DiffDistribution?
  /// What the message's last words bring forth, and the words' indices among them.
  private var brought: [(token: UInt32, probability: Float)] = []
  private var broughtIndices: [UInt32: Int] = [:]
  /// What is left for the words of all places.
  private var placesShare: Float = 0
  /// What recalled messages give to words wherever they stand.
  private var recalledShare: Float = 0
  /// λ at the position; 0 where there is no diff.
  private(set) var share: Float = 0
  private let weights: DiffWeights

  init(_ placement: ComponentPlacement, _ setting: MixtureSetting, earlier: [any MixtureComponent]) {
    self.placement = placement
    weights = setting.diffWeights
  }

  /// It is no part of what the gate weighs.
  static func standardLogit(_ place: Int, _ input: borrowing GateInput, firstFeature: Int) -> Float { 0 }

  /// It is no part of what is adapted, either.
  static func group(ofExpertAt place: Int) -> ExpertGroup { .frequencies }

  func prepare(_ position: borrowing MixturePosition, _ input: inout GateInput) {
    finish()
    guard let diff = position.sources.diff, !diff.tokens.isEmpty else { return }
    self.diff = diff
    let before = position.index > 0 ? position.sequence.id(at: position.index - 1) : .max
    let following = diff.successors[before] ?? []
    let followingShare = following.isEmpty ? 0 : weights.following
    let contexts = diff.contexts(position.sequence, position.index)
    let contextWeights = zip(contexts, weights.contexts).map { $0.isEmpty ? 0 : $1 }
    let features = DiffFeatures.values(position.sequence, position.index, diff, contexts)
    var sum: Float = 0
    for (weight, feature) in zip(weights.gate, features) { sum += weight * feature }
    let diffShare = recall(position, features, diff, lambda: 1 / (1 + expf(-sum)))
    placesShare = diffShare * (1 - followingShare) / (1 + contextWeights.reduce(0, +))
    for next in following { bring(next.token, diffShare * followingShare * next.probability) }
    for (words, weight) in zip(contexts, contextWeights) {
      for word in words { bring(diff.tokens[Int(word.index)], placesShare * weight * word.probability) }
    }
  }

  /// Brings forth what messages about diffs like this one have, and sets the share.
  ///
  /// - Parameter lambda: the diff's own part of the weight, beside nothing that is recalled.
  /// - Returns: its part of the share.
  private func recall(
    _ position: borrowing MixturePosition, _ features: [Float], _ diff: DiffDistribution, lambda: Float
  ) -> Float {
    share = lambda
    guard let recalled = diff.recalled else { return 1 }
    let (one, two) = recalled.following(position.sequence, position.index)
    let weights = [false, one.isEmpty, two.isEmpty].enumerated().map { context, isEmpty in
      isEmpty ? 0 : self.weights.recallWeight(context, features, likeness: recalled.likeness)
    }
    let sum = 1 + weights.reduce(0, +)
    share = 1 - (1 - lambda) / sum
    let scale = 1 / (sum * max(share, .leastNormalMagnitude))
    recalledShare = weights[RecalledMessages.Context.words.rawValue] * scale
    for next in one {
      bring(next.token, weights[RecalledMessages.Context.oneWord.rawValue] * scale * next.probability)
    }
    for next in two {
      bring(next.token, weights[RecalledMessages.Context.twoWords.rawValue] * scale * next.probability)
    }
    return lambda * scale
  }

  private func bring(_ token: UInt32, _ probability: Float) {
    if let index = broughtIndices[token] {
      brought[index].probability += probability
    } else {
      broughtIndices[token] = brought.count
      brought.append((token, probability))
    }
  }

  func finish() {
    diff = nil
    brought.removeAll(keepingCapacity: true)
    broughtIndices.removeAll(keepingCapacity: true)
    share = 0
    recalledShare = 0
  }

  func probability(of token: UInt32, byExpertAt place: Int) -> Float {
    guard let diff else { return 0 }
    let probability = diff.indices[token].map { placesShare * diff.probabilities[$0] } ?? 0
    let recalled = recalledShare > 0 ? recalledShare * (diff.recalled?.probability(of: token) ?? 0) : 0
    return probability + recalled + (broughtIndices[token].map { brought[$0].probability } ?? 0)
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
      add(token, placesShare * diff.probabilities[index])
    }
    for next in brought { add(next.token, next.probability) }
    if recalledShare > 0, let recalled = diff.recalled {
      for (token, probability) in recalled.words { add(token, recalledShare * probability) }
    }
  }
}
