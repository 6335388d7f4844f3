/// Sums of probability by token, and which experts have contributed to each: small, and reused from place to place.
///
/// Open addressing over indices into the arrays of tokens and sums. Shared across no threads: the owner serialises
/// access.
final class CandidateScores {
  /// Tokens in the order in which they came; `count` of them are valid.
  private(set) var tokens: UnsafeMutablePointer<UInt32>
  /// Their sums.
  private(set) var scores: UnsafeMutablePointer<Float>
  /// Bit e: expert e has added what it gives to the token.
  private(set) var contributors: UnsafeMutablePointer<UInt64>
  private(set) var count = 0
  private static let smallestCapacity = 512
  /// Room for so many tokens is kept from one position to the next.
  private static let keptCapacity = 1 << 14
  private var capacity = smallestCapacity
  /// The stamp of the round in the high half, the index in the low half.
  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int
  private var stamp: UInt64 = 1

  init() {
    tokens = .allocate(capacity: capacity)
    scores = .allocate(capacity: capacity)
    contributors = .allocate(capacity: capacity)
    mask = 2 * capacity - 1
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: 0, count: mask + 1)
  }

  deinit {
    tokens.deallocate()
    scores.deallocate()
    contributors.deallocate()
    slots.deallocate()
  }

  func removeAll() {
    count = 0
    stamp += 1
    if stamp > UInt64(UInt32.max) {
      slots.update(repeating: 0, count: mask + 1)
      stamp = 1
    }
  }

  /// Gives room back that few positions need.
  func giveBack() {
    guard capacity > Self.keptCapacity else { return }
    count = 0
    capacity = Self.smallestCapacity
    tokens = Self.moved(tokens, 0, to: capacity)
    scores = Self.moved(scores, 0, to: capacity)
    contributors = Self.moved(contributors, 0, to: capacity)
    slots.deallocate()
    mask = 2 * capacity - 1
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: 0, count: mask + 1)
    stamp = 1
  }

  @inline(__always)
  private func home(_ token: UInt32) -> Int { Int((token &* 0x9E37_79B1) >> 7) & mask }

  /// The index of a token; nil if it has not come.
  @inline(__always)
  func index(of token: UInt32) -> Int? {
    var slot = home(token)
    while slots[slot] >> 32 == stamp {
      let index = Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF)
      if tokens[index] == token { return index }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// The sum of a token, 0 if it has none.
  @inline(__always)
  func score(of token: UInt32) -> Float { index(of: token).map { scores[$0] } ?? 0 }

  /// Adds to a token's sum.
  ///
  /// - Parameter contributor: the bit of the expert whose whole share this is; 0 for none.
  @inline(__always)
  func add(_ token: UInt32, _ score: Float, contributor: UInt64 = 0) {
    add(token, score, contributor: contributor) { _ in true }
  }

  /// The same; a token that comes for the first time and is not accepted is kept with a sum of −∞.
  @inline(__always)
  func add(_ token: UInt32, _ score: Float, contributor: UInt64, where accepts: (UInt32) -> Bool) {
    var slot = home(token)
    while slots[slot] >> 32 == stamp {
      let index = Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF)
      if tokens[index] == token {
        scores[index] += score
        contributors[index] |= contributor
        return
      }
      slot = (slot + 1) & mask
    }
    slots[slot] = stamp << 32 | UInt64(count)
    tokens[count] = token
    scores[count] = accepts(token) ? score : -.infinity
    contributors[count] = contributor
    count += 1
    if count == capacity { grow() }
  }

  /// The greatest sum.
  var greatest: Float {
    var greatest: Float = 0
    for index in 0..<count where scores[index] > greatest { greatest = scores[index] }
    return greatest
  }

  /// The sum that `rank` − 1 tokens exceed or equal; 0 if there are fewer tokens.
  ///
  /// - Parameter scratch: room for `rank` sums.
  func score(atRank rank: Int, scratch: UnsafeMutablePointer<Float>) -> Float {
    guard rank > 0, count >= rank else { return 0 }
    // The greatest so far, falling: most sums are below the last of them and pass by.
    var found = 0
    func look(at index: Int) {
      let score = scores[index]
      if found == rank && !(score > scratch[rank - 1]) { return }
      var place = found < rank ? found : rank - 1
      while place > 0 && scratch[place - 1] < score {
        scratch[place] = scratch[place - 1]
        place -= 1
      }
      scratch[place] = score
      found = min(found + 1, rank)
    }
    for index in 0..<rank { look(at: index) }
    var index = rank
    while index + 8 <= count {
      let block = UnsafeRawPointer(scores + index).loadUnaligned(as: SIMD8<Float>.self)
      if any(block .> scratch[rank - 1]) { for near in index..<index + 8 { look(at: near) } }
      index += 8
    }
    while index < count {
      look(at: index)
      index += 1
    }
    return max(scratch[rank - 1], 0)
  }

  private func grow() {
    let larger = capacity * 2
    tokens = Self.moved(tokens, count, to: larger)
    scores = Self.moved(scores, count, to: larger)
    contributors = Self.moved(contributors, count, to: larger)
    capacity = larger
    slots.deallocate()
    mask = 2 * capacity - 1
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: 0, count: mask + 1)
    stamp = 1
    for index in 0..<count {
      var slot = home(tokens[index])
      while slots[slot] >> 32 == stamp { slot = (slot + 1) & mask }
      slots[slot] = stamp << 32 | UInt64(index)
    }
  }

  private static func moved<Element: BitwiseCopyable>(
    _ old: UnsafeMutablePointer<Element>, _ count: Int, to capacity: Int
  ) -> UnsafeMutablePointer<Element> {
    let new = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    new.update(from: old, count: count)
    old.deallocate()
    return new
  }
}
