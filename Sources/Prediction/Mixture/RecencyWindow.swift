/// What came last: four short lists, read off the tokens before a position.
///
/// The first two hold the words before the position, each weighted by a decay to the power of how many words came
/// after it: what is being spoken of just now, and what the last pages spoke of. The other two hold what followed the
/// last token, and the last two tokens, where they stood before, each weighted by 0.75 to the power of how many such
/// places came after it.
struct RecencyWindow {
  static let listCount = 4
  /// How many of the lists, the first ones, hold words whatever came before them.
  static let wordListCount = 2
  /// By list: the weight of a word against that of the word after it, and how many tokens back is looked.
  private static let wordDecays: (Float, Float) = (0.97, 0.995)
  private static let wordReaches = (300, 1800)
  private static let contextDecay: Float = 0.75
  private static let contextReach = 4000
  private static let placeLimit = 32

  struct List {
    private(set) var scores = CandidateScores()
    private(set) var sum: Float = 0
    private(set) var placeCount = 0

    mutating func removeAll() {
      scores.removeAll()
      sum = 0
      placeCount = 0
    }

    @inline(__always)
    mutating func add(_ token: UInt32, _ weight: Float) {
      sum += weight
      placeCount += 1
      scores.add(token, weight)
    }

    /// The token that came last.
    var latest: UInt32? { scores.tokens.first }

    /// The number of different tokens.
    var distinctCount: Int { scores.tokens.count }

    /// P of a token, 0 if it is not listed.
    @inline(__always)
    func probability(of token: UInt32) -> Float { scores.score(of: token) / max(sum, .leastNormalMagnitude) }

    var greatest: Float { sum > 0 ? (scores.scores.max() ?? 0) / sum : 0 }
  }

  private(set) var lists = [List](repeating: List(), count: listCount)

  /// Reads the lists of a position.
  mutating func read(_ sequence: TokenSequence, before index: Int) {
    for list in 0..<Self.listCount { lists[list].removeAll() }
    sequence.ids.withUnsafeBufferPointer { ids in
      sequence.classes.withUnsafeBufferPointer { classes in
        readWords(ids, classes, end: index + TokenSequence.reach)
        readSuccessors(ids, end: index + TokenSequence.reach)
      }
    }
  }

  private mutating func readWords(
    _ ids: UnsafeBufferPointer<UInt32>, _ classes: UnsafeBufferPointer<UInt32>, end: Int
  ) {
    var weights: (Float, Float) = (1, 1)
    let nearStart = max(TokenSequence.reach, end - Self.wordReaches.0)
    let farStart = max(TokenSequence.reach, end - Self.wordReaches.1)
    var place = end - 1
    while place >= farStart {
      if classes[place] >> 31 != 0 {
        if place >= nearStart {
          weights.0 *= Self.wordDecays.0
          lists[0].add(ids[place], weights.0)
        }
        weights.1 *= Self.wordDecays.1
        lists[1].add(ids[place], weights.1)
      }
      place -= 1
    }
  }

  private mutating func readSuccessors(_ ids: UnsafeBufferPointer<UInt32>, end: Int) {
    let last = ids[end - 1]
    let beforeLast = ids[end - 2]
    var weights: (Float, Float) = (1, 1)
    var place = end - 1
    let start = max(TokenSequence.reach, end - Self.contextReach)
    while place > start {
      if ids[place - 1] == last {
        if lists[2].placeCount < Self.placeLimit {
          lists[2].add(ids[place], weights.0)
          weights.0 *= Self.contextDecay
        }
        if ids[place - 2] == beforeLast {
          lists[3].add(ids[place], weights.1)
          weights.1 *= Self.contextDecay
          if lists[3].placeCount == Self.placeLimit { return }
        }
      }
      place -= 1
    }
  }
}
