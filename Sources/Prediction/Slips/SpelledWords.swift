import LanguageModeling
import Lexing
import Synchronization

/// The words of a natural language, whether a model knows them or not: what is right though nobody here has written it, and
/// what may be meant though no text that was learned has it.
///
/// A table of hashes with open addressing, 5 bytes a place: of words that are none, about one in 3 × 10^9 is taken for one.
final class SpelledWords: Sendable {
  private let keys: [UInt32]
  /// The logarithm to base 2 of a word's rank among all, those first that are written most often.
  private let ranks: [UInt8]
  private let mask: UInt64
  let count: Int

  /// - Parameter words: those that are written most often first.
  init(_ words: [ArraySlice<UInt8>]) {
    var size = 64
    while size < 2 * words.count { size *= 2 }
    var keys = [UInt32](repeating: 0, count: size)
    var ranks = [UInt8](repeating: 0, count: size)
    let mask = UInt64(size - 1)
    var count = 0
    for word in words {
      guard word.count <= WordEdits.longestByteCount,
        let scalars = word.withUnsafeBytes({ WordEdits.scalars($0) }), !scalars.isEmpty
      else { continue }
      let (key, first) = Self.key(WordFilter.hash(scalars), mask)
      var place = first
      while keys[place] != 0 && keys[place] != key { place = (place + 1) & Int(mask) }
      if keys[place] == key { continue }
      keys[place] = key
      count += 1
      ranks[place] = UInt8(Int.bitWidth - count.leadingZeroBitCount)
    }
    (self.keys, self.ranks, self.mask, self.count) = (keys, ranks, mask, count)
  }

  private static func key(_ hash: UInt64, _ mask: UInt64) -> (UInt32, Int) {
    let mixed = WordFilter.mixed(hash)
    return (max(UInt32(truncatingIfNeeded: mixed >> 32), 1), Int(mixed & mask))
  }

  /// log2 of the rank of the word with this hash, rounded up; nil where no word has it.
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

  func rank(_ scalars: [UInt32]) -> Int? { rank(WordFilter.hash(scalars)) }

  // MARK: Of a text

  /// The words of the languages that a text is in: of that which most of its words are of, and English beside it.
  struct OfText {
    private let lists: [SpelledWords]

    init(_ lists: [SpelledWords]) { self.lists = lists }

    var isEmpty: Bool { lists.isEmpty }

    /// Whether a word with this hash is among them, as it is written.
    @inline(__always)
    func contains(_ hash: UInt64) -> Bool {
      for list in lists where list.rank(hash) != nil { return true }
      return false
    }

    func rank(_ scalars: [UInt32]) -> Int? {
      let hash = WordFilter.hash(scalars)
      return lists.lazy.compactMap { $0.rank(hash) }.min()
    }
  }

  /// So many of a language's words tell whether a text is in it.
  private static let tellingCount = 60
  /// Of a text in a language at least this share are among those.
  private static let leastTellingShare = 0.04

  /// Of a text in a language that there is no list of, more tokens are among these than among English words. Hardly any is a
  /// word of English or of code.
  private static let wordsOfOthers: [[[UInt8]]] = [
    "der die und das den von zu mit ist nicht ein eine für auf im",
    "de la le les et des un une du en est pour que dans",
    "de la el los en que las un una por con para del se", "и в на не с для что по из или как если это от к",
    "di il la che per un non del della con una", "que da em um para não com uma os",
    "de het een van en op te dat voor met niet zijn", "na nie się jest że lub dla jak przez",
  ].map { $0.split(separator: " ").map { Array($0.utf8) } }

  private static let loaded = Mutex<[String: SpelledWords]>([:])
  private static let telling = Mutex<[(language: String, words: [[UInt8]])]?>(nil)

  private static func tellingWords() -> [(language: String, words: [[UInt8]])] {
    telling.withLock { known in
      if let known { return known }
      let made = WordLists.languages.map { language in
        (
          language: language,
          words: WordLists.standard.words(of: language).prefix(tellingCount).map { Array($0) }
        )
      }
      known = made
      return made
    }
  }

  private static func list(_ language: String) -> SpelledWords {
    loaded.withLock { loaded in
      if let known = loaded[language] { return known }
      let made = SpelledWords(WordLists.standard.words(of: language))
      loaded[language] = made
      return made
    }
  }

  /// The lists for a text; none where it is prose of a language that there is no list of.
  ///
  /// - Parameters:
  ///   - isProse: whether the text is prose: comments in code are taken to be English where nothing tells otherwise.
  ///   - tokenCount: how many tokens it has.
  ///   - count: how often it has a word.
  static func of(isProse: Bool, tokenCount: Int, count: ([UInt8]) -> Int) -> OfText {
    var languages = isProse ? [] : ["en"]
    var most = isProse ? max(1, Int(leastTellingShare * Double(tokenCount))) : 0
    for (language, words) in tellingWords() {
      let hits = words.reduce(0) { $0 + count($1) }
      guard hits > most else { continue }
      most = hits
      languages = language == "en" ? ["en"] : [language, "en"]
    }
    let lists = languages.map(list).filter { $0.count > 0 }
    let isOfAnother = languages.count < 2 && wordsOfOthers.contains { $0.reduce(0) { $0 + count($1) } > most }
    return OfText(isOfAnother ? [] : lists)
  }
}
