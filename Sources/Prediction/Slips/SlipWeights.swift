import Lexing

/// How the evidence for a slip is weighed: a logistic function of the features of `SlipProposal` for each kind of slip, in
/// prose and in code. Fitted by `Benchmarks/slips.py`.
enum SlipWeights {
  static func logOdds(of proposal: SlipProposal) -> Double {
    let fitted = fittedLogOdds(of: proposal)
    return fitted + raise(of: proposal, from: fitted)
  }

  private static func fittedLogOdds(of proposal: SlipProposal) -> Double {
    let group =
      switch (proposal.context, proposal.hasWordList) {
      case (.code, _): code
      case (.prose, true): listed
      case (_, true): listedInCode
      case (_, false): prose
      }
    let weights = group[proposal.kind] ?? standard[proposal.kind]!
    let features = proposal.features
    var logOdds = zip(weights, features).reduce(0.0) { $0 + $1.0 * $1.1 }
    for place in max(weights.count, firstOfStanding)..<features.count {
      logOdds += standing * features[place]
    }
    return logOdds
  }

  /// What is likelier than `raisedBelow` is marked at the standard rate, and weighed as it was fitted. Whoever asks for more marks
  /// than that is given more of words of prose that are missing than their likelihood is worth, as weights that are fitted to all
  /// slips together find hardly more of them at any rate, and of words in tables and paths that are nearly others: of what is taken
  /// off for their standing there so much is given back. Set by hand, by recall at 2 false marks in 1,000 tokens of nine sets.
  private static func raise(of proposal: SlipProposal, from logOdds: Double) -> Double {
    guard proposal.context == .prose else { return 0 }
    let below = max(0, raisedBelow - logOdds)
    switch proposal.kind {
    case .missingWord: return min(0.5 * below, 1)
    case .newWord where !proposal.isFree && proposal.gainBits > 13: return min(0.7 * below, 2)
    default: return 0
    }
  }

  /// Below the log-odds of the standard rate in any table of prose (`SlipRates`).
  private static let raisedBelow = -0.5
  /// The same where a network in both directions was asked.
  private static let raisedBelowBetweenBothSides = 0.0

  /// The last features say that a word stands in a name, is an abbreviation, or stands twice by habit. Slips are planted in such
  /// places as in others and say nothing of them: set by hand, by the marks of manual pages and of the Debian Reference.
  private static let standing = -2.5
  private static let firstOfStanding = 12

  /// What is added to the log-odds of a reading of text that the model was trained on: code that was kept was compiled and
  /// tested, words that were kept were read, and what is no sentence is seldom a slip. Set by hand, by what the marks of five
  /// repositories were: slips that are planted say nothing of it.
  static func changeOfLearned(_ proposal: SlipProposal) -> Double {
    var change: Double =
      switch (proposal.kind, proposal.context == .code) {
      case (.newWord, true): proposal.isExchange ? 0 : proposal.differInForm ? -14 : -6
      case (_, true): -6
      case (.doubledWord, false): proposal.isContentWord ? -9 : 0
      case (.newWord, false):
        proposal.isSpelled ? -6 : proposal.areForms ? -5 : proposal.meantIsUnspelled ? -2 : 0
      case (.confusion, false): -9
      case (.knownWord, false), (.inflection, false), (.swappedWords, false): -5
      default: -3
      }
    guard proposal.context != .code else { return change }
    // As for typed text, `standing` is taken off beside it where a word does not stand free.
    if !proposal.isFree { change -= 2 } else if !proposal.isPlain { change += standing - 2 }
    if proposal.isName { change -= 2 }
    if proposal.kind == .newWord && proposal.letterCount < 5 { change -= 2 }
    return change - 0.4 * max(0, proposal.surroundingBits - usualBits)
  }

  /// Text whose tokens are less surprising than that at the median is familiar.
  private static let usualBits = 9.0

