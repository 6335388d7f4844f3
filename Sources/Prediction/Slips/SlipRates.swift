import Lexing
import Platform

/// How often text without slips is marked for being as likely a slip as something: measured on held-out text of several
/// languages by `Benchmarks/slips.py`, for texts of prose and of code, and where in them the mark stands.
enum SlipRates {
  /// False marks per 1,000 tokens of the context.
  private static let rates: [Double] = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]

  /// Of clean text, false marks per 1,000 tokens at which such a slip would just be marked.
  static func falseMarksPerThousandTokens(logOdds: Double, isProse: Bool, context: TokenContext) -> Double {
    let odds = table(isProse: isProse, context)
    guard logOdds < odds[0] else { return rates[0] * exp(odds[0] - logOdds) }
    for place in 1..<odds.count where logOdds >= odds[place] {
      // Linear in the logarithm of the rate.
      let share = (odds[place - 1] - logOdds) / max(odds[place - 1] - odds[place], 1e-6)
      return rates[place - 1] * exp(share * log(rates[place] / rates[place - 1]))
    }
    return rates[rates.count - 1] * exp(odds[odds.count - 1] - logOdds)
  }

  private static func table(isProse: Bool, _ context: TokenContext) -> [Double] {
    if isProse { return context == .code ? codeInProse : prose }
    switch context {
    case .code: return code
    case .comment, .prose: return comments
    case .string: return strings
    }
  }

  // The log-odds at which clean text is marked so often.
  private static let prose = [2.65, 2.01, 1.27, 0.00, -1.01, -1.90, -2.99, -3.68]
  private static let codeInProse = [0.28, 0.28, 0.28, -0.02, -0.54, -1.18, -2.52, -3.45]
  private static let code = [1.61, 0.64, -0.09, -1.05, -1.79, -2.38, -3.34, -4.13]
  private static let comments = [1.55, 1.28, 0.73, 0.09, -0.82, -1.67, -2.71, -3.34]
  private static let strings = [1.91, 1.75, 1.35, 0.56, -0.44, -1.74, -3.28, -4.07]
}
