import Prediction

/// Steps of surprisal for the colours of a heat map, bounded by quantiles of the text itself: what is surprising in one
/// text is common in another.
struct HeatScale {
  /// What share of the tokens is below each step but the first. Half a text is as expected, and has no colour.
  static let shares = [0.5, 0.7, 0.82, 0.9, 0.95, 0.98, 0.995]
  static let stepCount = shares.count + 1

  /// In bits: a token of more than `bounds[n]` is at step n + 1 at least.
  let bounds: [Double]
  /// Of the most surprising token.
  let maximumBits: Double

  /// Nil where there are no tokens.
  init?(_ tokens: [TokenSurprisal]) {
    let bits = tokens.map(\.surprisalBits).filter(\.isFinite).sorted()
    guard let last = bits.last else { return nil }
    bounds = Self.shares.map { bits[min(Int($0 * Double(bits.count)), bits.count - 1)] }
    maximumBits = last
  }

  func step(ofBits bits: Double) -> Int {
    guard bits.isFinite else { return bounds.count }
    return bounds.lastIndex { bits > $0 }.map { $0 + 1 } ?? 0
  }
}
