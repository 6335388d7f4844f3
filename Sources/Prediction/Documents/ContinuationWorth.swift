/// Which continuation is worth most, and whether it is worth showing: what it would save against the risk that it is wrong.
///
/// A continuation that is right with probability P and saves g words is worth P · (g + ¼), and is shown where that is at least
/// what a single word would be worth at the minimum. So one of four words may be less probable than one of a single word, a word
/// more has to be nearly sure, and of two ways to go on the longer one may win. Among continuations of which seven in ten are
/// right this is what has most words accepted (by Lagrange: at the best choice each trades words for right ones at the same
/// rate); ¼ was fitted to C, Python and English.
struct ContinuationWorth {
  /// The best one's so far; at first what any has to be worth.
  private var greatest: Double

  /// What being right is worth beside what is saved, in words.
  private static let worthOfRight = 0.25
  /// What an operator or a point is worth beside a word, and what closes what the continuation has opened: it is one key, but
  /// `compute(first` asks for it.
  private static let worthOfSign = 0.05
  private static let worthOfCloser = 0.5
  /// What the beginning of a name saves that ends with one of its parts.
  static let gainOfStem = 0.7
  /// What the next tokens may add if they are sure.
  private static let outlook = 2.0

  /// - Parameter minimumProbability: of a single word.
  init(minimumProbability: Double) { greatest = minimumProbability * (1 + Self.worthOfRight) }

  /// What a token saves, in words.
  ///
  /// - Parameter closes: whether it closes a bracket or quote of the continuation's own.
  static func gain(of token: [UInt8], closes: Bool) -> Double {
    isWord(token) ? 1 : closes ? worthOfCloser : worthOfSign
  }

  static func isWord(_ token: [UInt8]) -> Bool {
    if token.contains(where: { $0 < 0x80 && Spacing.Side.isWordByte($0) }) { return true }
    return String(decoding: token, as: UTF8.self).unicodeScalars.contains {
      !$0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
    }
  }

  /// Whether a continuation is worth at least as much as all others so far, which are then forgotten.
  mutating func takes(_ probability: Double, _ gain: Double) -> Bool {
    let worth = probability * (gain + Self.worthOfRight)
    guard worth >= greatest else { return false }
    greatest = worth
    return true
  }

  /// Whether what begins so may be taken later.
  func mayTake(_ probability: Double, _ gain: Double) -> Bool {
    probability * (gain + Self.worthOfRight + Self.outlook) >= greatest
  }
}
