import Platform

/// The words of a list that are spelled most alike another: by the character n-grams that they share, each the more worth the
/// fewer words have it. (Words of common n-grams are of common use: Bojanowski et al. 2017 make a word's vector of those of
/// its n-grams.)
struct SpellingNeighbours {
  /// Lengths of n-grams, in scalars, with a mark at either end of the word.
  private static let lengths = 3...5
  /// N-grams of more words say nothing of any.
  private static let longestList = 400
  /// Of longer words, their beginnings.
  private static let longestWord = 64
  /// Words that are less alike are no neighbours: the cosine of their n-grams.
  private static let leastLikeness: Float = 0.35

  /// By n-gram, the places of the words that have it.
  private var places: [UInt64: [Int32]] = [:]
  /// By place, the length of the word's vector of n-grams.
  private var norms: [Float]
  private let wordCount: Int

  /// - Parameter words: those that may be neighbours; no bytes for a place without one.
  init(_ words: [[UInt8]]) {
    wordCount = words.count
    norms = [Float](repeating: 0, count: words.count)
    for (place, word) in words.enumerated() where !word.isEmpty {
      for hash in Self.hashes(of: word) { places[hash, default: []].append(Int32(place)) }
    }
    for list in places.values {
      let worth = worth(list.count)
      for place in list { norms[Int(place)] += worth * worth }
    }
    for place in norms.indices { norms[place] = norms[place].squareRoot() }
  }

  /// The places of up to `limit` words that are alike, the most alike first.
  func nearest(to word: [UInt8], limit: Int) -> [Int32] {
    var sums: [Int32: Float] = [:]
    var norm: Float = 0
    for hash in Self.hashes(of: word) {
      let list = places[hash] ?? []
      let worth = worth(max(1, list.count))
      norm += worth * worth
      guard list.count <= Self.longestList else { continue }
      for place in list { sums[place, default: 0] += worth * worth }
    }
    guard norm > 0 else { return [] }
    let alike = sums.compactMap { place, sum -> (place: Int32, likeness: Float)? in
      let likeness = sum / (norm.squareRoot() * norms[Int(place)])
      return likeness >= Self.leastLikeness ? (place, likeness) : nil
    }
    return alike.sorted { ($1.likeness, $0.place) < ($0.likeness, $1.place) }.prefix(limit).map(\.place)
  }

  private func worth(_ count: Int) -> Float { logf(1 + Float(wordCount) / Float(count)) }

  /// Of the different n-grams of a word, in their order.
  private static func hashes(of word: [UInt8]) -> [UInt64] {
    let scalars =
      [0x3C] + String(decoding: word, as: UTF8.self).unicodeScalars.prefix(longestWord).map(\.value) + [0x3E]
    var seen: Set<UInt64> = []
    var result: [UInt64] = []
    for length in lengths where length <= scalars.count {
      for start in 0...scalars.count - length {
        let hash = scalars[start..<start + length].reduce(UInt64(length)) {
          SplitMix64.mix($0 ^ UInt64($1))
        }
        if seen.insert(hash).inserted { result.append(hash) }
      }
    }
    return result
  }
}
