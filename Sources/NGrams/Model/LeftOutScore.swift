import LanguageModeling
import Platform

/// What a model says of one word after a context, and what it would say had it not been trained on that one occurrence.
///
/// Interpolated modified Kneser–Ney (Chen and Goodman 1998) lets one occurrence be taken out again: an n-gram that was
/// counted once goes, its suffix then counts one distinct word less before it, and so on down to the first suffix that others
/// keep. Which n-grams were counted once follows from their probabilities: P(w | u) − γ(u) P(w | u′) is (c − D) / T for the
/// count c, which gives T for each c there may be; T is a whole number, and γ(u) T, the sum of the discounts of all that follows
/// u, is within bounds for the right one only. Where others keep the n-gram its probability is left as it is.
public struct LeftOutScore: Sendable, BitwiseCopyable {
  /// By order m, in lane m − 1: ln P of the word by the n-gram of that order.
  public internal(set) var logProbabilities = SIMD8<Float>(repeating: 0)
  /// The same without the occurrence; where the word stands nowhere else, `NGramTable.impossible`.
  public internal(set) var logProbabilitiesWithout = SIMD8<Float>(repeating: 0)
  /// By depth of the context: what the occurrence's going adds to ln γ, the weight of what shorter contexts say.
  public internal(set) var backoffChanges = SIMD8<Float>(repeating: 0)
  /// How many of the last words are known in a row without the occurrence.
  public internal(set) var depth = 0
  /// Whether the word stands nowhere else.
  public internal(set) var isOnlyOccurrence = false

  init() {}

  /// What to add to ln P of the word where the model's longest n-gram with it is of this order.
  public func change(matchedOrder: Int) -> Float {
    let lane = max(0, min(matchedOrder, 8) - 1)
    return logProbabilitiesWithout[lane] - logProbabilities[lane]
  }

  /// What to add to ln P of another word behind the same context, whose longest n-gram with it is of this order.
  public func changeOfOthers(matchedOrder: Int) -> Float {
    var sum: Float = 0
    var depth = max(1, matchedOrder)
    while depth < 8 {
      sum += backoffChanges[depth]
      depth += 1
    }
    return sum
  }
}

extension NGramModel {
  /// The word's probabilities with and without the one occurrence of it behind the context.
  ///
  /// - Parameters:
  ///   - state: the longest known context, from this model.
  ///   - discounts: those that the model was estimated with, by order.
  /// - Returns: nil where the model does not hold the word behind all of the context, or is of another kind.
  public func leavingOut(_ token: TokenID, after state: State, discounts: [Discounts]) -> LeftOutScore? {
    let id = token.rawValue
    guard order > 1, discounts.count == order, id > 0,
      id < unigrams.count
    else { return nil }
    let contexts = ContextChain(self, state)
    let greatest = contexts.greatestDepth
    guard greatest > 0 else { return nil }
    var result = LeftOutScore()
    result.logProbabilities[0] = unigrams.logProbability(id)
    let idPosition = unigrams.position(id)
    var position = id
    for depth in 1...greatest {
      let level = levels + (depth - 1)
      let hasRanks = level.pointee.hasRanks
      let found = level.pointee.findBySuffix(
        hasRanks ? position : id, isRank: hasRanks, idPosition: idPosition,
        suffixes: (contexts.begins[depth - 1], contexts.ends[depth - 1]), contexts.begins[depth],
        contexts.ends[depth])
      guard found != .max else { return nil }
      result.logProbabilities[depth] = level.pointee.logProbability(found)
      position = found
    }
    result.takeOut(contexts, unigram: isBehindOneWordOnly(token, discounts: discounts), discounts)
    return result
  }

