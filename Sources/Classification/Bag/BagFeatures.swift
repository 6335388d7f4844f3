import JSON
import Platform

/// Which features a bag is made of: n-grams of words, and of the characters within words, each by a hash of 32 bits.
///
/// No word is stored: what a feature was is known only beside the text that has it.
package struct BagFeatures: Hashable, Sendable {
  /// The longest n-grams of words, 1 to 5. Those of two and more words see where the text begins and ends.
  package var order: Int
  /// The lengths of the n-grams of characters; nil for none. A word's ends are characters of it.
  package var characters: ClosedRange<Int>?
  /// Whether those of characters go on from word to word, over a space, and know where the text begins; else they are within words.
  package var crossesWords: Bool

  package static let orders = 1...5
  package static let lengths = 1...8

  package init(order: Int = 2, characters: ClosedRange<Int>? = nil, crossesWords: Bool = false) {
    self.order = order
    self.characters = characters
    self.crossesWords = crossesWords
  }

  package init(_ json: JSONDecoding) throws(JSONError) {
    order = try json["order"].integer(in: Self.orders)
    crossesWords = try json["acrossWords"].optional?.bool() ?? false
    guard let range = json["characters"].optional else { return }
    let shortest = try range[0].integer(in: Self.lengths)
    characters = shortest...(try range[1].integer(in: shortest...Self.lengths.upperBound))
  }

  package var json: JSON {
    var object: JSONObject = ["order": JSON(order)]
    if let characters {
      object["characters"] = [JSON(characters.lowerBound), JSON(characters.upperBound)]
      if crossesWords { object["acrossWords"] = true }
    }
    return .object(object)
  }

  /// A feature where it stands.
  package struct Occurrence: Hashable, Sendable {
    /// The words that it is made of, or the word that its characters are in. The text's beginning and end are words −1
    /// and `count`.
    package var words: Range<Int>
    /// Of n-grams of characters, the bytes in `ClassifierWords.bytes`, words' ends left out.
    package var bytes: Range<Int>?
  }

  private enum Seed {
    static let words: UInt64 = 0x51_7C_C1_B7_27_22_0A_95
    static let characters: UInt64 = 0x2545_F491_4F6C_DD1D
    static let acrossWords: UInt64 = 0xD1B5_4A32_D192_ED03
    static let textStart: UInt64 = 0x9E6C_63D0_876A_9A47
    static let textEnd: UInt64 = 0xB492_B66F_BE98_F273
  }

  /// FNV-1a, which is begun with a seed.
  @inline(__always)
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in range { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
    return SplitMix64.mix(hash)
  }

  @inline(__always)
  private static func key(_ state: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: SplitMix64.mix(state) >> 32)
  }

  /// Gives the key of every feature of a text, as often as it is there. No n-gram spans a withheld word.
  package func forEach(_ words: ClassifierWords, _ body: (UInt32, Occurrence) -> Void) {
    words.bytes.withUnsafeBufferPointer { bytes in
      forEachOfWords(words, bytes, body)
      guard let characters else { return }
      if crossesWords {
        forEachAcrossWords(words, bytes, characters, body)
      } else {
        forEachOfCharacters(words, bytes, characters, body)
      }
    }
  }

  private func forEachOfWords(
    _ words: ClassifierWords, _ bytes: UnsafeBufferPointer<UInt8>, _ body: (UInt32, Occurrence) -> Void
  ) {
    let count = words.count
    guard count > 0 else { return }
    let hashes = (0..<count).map { words.isWithheld($0) ? nil : Self.hash(bytes, words.range($0)) }
    for first in -1..<count {
      var state = Seed.words
      for length in 1...order {
        let last = first + length - 1
        guard last <= count else { break }
        let next: UInt64? = last < 0 ? Seed.textStart : last == count ? Seed.textEnd : hashes[last]
        guard let next else { break }
        state = (state ^ next) &* 0x9E37_79B9_7F4A_7C15
        state ^= state >> 29
        // The ends alone say nothing.
        if length == 1 && first < 0 { continue }
        body(Self.key(state &+ UInt64(length)), Occurrence(words: first..<last + 1, bytes: nil))
      }
    }
  }

  private func forEachOfCharacters(
    _ words: ClassifierWords, _ bytes: UnsafeBufferPointer<UInt8>, _ lengths: ClosedRange<Int>,
    _ body: (UInt32, Occurrence) -> Void
  ) {
    for word in 0..<words.count where !words.isWithheld(word) {
      let range = words.range(word)
      // A place for each character, and one for either end: `<cats>`.
      var starts = [range.lowerBound]
      for index in range where bytes[index] & 0xC0 != 0x80 { starts.append(index) }
      starts.append(range.upperBound)
      let count = starts.count
      for first in 0..<count {
        var state = Seed.characters
        for length in 1...lengths.upperBound {
          let last = first + length - 1
          guard last < count else { break }
          if last == 0 {
            state = (state ^ 2) &* 0x100_0000_01B3
          } else if last == count - 1 {
            state = (state ^ 3) &* 0x100_0000_01B3
          } else {
            for index in starts[last]..<starts[last + 1] {
              state = (state ^ UInt64(bytes[index])) &* 0x100_0000_01B3
            }
          }
          guard length >= lengths.lowerBound, length > 1 || (first > 0 && last < count - 1) else { continue }
          let end = last == count - 1 ? range.upperBound : last == 0 ? range.lowerBound : starts[last + 1]
          body(
            Self.key(state &+ UInt64(length)), Occurrence(words: word..<word + 1, bytes: starts[first]..<end))
        }
      }
    }
  }

  private func forEachAcrossWords(
    _ words: ClassifierWords, _ bytes: UnsafeBufferPointer<UInt8>, _ lengths: ClosedRange<Int>,
    _ body: (UInt32, Occurrence) -> Void
  ) {
    var first = 0
    while first < words.count {
      var end = first
      while end < words.count && !words.isWithheld(end) { end += 1 }
      if end > first { forEachAcross(first..<end, words, bytes, lengths, body) }
      first = end + 1
    }
  }

  /// The n-grams of the characters of some words, none of which is withheld, with a space around each and one more where the text
  /// begins.
  private func forEachAcross(
    _ range: Range<Int>, _ words: ClassifierWords, _ bytes: UnsafeBufferPointer<UInt8>,
    _ lengths: ClosedRange<Int>, _ body: (UInt32, Occurrence) -> Void
  ) {
    // Where each character begins in `bytes`, and which word has it: a space, which has no byte, the word behind it.
    var (starts, owners): ([UInt32], [UInt32]) = ([], [])
    let end = words.range(range.upperBound - 1).upperBound
    let limit = end - words.range(range.lowerBound).lowerBound + range.count + 3
    starts.reserveCapacity(limit)
    owners.reserveCapacity(limit)
    func add(_ start: Int, _ owner: Int) {
      starts.append(UInt32(truncatingIfNeeded: start))
      owners.append(UInt32(truncatingIfNeeded: owner))
    }
    if range.lowerBound == 0 { add(0, 0) }
    for word in range {
      let place = words.range(word)
      add(place.lowerBound, word)
      for index in place where bytes[index] & 0xC0 != 0x80 || index == place.lowerBound { add(index, word) }
    }
    add(end, range.upperBound)
    starts.append(UInt32(truncatingIfNeeded: end))
    let count = owners.count
    for first in 0..<count {
      var state = Seed.acrossWords
      for last in first..<min(count, first + lengths.upperBound) {
        let isSpace = starts[last] == starts[last + 1]
        if isSpace { state = (state ^ 0x20) &* 0x100_0000_01B3 }
        for index in Int(starts[last])..<Int(starts[last + 1]) {
          state = (state ^ UInt64(bytes[index])) &* 0x100_0000_01B3
        }
        let length = last - first + 1
        // Two spaces are where the text begins, and no more than that.
        guard length >= max(3, lengths.lowerBound) else { continue }
        body(
          Self.key(state &+ UInt64(length)),
          Occurrence(
            words: Int(owners[first])..<Int(owners[last]) + (isSpace ? 0 : 1),
            bytes: Int(starts[first])..<Int(starts[last + 1])))
      }
    }
  }
}
