import Lexing

/// How the evidence for a slip is weighed: a logistic function of the features of `SlipProposal` for each kind of slip, in
/// prose and in code. Fitted by `Benchmarks/slips.py`.
enum SlipWeights {
  enum Group: Int { case prose, code }

  static func logOdds(of proposal: SlipProposal, _ group: Group) -> Double {
    let weights = (group == .prose ? prose : code)[proposal.kind] ?? standard[proposal.kind]!
    return zip(weights, proposal.features).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Costs in bits where none were fitted.
  private static let standard: [DetectedSlip.Kind: [Double]] = [
    .newWord: cost(5.5), .knownWord: cost(9), .inflection: cost(11), .doubledWord: cost(-4),
    .swappedWords: cost(6), .confusion: cost(3), .missingWord: cost(6), .swappedArguments: cost(-8),
    .operatorCounterpart: cost(6), .missingToken: cost(6), .otherName: cost(10),
  ]

  private static func cost(_ bits: Double) -> [Double] { [-0.7 * bits - 3, 0.7, 0, 0, 0, 0, 0, 0] }

  private static let prose: [DetectedSlip.Kind: [Double]] = [:]
  private static let code: [DetectedSlip.Kind: [Double]] = [:]
}