  /// By what the readings of one word are ordered: the log-odds, and how likely fingers make what is written of what is meant.
  /// A word of n letters has n that can be left out or doubled and as many pairs that can be exchanged; a neighbour is one of
  /// some five keys for each of the letters, and any other letter one of twenty, where hands seldom go.
  static func preference(of proposal: SlipProposal) -> Double {
    guard let edit = proposal.edit, proposal.context != .code else { return proposal.logOdds }
    return proposal.logOdds + (editPreferences[edit] ?? 0)
  }

  /// Beside the weight that `WordEdits.Slip.isLikely` has. Set on slips planted in English and French prose (`Benchmarks/spelling.py`).
  private static let editPreferences: [WordEdits.Slip: Double] = [
    .leftOut: 1.4, .neighbour: -1.4, .neighbourPutIn: -2.7, .otherLetter: -1, .putIn: -2,
  ]

  /// The log-odds of a reading of prose once a network in both directions was asked for it.
  ///
  /// - Parameter gainBits: by how many bits that finds it more probable in its place.
  static func logOddsBetweenBothSides(of proposal: SlipProposal, gainBits: Double) -> Double {
    let change = betweenBothSides[proposal.kind] ?? (0, 0)
    let raise = raise(of: proposal, from: fittedLogOdds(of: proposal))
    let logOdds =
      0.155 + 0.915 * (proposal.logOdds - raise) + change.offset + change.perBit * gainBits
    return logOdds + min(0.915 * raise, max(0, raisedBelowBetweenBothSides - logOdds))
  }

  /// Whether a reading is so likely that a network in both directions might have it marked at a rate that people choose: it
  /// finds few readings so many bits more probable.
  static func mayBeMarkedBetweenBothSides(_ proposal: SlipProposal) -> Bool {
    logOddsBetweenBothSides(of: proposal, gainBits: 12)
      > SlipRates.leastMarkedBetweenBothSides(hasWordList: proposal.hasWordList)
  }

  /// Fitted on two novels of Jane Austen's, with a network that has read four others.
  private static let betweenBothSides: [DetectedSlip.Kind: (offset: Double, perBit: Double)] = [
    .newWord: (1.385, 0.135), .knownWord: (-1.295, 0.285), .inflection: (-0.3, 0.14),
    .confusion: (-1.18, 0.405),
  ]

  /// Costs in bits where none were fitted.
  private static let standard: [DetectedSlip.Kind: [Double]] = [
    .newWord: cost(5.5), .knownWord: cost(9), .inflection: cost(11), .doubledWord: cost(-4),
    .swappedWords: cost(6), .confusion: cost(3), .missingWord: cost(6), .swappedArguments: cost(-8),
    .operatorCounterpart: cost(6), .missingToken: cost(6), .otherName: cost(10),
  ]

  private static func cost(_ bits: Double) -> [Double] {
    [-0.7 * bits - 3, 0.7, 0, 0, 0, 0, 0, 0, 0]
  }

