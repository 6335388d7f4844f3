import LanguageModeling
import Platform

@testable import NGrams

/// A back-off model made of counts with one absolute discount, kept in dictionaries: slow, plain, and what the file
/// must agree with.
struct PlainModel {
  var order: Int
  var vocabularyCount: Int
  var logProbabilities: [[UInt32]: Float] = [:]
  var logBackoffs: [[UInt32]: Float] = [:]

  /// Learns interpolated absolute discounting from the sentences, whose ids are 3 and up.
  init(order: Int, vocabularyCount: Int, sentences: [[UInt32]]) {
    self.order = order
    self.vocabularyCount = vocabularyCount
    var counts: [[UInt32]: Double] = [:]
    for sentence in sentences {
      let tokens = [1] + sentence + [2]
      for end in 1..<tokens.count {
        for length in 1...min(order, end + 1) {
          counts[Array(tokens[end - length + 1...end]), default: 0] += 1
        }
      }
    }
    estimate(counts)
  }

  private mutating func estimate(_ counts: [[UInt32]: Double]) {
    let discount = 0.6
    var probabilities: [[UInt32]: Double] = [:]
    let unigrams = counts.filter { $0.key.count == 1 }
    let total = unigrams.values.reduce(0, +)
    let left = discount * Double(unigrams.count) / total
    for id in 0..<UInt32(vocabularyCount) where id != 1 {
      let own = max(0, (unigrams[[id]] ?? 0) - discount) / total
      probabilities[[id]] = own + left / Double(vocabularyCount - 1)
    }
    for length in 2...max(2, order) where length <= order {
      let contexts = Dictionary(grouping: counts.filter { $0.key.count == length }) {
        Array($0.key.dropLast())
      }
      for (context, followers) in contexts {
        let total = followers.reduce(0) { $0 + $1.value }
        let weight = discount * Double(followers.count) / total
        logBackoffs[context] = Float(log(weight))
        for (ngram, count) in followers {
          probabilities[ngram] =
            (count - discount) / total + weight * probabilities[Array(ngram.dropFirst())]!
        }
      }
    }
    logProbabilities = probabilities.mapValues { Float(log($0)) }
    logProbabilities[[1]] = NGramTable.impossible
  }

  var table: NGramTable {
    NGramTable(
      levels: (1...order).map { length in
        let ngrams = logProbabilities.keys.filter { $0.count == length }.sorted {
          $0.lexicographicallyPrecedes($1)
        }
        var records: [UInt32] = []
        for ngram in ngrams {
          records += ngram
          records.append(logProbabilities[ngram]!.bitPattern)
          records.append((logBackoffs[ngram] ?? 0).bitPattern)
        }
        return NGramLevel(order: length, records: records)
      })
  }

  /// ln P by the definition.
  func logProbability(_ word: UInt32, after context: [UInt32]) -> Float {
    let context = Array(context.suffix(order - 1))
    if let known = logProbabilities[context + [word]] { return known }
    guard !context.isEmpty else { return logProbabilities[[word]]! }
    return (logBackoffs[context] ?? 0) + logProbability(word, after: Array(context.dropFirst()))
  }

  /// The order of the longest known n-gram that ends with the word.
  func matchedOrder(_ word: UInt32, after context: [UInt32]) -> Int {
    let context = Array(context.suffix(order - 1))
    if logProbabilities[context + [word]] != nil { return context.count + 1 }
    return matchedOrder(word, after: Array(context.dropFirst()))
  }

  /// Sentences with few and with many followers a word.
  static func sentences(count: Int, vocabularyCount: Int, seed: UInt64) -> [[UInt32]] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      (0..<Int.random(in: 0...14, using: &generator)).map { _ in
        let uniform = Double.random(in: 0..<1, using: &generator)
        return 3 + UInt32(Double(vocabularyCount - 4) * uniform * uniform * uniform)
      }
    }
  }
}

/// Writes a table to a temporary file and opens it.
func openModel(_ table: NGramTable, options: NGramFileOptions = NGramFileOptions()) throws -> NGramModel {
  let path = temporaryPath("bin")
  defer { unlink(path) }
  try NGramModelWriter.write(table, to: path, options: options)
  return try NGramModel(path: path)
}

func temporaryPath(_ suffix: String) -> String {
  "/tmp/inkling-ngrams-\(getpid())-\(UInt64.random(in: 0 ... .max)).\(suffix)"
}
