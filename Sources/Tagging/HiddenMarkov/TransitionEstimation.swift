import Platform

/// Transitions of a hidden Markov model from tagged sentences: n-grams of tags, each order mixed with those below it by
/// weights from deleted interpolation (Brants 2000, "TnT", section 2.1 and figure 1).
struct TransitionEstimation {
  private let tagCount: Int
  private let order: Int
  /// Of each tag, the end behind them.
  private var unigrams: [Double]
  /// (tags and the start) × (tags and the end).
  private var bigrams: [Double]
  /// contexts × (tags and the end).
  private var ngrams: [Double]
  private var width: Int { tagCount + 1 }
  /// What the numbers of contexts are known by; its weights mean nothing.
  private let numbering: TagChain

  init(tagCount: Int, order: Int) throws(Failure) {
    self.tagCount = tagCount
    self.order = order
    let count = TagChain.contextCount(tagCount, order) * (tagCount + 1)
    numbering = try TagChain(
      tagCount: tagCount, order: order, weights: [Double](repeating: 1, count: count))
    unigrams = [Double](repeating: 0, count: tagCount + 1)
    bigrams = [Double](repeating: 0, count: (tagCount + 1) * (tagCount + 1))
    ngrams = [Double](repeating: 0, count: count)
  }

  mutating func count(_ tags: [Int]) {
    var context = numbering.startContext
    for tag in tags {
      add(tag, context)
      context = numbering.firstSuccessor(of: context) + tag
    }
    add(tagCount, context)
  }

  private mutating func add(_ tag: Int, _ context: Int) {
    unigrams[tag] += 1
    bigrams[numbering.lastTag(of: context) * width + tag] += 1
    ngrams[context * width + tag] += 1
  }

  /// p(tag | context) = λ₁ p(tag) + λ₂ p(tag | last) + λ₃ p(tag | last two), and the λ.
  func chain() throws(Failure) -> (chain: TagChain, interpolation: [Double]) {
    let lambdas = interpolation()
    let total = unigrams.reduce(0, +)
    var weights = [Double](repeating: 0, count: ngrams.count)
    for context in 0..<numbering.contextCount {
      let last = numbering.lastTag(of: context)
      let lastTotal = sum(bigrams, last)
      let contextTotal = sum(ngrams, context)
      var row = [Double](repeating: 0, count: width)
      for tag in 0..<width {
        // What was never seen at all is not impossible.
        var value = lambdas[0] * (unigrams[tag] + 0.01) / (total + 0.01 * Double(width)) + 1e-9
        if lastTotal > 0 { value += lambdas[1] * bigrams[last * width + tag] / lastTotal }
        if order == 2, contextTotal > 0 { value += lambdas[2] * ngrams[context * width + tag] / contextTotal }
        row[tag] = value
      }
      let normalizer = row.reduce(0, +)
      for tag in 0..<width { weights[context * width + tag] = row[tag] / normalizer }
    }
    return (try TagChain(tagCount: tagCount, order: order, weights: weights), lambdas)
  }

  private func sum(_ table: [Double], _ row: Int) -> Double {
    table[row * width..<(row + 1) * width].reduce(0, +)
  }

  /// Every n-gram votes with its count for the order that would foretell it best if it had not been seen this once.
  private func interpolation() -> [Double] {
    var lambdas = [Double](repeating: 0, count: 3)
    let total = unigrams.reduce(0, +)
    func share(_ count: Double, _ of: Double) -> Double { of > 1 ? (count - 1) / (of - 1) : 0 }
    for context in 0..<numbering.contextCount {
      let last = numbering.lastTag(of: context)
      let (lastTotal, contextTotal) = (sum(bigrams, last), sum(ngrams, context))
      for tag in 0..<width where ngrams[context * width + tag] > 0 {
        let count = ngrams[context * width + tag]
        let shares = [
          share(unigrams[tag], total), share(bigrams[last * width + tag], lastTotal),
          order == 2 ? share(count, contextTotal) : -1,
        ]
        let best = shares.max()!
        lambdas[shares.lastIndex(of: best)!] += count
      }
    }
    let sum = lambdas.reduce(0, +)
    return sum > 0 ? lambdas.map { $0 / sum } : [1, 0, 0]
  }
}
