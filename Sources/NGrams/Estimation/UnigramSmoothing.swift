/// The probabilities of the unigrams, where every recursion over shorter contexts ends.
struct UnigramSmoothing {
  /// P(w) by id; of `<s>` 0. Pruned words, at the end, have some value that nobody uses.
  let probabilities: [Float]

  /// - Parameters:
  ///   - counts: by id, as the smoothing counts: adjusted or raw; of `<unk>` and `<s>` 0.
  ///   - vocabularyCount: ids from here on are pruned.
  init(
    counts: [UInt32], vocabularyCount: Int, smoothing: Smoothing, order: OrderSmoothing
  ) {
    // `<s>` is never predicted.
    let typeCount = vocabularyCount - 1
    var table = FollowerTable()
    for (id, count) in counts.enumerated() where id >= 2 && count > 0 {
      table.words.append(UInt32(id))
      table.counts.append(id >= vocabularyCount ? count | ContextLevel.prunedFlag : count)
    }
    let uniform = [Float](repeating: 1 / Float(typeCount), count: counts.count)
    var result = [Float](repeating: 0, count: counts.count)
    let backoff: Float = uniform.withUnsafeBufferPointer { uniform in
      guard !table.words.isEmpty else { return 1 }
      switch smoothing {
      case .kneserNey: return table.smoothKneserNey(order.discounts, lower: uniform.baseAddress!)
      case .maximumLikelihood: return table.smoothMaximumLikelihood(lower: uniform.baseAddress!)
      case .addDelta(let delta):
        return table.smoothAdditively(delta * Double(typeCount), lower: uniform.baseAddress!)
      case .backoff: return table.smoothKatzUnigrams(order.katz)
      }
    }
    // Katz leaves all that is left to `<unk>` alone; the others interpolate with the uniform distribution.
    let unseen = smoothing == .backoff && !table.words.isEmpty ? backoff : backoff * uniform[0]
    for id in 0..<counts.count where id != 1 { result[id] = unseen }
    for (index, word) in table.words.enumerated() { result[Int(word)] = table.probabilities[index] }
    probabilities = result
  }
}

extension FollowerTable {
  /// Discounted relative frequencies.
  ///
  /// - Returns: what is left, the probability of `<unk>`.
  mutating func smoothKatzUnigrams(_ discounts: KatzDiscounts) -> Float {
    var total = 0.0
    var seen = 0.0
    for count in counts {
      let value = count & ~ContextLevel.prunedFlag
      total += Double(value)
      if value == count { seen += discounts.discounted(value) }
    }
    // At least what one more token would have.
    let left = max(1 - seen / total, 1 / (total + 1))
    let scale = seen > 0 ? (1 - left) / seen : 0
    for count in counts {
      probabilities.append(Float(discounts.discounted(count & ~ContextLevel.prunedFlag) * scale))
    }
    return seen > 0 ? Float(left) : 1
  }
}
