/// What is remembered of words by their numbers, found in a few nanoseconds: a table with open addressing, of values in the order in
/// which they came.
struct NumberTable<Value> {
  private var entries: [(number: UInt32, value: Value)] = []
  /// Places among the entries plus one, or 0.
  private var slots = [UInt32](repeating: 0, count: 64)
  private var shift: UInt32 = 26

  @inline(__always)
  private func slot(of number: UInt32) -> Int {
    var slot = Int((number &* 0x9E37_79B1) &>> shift)
    while slots[slot] != 0 && entries[Int(slots[slot] &- 1)].number != number {
      slot = slot &+ 1 == slots.count ? 0 : slot &+ 1
    }
    return slot
  }

  subscript(number: UInt32) -> Value? {
    @inline(__always) get {
      let place = slots[slot(of: number)]
      return place == 0 ? nil : entries[Int(place &- 1)].value
    }
  }

  /// - Parameter number: of a word that nothing is remembered of yet.
  mutating func insert(_ value: Value, for number: UInt32) {
    if entries.count * 2 >= slots.count { grow() }
    let slot = slot(of: number)
    guard slots[slot] == 0 else { return }
    entries.append((number, value))
    slots[slot] = UInt32(entries.count)
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: 2 * slots.count)
    shift -= 1
    for place in entries.indices { slots[slot(of: entries[place].number)] = UInt32(place + 1) }
  }
}
