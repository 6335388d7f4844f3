/// Chooses the items of a list so that together they save most keys, expected over what may come.
///
/// An item is worth the probability that the text goes on with it, words that begin with it included, times what it saves
/// beyond what a shorter one in the list saves already. What it saves counts by the square root of its keys: whoever types on
/// is offered the rest of a long piece again at the next key, and what is right now is worth more than what may be long. (By
/// the keys themselves English handbooks save 0.5 points less, Russian ones 1.5.)
struct ListChoice {
  /// A word or a piece: something to choose.
  struct Item {
    var completion: Completion
    /// Whether all of the word is typed: it keeps its place.
    var isKept = false
    var isPiece = false
    /// Whether it is what several words have in common at their beginning.
    var isStem = false
    /// The square root of the keys that accepting it saves.
    var worth: Double
    /// P that the text goes on with it.
    var beginning: Double

    init(_ completion: Completion, typedCount: Int, isKept: Bool = false, isPiece: Bool = false) {
      self.completion = completion
      self.isKept = isKept
      self.isPiece = isPiece
      worth = Double(max(0, completion.insertedText.count - typedCount - 1)).squareRoot()
      beginning = completion.probability
    }
  }

  private let items: [Item]
  /// By item, those whose text begins with its text and is longer.
  private let longer: [[Int]]

  /// Stems are so much longer than what is typed.
  private static let leastStemGain = 3

  /// - Parameter items: the words, best first, then the pieces.
  /// - Parameter typedCount: characters that are typed.
  init(_ given: [Item], typedCount: Int) {
    var items = given + Self.stems(given.filter { !$0.isPiece }, typedCount: typedCount)
    let texts = items.map { Array($0.completion.text.utf8) }
    let longer = texts.indices.map { index in
      texts.indices.filter {
        $0 != index && texts[$0].count > texts[index].count && texts[$0].starts(with: texts[index])
      }
    }
    // Pieces begin with a word that is counted already.
    for index in items.indices where !items[index].isPiece {
      if items[index].isStem { items[index].beginning = 0 }
      for other in longer[index] where !items[other].isPiece && !items[other].isStem {
        items[index].beginning += items[other].completion.probability
      }
    }
    self.items = items
    self.longer = longer
  }

  /// What several of the words begin with and is no word: where nobody knows which ending comes, as much as is common to
  /// the endings.
  private static func stems(_ words: [Item], typedCount: Int) -> [Item] {
    guard words.count > 1, words[0].completion.match == .exact else { return [] }
    let sorted = words.filter { $0.completion.match == .exact }
      .sorted { $0.completion.text.utf8.lexicographicallyPrecedes($1.completion.text.utf8) }
    var known = Set(words.map(\.completion.text))
    var stems: [Item] = []
    for (a, b) in zip(sorted, sorted.dropFirst()) {
      let stem = a.completion.text.commonPrefix(with: b.completion.text)
      guard stem.count >= typedCount + leastStemGain, known.insert(stem).inserted else { continue }
      var completion = a.completion
      completion.insertedText.removeLast(completion.text.count - stem.count)
      completion.text = stem
      var item = Item(completion, typedCount: typedCount)
      item.isStem = true
      stems.append(item)
    }
    return stems
  }

  /// - Parameters:
  ///   - limit: how many.
  ///   - pieceLimit: how many pieces at most.
  func chosen(limit: Int, pieceLimit: Int) -> [Completion] {
    guard let first = items.first else { return [] }
    // What is most probable is there, however short it is.
    var taken = items.indices.filter { items[$0].isKept }
    if !first.isKept { taken.append(0) }
    var left = items.indices.filter { !taken.contains($0) }
    var pieceCount = 0
    var worths = items.indices.map { worth(of: $0, beside: taken) }
    while taken.count < limit, !left.isEmpty {
      guard let best = left.indices.max(by: { worths[left[$0]] < worths[left[$1]] }), worths[left[best]] > 0
      else { break }
      let index = left.remove(at: best)
      taken.append(index)
      for other in left where longer[index].contains(other) || longer[other].contains(index) {
        worths[other] = worth(of: other, beside: taken)
      }
      if items[index].isPiece {
        pieceCount += 1
        if pieceCount >= pieceLimit { left.removeAll { items[$0].isPiece } }
      }
    }
    for index in left where taken.count < limit && !items[index].isPiece && !items[index].isStem {
      taken.append(index)
    }
    return ordered(taken.prefix(limit).map { items[$0] }, firstIsKept: first.isKept)
  }

  private func worth(of index: Int, beside taken: [Int]) -> Double {
    let item = items[index]
    var shorter = 0.0
    var covered = 0.0
    for other in taken {
      if longer[other].contains(index) {
        shorter = max(shorter, items[other].worth)
      } else if longer[index].contains(other),
        !taken.contains(where: { longer[index].contains($0) && longer[$0].contains(other) })
      {
        covered += items[other].beginning
      }
    }
    return max(0, item.beginning - covered) * (item.worth - shorter)
  }

  /// Falling probability; a piece comes behind its first word.
  private func ordered(_ items: [Item], firstIsKept: Bool) -> [Completion] {
    let keys = items.map { item in
      if item.isKept && firstIsKept { return 2.0 }
      if !item.isStem { return item.completion.probability * (item.isPiece ? 0.999 : 1) }
      let words = items.filter { !$0.isStem && $0.completion.text.hasPrefix(item.completion.text) }
      return 0.9 * (words.map(\.completion.probability).max() ?? 0)
    }
    return zip(keys, items.indices).sorted { ($1.0, $0.1) < ($0.0, $1.1) }
      .map { _, index in
        var completion = items[index].completion
        if items[index].isStem { completion.probability = items[index].beginning }
        return completion
      }
  }
}

extension String {
  /// What two words begin with, whole characters of it.
  fileprivate func commonPrefix(with other: String) -> String {
    String(zip(self, other).prefix { $0 == $1 }.map(\.0))
  }
}
