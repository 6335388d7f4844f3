import Platform
import Prediction

/// Pairs of a slip and the word that was meant, and of words that are right with themselves, from the words of texts.
///
/// A word has the more slips the more often it is written, as the square root of its count: rare words are learned too. None
/// of the slips is a word of the texts. Equal counts and seeds give equal pairs.
struct SlipPairs {
  /// How often each word is written.
  private let counts: [(word: [UInt32], count: Int)]
  private let known: Set<[UInt32]>
  private let maker: SlipMaker
  private let seed: UInt64

  /// About so many slips in all, and a word at the median of few.
  private static let slipCount = 200_000
  private static let slipsAWord = 100
  /// The most frequent words.
  private static let wordLimit = 50_000
  private static let letterCounts = 3...32
  /// For so many slips of a word it is once written rightly, at least once.
  private static let rightStride = 8
  /// One in so many words of small letters begins with a capital, as where a sentence does.
  private static let capitalStride = 8
  /// Draws until a slip is no word.
  private static let drawCount = 8

  /// - Parameters:
  ///   - types: those of texts, and how often each is written; what is no word is passed over.
  ///   - layouts: the keyboards that fingers may be on; not empty.
  init(types: some Sequence<(bytes: [UInt8], count: Int)>, layouts: [KeyboardLayout], seed: UInt64) {
    let words = types.compactMap { type in Self.word(type.bytes).map { (word: $0, count: type.count) } }
      .filter { $0.count > 0 }
    known = Set(words.map { $0.word.map(SlipMaker.lowercased) })
    counts = Array(
      words.sorted {
        $0.count == $1.count ? $0.word.lexicographicallyPrecedes($1.word) : $0.count > $1.count
      }.prefix(Self.wordLimit))
    maker = SlipMaker(layouts: layouts)
    self.seed = seed
  }

  /// In UTF-8, the most frequent first.
  var words: [[UInt8]] {
    counts.map { String(String.UnicodeScalarView($0.word.compactMap(Unicode.Scalar.init))).utf8.map { $0 } }
  }

  /// The scalars of a type that is a word: letters, apostrophes between them, and no capitals behind small letters.
  private static func word(_ bytes: [UInt8]) -> [UInt32]? {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    let scalars = Array(text.unicodeScalars)
    guard letterCounts.contains(scalars.count) else { return nil }
    var hasLower = false
    for (place, scalar) in scalars.enumerated() {
      if scalar == "'" || scalar == "’" {
        guard place > 0, place + 1 < scalars.count else { return nil }
        continue
      }
      guard scalar.properties.isAlphabetic else { return nil }
      if scalar.properties.isUppercase {
        if hasLower { return nil }
      } else {
        hasLower = true
      }
    }
    return hasLower ? scalars.map(\.value) : nil
  }

  func pairs() -> [UnitPair] {
    let weights = counts.map { Double($0.count).squareRoot() }
    let sum = max(1, weights.reduce(0, +))
    let wanted = Double(min(Self.slipCount, Self.slipsAWord * counts.count))
    var units = ScalarUnits()
    var pairs: [UnitPair] = []
    for ((word, _), weight) in zip(counts, weights) {
      var random = SplitMix64(seed: word.reduce(SplitMix64.mix(seed)) { SplitMix64.mix($0 ^ UInt64($1)) })
      let slipCount = max(1, Int((wanted * weight / sum).rounded()))
      for _ in 0..<slipCount {
        let meant = drawnCase(word, using: &random)
        guard let slip = slip(in: meant, using: &random) else { continue }
        pairs.append(UnitPair(source: units[slip], target: units[meant]))
      }
      for _ in 0..<max(1, slipCount / Self.rightStride) {
        let right = units[drawnCase(word, using: &random)]
        pairs.append(UnitPair(source: right, target: right))
      }
    }
    // Every so many pairs are held out: not always those of the same word's end.
    var random = SplitMix64(seed: SplitMix64.mix(seed &+ 1))
    return pairs.shuffled(using: &random)
  }

  private func drawnCase(_ word: [UInt32], using random: inout SplitMix64) -> [UInt32] {
    guard Int.random(in: 0..<Self.capitalStride, using: &random) == 0 else { return word }
    return [SlipMaker.uppercased(word[0])] + word.dropFirst()
  }

  /// A slip that is no word; nil where none was drawn.
  private func slip(in word: [UInt32], using random: inout SplitMix64) -> [UInt32]? {
    for _ in 0..<Self.drawCount {
      if let made = maker.slip(in: word, using: &random), made != word,
        !known.contains(made.map(SlipMaker.lowercased))
      {
        return made
      }
    }
    return nil
  }

  /// The units of scalars, each held once.
  private struct ScalarUnits {
    private var units: [UInt32: [UInt8]] = [:]

    subscript(_ word: [UInt32]) -> [[UInt8]] {
      mutating get {
        word.map { scalar in
          if let unit = units[scalar] { return unit }
          let unit = Array(String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
          units[scalar] = unit
          return unit
        }
      }
    }
  }
}
