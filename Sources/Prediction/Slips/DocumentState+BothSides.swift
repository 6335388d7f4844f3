import LanguageModeling
import Platform

extension DocumentState {
  /// Less likely readings are not worth asking the network for.
  private static let leastAskedLogOdds = -9.0

  /// Weighs the readings of prose anew, with what the model's network in both directions makes of them; does nothing
  /// without one.
  mutating func weighBetweenBothSides(_ proposals: inout [SlipProposal]) {
    guard lexed.grammar.isProse else { return }
    let asked = proposals.indices.filter {
      proposals[$0].context != .code && proposals[$0].logOdds > Self.leastAskedLogOdds
    }
    guard let gains = gainBitsBetweenBothSides(of: asked.map { proposals[$0] }) else { return }
    for (index, gain) in zip(asked, gains) {
      proposals[index].gainBitsBetweenBothSides = gain
      proposals[index].logOdds = SlipWeights.logOddsBetweenBothSides(of: proposals[index], gainBits: gain)
    }
  }

  /// By how many bits the model's network in both directions finds each reading more probable in the place of its one token,
  /// all others known: at most 20 either way, 0 where several tokens change. Nil without such a network.
  mutating func gainBitsBetweenBothSides(of proposals: [SlipProposal]) -> [Double]? {
    var gains = [Double](repeating: 0, count: proposals.count)
    var indices: [Int: [Int]] = [:]
    for (index, proposal) in proposals.enumerated()
    where proposal.span.count == 1 && proposal.replacement.count == 1 {
      indices[proposal.span.lowerBound, default: []].append(index)
    }
    let isKnown = forEachPlace(indices.keys.sorted()) { [sequence, model] place, distribution in
      guard let network = model?.network else { return }
      let written = distribution.logProbability(of: network.token(of: sequence.id(at: place)))
      for index in indices[place] ?? [] {
        let meant = network.token(of: proposals[index].replacement[0])
        guard meant > .sentenceEnd else { continue }
        gains[index] = Double(
          min(max((distribution.logProbability(of: meant) - written) / logf(2), -20), 20))
      }
    }
    return isKnown ? gains : nil
  }
}
