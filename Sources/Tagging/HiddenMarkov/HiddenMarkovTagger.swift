import Platform

/// A hidden Markov model: tags that follow each other, and words that follow from tags (Rabiner 1989; Brants 2000).
///
/// Of words it holds hashes and no letters. A word's likelihood is kept as p(tag | word) / p(tag), which by Bayes' rule is
/// p(word | tag) up to a factor that is the same for all tags.
public struct HiddenMarkovTagger: SequenceTagger {
  public let tags: [String]
  public let chain: TagChain
  private let index: FeatureIndex
  /// words × tags.
  private let rows: [Float]
  private let endings: EndingModel

  /// Words that a word's own counts are mixed with, distributed as its ending says.
  static let priorWeight = 0.5

  init(tags: [String], chain: TagChain, emissions: EmissionCounts) {
    self.tags = tags
    self.chain = chain
    endings = EndingModel(emissions)
    index = emissions.index
    let totals = emissions.tagTotals
    let sum = totals.reduce(0, +)
    var rows: [Float] = []
    for (number, form) in emissions.forms.enumerated() {
      let row = emissions.row(number)
      let count = row.reduce(0, +)
      let ending = Array(endings.row(of: form, isFirst: false))
      for (tag, value) in row.enumerated() {
        let share = totals[tag] / sum
        let prior = Double(ending[tag]) * share
        rows.append(Float((value + Self.priorWeight * prior) / (count + Self.priorWeight) / share))
      }
    }
    self.rows = rows
  }

  /// What the words say of their tags.
  func evidence(_ words: [[UInt8]]) -> TagEvidence {
    var evidence = TagEvidence(tagCount: tags.count, stepCount: words.count)
    for (place, word) in words.enumerated() {
      evidence.append(likelihoods: likelihoods(of: word, isFirst: place == 0))
    }
    return evidence
  }

  private func likelihoods(of word: [UInt8], isFirst: Bool) -> [Double] {
    if let number = index.number(of: WordForm.hash(word[...])) { return row(number) }
    let form = WordForm(word, suffixLimit: EndingModel.suffixLimit)
    let ending = endings.row(of: form, isFirst: isFirst).map(Double.init)
    // "Running" is as a rule "running" at the beginning of a sentence, and perhaps elsewhere.
    guard form.lower != form.exact, let number = index.number(of: form.lower) else { return ending }
    let small = row(number)
    return isFirst ? small : zip(small, ending).map { ($0 + $1) / 2 }
  }

  private func row(_ number: Int) -> [Double] {
    rows[number * tags.count..<(number + 1) * tags.count].map(Double.init)
  }

  // MARK: Answers

  public func tags(of words: [[UInt8]]) -> [Int] { chain.viterbi(evidence(words)) }
  public func probabilities(of words: [[UInt8]]) -> [Double] { chain.smooth(evidence(words)).probabilities }
  public func filteredProbabilities(of words: [[UInt8]]) -> [Double]? {
    chain.filter(evidence(words)).probabilities
  }

  // MARK: Files

  public func serialized() -> [UInt8] {
    var file = TaggerFileWriter()
    file.append(chain.order)
    file.append(array: chain.weights)
    file.append(index.count)
    file.append(array: index.slots)
    file.append(array: rows)
    file.append(endings.index.count)
    file.append(array: endings.index.slots)
    file.append(array: endings.rows)
    return file.bytes
  }

  /// - Throws: `Failure` for bytes that are no such model of these tags.
  public init(_ bytes: UnsafeRawBufferPointer, tags: [String]) throws(Failure) {
    var file = try TaggerFile(bytes)
    let order = try file.number(in: TagChain.orders)
    chain = try TagChain(tagCount: tags.count, order: order, weights: file.array(of: Double.self))
    self.tags = tags
    (index, rows) = try Self.table(&file, tags.count)
    let (endingIndex, endingRows) = try Self.table(&file, tags.count)
    guard endingIndex.count > 0 else { throw TaggerFile.damaged("it knows no endings") }
    endings = EndingModel(tagCount: tags.count, index: endingIndex, rows: endingRows)
    try file.end()
  }

  private static func table(
    _ file: inout TaggerFile, _ tagCount: Int
  ) throws(Failure) -> (FeatureIndex, [Float]) {
    let count = try file.number(in: 0...1 << 30)
    let index = try FeatureIndex(slots: file.array(of: UInt64.self), count: count)
    let rows = try file.array(of: Float.self, count: count * tagCount)
    guard rows.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw TaggerFile.damaged("a number in it is no likelihood")
    }
    return (index, rows)
  }
}
