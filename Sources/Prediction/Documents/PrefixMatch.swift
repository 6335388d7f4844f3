/// How a word agrees with what is typed, the best first.
public enum PrefixMatch: Int, Comparable, Hashable, Sendable {
  case exact, caseInsensitive, humps

  public static func < (a: PrefixMatch, b: PrefixMatch) -> Bool { a.rawValue < b.rawValue }

  /// How `word` agrees with `typed`, or nil if it does not. The word may be typed whole.
  static func of(_ word: some RandomAccessCollection<UInt8>, typed: [UInt8]) -> PrefixMatch? {
    guard !typed.isEmpty else { return .exact }
    guard word.count >= typed.count else { return nil }
    if word.starts(with: typed) { return .exact }
    guard let first = word.first, lowercased(first) == lowercased(typed[0]) else { return nil }
    if zip(word, typed).allSatisfy({ lowercased($0) == lowercased($1) }) { return .caseInsensitive }
    return matchesHumps(Array(word), typed) ? .humps : nil
  }

  /// Whether `typed` can be read off the beginnings of the word's parts, as `gWC` off `getWordCount`.
  private static func matchesHumps(_ word: [UInt8], _ typed: [UInt8]) -> Bool {
    guard typed.count >= 2, typed.count <= word.count, word.count <= 64 else { return false }
    // The places where the bytes typed so far can end, as bits.
    var places: UInt64 = 1
    for byte in typed.dropFirst() {
      let wanted = lowercased(byte)
      let first = min(places.trailingZeroBitCount, word.count - 1)
      var next: UInt64 = 0
      for place in first + 1..<word.count where lowercased(word[place]) == wanted {
        if places >> UInt64(place - 1) & 1 != 0 || isHump(word, place) { next |= 1 << UInt64(place) }
      }
      if next == 0 { return false }
      places = next
    }
    return true
  }

  private static func isHump(_ word: [UInt8], _ place: Int) -> Bool {
    let byte = word[place]
    let previous = word[place - 1]
    if previous == UInt8(ascii: "_") && byte != UInt8(ascii: "_") { return true }
    return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(previous)
  }

  @inline(__always)
  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
