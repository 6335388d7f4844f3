/// Where words stand in a list, by their numbers: an expert that knows few of them goes through what it knows instead.
///
/// Open addressing, at most half full. Shared across no threads: the owner serialises access.
final class WordPlaces {
  /// For fewer words it does not pay.
  static let leastCount = 64
  /// So many slots are kept from list to list.
  private static let keptCount = 1 << 14

  /// The stamp of the list in the high half, then the place.
  private var slots: [UInt64] = []
  private var stamp: UInt64 = 0
  private var words = UnsafeMutableBufferPointer<PartialProbability>(start: nil, count: 0)

  /// Takes in a list, which must stay where it is while it is asked about.
  ///
  /// - Returns: false if a word stands there twice.
  func find(_ words: UnsafeMutableBufferPointer<PartialProbability>) -> Bool {
    if slots.count < 2 * words.count {
      var count = 2 * Self.leastCount
      while count < 2 * words.count { count *= 2 }
      slots = [UInt64](repeating: 0, count: count)
      stamp = 0
    }
    stamp += 1
    if stamp > UInt64(UInt32.max) {
      for slot in slots.indices { slots[slot] = 0 }
      stamp = 1
    }
    self.words = words
    return slots.withUnsafeMutableBufferPointer { slots in
      let mask = slots.count - 1
      for place in words.indices {
        var slot = Self.home(words[place].token) & mask
        while slots[slot] >> 32 == stamp {
          if words[Int(slots[slot] & 0xFFFF_FFFF)].token == words[place].token { return false }
          slot = (slot + 1) & mask
        }
        slots[slot] = stamp << 32 | UInt64(place)
      }
      return true
    }
  }

  /// Lets go of the list, and of the room of a long one.
  func giveBack() {
    words = UnsafeMutableBufferPointer(start: nil, count: 0)
    guard slots.count > Self.keptCount else { return }
    slots = []
    stamp = 0
  }

  @inline(__always)
  private static func home(_ token: UInt32) -> Int { Int((token &* 0x9E37_79B1) >> 7) }

  /// Calls `body` with each of some tokens that is among the words, and its place there.
  @inline(__always)
  func forEach(of count: Int, _ token: (Int) -> UInt32, _ body: (_ index: Int, _ place: Int) -> Void) {
    slots.withUnsafeBufferPointer { slots in
      let mask = slots.count - 1
      for index in 0..<count {
        let token = token(index)
        var slot = Self.home(token) & mask
        while slots[slot] >> 32 == stamp {
          let place = Int(slots[slot] & 0xFFFF_FFFF)
          if words[place].token == token {
            body(index, place)
            break
          }
          slot = (slot + 1) & mask
        }
      }
    }
  }
}
