/// Sums of probability by token, small and reusable.
struct CandidateScores {
  private(set) var tokens: [UInt32] = []
  private(set) var scores: [Float] = []
  private var places: [UInt32]
  private var stamps: [UInt32]
  private var stamp: UInt32 = 1

  init() {
    places = [UInt32](repeating: 0, count: 1 << 10)
    stamps = [UInt32](repeating: 0, count: 1 << 10)
  }

  mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    scores.removeAll(keepingCapacity: true)
    stamp &+= 1
    if stamp == 0 {
      stamps = [UInt32](repeating: 0, count: stamps.count)
      stamp = 1
    }
  }

  /// Removes some of the tokens.
  mutating func removeAll(where isUnwanted: (UInt32) -> Bool) {
    guard tokens.contains(where: isUnwanted) else { return }
    let kept = zip(tokens, scores).filter { !isUnwanted($0.0) }
    removeAll()
    for (token, score) in kept { add(token, score) }
  }

  @inline(__always)
  mutating func add(_ token: UInt32, _ score: Float) {
    let mask = places.count - 1
    var place = Int(token &* 0x9E37_79B1 >> 7) & mask
    while stamps[place] == stamp {
      let index = Int(places[place])
      if tokens[index] == token {
        scores[index] += score
        return
      }
      place = (place + 1) & mask
    }
    stamps[place] = stamp
    places[place] = UInt32(tokens.count)
    tokens.append(token)
    scores.append(score)
    if tokens.count * 2 > places.count { grow() }
  }

  /// The sum of a token, 0 if it has none.
  @inline(__always)
  func score(of token: UInt32) -> Float {
    let mask = places.count - 1
    var place = Int(token &* 0x9E37_79B1 >> 7) & mask
    while stamps[place] == stamp {
      let index = Int(places[place])
      if tokens[index] == token { return scores[index] }
      place = (place + 1) & mask
    }
    return 0
  }

  private mutating func grow() {
    let count = places.count * 2
    places = [UInt32](repeating: 0, count: count)
    stamps = [UInt32](repeating: 0, count: count)
    stamp = 1
    for (index, token) in tokens.enumerated() {
      var place = Int(token &* 0x9E37_79B1 >> 7) & (count - 1)
      while stamps[place] == stamp { place = (place + 1) & (count - 1) }
      stamps[place] = stamp
      places[place] = UInt32(index)
    }
  }
}
