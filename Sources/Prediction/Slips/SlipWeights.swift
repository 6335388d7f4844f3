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

  private static func cost(_ bits: Double) -> [Double] { [-0.7 * bits - 3, 0.7, 0, 0, 0, 0, 0, 0, 0] }

  private static let prose: [DetectedSlip.Kind: [Double]] = [
    .confusion: [-5.365, 0.430, 0.006, 0.000, -0.299, -0.533, 0.000, 0.000],
    .doubledWord: [0.038, 0.520, -0.338, 0.000, -0.172, -3.032, -6.875, 0.000],
    .inflection: [-4.204, 0.321, -0.097, -0.480, -0.331, -0.494, 0.000, 0.308],
    .knownWord: [-2.555, 0.316, -0.249, 0.540, -0.173, -0.579, 0.000, 0.049],
    .missingWord: [-4.556, 0.337, 0.015, 0.000, -0.063, 0.593, 0.000, 0.000],
    .newWord: [-5.822, 0.288, 0.026, 1.464, -0.184, 0.066, -5.874, 0.000],
    .swappedWords: [-3.940, 0.344, -0.085, 0.000, -0.080, -3.059, -2.371, 0.000],
  ]
  private static let code: [DetectedSlip.Kind: [Double]] = [
    .confusion: [-1.580, 0.190, 0.139, 0.000, -1.050, -2.024, 0.000, 0.000],
    .doubledWord: [-0.380, 0.587, -0.179, 0.000, -0.955, 0.000, 0.000, 0.000],
    .inflection: [-10.905, 0.544, -0.237, -0.006, -0.199, -0.011, 0.000, -0.325],
    .knownWord: [-8.324, 0.119, 0.003, 0.330, -0.060, -2.138, 0.000, 0.478],
    .missingToken: [-2.684, 0.395, -0.119, 0.000, -0.205, 2.042, 0.000, 0.000],
    .newWord: [-6.506, 0.190, 0.163, 1.566, -0.129, -0.692, -3.560, 0.000],
    .operatorCounterpart: [-5.373, 0.191, 0.158, 0.000, 0.000, 0.000, 0.000, 0.000],
    .otherName: [-8.089, 0.291, -0.147, 0.000, -0.075, -0.017, 0.000, 0.146],
    .swappedArguments: [-3.920, 0.186, 0.389, 0.000, 0.000, 0.000, 0.000, 0.000],
  ]
}
