import LanguageModeling
import Platform

@testable import NGrams

/// Interpolated modified Kneser–Ney straight from its equations, over dictionaries: slow, short, and made apart
/// from what it checks.
struct ReferenceKneserNey {
  struct Value: Equatable {
    var probability: Double
    var backoff: Double
  }

  private(set) var values: [[UInt32]: Value] = [:]

  /// - Parameter sequences: ids from 3 on, without `<s>` and `</s>`.
  init(_ sequences: [[UInt32]], order: Int, vocabularyCount: Int, prune: [Int] = []) {
    let raw = Self.rawCounts(sequences, order: order)
    let counts = Self.adjusted(raw, order: order)
    var counted = counts
    for ngram in Self.lastNGrams(raw, sequences, order: order) { counted[ngram] = raw[ngram] }
    let discounts = (0...order).map { k in Self.discounts(counted.filter { $0.key.count == k }.values) }
    let threshold = { (k: Int) in prune.isEmpty ? 0 : prune[min(k, prune.count) - 1] }
    func isKept(_ ngram: [UInt32]) -> Bool {
      raw[ngram, default: 0] > threshold(ngram.count)
    }
    let uniform = 1 / Double(vocabularyCount - 1)
    var contexts: [[UInt32]: [[UInt32]]] = [:]
    for ngram in counts.keys { contexts[Array(ngram.dropLast()), default: []].append(ngram) }
    for id in 0..<UInt32(vocabularyCount) { values[[id]] = Value(probability: 0, backoff: 1) }
    for length in 0..<order {
      for (context, ngrams) in contexts where context.count == length {
        let d = discounts[length + 1]
        let total = Double(ngrams.reduce(0) { $0 + counts[$1]! })
        var weight = 0.0
        for ngram in ngrams {
          weight += isKept(ngram) || length == 0 ? d[min(counts[ngram]!, 3)] : Double(counts[ngram]!)
        }
        weight /= total
        if length == 0 {
          for id in 0..<UInt32(vocabularyCount) { values[[id]]!.probability = weight * uniform }
        }
        for ngram in ngrams where isKept(ngram) || length == 0 {
          let lower = length == 0 ? uniform : values[Array(ngram.dropFirst())]!.probability
          let own = (Double(counts[ngram]!) - d[min(counts[ngram]!, 3)]) / total
          values[ngram] = Value(probability: own + weight * lower, backoff: 1)
        }
        if length > 0 { values[context]?.backoff = weight }
      }
    }
    if counts.isEmpty { for id in 0..<UInt32(vocabularyCount) { values[[id]]!.probability = uniform } }
    values[[1]]!.probability = 0
  }

  static func rawCounts(_ sequences: [[UInt32]], order: Int) -> [[UInt32]: Int] {
    var counts: [[UInt32]: Int] = [:]
    for sequence in sequences {
      let ids = [1] + sequence + [2]
      for start in ids.indices {
        for end in start..<min(ids.count, start + order) where !(start == 0 && end == 0) {
          counts[Array(ids[start...end]), default: 0] += 1
        }
      }
    }
    return counts
  }

  /// The number of distinct words before an n-gram; its occurrences at the highest order and after `<s>`.
  static func adjusted(_ raw: [[UInt32]: Int], order: Int) -> [[UInt32]: Int] {
    var result: [[UInt32]: Int] = [:]
    for (ngram, count) in raw {
      if ngram.count == order || ngram[0] == 1 { result[ngram] = count }
      if ngram.count > 1 { result[Array(ngram.dropFirst()), default: 0] += 1 }
    }
    return result
  }

  /// The n-grams that lmplz counts by their occurrences: see `LastNGram`.
  private static func lastNGrams(
    _ raw: [[UInt32]: Int], _ sequences: [[UInt32]], order: Int
  ) -> [[UInt32]] {
    var ranks: [UInt32: Int] = [1: 1, 2: 2]
    for id in sequences.joined() where ranks[id] == nil { ranks[id] = ranks.count + 2 }
    let backwards = { (ngram: [UInt32]) in ngram.reversed().map { ranks[$0]! } }
    let whole = raw.keys.filter { $0.count == order || $0[0] == 1 }
    guard order > 1, let last = whole.max(by: { backwards($0).lexicographicallyPrecedes(backwards($1)) })
    else { return [] }
    return (1...min(order - 1, last.count)).map { Array(last.suffix($0)) }
  }

  private static func discounts(_ counts: some Sequence<Int>) -> [Double] {
    var n = [Double](repeating: 0, count: 5)
    for count in counts where count < 5 { n[count] += 1 }
    let fallback = [0, 0.5, 1, 1.5]
    if n[1] == 0 || n[2] == 0 || n[3] == 0 { return fallback }
    let y = n[1] / (n[1] + 2 * n[2])
    var result = [0.0]
    for k in 1...3 {
      let largest = Double(k)
      let discount = largest - (largest + 1) * y * n[k + 1] / n[k]
      if discount < 0 || discount > largest { return fallback }
      result.append(discount)
    }
    return result
  }
}

/// A table as a dictionary, with the textbook's query.
struct TableDictionary {
  var values: [[UInt32]: (logProbability: Double, logBackoff: Double)] = [:]
  let order: Int
  /// The order in which the n-grams came.
  var keys: [[UInt32]] = []

  init(_ table: NGramTable) throws {
    order = table.order
    for level in table.levels {
      var cursor = level.makeCursor()
      while try cursor.advance() {
        let ids = (0..<level.order).map { cursor.id($0) }
        values[ids] = (Double(cursor.logProbability), Double(cursor.logBackoff))
        keys.append(ids)
      }
    }
  }

  func logProbability(_ word: UInt32, after history: [UInt32]) -> Double {
    let context = Array(history.suffix(order - 1))
    if let found = values[context + [word]] { return found.logProbability }
    if context.isEmpty { return Double(NGramTable.impossible) }
    return (values[context]?.logBackoff ?? 0) + logProbability(word, after: Array(context.dropFirst()))
  }
}

/// Estimates from lines of words.
func estimate(_ lines: [String], _ options: EstimationOptions) throws -> EstimatedNGrams {
  let estimator = try NGramEstimator(options)
  var corpus = estimator.makeCorpus()
  for line in lines {
    for word in line.split(separator: " ") { try corpus.append(type: Array(word.utf8)) }
    try corpus.endSequence()
  }
  return try estimator.estimate(corpus)
}

/// Lines of words with a skewed distribution.
func randomLines(_ count: Int, words: Int, seed: UInt64) -> [String] {
  var generator = SplitMix64(seed: seed)
  return (0..<count).map { _ in
    (0..<Int.random(in: 0...12, using: &generator)).map { _ in
      let spread = Int.random(in: 1...words, using: &generator)
      return "w\(Int.random(in: 0..<spread, using: &generator))"
    }.joined(separator: " ")
  }
}
