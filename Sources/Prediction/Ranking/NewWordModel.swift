import Platform

/// How probable a word is that nobody has seen, among all such words.
///
/// Half of it is spelled letter by letter; half is made of parts, as `getWordCount` is of `get`, `Word` and `Count`: each
/// part is as probable as it is as a word of its own, and behind each the word ends as often as it goes on. Both are
/// distributions over words (the second one loses what cannot be divided so), and so is their mean.
struct NewWordModel {
  let spelling: SpellingModel
  let memo: SpellingMemo
  /// P of a word wherever it may stand, 0 for one that nobody has seen.
  let frequency: (_ word: [UInt8]) -> Double

  func probability(of word: [UInt8]) -> Double {
    let spelled = spelledProbability(of: word)
    let starts = NameParts.starts(word)
    guard !starts.isEmpty else { return spelled }
    return 0.5 * spelled + 0.5 * composedProbability(of: word, partsBeginningAt: starts)
  }

  private func spelledProbability(of word: [UInt8]) -> Double {
    word.withUnsafeBytes { max(exp2(memo.log2Probability(of: $0, spelling)), 1e-280) }
  }

  private func composedProbability(of word: [UInt8], partsBeginningAt starts: [Int]) -> Double {
    var product = 1.0
    var start = 0
    for end in starts + [word.count] {
      var part = Array(word[start..<end])
      // What joins parts comes before the next one.
      while part.count > 1, part.last == UInt8(ascii: "_") { part.removeLast() }
      var known = frequency(part)
      let folded = Folding.folded(part)
      if folded != part { known = max(known, frequency(folded)) }
      product *= 0.5 * (known > 0 ? known : spelledProbability(of: part))
      start = end
    }
    return product
  }
}