  /// Whether a word has one word before it only, wherever it stands.
  ///
  /// - Parameter discounts: those that the model was estimated with, by order.
  public func isBehindOneWordOnly(_ token: TokenID, discounts: [Discounts]) -> Bool {
    let id = token.rawValue
    guard order > 1, let discounts = discounts.first, id > 0, id < unigrams.count else { return false }
    // P(<unk>) is the share of the uniform distribution alone.
    let own = expf(unigrams.logProbability(id)) - expf(unigrams.logProbability(0))
    let pairs = Float(max(1, levels[0].count))
    let (once, twice) = (1 - discounts.one, 2 - discounts.two)
    return own * pairs < once + 0.5 * max(twice - once, 0.1)
  }
}

extension LeftOutScore {
  /// By how much of itself a number may be off by rounding.
  private static let tolerance: Float = 0.02
  /// Sums of counts above it are not told from their neighbours.
  private static let exactTotal: Float = 300

  /// Whether an n-gram was counted once rather than more often: what of 1 to 4 fits best.
  ///
  /// - Parameters:
  ///   - own: (c − D) / T.
  ///   - backoff: γ, the sum of the discounts of all the context's words through T.
  ///   - childCount: how many words that are.
  private static func isCountedOnce(
    _ own: Float, backoff: Float, childCount: Float, _ discounts: Discounts
  ) -> Bool {
    guard own > 0 else { return false }
    let least = min(discounts.one, discounts.two, discounts.threeOrMore)
    let most = max(discounts.one, discounts.two, discounts.threeOrMore)
    var best: (count: UInt32, misfit: Float)?
    for count: UInt32 in 1...4 {
      let discount = discounts[count]
      let total = (Float(count) - discount) / own
      let sum = backoff * total
      let others = childCount - 1
      guard total >= (Float(count) + others) * (1 - tolerance),
        sum >= (discount + others * least) * (1 - tolerance),
        sum <= (discount + others * most) * (1 + tolerance)
      else { continue }
      // T is a whole number.
      let misfit = total < exactTotal ? abs(total - total.rounded()) / (1 + total * tolerance) : 0
      if misfit + 0.02 < best?.misfit ?? .infinity { best = (count, misfit) }
    }
    return best?.count == 1
  }

  /// - Parameter unigram: whether the word itself is counted once.
  fileprivate mutating func takeOut(_ contexts: ContextChain, unigram: Bool, _ discounts: [Discounts]) {
    let greatest = contexts.greatestDepth
    logProbabilitiesWithout = logProbabilities
    depth = greatest
    // By depth, ln γ without the occurrence; the orders above `keptDepth` go.
    var backoffs = SIMD8<Float>(repeating: 0)
    var keptDepth = greatest
    var vanishes = true
    while vanishes && keptDepth > 0 {
      let logBackoff = contexts.weights[keptDepth - 1] - contexts.weights[keptDepth]
      let childCount = Float(contexts.ends[keptDepth] &- contexts.begins[keptDepth])
      let one = discounts[keptDepth].one
      let own =
        expf(logProbabilities[keptDepth]) - expf(logBackoff + logProbabilities[keptDepth - 1])
      let total = own > 0 ? (1 - one) / own : 0
      let discountSum = expf(logBackoff) * total
      vanishes =
        one > 0
        && Self.isCountedOnce(own, backoff: expf(logBackoff), childCount: childCount, discounts[keptDepth])
      guard vanishes else { break }
      if childCount <= 1 || total <= 1.5 {
        // Nobody else has the context.
        backoffs[keptDepth] = 0
        depth = keptDepth - 1
      } else {
        backoffs[keptDepth] = min(0, logf(max(discountSum - one, 1e-6) / (total - 1)))
      }
      backoffChanges[keptDepth] = backoffs[keptDepth] - logBackoff
      keptDepth -= 1
    }
    isOnlyOccurrence = vanishes && keptDepth == 0 && unigram
    if isOnlyOccurrence { logProbabilitiesWithout[0] = NGramTable.impossible }
    guard keptDepth < greatest else { return }
    for depth in keptDepth + 1...greatest {
      logProbabilitiesWithout[depth] = logProbabilitiesWithout[depth - 1] + backoffs[depth]
    }
  }
}
