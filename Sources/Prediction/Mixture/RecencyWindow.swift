/// What came last: three short lists, read off the tokens before a position.
///
/// List 0: the words before the position, each weighted by 0.97 to the power of how many words came after it. Lists 1
/// and 2: what followed the last token, and the last two tokens, where they stood before, each weighted by 0.75 to the
/// power of how many such places came after it.
struct RecencyWindow {
  static let listCount = 3
  private static let wordReach = 300
  private static let contextReach = 4000
  private static let placeLimit = 32

  struct List {
    var tokens: [UInt32] = []
    var weights: [Float] = []
    var sum: Float = 0
    var placeCount = 0

    mutating func removeAll() {
      tokens.removeAll(keepingCapacity: true)
      weights.removeAll(keepingCapacity: true)
      sum = 0
      placeCount = 0
    }

    @inline(__always)
    mutating func add(_ token: UInt32, _ weight: Float) {
      sum += weight
      placeCount += 1
      for index in tokens.indices where tokens[index] == token {
        weights[index] += weight
        return
      }
      tokens.append(token)
      weights.append(weight)
    }

    /// P of a token, 0 if it is not listed.
    @inline(__always)
    func probability(of token: UInt32) -> Float {
      for index in tokens.indices where tokens[index] == token { return weights[index] / sum }
      return 0
    }

    var greatest: Float { sum > 0 ? (weights.max() ?? 0) / sum : 0 }
  }

  private(set) var lists = [List](repeating: List(), count: listCount)

  /// Reads the lists of a position.
  mutating func read(_ sequence: TokenSequence, before index: Int) {
    for list in 0..<Self.listCount { lists[list].removeAll() }
    sequence.ids.withUnsafeBufferPointer { ids in
      sequence.classes.withUnsafeBufferPointer { classes in
        let first = TokenSequence.reach
        let end = index + first
        var weight: Float = 1
        var place = end - 1
        let wordStart = max(first, end - Self.wordReach)
        while place >= wordStart {
          if classes[place] >> 31 != 0 {
            weight *= 0.97
            lists[0].add(ids[place], weight)
          }
          place -= 1
        }
        let last = ids[end - 1]
        let beforeLast = ids[end - 2]
        var weights: (Float, Float) = (1, 1)
        place = end - 1
        let contextStart = max(first, end - Self.contextReach)
        while place > contextStart {
          if ids[place - 1] == last {
            if lists[1].placeCount < Self.placeLimit {
              lists[1].add(ids[place], weights.0)
              weights.0 *= 0.75
            }
            if ids[place - 2] == beforeLast {
              lists[2].add(ids[place], weights.1)
              weights.1 *= 0.75
              if lists[2].placeCount == Self.placeLimit { return }
            }
          }
          place -= 1
        }
      }
    }
  }
}
