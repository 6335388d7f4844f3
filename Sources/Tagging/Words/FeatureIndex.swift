import Platform

/// Hashes, numbered from 0 in the order in which they came: an open-addressed table of 64-bit slots, of which a look-up
/// touches one as a rule.
///
/// A slot is a hash's upper half and its number plus 1; 0 is free. Two hashes with one upper half that begin their search
/// near each other are taken for one, in training as afterwards.
struct FeatureIndex: Sendable {
  private(set) var slots: [UInt64]
  private(set) var count = 0
  private var mask: Int { slots.count - 1 }
  private static let upperHalf: UInt64 = 0xFFFF_FFFF_0000_0000

  init(capacity: Int = 1 << 10) {
    var size = 16
    while size < 2 * capacity { size *= 2 }
    slots = [UInt64](repeating: 0, count: size)
  }

  /// What a file holds: untrusted.
  ///
  /// - Throws: `Failure` if it is no table of `count` numbers with free slots.
  init(slots: [UInt64], count: Int) throws(Failure) {
    let used = slots.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
    let isPower = slots.count >= 16 && slots.count & (slots.count - 1) == 0
    guard isPower, used == count, used < slots.count,
      slots.allSatisfy({ Int($0 & 0xFFFF_FFFF) <= count && ($0 == 0 || $0 & 0xFFFF_FFFF > 0) })
    else { throw TaggerFile.damaged("its table of features does not fit its weights") }
    self.slots = slots
    self.count = count
  }

  /// The number of a hash; nil if it is not there.
  @inline(__always)
  func number(of hash: UInt64) -> Int? {
    slots.withUnsafeBufferPointer { slots in
      var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[place] != 0 {
        if slots[place] >> 32 == hash >> 32 { return Int(slots[place] & 0xFFFF_FFFF) - 1 }
        place = (place + 1) & (slots.count - 1)
      }
      return nil
    }
  }

  /// The number of a hash, which is added if it is not there.
  mutating func insert(_ hash: UInt64) -> Int {
    if let known = number(of: hash) { return known }
    if 2 * (count + 1) > slots.count { grow() }
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place] != 0 { place = (place + 1) & mask }
    count += 1
    slots[place] = hash & Self.upperHalf | UInt64(count)
    lows[count - 1] = UInt32(truncatingIfNeeded: hash)
    return count - 1
  }

  /// The lower halves of the hashes by number, which growing needs; empty in a table that was read.
  private var lows: Lows = Lows()

  private struct Lows: Sendable {
    var values: [UInt32] = []
    subscript(index: Int) -> UInt32 {
      get { values[index] }
      set {
        if index == values.count { values.append(newValue) } else { values[index] = newValue }
      }
    }
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: 2 * old.count)
    for slot in old where slot != 0 { place(slot, low: lows[Int(slot & 0xFFFF_FFFF) - 1]) }
  }

  private mutating func place(_ slot: UInt64, low: UInt32) {
    var place = Int(low) & mask
    while slots[place] != 0 { place = (place + 1) & mask }
    slots[place] = slot
  }

  /// The hashes that `isKept` says so of, numbered anew in their order, in the smallest table that is not crowded.
  ///
  /// - Returns: the table, and of each old number the new one, or −1.
  func filtered(_ isKept: (Int) -> Bool) -> (index: FeatureIndex, numbers: [Int32]) {
    var numbers = [Int32](repeating: -1, count: count)
    var kept = 0
    for number in 0..<count where isKept(number) {
      numbers[number] = Int32(kept)
      kept += 1
    }
    // Nothing is added to it: three quarters may be taken.
    var result = FeatureIndex(capacity: kept * 2 / 3 + 1)
    result.count = kept
    result.lows.values = [UInt32](repeating: 0, count: kept)
    // By number, so that the table does not depend on the old one's size.
    var uppers = [UInt64](repeating: 0, count: count)
    for slot in slots where slot != 0 { uppers[Int(slot & 0xFFFF_FFFF) - 1] = slot & Self.upperHalf }
    for number in 0..<count where numbers[number] >= 0 {
      let new = Int(numbers[number])
      result.lows.values[new] = lows[number]
      result.place(uppers[number] | UInt64(new + 1), low: lows[number])
    }
    return (result, numbers)
  }
}
