import Lexing

/// A reading beside what is written, with what its weights are fitted by. See `Benchmarks/slips.py`.
@_spi(SlipFitting) public struct SlipReading: Sendable {
  public var byteRange: Range<Int>
  public var kind: DetectedSlip.Kind
  public var context: TokenContext
  /// Whether the words of the language around it are listed.
  public var hasWordList: Bool
  public var text: String
  public var features: [Double]
  public var logOdds: Double
}

extension DocumentPredictor {
  /// Every reading that the detector scores in a range of bytes, likely or not.
  ///
  /// - Parameter asksBothSides: whether the model's network in both directions says by how many bits it finds each reading
  ///   more probable in the place of its one token: a feature more, at most 20 bits either way, 0 where several tokens
  ///   change.
  @_spi(SlipFitting) public func slipReadings(
    in byteRange: Range<Int>, asksBothSides: Bool = false
  ) -> [SlipReading] {
    withState { state in
      state.lexicon.beginUse()
      defer { state.lexicon.endUse() }
      let proposals = state.slipProposals(in: byteRange, while: { true }) ?? []
      let gains = asksBothSides ? state.gainBitsBetweenBothSides(of: proposals) : nil
      return proposals.indices.compactMap { index in
        let proposal = proposals[index]
        guard let text = state.text(of: proposal) else { return nil }
        return SlipReading(
          byteRange: state.byteRange(of: proposal.span), kind: proposal.kind, context: proposal.context,
          hasWordList: proposal.hasWordList, text: text,
          features: proposal.features + (gains.map { [$0[index]] } ?? []),
          logOdds: proposal.logOdds)
      }
    }
  }
}
