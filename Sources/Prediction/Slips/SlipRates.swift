import Lexing
import Platform

/// How often text without slips is marked for being as likely a slip as something: measured on held-out text of several
/// languages by `Benchmarks/slips.py`, for texts of prose and of code, and where in them the mark stands.
enum SlipRates {
  /// Another number whenever the weights of prose change (`SlipWeights`): what was measured with earlier ones is not comparable.
  static let fit = 3

  /// False marks per 1,000 tokens of the context.
  static let rates: [Double] = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]

  /// Of clean text, false marks per 1,000 tokens at which such a slip would just be marked.
  ///
  /// - Parameters:
  ///   - hasWordList: whether the words of the language around it are listed.
  ///   - isBetweenBothSides: whether a network in both directions had its say.
  ///   - changes: by what the rates are to be multiplied; none where nothing else was measured.
  static func falseMarksPerThousandTokens(
    logOdds: Double, isProse: Bool, context: TokenContext, hasWordList: Bool = false,
    isBetweenBothSides: Bool = false,
    changes: [Double]? = nil
  ) -> Double {
    let odds =
      isBetweenBothSides
      ? (hasWordList ? listedProseBetweenBothSides : proseBetweenBothSides)
      : logOddsOfRates(isProse: isProse, context, hasWordList: hasWordList)
    var rates = rates
    if let changes {
      for place in rates.indices {
        rates[place] *= changes[place]
        // Whoever is marked at a rate is marked at each higher one.
        if place > 0 { rates[place] = max(rates[place], rates[place - 1] * 1.0001) }
      }
    }
    guard logOdds < odds[0] else { return rates[0] * exp(odds[0] - logOdds) }
    for place in 1..<odds.count where logOdds >= odds[place] {
      // Linear in the logarithm of the rate.
      let share = (odds[place - 1] - logOdds) / max(odds[place - 1] - odds[place], 1e-6)
      return rates[place - 1] * exp(share * log(rates[place] / rates[place - 1]))
    }
    return rates[rates.count - 1] * exp(odds[odds.count - 1] - logOdds)
  }

  /// The log-odds that have the rates of `rates`.
  static func logOddsOfRates(isProse: Bool, _ context: TokenContext, hasWordList: Bool) -> [Double] {
    if isProse { return context == .code ? codeInProse : hasWordList ? listedProse : prose }
    switch context {
    case .code: return code
    case .comment, .prose: return comments
    case .string: return strings
    }
  }

  // The log-odds at which clean text is marked so often.
  private static let prose = [2.91, 2.13, 1.15, -0.49, -1.19, -1.91, -2.80, -3.69]
  // That of prose, moved as the table of two novels moved once both directions were asked.
  private static let proseBetweenBothSides = [4.26, 3.39, 2.14, 0.08, -0.52, -1.45, -2.39, -3.36]
  /// Text is seldom marked for what is less likely: that would be more than two false marks per 1,000 tokens.
  static func leastMarkedBetweenBothSides(hasWordList: Bool) -> Double {
    (hasWordList ? listedProseBetweenBothSides : proseBetweenBothSides)[5]
  }
  // Where the words of the language are listed: about the median of six English texts (docs/highlighting.md), and moved as that of prose.
  private static let listedProse = [2.33, 1.67, 0.75, -0.38, -0.99, -1.57, -2.58, -3.40]
  private static let listedProseBetweenBothSides = [3.68, 2.91, 1.72, 0.17, -0.34, -1.14, -2.18, -3.09]
  private static let codeInProse = [0.21, 0.21, 0.21, -0.05, -0.08, -1.18, -2.40, -3.60]
  private static let code = [1.29, 0.36, -0.29, -0.98, -1.50, -2.47, -3.66, -4.62]
  private static let comments = [2.10, 1.78, 1.00, -0.29, -1.20, -1.86, -2.79, -3.44]
  private static let strings = [3.92, 2.79, 1.72, 0.12, -0.99, -2.32, -3.58, -4.39]
}
