import Platform

/// Chooses the items of a list so that together they save most keys, expected over what may come.
///
/// An item is worth the probability that the text goes on with it, words that begin with it included, times what it saves
/// beyond what a shorter one in the list saves already. What it saves counts by the fourth root of its keys, where words have no
/// spaces between them by the square root: whoever types on is offered the rest of a long piece again at the next key, and what
/// is right now is worth more than what may be long. (By the square root German handbooks save 0.6 points less, Python 0.2; by
/// the fifth Chinese ones 0.3.)
struct ListChoice {
  /// A word or a piece: something to choose.
  struct Item {
    var completion: Completion
    /// Whether all of the word is typed: it keeps its place.
    var isKept = false
    var isPiece = false
    /// Whether it is what several words have in common at their beginning.
    var isStem = false
    /// A root of the keys that accepting it saves.
    var worth: Double
    let isIdeographic: Bool
    /// P that the text goes on with it.
    var beginning: Double

    init(
      _ completion: Completion, typedCount: Int, isKept: Bool = false, isPiece: Bool = false,
      isIdeographic: Bool = false
    ) {
      self.completion = completion
      self.isKept = isKept
      self.isPiece = isPiece
      self.isIdeographic = isIdeographic
      worth = Double(max(0, completion.insertedText.count - typedCount - 1)).squareRoot()
      if !isIdeographic { worth = worth.squareRoot() }
      beginning = completion.probability
    }
  }

  private let items: [Item]
  /// By item, those whose text begins with its text and is longer.
  private let longer: ItemPairs

  /// What the beginning of several words is worth beside a word of its length: it is read less gladly.
  private static let stemShare = 0.65
  /// Stems are so much longer than what is typed.
  private static let leastStemGain = 3

  /// - Parameter given: the words, best first, then the pieces.
  /// - Parameter typedCount: characters that are typed.
  init(_ given: [Item], typedCount: Int) {
    var items = given
    var order = SortedTexts(given)
    let stems = Self.stems(given, order, typedCount: typedCount)
    if !stems.isEmpty {
      items += stems
      order = SortedTexts(items)
    }
    var longer = ItemPairs(count: items.count)
    order.forEachPrefix { shorter, other in longer.insert(shorter, other) }
    // Pieces begin with a word that is counted already.
    for index in items.indices where !items[index].isPiece {
      var beginning = items[index].isStem ? 0 : items[index].beginning
      longer.forEach(of: index) { other in
        if !items[other].isPiece && !items[other].isStem {
          beginning += items[other].completion.probability
        }
      }
      items[index].beginning = beginning
    }
    self.items = items
    self.longer = longer
  }

  /// What several of the words begin with and is no word: where nobody knows which ending comes, as much as is common to
  /// the endings.
  private static func stems(_ items: [Item], _ order: SortedTexts, typedCount: Int) -> [Item] {
    guard items.count > 1, !items[0].isPiece, !items[1].isPiece, items[0].completion.match == .exact
    else { return [] }
    var stems: [Item] = []
    var last: Int?
    for index in order.indices where !items[index].isPiece && items[index].completion.match == .exact {
      defer { last = index }
      guard let last else { continue }
      let text = items[last].completion.text
      // Where not even so many bytes are common there is no need to look for characters.
      let common = order.commonByteCount(last, index)
      guard common >= typedCount + leastStemGain else { continue }
      let stem = text.commonPrefix(with: items[index].completion.text, byteCount: common)
      let count = stem.count
      guard count >= typedCount + leastStemGain else { continue }
      guard !items.contains(where: { !$0.isPiece && $0.completion.text == stem }),
        !stems.contains(where: { $0.completion.text == stem })
      else { continue }
      var completion = items[last].completion
      completion.insertedText.removeLast(text.count - count)
      completion.text = stem
      var item = Item(completion, typedCount: typedCount, isIdeographic: items[last].isIdeographic)
      item.isStem = true
      item.worth *= stemShare
      stems.append(item)
    }
    return stems
  }

