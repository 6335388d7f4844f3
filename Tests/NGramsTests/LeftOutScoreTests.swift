import LanguageModeling
import Platform
import Testing

@testable import NGrams

/// One occurrence is taken out of a model as the counts say that it should be.
@Suite struct LeftOutScoreTests {
  /// What the counts say of one word behind a context.
  private struct Expected {
    /// The highest order at which others keep the n-gram; 0 where nobody has the word.
    var keptOrder: Int
    /// By order above that, ln γ of its context without the occurrence.
    var logBackoffs: [Int: Double] = [:]
    var depth: Int
  }

  private func expected(
    _ ngram: [UInt32], _ counts: [[UInt32]: Int], _ followers: [[UInt32]: [Int]], _ discounts: [Discounts]
  ) -> Expected {
    var result = Expected(keptOrder: ngram.count, depth: ngram.count - 1)
    while result.keptOrder > 0, counts[Array(ngram.suffix(result.keptOrder))] == 1 {
      let order = result.keptOrder
      let context = Array(ngram.suffix(order).dropLast())
      if order > 1 {
        let d = discounts[order - 1]
        let all = followers[context]!
        if all.count == 1 {
          result.logBackoffs[order] = 0
          result.depth = order - 2
        } else {
          let left = all.reduce(0.0) { $0 + Double(d[UInt32($1)]) } - Double(d.one)
          result.logBackoffs[order] = log(left / Double(all.reduce(0, +) - 1))
        }
      }
      result.keptOrder -= 1
    }
    return result
  }

  /// Lines of phrases, some frequent, and of words between them: n-grams of all lengths have all counts, as in real text.
  private func lines(seed: UInt64) -> [String] {
    var random = SplitMix64(seed: seed)
    func skewed(_ count: Int) -> Int {
      Int.random(in: 0..<Int.random(in: 1...count, using: &random), using: &random)
    }
    let phrases = (0..<1500).map { _ in
      (0..<Int.random(in: 2...5, using: &random)).map { _ in "w\(skewed(3000))" }.joined(separator: " ")
    }
    return (0..<2500).map { _ in
      (0..<Int.random(in: 1...4, using: &random)).map { _ in
        phrases[skewed(1500)] + (Bool.random(using: &random) ? " w\(skewed(6000))" : "")
      }.joined(separator: " ")
    }
  }

  @Test(arguments: [2, 3, 4]) func isWhatTheCountsSay(order: Int) throws {
    let lines = lines(seed: UInt64(order))
    var options = EstimationOptions()
    options.order = order
    let estimated = try estimate(lines, options)
    let model = try openModel(estimated.table)
    let sequences = lines.map { line in
      line.split(separator: " ").map { estimated.vocabulary.id(of: Array($0.utf8))!.rawValue }
    }
    let counts = ReferenceKneserNey.adjusted(
      ReferenceKneserNey.rawCounts(sequences, order: order), order: order)
    var followers: [[UInt32]: [Int]] = [:]
    for (ngram, count) in counts { followers[Array(ngram.dropLast()), default: []].append(count) }
    var takenOutCount = 0
    var onlyCount = 0
    var (tokenCount, wrongCount) = (0, 0)
    for sequence in sequences {
      var state = model.sentenceStartState
      var history: [UInt32] = [1]
      for word in sequence {
        let ngram = Array(history.suffix(order - 1)) + [word]
        let left = try #require(
          model.leavingOut(TokenID(rawValue: word), after: state, discounts: estimated.discounts))
        defer {
          history.append(word)
          _ = model.score(TokenID(rawValue: word), after: state, next: &state)
        }
        let right = expected(ngram, counts, followers, estimated.discounts)
        if right.keptOrder < ngram.count { takenOutCount += 1 }
        if right.keptOrder == 0 { onlyCount += 1 }
        tokenCount += 1
        if left.isOnlyOccurrence != (right.keptOrder == 0) || left.depth != right.depth {
          wrongCount += 1
          continue
        }
        for m in 1...ngram.count where m <= max(1, right.keptOrder) && right.keptOrder > 0 {
          if left.logProbabilitiesWithout[m - 1] != left.logProbabilities[m - 1] { wrongCount += 1 }
        }
        for (m, logBackoff) in right.logBackoffs {
          let step = left.logProbabilitiesWithout[m - 1] - left.logProbabilitiesWithout[m - 2]
          if right.keptOrder > 0 && abs(Double(step) - logBackoff) > 0.02 { wrongCount += 1 }
        }
      }
    }
    #expect(takenOutCount > tokenCount / 10 && onlyCount > 100)
    // With the discounts of the fallback a word alone behind its context may have any count.
    let isFallback = estimated.discounts.contains(where: \.isFallback)
    #expect(wrongCount * (isFallback ? 8 : 50) < tokenCount, "\(wrongCount) of \(tokenCount)")
  }

  /// What is not behind all of the context, and what has no discounts, has nothing to take out.
  @Test func whatIsNotThereIsLeftAlone() throws {
    var options = EstimationOptions()
    options.order = 3
    let estimated = try estimate(["a b c", "a c b"], options)
    let model = try openModel(estimated.table)
    let state = model.state(after: [1, 2].map { estimated.vocabulary.id(of: [$0 + 0x60])! })
    let b = try #require(estimated.vocabulary.id(of: [0x62]))
    #expect(model.leavingOut(b, after: state, discounts: estimated.discounts) == nil)
    #expect(model.leavingOut(b, after: model.emptyState, discounts: estimated.discounts) == nil)
    let c = try #require(estimated.vocabulary.id(of: [0x63]))
    #expect(model.leavingOut(c, after: state, discounts: []) == nil)
    #expect(model.leavingOut(c, after: state, discounts: estimated.discounts) != nil)
    #expect(model.leavingOut(TokenID(rawValue: 9999), after: state, discounts: estimated.discounts) == nil)
  }
}
