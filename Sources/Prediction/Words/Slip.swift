/// Slips of the finger.
enum Slip {
  /// Shorter words are too close to too many others.
  private static let minimumByteCount = 4

  /// What could have been meant by `typed`, ASCII, if one slip was made in it: two letters exchanged, one left out, one put in,
  /// or another one in the place of one. The first letter is right. Empty where it is shorter than `minimumByteCount`.
  static func variants(of typed: [UInt8]) -> [[UInt8]] {
    guard typed.count >= minimumByteCount, typed.allSatisfy({ $0 < 0x80 }) else { return [] }
    var result: [[UInt8]] = []
    for place in 1..<typed.count {
      let (head, tail) = (typed[..<place], typed[(place + 1)...])
      if place + 1 < typed.count, typed[place] != typed[place + 1] {
        result.append(Array(head) + [typed[place + 1], typed[place]] + typed[(place + 2)...])
      }
      result.append(Array(head + tail))
      for letter in UInt8(ascii: "a")...UInt8(ascii: "z") {
        if letter != typed[place] { result.append(Array(head) + [letter] + tail) }
        result.append(Array(head) + [letter] + typed[place...])
      }
    }
    return result
  }
}
