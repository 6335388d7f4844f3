import Platform

/// What a position in a message shows of how much a diff has to say there.
enum DiffFeatures {
  static let count = 10
  /// Those of a position where messages are recalled: these, and how like the likest message's diff is.
  static let recallCount = count + 1

  /// What is known of a position: 1; whether it is the first; whether a line has ended before; whether the word before is of the
  /// diff; whether it is a frequent word or a mark; whether a line begins; how many words the diff has; which part of the
  /// last words of the message are of the diff; whether the diff has the last two words, and the last three, with something behind them.
  static func values(
    _ sequence: TokenSequence, _ index: Int, _ diff: DiffDistribution, _ contexts: [DiffText.Words]
  ) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    values[0] = 1
    values[6] = log2f(1 + Float(diff.wordCount)) / 12
    values[8] = contexts[DiffText.Context.twoWords.rawValue].isEmpty ? 0 : 1
    values[9] = contexts[DiffText.Context.threeWords.rawValue].isEmpty ? 0 : 1
    guard index > 0 else {
      values[1] = 1
      return values
    }
    let before = sequence.id(at: index - 1)
    values[3] = diff.hasWord(before) ? 1 : 0
    values[4] = sequence.tokenClass(at: index - 1).isShape ? 0 : 1
    values[5] = before == diff.lineEnd ? 1 : 0
    var (words, shared) = (0, 0)
    for place in max(0, index - reach)..<index {
      let token = sequence.id(at: place)
      if token == diff.lineEnd { values[2] = 1 }
      guard place >= index - 10, sequence.tokenClass(at: place).isShape else { continue }
      words += 1
      if diff.hasWord(token) { shared += 1 }
    }
    values[7] = words > 0 ? Float(shared) / Float(words) : 0
    return values
  }

  /// A message's subject ends within so many tokens.
  private static let reach = 400
}
