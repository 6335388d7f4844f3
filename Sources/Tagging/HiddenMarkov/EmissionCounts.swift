import Platform

/// How often each word has each tag, certainly or in expectation.
struct EmissionCounts: Sendable {
  let tagCount: Int
  private(set) var index = FeatureIndex()
  private(set) var forms: [WordForm] = []
  /// words × tags; of these, at the beginning of a sentence.
  var counts: [Double] = []
  var firstCounts: [Double] = []

  init(tagCount: Int) { self.tagCount = tagCount }

  /// The number of a word, which is added if it is new.
  mutating func number(of word: [UInt8]) -> Int {
    let number = index.insert(WordForm.hash(word[...]))
    if number == forms.count {
      forms.append(WordForm(word, suffixLimit: EndingModel.suffixLimit))
      counts.append(contentsOf: repeatElement(0, count: tagCount))
      firstCounts.append(contentsOf: repeatElement(0, count: tagCount))
    }
    return number
  }

  mutating func add(_ number: Int, tag: Int, isFirst: Bool, _ amount: Double = 1) {
    counts[number * tagCount + tag] += amount
    if isFirst { firstCounts[number * tagCount + tag] += amount }
  }

  func row(_ number: Int) -> ArraySlice<Double> { counts[number * tagCount..<(number + 1) * tagCount] }

  /// Of each tag, smoothed so that none is 0.
  var tagTotals: [Double] {
    var totals = [Double](repeating: 0.5, count: tagCount)
    for number in forms.indices {
      for tag in 0..<tagCount { totals[tag] += counts[number * tagCount + tag] }
    }
    return totals
  }
}
