/// Slips of the finger.
enum Slip {
  /// Shorter words are too close to too many others.
  static let minimumByteCount = 4
  /// How many expected words are compared.
  static let candidateCount = 12
  /// Less expected words are not taken for what was meant.
  static let minimumProbability: Float = 0.003

  /// Whether one byte inserted, left out or changed, or two neighbours exchanged, makes one word the other
  /// (Damerau 1964).
  static func isOneSlipAway(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a != b, abs(a.count - b.count) <= 1, min(a.count, b.count) >= minimumByteCount - 1 else {
      return false
    }
    var prefix = 0
    while prefix < min(a.count, b.count) && a[prefix] == b[prefix] { prefix += 1 }
    var suffix = 0
    while suffix < min(a.count, b.count) - prefix && a[a.count - 1 - suffix] == b[b.count - 1 - suffix] {
      suffix += 1
    }
    let restA = a[prefix..<a.count - suffix]
    let restB = b[prefix..<b.count - suffix]
    if restA.count <= 1 && restB.count <= 1 { return true }
    return restA.count == 2 && restB.count == 2 && restA.first == restB.last && restA.last == restB.first
  }

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
