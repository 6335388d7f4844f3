import Platform
import Privacy

/// The words of a diff by their numbers, and how probable each is in the message about it. Words that a lexicon numbered for
/// it are held until whoever has it releases `sequence`.
struct DiffDistribution: Sendable {
  /// All words, for the lexicon.
  let sequence: TokenSequence
  /// Words, those of the diff before other forms of them, and P of each by place: words × places; each place's sum is 1, or 0 where it has no words.
  let tokens: [UInt32]
  let byPlace: [Float]
  /// So many of the words are the diff's own.
  let wordCount: Int
  /// The word's index by its number.
  let indices: [UInt32: Int]
  /// P by the places' weights.
  private(set) var probabilities: [Float]
  /// By word, what stands behind it and how probable that is.
  let successors: [UInt32: [(token: UInt32, probability: Float)]]
  /// The words in their order, by their indices, and how often messages have each.
  let text: DiffText
  let worths: [Float]
  /// The number of a line's end.
  let lineEnd: UInt32
  /// Messages about diffs that are like it; nil where none are known.
  let recalled: RecalledMessages?

  /// The places of words, and behind them other forms of the words.
  static let placeCount = DiffWords.Place.allCases.count + 1
  /// So many forms are known, those that are worth most.
  private static let formLimit = 1_000
  /// So many words' forms are looked at.
  private static let changedWordLimit = 4_000
  /// How much more probable a form is that the model knows.
  private static let knownFormFactor: Float = 2

  init(_ words: DiffWords, weights: DiffWeights, lexicon: Lexicon, recalled: RecalledMessages? = nil) {
    self.recalled = recalled.flatMap { $0.words.isEmpty ? nil : $0 }
    let all = words.words
    let forms = Self.forms(of: words, all, weights, lexicon)
    let ordered = all.sorted { $0.lexicographicallyPrecedes($1) } + forms.map(\.word)
    sequence = lexicon.sequence(ofWords: ordered + [Tokenization.lineEnd])
    let ids = Array(sequence.tokenIDs)
    lineEnd = ids[ordered.count]
    tokens = Array(ids[..<ordered.count])
    wordCount = all.count
    var indices: [UInt32: Int] = [:]
    for (index, token) in tokens.enumerated() { indices[token] = index }
    self.indices = indices
    let places = Self.placeCount
    var byPlace = [Float](repeating: 0, count: ordered.count * places)
    func normalize(_ place: Int) {
      let sum = ordered.indices.reduce(0) { $0 + byPlace[$1 * places + place] }
      guard sum > 0 else { return }
      for index in ordered.indices { byPlace[index * places + place] /= sum }
    }
    for place in DiffWords.Place.allCases {
      for (word, count) in words.counts[place.rawValue] {
        guard let token = lexicon.knownID(of: word), let index = indices[token] else { continue }
        byPlace[index * places + place.rawValue] = weights.worth(of: word, count: count, at: place)
      }
      normalize(place.rawValue)
    }
    for (index, form) in forms.enumerated() {
      byPlace[(all.count + index) * places + places - 1] = form.worth
    }
    normalize(places - 1)
    self.byPlace = byPlace
    probabilities = []
    (text, worths) = Self.text(of: words, Array(ordered[..<all.count]), weights)
    var successors: [UInt32: [(token: UInt32, probability: Float)]] = [:]
    for (word, following) in words.successors {
      guard let token = lexicon.knownID(of: word) else { continue }
      let sum = Float(following.values.reduce(0, +))
      successors[token] = following.compactMap { next, count in
        lexicon.knownID(of: next).map { ($0, Float(count) / sum) }
      }.sorted { ($1.probability, $0.token) < ($0.probability, $1.token) }
    }
    self.successors = successors
    probabilities = mixed(weights.places)
  }

