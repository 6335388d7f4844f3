/// Where each token stands among the many that followed a context: behind a comma in a table of numbers stand as many
/// different tokens as there are numbers.
///
/// Open addressing; a slot holds a place among the pairs plus one, or 0. It lies right behind the pairs of its block and
/// has twice as many slots as they are at most.
struct SuccessorIndex {
  /// Blocks of 2 to the power of less than this many pairs are read through instead.
  static let smallestClass = 6

  private let pairs: UnsafeMutablePointer<UInt32>
  private let slots: UnsafeMutablePointer<UInt32>
  private let mask: Int

  /// The 32-bit words that the index of a block takes; none for small blocks.
  static func wordCount(capacityClass: Int) -> Int { capacityClass < smallestClass ? 0 : 2 << capacityClass }

  /// The index of a block with room for 2 to the power of `capacityClass` pairs; nil if it is too small for one.
  @inline(__always)
  init?(pairs: UnsafeMutablePointer<UInt32>, capacityClass: Int) {
    guard capacityClass >= Self.smallestClass else { return nil }
    self.pairs = pairs
    slots = pairs + 2 << capacityClass
    mask = 2 << capacityClass - 1
  }

  @inline(__always)
  private func home(_ token: UInt32) -> Int {
    let hash = token &* 0x9E37_79B1
    return Int(hash ^ hash >> 15) & mask
  }

  func removeAll() { slots.update(repeating: 0, count: mask + 1) }

  /// The slot of a token, or the free one where it would go.
  @inline(__always)
  private func slot(of token: UInt32) -> Int {
    var slot = home(token)
    while slots[slot] != 0 && pairs[2 * Int(slots[slot] - 1)] != token { slot = (slot + 1) & mask }
    return slot
  }

  @inline(__always)
  func position(of token: UInt32) -> Int? {
    let value = slots[slot(of: token)]
    return value == 0 ? nil : Int(value - 1)
  }

  /// Takes in the token that stands at `place` now.
  func insert(_ token: UInt32, at place: Int) { slots[slot(of: token)] = UInt32(place + 1) }

  /// To be called before two pairs change places.
  @inline(__always)
  func exchange(_ a: Int, _ b: Int) {
    let (slotOfA, slotOfB) = (slot(of: pairs[2 * a]), slot(of: pairs[2 * b]))
    (slots[slotOfA], slots[slotOfB]) = (slots[slotOfB], slots[slotOfA])
  }

  /// Takes out the token at `place` and puts the last pair there, in the index and among the pairs.
  func remove(at place: Int, last: Int) {
    var hole = slot(of: pairs[2 * place])
    if place != last {
      slots[slot(of: pairs[2 * last])] = UInt32(place + 1)
      pairs[2 * place] = pairs[2 * last]
      pairs[2 * place + 1] = pairs[2 * last + 1]
    }
    // Those that the removed one had pushed on move back.
    var next = (hole + 1) & mask
    while slots[next] != 0 {
      let wanted = home(pairs[2 * Int(slots[next] - 1)])
      if (next - wanted) & mask >= (next - hole) & mask {
        slots[hole] = slots[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    slots[hole] = 0
  }
}
