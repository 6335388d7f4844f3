import LanguageModeling
import Platform

/// Earlier messages whose diffs are like a diff, and what they make of the next word of a message about it.
struct RecalledMessages: Sendable {
  /// What the messages bring forth.
  enum Context: Int, CaseIterable, Sendable {
    /// Their words, wherever they stand.
    case words
    /// Words behind the last one.
    case oneWord
    /// Words behind the last two.
    case twoWords
  }

  /// The words of the messages, ascending, with P of each.
  let words: [(token: UInt32, probability: Float)]
  private let indices: [UInt32: Int]
  /// How like the likest diff is, between 0 and 1.
  let likeness: Float
  /// The messages' words one behind the other, `begin` before each message.
  private var tokens: [UInt32] = []
  /// Of each place, what it counts.
  private var weights: [Float] = []
  /// Of each word, where it stands: `places[ranges[word]]`, in the likest message first.
  private var places: [Int32] = []
  private var ranges: [UInt32: Range<Int>] = [:]

  private static let begin = UInt32.max
  /// So many messages are recalled, those that are likest.
  private static let messageLimit = 500
  /// Places of a word that are looked at.
  private static let placeLimit = 4_000

  /// - Parameter count: words of the model; others are none.
  init(_ history: MessageHistory, _ messages: [(message: Int, likeness: Float)], count: UInt32) {
    likeness = min(1, messages.first?.likeness ?? 0)
    var words: [UInt32: Float] = [:]
    for (message, likeness) in messages.prefix(Self.messageLimit) {
      let weight = likeness * likeness
      tokens.append(Self.begin)
      weights.append(weight)
      for token in history.tokens(of: message) {
        let isKnown = token < count && token >= UInt32(Vocabulary.specials.count)
        tokens.append(isKnown ? token : TokenID.unknown.rawValue)
        weights.append(weight)
        if isKnown { words[token, default: 0] += weight }
      }
    }
    var sum: Float = 0
    for (token, weight) in zip(tokens, weights) where Self.isWord(token) { sum += weight }
    let ordered = words.sorted { $0.key < $1.key }
    self.words = sum > 0 ? ordered.map { ($0.key, $0.value / sum) } : []
    indices = Dictionary(uniqueKeysWithValues: ordered.enumerated().map { ($0.element.key, $0.offset) })
    // By their words, then as they stand.
    let keys = tokens.enumerated().map { UInt64($0.element) << 32 | UInt64($0.offset) }.sorted()
    places = keys.map { Int32(truncatingIfNeeded: $0) }
    var start = 0
    for end in 1...max(1, places.count) where end <= places.count {
      let token = tokens[Int(places[start])]
      if end == places.count || tokens[Int(places[end])] != token {
        ranges[token] = start..<end
        start = end
      }
    }
  }

  private static func isWord(_ token: UInt32) -> Bool { token != begin && token != TokenID.unknown.rawValue }

  func probability(of token: UInt32) -> Float { indices[token].map { words[$0].probability } ?? 0 }

  /// What stands behind the last word of a message, and behind the last two; each empty where nothing does.
  func following(
    _ sequence: TokenSequence, _ index: Int
  ) -> (one: [(token: UInt32, probability: Float)], two: [(token: UInt32, probability: Float)]) {
    let last = index > 0 ? sequence.id(at: index - 1) : Self.begin
    let before = index > 1 ? sequence.id(at: index - 2) : Self.begin
    guard let range = ranges[last] else { return ([], []) }
    var (one, two): ([UInt32: Float], [UInt32: Float]) = ([:], [:])
    for place in places[range].prefix(Self.placeLimit) {
      let place = Int(place)
      guard place + 1 < tokens.count, Self.isWord(tokens[place + 1]) else { continue }
      one[tokens[place + 1], default: 0] += weights[place]
      if index > 0, place > 0, tokens[place - 1] == before {
        two[tokens[place + 1], default: 0] += weights[place]
      }
    }
    return (Self.distribution(one), Self.distribution(two))
  }

  /// In the order of the words, so that sums are the same whatever came first.
  private static func distribution(_ values: [UInt32: Float]) -> [(token: UInt32, probability: Float)] {
    let ordered = values.sorted { $0.key < $1.key }
    let sum = ordered.reduce(0) { $0 + $1.value }
    return sum > 0 ? ordered.map { ($0.key, $0.value / sum) } : []
  }
}
