import Platform

/// What tags an unknown word may have, by its ending and by what it is written with (Brants 2000, section 2.3).
///
/// The distribution of an ending is counted over rare words, and mixed with that of the ending one letter shorter as with a
/// prior that weighs as much as `priorWeight` words: what is seen often decides by itself.
struct EndingModel: Sendable {
  /// Letters of the longest ending.
  static let suffixLimit = 6
  /// Words that occur more often say little of those that never did.
  static let rareCount = 10.0
  static let priorWeight = 5.0

  let tagCount: Int
  let index: FeatureIndex
  /// endings × tags: p(tag | ending) / p(tag).
  let rows: [Float]

  init(tagCount: Int, index: FeatureIndex, rows: [Float]) {
    self.tagCount = tagCount
    self.index = index
    self.rows = rows
  }

  init(_ emissions: EmissionCounts) {
    let tagCount = emissions.tagCount
    var index = FeatureIndex()
    var counts: [Double] = []
    /// Of each ending the one that is a letter shorter, or −1.
    var parents: [Int] = []
    func place(_ hash: UInt64, _ parent: Int) -> Int {
      let number = index.insert(hash)
      if number == parents.count {
        parents.append(parent)
        counts.append(contentsOf: repeatElement(0, count: tagCount))
      }
      return number
    }
    for shape in 0..<UInt64(WordShape.suffixClassCount) { _ = place(Self.key(shape, nil), -1) }
    for (number, form) in emissions.forms.enumerated() {
      let row = Array(emissions.row(number))
      let total = row.reduce(0, +)
      guard total > 0, total <= Self.rareCount else { continue }
      for isFirst in [true, false] {
        let shape = form.shape.suffixClass(isFirst: isFirst)
        let part = (0..<tagCount).map { tag in
          let first = emissions.firstCounts[number * tagCount + tag]
          return isFirst ? first : row[tag] - first
        }
        guard part.contains(where: { $0 > 0 }) else { continue }
        var ending = Int(shape)
        for suffix in [nil] + form.suffixes.map(Optional.some) {
          ending = suffix == nil ? ending : place(Self.key(shape, suffix), ending)
          for tag in 0..<tagCount { counts[ending * tagCount + tag] += part[tag] }
        }
      }
    }
    self.init(
      tagCount: tagCount, index: index,
      rows: Self.smoothed(counts, parents, totals: emissions.tagTotals))
  }

  /// Shorter endings have smaller numbers, so that each is done before those that need it.
  private static func smoothed(_ counts: [Double], _ parents: [Int], totals: [Double]) -> [Float] {
    let tagCount = totals.count
    let sum = totals.reduce(0, +)
    let prior = totals.map { $0 / sum }
    var rows = counts
    for (ending, parent) in parents.enumerated() {
      let range = ending * tagCount..<(ending + 1) * tagCount
      let total = counts[range].reduce(0, +)
      for tag in 0..<tagCount {
        let shorter = parent >= 0 ? rows[parent * tagCount + tag] : prior[tag]
        rows[range.lowerBound + tag] =
          (counts[range.lowerBound + tag] + priorWeight * shorter) / (total + priorWeight)
      }
    }
    return rows.enumerated().map { Float($1 / prior[$0 % tagCount]) }
  }

  private static func key(_ shape: UInt64, _ suffix: UInt64?) -> UInt64 {
    SplitMix64.mix((suffix ?? 1) &+ (shape + 1) &* 0x9E37_79B9_7F4A_7C15)
  }

  /// The row of the longest ending of the word that is known.
  func row(of form: WordForm, isFirst: Bool) -> ArraySlice<Float> {
    let shape = form.shape.suffixClass(isFirst: isFirst)
    var found = index.number(of: Self.key(shape, nil)) ?? 0
    for suffix in form.suffixes {
      guard let number = index.number(of: Self.key(shape, suffix)) else { break }
      found = number
    }
    return rows[found * tagCount..<(found + 1) * tagCount]
  }
}