  /// - Parameters:
  ///   - limit: how many.
  ///   - pieceLimit: how many pieces at most.
  ///   - keepsFirst: whether the most probable word is there, however short it is.
  func chosen(limit: Int, pieceLimit: Int, keepsFirst: Bool = true) -> [Completion] {
    guard let first = items.first else { return [] }
    var taken = items.indices.filter { items[$0].isKept }
    if keepsFirst && !first.isKept { taken.append(0) }
    var left = items.indices.filter { !taken.contains($0) }
    var pieceCount = 0
    var worths = items.indices.map { worth(of: $0, beside: taken) }
    while taken.count < limit, !left.isEmpty {
      guard let best = left.indices.max(by: { worths[left[$0]] < worths[left[$1]] }), worths[left[best]] > 0
      else { break }
      let index = left.remove(at: best)
      taken.append(index)
      for other in left where longer.contains(index, other) || longer.contains(other, index) {
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
      if longer.contains(other, index) {
        shorter = max(shorter, items[other].worth)
      } else if longer.contains(index, other),
        !taken.contains(where: { longer.contains(index, $0) && longer.contains($0, other) })
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

/// Which of a list's items are to each of them what its owner says.
private struct ItemPairs {
  private var bits: [UInt64]
  /// Words of bits an item.
  private let stride: Int

  init(count: Int) {
    stride = (count + 63) / 64
    bits = Array(repeating: 0, count: stride * count)
  }

  func contains(_ item: Int, _ other: Int) -> Bool {
    bits[stride * item + other >> 6] >> UInt64(other & 63) & 1 != 0
  }

  mutating func insert(_ item: Int, _ other: Int) {
    bits[stride * item + other >> 6] |= 1 << UInt64(other & 63)
  }

  /// Gives an item's others, ascending.
  func forEach(of item: Int, _ body: (Int) -> Void) {
    for word in 0..<stride {
      var rest = bits[stride * item + word]
      while rest != 0 {
        body(word << 6 + rest.trailingZeroBitCount)
        rest &= rest - 1
      }
    }
  }
}

/// The texts of items in the order of their bytes: what begins with a text stands behind it.
private struct SortedTexts {
  /// One behind the other, each up to the item's `ends`.
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  /// The items' places.
  private(set) var indices: [Int] = []

  init(_ items: [ListChoice.Item]) {
    bytes.reserveCapacity(16 * items.count)
    ends.reserveCapacity(items.count)
    for item in items {
      bytes += item.completion.text.utf8
      ends.append(bytes.count)
    }
    indices = Array(items.indices)
    bytes.withUnsafeBufferPointer { bytes in
      ends.withUnsafeBufferPointer { ends in
        indices.sort { a, b in
          let order = Self.compare(Self.text(a, bytes, ends), Self.text(b, bytes, ends))
          return order == 0 ? a < b : order < 0
        }
      }
    }
  }

  private static func text(
    _ item: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ ends: UnsafeBufferPointer<Int>
  ) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[(item == 0 ? 0 : ends[item - 1])..<ends[item]])
  }

  private static func compare(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
    let count = min(a.count, b.count)
    let order = count == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, count)
    return order == 0 ? a.count - b.count : Int(order)
  }

  /// In how many bytes the texts of two items begin the same.
  func commonByteCount(_ a: Int, _ b: Int) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      ends.withUnsafeBufferPointer { ends in
        Self.commonByteCount(Self.text(a, bytes, ends), Self.text(b, bytes, ends))
      }
    }
  }

  private static func commonByteCount(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>
  ) -> Int {
    let limit = min(a.count, b.count)
    var count = 0
    while count < limit && a[count] == b[count] { count += 1 }
    return count
  }

  /// Gives every two items of which one begins with the other's text and is longer: the shorter, then the longer one.
  func forEachPrefix(_ body: (Int, Int) -> Void) {
    bytes.withUnsafeBufferPointer { bytes in
      ends.withUnsafeBufferPointer { ends in
        for (place, shorter) in indices.enumerated() {
          let text = Self.text(shorter, bytes, ends)
          for other in indices[(place + 1)...] {
            let candidate = Self.text(other, bytes, ends)
            guard Self.commonByteCount(text, candidate) == text.count else { break }
            if candidate.count > text.count { body(shorter, other) }
          }
        }
      }
    }
  }
}

extension String {
  /// What two words begin with, whole characters of it.
  ///
  /// - Parameter byteCount: so many bytes are the same.
  fileprivate func commonPrefix(with other: String, byteCount: Int) -> String {
    let beginning = utf8.prefix(byteCount + 1)
    if beginning.allSatisfy({ $0 < 0x80 }), other.utf8.prefix(byteCount + 1).allSatisfy({ $0 < 0x80 }) {
      return String(decoding: beginning.prefix(byteCount), as: UTF8.self)
    }
    return String(zip(self, other).prefix { $0 == $1 }.map(\.0))
  }
}
