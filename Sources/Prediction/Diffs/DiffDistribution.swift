import Platform
import Privacy

/// The words of a diff by their numbers, and how probable each is in the message about it. Words that a lexicon numbered for
/// it are held until whoever has it releases `sequence`.
struct DiffDistribution: Sendable {
  /// All words, for the lexicon.
  let sequence: TokenSequence
  /// Words, and P of each by place: words × places; each place's sum is 1, or 0 where it has no words.
  let tokens: [UInt32]
  let byPlace: [Float]
  /// The word's index by its number.
  let indices: [UInt32: Int]
  /// P by the places' weights.
  private(set) var probabilities: [Float]
  /// By word, what stands behind it and how probable that is.
  let successors: [UInt32: [(token: UInt32, probability: Float)]]
  /// The number of a line's end.
  let lineEnd: UInt32

  private static let placeCount = DiffWords.Place.allCases.count

  init(_ words: DiffWords, weights: DiffWeights, lexicon: Lexicon) {
    let all = words.words.sorted { $0.lexicographicallyPrecedes($1) }
    sequence = lexicon.sequence(ofWords: all + [Tokenization.lineEnd])
    let ids = Array(sequence.tokenIDs)
    lineEnd = ids[all.count]
    tokens = Array(ids[..<all.count])
    var indices: [UInt32: Int] = [:]
    for (index, token) in tokens.enumerated() { indices[token] = index }
    self.indices = indices
    let places = Self.placeCount
    var byPlace = [Float](repeating: 0, count: all.count * places)
    for place in DiffWords.Place.allCases {
      var sum: Float = 0
      for (word, count) in words.counts[place.rawValue] {
        guard let token = lexicon.knownID(of: word), let index = indices[token] else { continue }
        let value = (1 + logf(Float(count))) * weights.rate(of: word, at: place)
        byPlace[index * places + place.rawValue] = value
        sum += value
      }
      guard sum > 0 else { continue }
      for index in all.indices { byPlace[index * places + place.rawValue] /= sum }
    }
    self.byPlace = byPlace
    probabilities = []
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
