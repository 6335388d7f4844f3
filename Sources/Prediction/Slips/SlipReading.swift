import Lexing

/// A reading beside what is written, with what its weights are fitted by. See `Benchmarks/slips.py`.
@_spi(SlipFitting) public struct SlipReading: Sendable {
  public var byteRange: Range<Int>
  public var kind: DetectedSlip.Kind
  public var context: TokenContext
  public var text: String
  public var features: [Double]
  public var logOdds: Double
}

extension DocumentPredictor {
  /// Every reading that the detector scores in a range of bytes, likely or not.
  @_spi(SlipFitting) public func slipReadings(in byteRange: Range<Int>) -> [SlipReading] {
    withState { state in
      state.slipProposals(in: byteRange).compactMap { proposal in
        guard let text = state.text(of: proposal) else { return nil }
        return SlipReading(
          byteRange: state.byteRange(of: proposal.span), kind: proposal.kind, context: proposal.context,
          text: text, features: proposal.features, logOdds: proposal.logOdds)
      }
    }
  }
}
