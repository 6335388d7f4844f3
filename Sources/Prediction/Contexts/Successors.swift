/// What followed a context, and how often: a view into a table that stays valid until the table changes.
struct Successors {
  /// How many tokens followed.
  var total: UInt32 = 0
  /// How many different ones.
  var distinct: UInt32 = 0
  /// The count of the most frequent.
  var maximum: UInt32 = 0
  /// Tokens and counts in turn, arranged as a heap (each count at most that of element (i − 1) / 2); nil where one
  /// token followed once, which is then `single`.
  var pairs: UnsafePointer<UInt32>?
  var single: UInt32 = 0
  /// Of the block that the pairs lie in, if it has an index.
  private var capacityClass = 0

  @inline(__always) init() {}

  @inline(__always)
  init(single token: UInt32) {
    total = 1
    distinct = 1
    maximum = 1
    single = token
  }

  @inline(__always)
  init(total: UInt32, distinct: UInt32, pairs: UnsafePointer<UInt32>, capacityClass: Int = 0) {
    self.total = total
    self.distinct = distinct
    self.pairs = pairs
    self.capacityClass = capacityClass
    maximum = distinct == 0 ? 0 : pairs[1]
  }

  var isEmpty: Bool { distinct == 0 }

  /// How often `token` followed.
  @inline(__always)
  func count(of token: UInt32) -> UInt32 {
    guard let pairs else { return distinct != 0 && single == token ? 1 : 0 }
    if let index = SuccessorIndex(
      pairs: UnsafeMutablePointer(mutating: pairs), capacityClass: capacityClass)
    {
      return index.position(of: token).map { pairs[2 * $0 + 1] } ?? 0
    }
    var index = 0
    let end = Int(distinct) * 2
    // Eight pairs at a time; a count that happens to be the token's number costs a closer look.
    let wanted = SIMD16<UInt32>(repeating: token)
    while index + 16 <= end {
      let block = UnsafeRawPointer(pairs + index).loadUnaligned(as: SIMD16<UInt32>.self)
      if any(block .== wanted) {
        for place in stride(from: index, to: index + 16, by: 2) where pairs[place] == token {
          return pairs[place + 1]
        }
      }
      index += 16
    }
    while index < end {
      if pairs[index] == token { return pairs[index + 1] }
      index += 2
    }
    return 0
  }

  /// The element at a place in the heap, 0 ..< distinct.
  @inline(__always)
  func element(at index: Int) -> (token: UInt32, count: UInt32) {
    guard let pairs else { return (single, 1) }
    return (pairs[2 * index], pairs[2 * index + 1])
  }

  /// Calls `body` with all successors that followed at least `count` times, those of the first `passed` places left out;
  /// where more than `limit` followed just once, with so many of those.
  ///
  /// - Parameter scratch: empty, before and after.
  @inline(__always)
  func forEach(
    atLeast count: UInt32, after passed: Int, limit: Int, scratch: inout [Int],
    _ body: (UInt32, UInt32) -> Void
  ) {
    guard let pairs else {
      if passed == 0 && distinct != 0 && count <= 1 { body(single, 1) }
      return
    }
    let end = Int(distinct)
    if count <= 1 {
      // All of them, or any: most are equal.
      var index = passed
      while index < min(end, max(limit, passed)) {
        body(pairs[2 * index], pairs[2 * index + 1])
        index += 1
      }
      return
    }
    // None below a place in the heap is more frequent than what stands there.
    guard end > 0, pairs[1] >= count else { return }
    scratch.append(0)
    while let place = scratch.popLast() {
      if place >= passed { body(pairs[2 * place], pairs[2 * place + 1]) }
      let child = 2 * place + 1
      if child + 1 < end && pairs[2 * child + 3] >= count { scratch.append(child + 1) }
      if child < end && pairs[2 * child + 1] >= count { scratch.append(child) }
    }
  }
}
