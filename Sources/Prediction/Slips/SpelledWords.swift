import Lexing
import Synchronization

/// The words of a natural language, whether a model knows them or not: what is right though nobody here has written it, and
/// what may be meant though no text that was learned has it.
///
/// A table of hashes with open addressing, 5 bytes a place: of words that are none, about one in 3 × 10^9 is taken for one.
final class SpelledWords: Sendable {
  private let keys: [UInt32]
  /// How many binary digits a word's rank among all has, those first that are written most often.
  private let ranks: [UInt8]
  private let mask: UInt64
  let count: Int

  /// Whether they are words of English.
  let isEnglish: Bool

  /// - Parameters:
  ///   - text: as `WordLists` has it, the words that are written most often first.
  ///   - language: its code (ISO 639-1).
  init(_ text: [UInt8], language: String = "en") {
    isEnglish = language == "en"
    var size = 64
    // A word has four letters and more; places cost little.
    while size < text.count / 5 { size *= 2 }
    var keys = [UInt32](repeating: 0, count: size)
    var ranks = [UInt8](repeating: 0, count: size)
    let mask = UInt64(size - 1)
    var count = 0
    WordLists.forEachWord(of: text) { word in
      guard word.count <= WordEdits.longestByteCount, count < size / 4 * 3, let hash = WordFilter.hash(word)
      else { return }
      let (key, first) = Self.key(hash, mask)
      var place = first
      while keys[place] != 0 && keys[place] != key { place = (place + 1) & Int(mask) }
      if keys[place] == key { return }
      keys[place] = key
      count += 1
      ranks[place] = UInt8(Int.bitWidth - count.leadingZeroBitCount)
    }
    (self.keys, self.ranks, self.mask, self.count) = (keys, ranks, mask, count)
  }

  @inline(__always)
  private static func key(_ hash: UInt64, _ mask: UInt64) -> (UInt32, Int) {
    let mixed = WordFilter.mixed(hash)
    return (max(UInt32(truncatingIfNeeded: mixed >> 32), 1), Int(mixed & mask))
  }

  /// The binary digits of the rank of the word with this hash: 1 of the first word, 3 of the fourth; nil where no word has it.
  @inline(__always)
  func rank(_ hash: UInt64) -> Int? {
    let (key, first) = Self.key(hash, mask)
    var place = first
    while keys[place] != 0 {
      if keys[place] == key { return Int(ranks[place]) }
      place = (place + 1) & Int(mask)
    }
    return nil
  }

  @inline(__always)
  func contains(_ hash: UInt64) -> Bool { rank(hash) != nil }

  func rank(_ scalars: [UInt32]) -> Int? { rank(WordFilter.hash(scalars)) }

  /// Whether it has a word in some case, or all parts that hyphens and apostrophes join.
  func spells(_ scalars: [UInt32]) -> Bool {
    let lower = SlipWords.lowercased(scalars)
    if isWord(lower) || contains(WordFilter.hash(scalars)) || isPrefixed(lower) || isPlural(lower) {
      return true
    }
    let parts = lower.split { !WordEdits.isLetter($0) && !(0x300...0x36F).contains($0) }
    return parts.count > 1 && parts.allSatisfy { $0.count == 1 || isWord(Array($0)) }
  }

  /// Before words of so many letters and more they make others, of which no list has all: `retraining`, `subdirectory`.
  /// Behind them shorter ones are as often a slip's ("intersting", "unsinged", "superceded").
  private static let prefixes = [
    "re", "un", "non", "pre", "sub", "multi", "inter", "over", "under", "auto", "anti", "super", "micro",
    "meta",
  ].map { $0.unicodeScalars.map(\.value) }
  private static let shortestPrefixedCount = 7

  private func isPrefixed(_ lower: [UInt32]) -> Bool {
    Self.prefixes.contains { prefix in
      lower.count >= prefix.count + Self.shortestPrefixedCount && lower.starts(with: prefix)
        && contains(WordFilter.hash(lower.dropFirst(prefix.count)))
    }
  }

  /// Nouns of so many letters and more have a plural, and verbs a form, that no list need have: `pinnacles`.
  private static let shortestPluralCount = 5
  /// Words that no `s` makes another word of.
  private static let withoutPlural = [
    "child", "there", "where", "their", "which", "woman", "these", "those", "information",
  ]

