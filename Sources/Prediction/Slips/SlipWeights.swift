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
    .confusion: [-5.114, 0.444, -0.031, 0.000, -0.284, -0.515, 0.000, 0.000, 0.000],
    .doubledWord: [-2.874, 0.571, -0.028, 0.000, -0.238, -0.017, 0.000, 0.000, 0.000],
    .inflection: [-3.933, 0.328, -0.098, -0.561, -0.366, -0.540, 0.000, 0.289, 0.000],
    .knownWord: [-2.635, 0.317, -0.214, 0.449, -0.228, -0.648, 0.000, 0.054, 0.000],
    .missingWord: [-4.270, 0.331, -0.001, 0.000, -0.049, 1.015, 0.000, 0.000, 0.000],
    .newWord: [-4.324, 0.436, -0.077, 1.411, -0.079, 0.311, -6.855, 0.000, -1.338],
    .swappedWords: [-2.593, 0.308, -0.172, 0.000, -0.065, 1.536, -0.921, 0.000, 0.000],
  ]
  private static let code: [DetectedSlip.Kind: [Double]] = [
    .confusion: [-3.637, 0.221, 0.285, 0.000, -0.534, 0.000, 0.000, 0.000, 0.000],
    .doubledWord: [-0.372, 0.582, -0.195, 0.000, -0.916, 0.000, 0.000, 0.000, 0.000],
    .inflection: [-10.902, 0.546, -0.242, -0.004, -0.196, -0.010, 0.000, -0.319, 0.000],
    .knownWord: [-8.234, 0.115, 0.003, 0.334, -0.069, -2.139, 0.000, 0.491, 0.000],
    .missingToken: [-2.597, 0.391, -0.124, 0.000, -0.155, 1.790, 0.000, 0.000, 0.000],
    .newWord: [-2.302, 0.275, -0.062, 2.032, 0.059, -0.625, -4.364, 0.000, 1.506],
    .operatorCounterpart: [-5.109, 0.180, 0.147, 0.000, 0.000, 0.000, 0.000, 0.000, 0.000],
    .otherName: [-7.478, 0.297, -0.178, 0.000, -0.073, -0.373, 0.000, 0.084, 0.000],
    .swappedArguments: [-4.021, 0.189, 0.249, 0.000, 0.000, 0.000, 0.000, 0.000, 0.000],
  ]
}