  /// The lines of a diff, and of each of its words how often messages have it.
  ///
  /// - Parameter ordered: the words, by their indices.
  private static func text(
    of words: DiffWords, _ ordered: [[UInt8]], _ weights: DiffWeights
  ) -> (DiffText, [Float]) {
    var indices: [[UInt8]: Int32] = [:]
    var first: [[UInt8]: Int32] = [:]
    var folds: [Int32] = []
    var worths: [Float] = []
    for (index, word) in ordered.enumerated() {
      indices[word] = Int32(index)
      let small = word.map(DiffWords.lowercased)
      folds.append(first[small] ?? Int32(index))
      if first[small] == nil { first[small] = Int32(index) }
      let places = DiffWords.Place.allCases.filter { words.counts[$0.rawValue][word] != nil }
      worths.append(places.map { weights.rate(of: word, at: $0) }.max() ?? 0)
    }
    return (DiffText(words.lines.map { $0.compactMap { indices[$0] } }, folds: folds), worths)
  }

  /// What each of `DiffText.Context` brings forth at a position, by the words' indices.
  func contexts(_ sequence: TokenSequence, _ index: Int) -> [DiffText.Words] {
    var last: [Int32] = []
    var recent: [Int32?] = []
    var isWhole = true
    var place = index - 1
    var hasLineEnd = false
    while place >= 0, place >= index - 3 * DiffText.nearWordCount, recent.count < DiffText.nearWordCount {
      let token = sequence.id(at: place)
      place -= 1
      if let word = indices[token], word < wordCount {
        recent.append(Int32(word))
        if isWhole { last.append(Int32(word)) }
        hasLineEnd = false
      } else if token == lineEnd, !hasLineEnd {
        // A line of the message may end between the words, a paragraph may not.
        hasLineEnd = true
      } else {
        isWhole = false
        if token != lineEnd { recent.append(nil) }
      }
    }
    let (two, three) = text.following(last)
    return [two, three, text.near(recent, worths: worths)]
  }

  /// Whether the diff has a word as it is.
  func hasWord(_ token: UInt32) -> Bool { indices[token].map { $0 < wordCount } ?? false }

  /// Other forms of a diff's words, as the history's messages have them.
  private static func forms(
    of words: DiffWords, _ all: Set<[UInt8]>, _ weights: DiffWeights, _ lexicon: Lexicon
  ) -> [(word: [UInt8], worth: Float)] {
    var bases: [[UInt8]: Float] = [:]
    for place in DiffWords.Place.allCases where place != .context && place != .folder {
      for (word, count) in words.counts[place.rawValue] {
        bases[word, default: 0] += weights.worth(of: word, count: count, at: place)
      }
    }
    let changed = bases.sorted {
      $0.value == $1.value ? $0.key.lexicographicallyPrecedes($1.key) : $0.value > $1.value
    }.prefix(changedWordLimit)
    var worths: [[UInt8]: Float] = [:]
    for (word, worth) in changed {
      weights.endings.forEachForm(of: word) { form, rate in
        if !all.contains(form) { worths[form, default: 0] += worth * rate }
      }
    }
    for word in worths.keys where lexicon.vocabulary?.id(of: word) != nil { worths[word]! *= knownFormFactor }
    let offered = worths.filter { $0.key.withUnsafeBytes { !lexicon.forgotten.contains($0) } }
    return offered.sorted {
      $0.value == $1.value ? $0.key.lexicographicallyPrecedes($1.key) : $0.value > $1.value
    }.prefix(formLimit).map { ($0.key, $0.value) }
  }

  /// P of each word by other weights of the places, of which those that have no words get none.
  func mixed(_ weights: [Float]) -> [Float] {
    let places = Self.placeCount
    var present = [Float](repeating: 0, count: places)
    for index in tokens.indices {
      for place in 0..<places where byPlace[index * places + place] > 0 { present[place] = weights[place] }
    }
    let sum = present.reduce(0, +)
    guard sum > 0 else { return [Float](repeating: 0, count: tokens.count) }
    return tokens.indices.map { index in
      (0..<places).reduce(0) { $0 + present[$1] / sum * byPlace[index * places + $1] }
    }
  }
}
