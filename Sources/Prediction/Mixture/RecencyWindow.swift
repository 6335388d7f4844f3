/// What came last: four short lists, read off the tokens before a position.
///
/// The first two hold the words before the position, each weighted by a decay to the power of how many words came
/// after it: what is being spoken of just now, and what the last pages spoke of. The other two hold what followed the
/// last token, and the last two tokens, where they stood before, each weighted by 0.75 to the power of how many such
/// places came after it.
final class RecencyWindow {
  static let listCount = 4
  /// How many of the lists, the first ones, hold words whatever came before them.
  static let wordListCount = 2
  /// By list: the weight of a word against that of the word after it, and how many tokens back is looked.
  private static let wordDecays: (Float, Float) = (0.97, 0.995)
  private static let wordReaches = (300, 1800)
  private static let contextDecay: Float = 0.75
  private static let contextReach = 4000
  private static let placeLimit = 32

  final class List {
    let scores = CandidateScores()
    private(set) var sum: Float = 0
    private(set) var placeCount = 0

    func removeAll() {
      scores.removeAll()
      sum = 0
      placeCount = 0
    }

    @inline(__always)
    func add(_ token: UInt32, _ weight: Float) {
      sum += weight
      placeCount += 1
      scores.add(token, weight)
    }

    /// The token that came last.
    var latest: UInt32? { scores.count > 0 ? scores.tokens[0] : nil }

    /// The number of different tokens.
    var distinctCount: Int { scores.count }

    /// P of a token, 0 if it is not listed.
    @inline(__always)
    func probability(of token: UInt32) -> Float { scores.score(of: token) / max(sum, .leastNormalMagnitude) }

    var greatest: Float { sum > 0 ? scores.greatest / sum : 0 }
  }

  let lists = (0..<listCount).map { _ in List() }
  /// Room for the words before a position.
  private let words: UnsafeMutablePointer<UInt32>

  init() { words = .allocate(capacity: Self.wordReaches.1 + 1) }

  deinit { words.deallocate() }

  /// Gives room back that few positions need.
  func giveBack() { for list in lists { list.scores.giveBack() } }

  /// Reads the lists of a position.
  func read(_ sequence: TokenSequence, before index: Int) {
    for list in 0..<Self.listCount { lists[list].removeAll() }
    sequence.ids.withUnsafeBufferPointer { ids in
      sequence.classes.withUnsafeBufferPointer { classes in
        readWords(ids, classes, end: index + TokenSequence.reach)
        readSuccessors(ids, end: index + TokenSequence.reach)
      }
    }
  }

  private func readWords(
    _ ids: UnsafeBufferPointer<UInt32>, _ classes: UnsafeBufferPointer<UInt32>, end: Int
  ) {
    let start = max(TokenSequence.reach, end - Self.wordReaches.1)
    let nearStart = end - Self.wordReaches.0
    // First which tokens are words, without a branch that half of the tokens would mislead.
    var count = 0
    var nearCount = 0
    var place = end - 1
    while place >= start {
      let isWord = Int(classes[place] >> 31)
      words[count] = ids[place]
      count += isWord
      nearCount += place >= nearStart ? isWord : 0
      place -= 1
    }
    let (near, far) = (lists[0], lists[1])
    var weight: Float = 1
    for index in 0..<nearCount {
      weight *= Self.wordDecays.0
      near.add(words[index], weight)
    }
    weight = 1
    for index in 0..<count {
      weight *= Self.wordDecays.1
      far.add(words[index], weight)
    }
  }

  private func readSuccessors(_ ids: UnsafeBufferPointer<UInt32>, end: Int) {
    let last = ids[end - 1]
    let beforeLast = ids[end - 2]
    let start = max(TokenSequence.reach, end - Self.contextReach)
    var weights: (Float, Float) = (1, 1)
    let (one, two) = (lists[2], lists[3])
    /// - Returns: whether both lists are full.
    func look(at place: Int) -> Bool {
      guard ids[place - 1] == last else { return false }
      if one.placeCount < Self.placeLimit {
        one.add(ids[place], weights.0)
        weights.0 *= Self.contextDecay
      }
      if ids[place - 2] == beforeLast {
        two.add(ids[place], weights.1)
        weights.1 *= Self.contextDecay
      }
      return two.placeCount == Self.placeLimit
    }
    var place = end - 1
    // Sixteen places at a time: the last token stands in few of them, and once the first list is full, those count
    // alone that both tokens stand before.
    let wanted = SIMD16<UInt32>(repeating: last)
    let wantedBefore = SIMD16<UInt32>(repeating: beforeLast)
    while place - 16 > start {
      let tokens = UnsafeRawPointer(ids.baseAddress! + (place - 16))
      var found = tokens.loadUnaligned(as: SIMD16<UInt32>.self) .== wanted
      if one.placeCount == Self.placeLimit {
        found .&= (tokens - MemoryLayout<UInt32>.stride).loadUnaligned(as: SIMD16<UInt32>.self)
          .== wantedBefore
      }
      if any(found) {
        for near in 0..<16 where look(at: place - near) { return }
      }
      place -= 16
    }
    while place > start {
      if look(at: place) { return }
      place -= 1
    }
  }
}
