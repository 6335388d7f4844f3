import Lexing

/// In which of the languages whose words are listed a text is, place by place: as the words around a place tell, so that a
/// paragraph in another language is told from the text around it.
///
/// Of English more than nine in ten words around a place are in the list and two in five are among its first 63; of other languages
/// two to five in ten are in it by chance, names of programs and of files included (docs/highlighting.md).
struct LanguageWindows {
  /// So many tokens on either side are looked at: no more than an edit has judged anew.
  static let reach = 32
  private static let nearReach = 10
  private static let leastShare = 0.7
  private static let leastNearShare = 0.6
  private static let leastFrequentShare = 0.25
  /// Prose of fewer words tells nothing; comments of code are taken to be in the first language where they say too little.
  private static let fewestWords = 6
  private static let slack = 0.6

  /// Of the tokens before a place: how many tell a language, and for each list how many it has, and has among its first.
  private var telling: [Int32] = [0]
  private var listed: [[Int32]]
  private var frequent: [[Int32]]
  private let start: Int
  private let isProse: Bool

  /// - Parameter range: the tokens that will be asked about.
  init(_ lexed: LexedDocument, _ sequence: TokenSequence, _ range: Range<Int>, _ words: SlipWords) {
    isProse = lexed.grammar.isProse
    start = max(0, range.lowerBound - Self.reach)
    listed = words.lists.map { _ in [0] }
    frequent = listed
    guard !listed.isEmpty else { return }
    for index in start..<min(sequence.count, range.upperBound + Self.reach) {
      let token = lexed.token(at: index)
      var word: SlipWords.Word?
      if token.context != .code && token.kind == .word { word = words.word(sequence.id(at: index)) }
      let tells = word?.tellsLanguage == true
      telling.append(telling[telling.count - 1] + (tells ? 1 : 0))
      for list in listed.indices {
        let isListed = tells && word!.isSpelled(in: list)
        listed[list].append(listed[list][listed[list].count - 1] + (isListed ? 1 : 0))
        let isFrequent = tells && word!.frequentIn & 1 << UInt8(list) != 0
        frequent[list].append(frequent[list][frequent[list].count - 1] + (isFrequent ? 1 : 0))
      }
    }
  }

  /// The place among the lists of that of the language around a token; nil where it is none of them, or cannot be told.
  func list(at index: Int) -> Int? {
    guard !listed.isEmpty else { return nil }
    let wide = window(index, Self.reach)
    let near = window(index, Self.nearReach)
    let count = Double(others(telling, wide, index))
    if isProse && count < Double(Self.fewestWords) { return nil }
    let slack = isProse ? 0 : Self.slack
    var best: (list: Int, hits: Int)?
    for list in listed.indices {
      let hits = others(listed[list], wide, index)
      guard Double(hits) >= Self.leastShare * count - slack,
        Double(others(listed[list], near, index))
          >= Self.leastNearShare * Double(others(telling, near, index)) - Self.slack,
        Double(others(frequent[list], wide, index)) >= Self.leastFrequentShare
          * (count - Double(Self.fewestWords)),
        hits > best?.hits ?? -1
      else { continue }
      best = (list, hits)
    }
    return best?.list
  }

  private func window(_ index: Int, _ reach: Int) -> Range<Int> {
    max(0, index - reach - start)..<min(telling.count - 1, index + reach + 1 - start)
  }

  /// How many of a window's tokens but for the one in question are counted.
  private func others(_ sums: [Int32], _ window: Range<Int>, _ index: Int) -> Int {
    let own = sums[index - start + 1] - sums[index - start]
    return Int(sums[window.upperBound] - sums[window.lowerBound] - own)
  }
}