  private func isPlural(_ lower: [UInt32]) -> Bool {
    guard isEnglish, lower.count > Self.shortestPluralCount, lower.last == 0x73 else { return false }
    let last = lower[lower.count - 2]
    // `boxs`, `citys`, `matchs`, `finishs`
    if [0x73, 0x78, 0x79, 0x7A].contains(last) || !WordEdits.isLetter(last) { return false }
    if last == 0x68, [0x63, 0x73].contains(lower[lower.count - 3]) { return false }
    return !Self.withoutPlural.contains {
      lower.dropLast().elementsEqual($0.unicodeScalars.lazy.map(\.value))
    }
      && contains(WordFilter.hash(lower.dropLast()))
  }

  /// Endings behind the s or z of verbs in `-ise` and `-ize`, of `analyse`, and of what is made of them.
  private static let variantEndings = [
    "e", "ed", "es", "er", "ers", "ing", "able", "ation", "ations", "ational",
  ].map { $0.unicodeScalars.map(\.value) }
  /// What stands before the s of words that are never written with a z.
  private static let stemsWithS = [
    "advert", "adv", "apprent", "circumc", "compr", "conc", "demi", "dev", "disgu", "enfranch", "enterpr",
    "exc", "exerc", "expert",
    "franch", "improv", "likew", "merchand", "otherw", "parad", "prec", "prem", "prom", "rev", "superv",
    "surm", "surpr", "telev",
    "treat",
  ].map { ($0 + "i").unicodeScalars.map(\.value) }

  /// Whether one word of English is the other in what its spelling leaves open or its keyboard lacks: `vectorised`, `naïve`.
  ///
  /// - Parameter countsAccents: whether a letter with an accent is the one without; where it is not known that the text is English they
  ///   are two.
  static func areVariants(written: [UInt32], meant: [UInt32], countsAccents: Bool = true) -> Bool {
    if areSameBeforeDiaeresis(written, meant) { return true }
    if written.contains(where: { $0 >= 0x80 }) {
      return countsAccents && written != meant && Folding.folded(utf8(written)) == Folding.folded(utf8(meant))
    }
    guard let place = written.indices.first(where: { $0 >= meant.count || written[$0] != meant[$0] }),
      written.count == meant.count, place > 3
    else { return false }
    let (letters, other) = (written[place] | 0x20, meant[place] | 0x20)
    let (s, z, i, y) = (UInt32(0x73), UInt32(0x7A), UInt32(0x69), UInt32(0x79))
    guard letters == s && other == z || letters == z && other == s else { return false }
    let lower = SlipWords.lowercased(written)
    let stem = Array(lower[..<place])
    return (stem.last == i || stem.last == y) && !stemsWithS.contains(stem)
      && variantEndings.contains(Array(lower[(place + 1)...]))
      && written[(place + 1)...].elementsEqual(meant[(place + 1)...])
  }

  /// Whether words of Russian differ in `ё` only, which most people write `е`.
  private static func areSameBeforeDiaeresis(_ a: [UInt32], _ b: [UInt32]) -> Bool {
    a.count == b.count && a != b
      && zip(a, b).allSatisfy { $0 == $1 || [0x435, 0x451].contains($0) && [0x435, 0x451].contains($1) }
  }

  private static func utf8(_ scalars: [UInt32]) -> [UInt8] {
    var text = String.UnicodeScalarView()
    for scalar in scalars { text.append(Unicode.Scalar(scalar) ?? "\u{FFFD}") }
    return Array(String(text).utf8)
  }

  /// Whether it has a word of small letters so, with a capital, or in capitals.
  private func isWord(_ lower: [UInt32]) -> Bool {
    guard let first = lower.first else { return false }
    return contains(WordFilter.hash(lower))
      || contains(WordFilter.hash(SlipWords.capitalized(first) + lower.dropFirst()))
      || contains(WordFilter.hash(lower.flatMap { SlipWords.capitalized($0) }))
  }

  // MARK: The lists that there are

  private static let known = Mutex<[SpelledWords]?>(nil)

  /// Those of all languages that there are lists of, read when they are first asked for: some milliseconds, for which all wait who
  /// ask meanwhile.
  static var all: [SpelledWords] {
    known.withLock { known in
      if let known { return known }
      let made = WordLists.languages.map {
        SpelledWords(WordLists.standard.text(of: $0), language: $0)
      }
      .filter { $0.count > 0 }
      known = made
      return made
    }
  }
}
