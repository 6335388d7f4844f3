import LanguageModeling
import Neural
import Platform

extension DocumentState {
  /// Less likely readings are not worth asking the network for.
  private static let leastAskedLogOdds = -9.0

  /// The slips that touch a range of bytes, of which the model's network in both directions has its say in prose, if it is
  /// open: of those that it could lift to where they are marked, or take from there.
  ///
  /// - Parameters:
  ///   - maximumStepCount: so many tokens may it read for that.
  ///   - mayGoOn: asked every few tokens before the network is; once it says false what was found is given up.
  /// - Returns: nil where it has more to read, or was given up. Asked for the same range again, before any edit, it goes on.
  mutating func slips(
    in byteRange: Range<Int>, maximumStepCount: Int, while mayGoOn: () -> Bool
  ) -> [DetectedSlip]? {
    let wanted = markedRange(byteRange)
    // Words that only the language has keep their numbers until their texts are asked for.
    lexicon.beginUse()
    defer { lexicon.endUse() }
    var proposals: [SlipProposal]
    if let waiting = waitingSlips, waiting.byteRange == wanted, waiting.numbering == lexicon.numbering {
      proposals = waiting.proposals
      waitingSlips = nil
    } else if let found = slipProposals(in: wanted, while: mayGoOn) {
      proposals = found
    } else {
      return nil
    }
    guard weighNearThreshold(&proposals, maximumStepCount: maximumStepCount) else {
      waitingSlips = WaitingSlips(byteRange: wanted, proposals: proposals, numbering: lexicon.numbering)
      return nil
    }
    if wanted.upperBound == lexed.byteCount { forgetSlipWords() }
    return shown(proposals, touching: wanted)
  }

  /// Weighs those readings of prose anew that may come to be marked, or not to be.
  ///
  /// - Returns: whether all are weighed.
  private mutating func weighNearThreshold(
    _ proposals: inout [SlipProposal], maximumStepCount: Int
  ) -> Bool {
    guard lexed.grammar.isProse, !proposals.isEmpty, let both = takeUpBothDirections() else { return true }
    var places: [Int: [Int]] = [:]
    for (index, proposal) in proposals.enumerated()
    where proposal.context != .code && proposal.logOdds > Self.leastAskedLogOdds {
      places[proposal.span.lowerBound, default: []].append(index)
    }
    // Every few steps somebody asks whether it may go on; a place that is weighed is as much as they are.
    var left = max(1, maximumStepCount / RecurrentTrack.strideCount)
    for (place, indices) in places.sorted(by: { $0.key < $1.key }) {
      guard indices.contains(where: { proposals[$0].gainBitsBetweenBothSides == nil }),
        indices.contains(where: { SlipWeights.mayBeMarkedBetweenBothSides(proposals[$0]) })
      else { continue }
      guard left > 0 else { return false }
      var distribution: RecurrentDistribution?
      if indices.contains(where: { proposals[$0].isOneForOne }) {
        distribution = self.distribution(at: place, both) {
          left -= 1
          return left >= 0
        }
        if distribution == nil { return false }
        left -= 1
      }
      for index in indices {
        weigh(
          &proposals[index],
          by: Self.gainBits(of: proposals[index], sequence.id(at: place), distribution, model))
      }
    }
    return true
  }

  /// Weighs the readings of prose anew, with what the model's network in both directions makes of them; does nothing
  /// without one.
  mutating func weighBetweenBothSides(_ proposals: inout [SlipProposal]) {
    guard lexed.grammar.isProse else { return }
    let asked = proposals.indices.filter {
      proposals[$0].context != .code && proposals[$0].logOdds > Self.leastAskedLogOdds
    }
    guard let gains = gainBitsBetweenBothSides(of: asked.map { proposals[$0] }) else { return }
    for (index, gain) in zip(asked, gains) { weigh(&proposals[index], by: gain) }
  }

  private func weigh(_ proposal: inout SlipProposal, by gain: Double) {
    proposal.gainBitsBetweenBothSides = gain
    proposal.logOdds = SlipWeights.logOddsBetweenBothSides(of: proposal, gainBits: gain)
  }

  /// By how many bits the model's network in both directions finds each reading more probable in the place of its one token,
  /// all others known: at most 20 either way, 0 where several tokens change. Nil without such a network.
  mutating func gainBitsBetweenBothSides(of proposals: [SlipProposal]) -> [Double]? {
    var gains = [Double](repeating: 0, count: proposals.count)
    var indices: [Int: [Int]] = [:]
    for (index, proposal) in proposals.enumerated() where proposal.isOneForOne {
      indices[proposal.span.lowerBound, default: []].append(index)
    }
    let isKnown = forEachPlace(indices.keys.sorted()) { [sequence, model] place, distribution in
      for index in indices[place] ?? [] {
        gains[index] = Self.gainBits(of: proposals[index], sequence.id(at: place), distribution, model)
      }
    }
    return isKnown ? gains : nil
  }

  /// - Parameter written: what stands there.
  private static func gainBits(
    of proposal: SlipProposal, _ written: UInt32, _ distribution: RecurrentDistribution?, _ model: Model?
  ) -> Double {
    guard proposal.isOneForOne, let distribution, let network = model?.network else { return 0 }
    let meant = network.token(of: proposal.replacement[0])
    guard meant > .sentenceEnd else { return 0 }
    let gain =
      distribution.logProbability(of: meant) - distribution.logProbability(of: network.token(of: written))
    return Double(min(max(gain / logf(2), -20), 20))
  }
}
