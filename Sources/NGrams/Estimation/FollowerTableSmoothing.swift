/// From a context's counts to its probabilities, one function a kind of smoothing. Each fills `probabilities` and
/// gives the context's back-off weight. `lower[w]` is P(w) after the shorter context, good for the words here.
extension FollowerTable {
  private func count(_ index: Int) -> UInt32 { counts[index] & ~ContextLevel.prunedFlag }
  private func isPruned(_ index: Int) -> Bool { counts[index] & ContextLevel.prunedFlag != 0 }

  /// Chen and Goodman 1998, equation 22, in single precision and in KenLM's order of operations. What pruned
  /// n-grams would have had goes to the shorter context with what was discounted.
  @inline(__always)
  func smoothKneserNey(_ discounts: Discounts, lower: UnsafePointer<Float>) -> Float {
    var denominator: UInt64 = 0
    var prunedMass: UInt64 = 0
    var ones: UInt64 = 0
    var twos: UInt64 = 0
    var more: UInt64 = 0
    for index in 0..<self.count {
      let count = counts[index]
      let value = count & ~ContextLevel.prunedFlag
      denominator &+= UInt64(value)
      if value != count {
        prunedMass &+= UInt64(value)
      } else if value == 1 {
        ones &+= 1
      } else if value == 2 {
        twos &+= 1
      } else {
        more &+= 1
      }
    }
    let total = Float(denominator)
    var backoff = discounts.one * Float(ones)
    backoff += discounts.two * Float(twos)
    backoff += discounts.threeOrMore * Float(more)
    backoff += Float(prunedMass)
    backoff /= total
    for index in 0..<self.count {
      let value = counts[index] & ~ContextLevel.prunedFlag
      let own = (Float(value) - discounts[value]) / total
      probabilities[index] = own + backoff * lower[Int(words[index])]
    }
    return backoff
  }

  /// c(u w) / c(u). What pruned n-grams would have had goes to the shorter context; without pruning nothing does.
  func smoothMaximumLikelihood(lower: UnsafePointer<Float>) -> Float {
    smoothAdditively(0, lower: lower)
  }

  /// (c(u w) + a P(w | u′)) / (c(u) + a), a = δ|V|: an interpolation whose weight is a / (c(u) + a).
  func smoothAdditively(_ added: Double, lower: UnsafePointer<Float>) -> Float {
    var total = added
    var pruned = 0.0
    for index in 0..<self.count {
      total += Double(count(index))
      if isPruned(index) { pruned += Double(count(index)) }
    }
    let backoff = (added + pruned) / total
    for index in 0..<self.count {
      probabilities[index] = Float(Double(count(index)) / total + backoff * Double(lower[Int(words[index])]))
    }
    return Float(backoff)
  }

  /// Katz 1987: discounted relative frequencies; what is left, to the words not seen, in proportion to the shorter
  /// context's probabilities.
  func smoothKatz(_ discounts: KatzDiscounts, lower: UnsafePointer<Float>) -> Float {
    var total = 0.0
    var seen = 0.0
    var seenBelow = 0.0
    for index in 0..<self.count {
      total += Double(count(index))
      if isPruned(index) { continue }
      seen += discounts.discounted(count(index))
      seenBelow += Double(lower[Int(words[index])])
    }
    var scale = 1 / total
    var left = 1 - seen * scale
    let unseenBelow = 1 - seenBelow
    // Where the words seen are nearly all that the shorter context knows, the weight of the rest would be huge, and
    // rounding with it; there the mass stays with the words seen.
    let most = Self.largestKatzBackoff * max(unseenBelow, 0)
    if left > most || left < 0 {
      left = max(min(left, most), 0)
      scale = seen > 0 ? (1 - left) / seen : 0
    }
    for index in 0..<self.count { probabilities[index] = Float(discounts.discounted(count(index)) * scale) }
    return unseenBelow > 0 ? Float(left / unseenBelow) : 0
  }

  private static var largestKatzBackoff: Double { 4 }
}
