/// How counts become probabilities.
public enum Smoothing: Hashable, Sendable {
  /// Interpolated modified Kneser–Ney (Chen and Goodman 1998, section 4.1.5), the unigrams interpolated with the
  /// uniform distribution.
  case kneserNey
  /// c(u w) / c(u): what was seen, and nothing else. A word never seen after a context that was seen has
  /// probability 0 (ln P = `NGramTable.impossible` + its shorter context's); a context never seen is left for its
  /// longest suffix that was.
  case maximumLikelihood
  /// (c(u w) + δ|V| P(w | u′)) / (c(u) + δ|V|) with the shorter context u′ and at its end the uniform distribution:
  /// for unigrams exactly Lidstone's (c + δ) / (C + δ|V|). Above them the added mass follows the shorter context
  /// (MacKay and Peto 1995), since a uniform share for every context has no back-off form.
  case addDelta(Double)
  /// Katz's back-off (Katz 1987) with Good–Turing discounts of counts up to 5.
  case backoff

  /// The names on the command line, the default first.
  public static let names = ["kneser-ney", "maximum-likelihood", "add-delta", "backoff"]

  /// From a name of the command line; δ is for `add-delta`.
  public init?(name: String, delta: Double = 1) {
    switch name {
    case "kneser-ney": self = .kneserNey
    case "maximum-likelihood": self = .maximumLikelihood
    case "add-delta": self = .addDelta(delta)
    case "backoff": self = .backoff
    default: return nil
    }
  }

  /// The name on the command line.
  public var name: String {
    switch self {
    case .kneserNey: "kneser-ney"
    case .maximumLikelihood: "maximum-likelihood"
    case .addDelta: "add-delta"
    case .backoff: "backoff"
    }
  }

  /// Whether an n-gram below the highest order counts by the distinct words before it, not by its occurrences.
  var countsContinuations: Bool { self == .kneserNey }
}

/// D1, D2 and D3+ of one order.
public struct Discounts: Hashable, Sendable {
  /// For counts 1, 2, and 3 or more.
  public var one: Float
  public var two: Float
  public var threeOrMore: Float
  /// Whether the counts gave none, so that these are the fallback.
  public var isFallback: Bool

  /// What is used where the counts of counts give no discounts, as `lmplz --discount_fallback` has them.
  public static let fallback = Discounts(one: 0.5, two: 1, threeOrMore: 1.5, isFallback: true)

  /// From the counts of counts n1 … n4 (Chen and Goodman 1998, equation 26): with Y = n1 / (n1 + 2 n2),
  /// D_j = j − (j + 1) Y n_(j+1) / n_j. In single precision, in KenLM's order of operations.
  ///
  /// Falls back for the whole order when one of n1, n2, n3 is 0 or a D_j is outside 0 … j.
  init(countsOfCounts n: [UInt64]) {
    self = .fallback
    guard n[1] > 0, n[2] > 0, n[3] > 0 else { return }
    let y = Float(n[1]) / Float(Double(n[1]) + 2 * Double(n[2]))
    var amounts: [Float] = []
    for j in 1...3 {
      let amount = Float(j) - Float(j + 1) * y * Float(n[j + 1]) / Float(n[j])
      guard amount >= 0, amount <= Float(j) else { return }
      amounts.append(amount)
    }
    self = Discounts(one: amounts[0], two: amounts[1], threeOrMore: amounts[2], isFallback: false)
  }

  public init(one: Float, two: Float, threeOrMore: Float, isFallback: Bool) {
    self.one = one
    self.two = two
    self.threeOrMore = threeOrMore
    self.isFallback = isFallback
  }

  /// D of a count; of 0 it is 0.
  @inline(__always)
  subscript(count: UInt32) -> Float {
    switch count {
    case 0: 0
    case 1: one
    case 2: two
    default: threeOrMore
    }
  }
}

/// d_r for counts r = 1 … 5 of one order: Good–Turing estimates scaled so that counts above 5 are trusted
/// (Katz 1987, equation 20 with k = 5).
struct KatzDiscounts: Sendable {
  private static let largest = 5
  /// `ratios[r]`: by what a count r is multiplied.
  private var ratios: [Double]

  /// - Parameter n: counts of counts, up to n6.
  ///
  /// Where Good–Turing gives no usable ratio (a count of counts is 0, or the ratio is outside 0 … 1), the whole
  /// order takes off half a count instead, r − 1/2 for r, so that there is always something left for the unseen.
  init(countsOfCounts n: [UInt64]) {
    ratios = [1]
    let k = Self.largest
    let n = n.map { Double($0) }
    let tail: Double = n[1] > 0 ? Double(k + 1) * n[k + 1] / n[1] : 1
    for r in 1...k {
      let goodTuring: Double = n[r] > 0 ? Double(r + 1) * n[r + 1] / (Double(r) * n[r]) : .nan
      let ratio = (goodTuring - tail) / (1 - tail)
      guard tail < 1, ratio > 0, ratio < 1 else {
        ratios = [1] + (1...k).map { (r: Int) -> Double in (Double(r) - 0.5) / Double(r) }
        return
      }
      ratios.append(ratio)
    }
  }

  /// The discounted count.
  func discounted(_ count: UInt32) -> Double {
    Int(count) < ratios.count ? Double(count) * ratios[Int(count)] : Double(count)
  }
}
