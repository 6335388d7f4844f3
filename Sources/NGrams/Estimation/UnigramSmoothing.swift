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
    defer { table.deallocate() }
    let seen = counts.indices.lazy.filter { $0 >= 2 && counts[$0] > 0 }
    table.reset(count: seen.reduce(0) { count, _ in count + 1 })
    for (index, id) in seen.enumerated() {
      table.words[index] = UInt32(id)
      table.counts[index] = id >= vocabularyCount ? counts[id] | ContextLevel.prunedFlag : counts[id]
    }
    let uniform = [Float](repeating: 1 / Float(typeCount), count: counts.count)
    var result = [Float](repeating: 0, count: counts.count)
    let backoff: Float = uniform.withUnsafeBufferPointer { uniform in
      guard table.count > 0 else { return 1 }
      switch smoothing {
      case .kneserNey: return table.smoothKneserNey(order.discounts, lower: uniform.baseAddress!)
      case .maximumLikelihood: return table.smoothMaximumLikelihood(lower: uniform.baseAddress!)
      case .addDelta(let delta):
        return table.smoothAdditively(delta * Double(typeCount), lower: uniform.baseAddress!)
      case .backoff: return table.smoothKatzUnigrams(order.katz)
      }
    }
    // Katz leaves all that is left to `<unk>` alone; the others interpolate with the uniform distribution.
    let unseen = smoothing == .backoff && table.count > 0 ? backoff : backoff * uniform[0]
    for id in 0..<counts.count where id != 1 { result[id] = unseen }
    for index in 0..<table.count { result[Int(table.words[index])] = table.probabilities[index] }
    probabilities = result
  }
}

extension FollowerTable {
  /// Discounted relative frequencies.
  ///
  /// - Returns: what is left, the probability of `<unk>`.
  func smoothKatzUnigrams(_ discounts: KatzDiscounts) -> Float {
    var total = 0.0
    var seen = 0.0
    for index in 0..<self.count {
      let count = counts[index]
      let value = count & ~ContextLevel.prunedFlag
      total += Double(value)
      if value == count { seen += discounts.discounted(value) }
    }
    // At least what one more token would have.
    let left = max(1 - seen / total, 1 / (total + 1))
    let scale = seen > 0 ? (1 - left) / seen : 0
    for index in 0..<self.count {
      probabilities[index] = Float(discounts.discounted(counts[index] & ~ContextLevel.prunedFlag) * scale)
    }
    return seen > 0 ? Float(left) : 1
  }
}