  private static let prose: [DetectedSlip.Kind: [Double]] = [
    .confusion: [-5.553, 0.455, 0.010, 0.000, -0.269, -0.255, 0.000, 0.000, 0.000],
    .doubledWord: [-2.804, 0.563, -0.030, 0.000, -0.229, -0.029, 0.000, 0.000, 0.000],
    .inflection: [-3.943, 0.324, -0.093, -0.576, -0.365, -0.573, 0.000, 0.278, 0.000],
    .knownWord: [-2.408, 0.332, -0.230, 0.401, -0.263, -0.162, 0.000, 0.072, 0.000],
    .missingWord: [-4.210, 0.339, -0.020, 0.000, -0.025, 1.144, 0.000, 0.000, 0.000],
    .newWord: [-4.324, 0.436, -0.077, 1.411, -0.079, 0.311, -6.855, 0.000, -1.338],
    .swappedWords: [-2.519, 0.309, -0.175, 0.000, -0.073, 1.688, -0.890, 0.000, 0.000],
  ]
  // Prose of languages whose words are listed: the last three weigh what is of the list. Fitted on nine sets, towards those of comments.
  private static let listed: [DetectedSlip.Kind: [Double]] = [
    .confusion: [-5.613, 0.456, 0.086, 0.000, -0.393, -0.478, 0.000, 0.000, 0.000, -0.225, 0.000, 0.000],
    .doubledWord: [-2.753, 0.581, 0.013, 0.000, -0.191, 0.074, 0.000, 0.000, 0.000, 0.592, 0.000, 0.000],
    .inflection: [-3.933, 0.328, -0.080, -0.623, -0.377, -0.448, 0.000, 0.221, 0.000, 0.321, 0.452, -2.414],
    .knownWord: [-2.426, 0.393, -0.204, 0.449, -0.313, -0.282, 0.000, -0.092, 0.000, 0.565, 0.437, -3.071],
    .missingWord: [-4.201, 0.369, -0.013, 0.000, -0.067, 0.655, 0.000, 0.000, 0.000, 0.227, 0.000, 0.000],
    .newWord: [-4.307, 0.447, -0.086, 1.383, -0.034, 0.306, -6.700, 0.000, -1.265, -3.654, 1.799, -0.254],
    .swappedWords: [-2.544, 0.334, -0.171, 0.000, -0.081, 1.599, -0.910, 0.000, 0.000, 0.254, 0.000, 0.000],
  ]
  // The same of comments and strings of code.
  private static let listedInCode: [DetectedSlip.Kind: [Double]] = [
    .confusion: [-5.553, 0.455, 0.010, 0.000, -0.269, -0.255, 0.000, 0.000, 0.000],
    .doubledWord: [-2.804, 0.563, -0.030, 0.000, -0.229, -0.029, 0.000, 0.000, 0.000],
    .inflection: [-3.943, 0.324, -0.093, -0.576, -0.365, -0.573, 0.000, 0.278, 0.000, 0.0, 0.0, -2.5],
    .knownWord: [-2.408, 0.332, -0.230, 0.401, -0.263, -0.162, 0.000, 0.072, 0.000, 0.0, 0.0, -2.5],
    .missingWord: [-4.210, 0.339, -0.020, 0.000, -0.025, 1.144, 0.000, 0.000, 0.000],
    .newWord: [-4.324, 0.436, -0.077, 1.411, -0.079, 0.311, -6.855, 0.000, -1.338, -4.0, 2.0, 0.0],
    .swappedWords: [-2.519, 0.309, -0.175, 0.000, -0.073, 1.688, -0.890, 0.000, 0.000],
  ]
  private static let code: [DetectedSlip.Kind: [Double]] = [
    .confusion: [-3.637, 0.221, 0.285, 0.000, -0.534, 0.000, 0.000, 0.000, 0.000],
    .doubledWord: [-0.372, 0.582, -0.195, 0.000, -0.916, 0.000, 0.000, 0.000, 0.000],
    .inflection: [-10.897, 0.547, -0.249, -0.004, -0.190, -0.001, 0.000, -0.310, 0.000],
    .knownWord: [-8.183, 0.115, -0.004, 0.339, -0.059, -2.144, 0.000, 0.506, 0.000],
    .missingToken: [-4.735, 0.415, -0.056, 0.000, -0.059, 1.250, 0.000, 0.000, 0.000],
    .newWord: [-2.518, 0.355, -0.074, 1.239, 0.108, -1.285, -4.630, 0.000, 1.266],
    .operatorCounterpart: [-5.109, 0.180, 0.147, 0.000, 0.000, 0.000, 0.000, 0.000, 0.000],
    .otherName: [-7.478, 0.297, -0.178, 0.000, -0.073, -0.373, 0.000, 0.084, 0.000],
    .swappedArguments: [-1.288, 0.137, -0.059, 0.000, 0.000, 0.000, 0.000, 0.000, 0.000],
  ]
}
