/// The parts of a name that is written in camel case or with underscores: where each begins.
enum NameParts {
  /// Longer words are not divided.
  static let maximumByteCount = 128

  /// Whether a part of `word` begins at a place, as the `W` of `getWordCount` and the `c` of `word_count`.
  @inline(__always)
  static func begins(_ word: some RandomAccessCollection<UInt8>, at place: Int) -> Bool {
    let start = word.startIndex
    if place == 0 { return true }
    let byte = word[word.index(start, offsetBy: place)]
    let previous = word[word.index(start, offsetBy: place - 1)]
    if !isLetter(byte) { return false }
    if !isLetter(previous) { return !isDigit(previous) && previous < 0x80 }
    guard isCapital(byte) else { return false }
    if !isCapital(previous) { return true }
    // The last capital of several begins the next part: `HTTPClient`.
    let next = place + 1 < word.count ? word[word.index(start, offsetBy: place + 1)] : 0
    return isLetter(next) && !isCapital(next)
  }

  /// The offsets at which the parts behind the first one begin.
  static func starts(_ word: some RandomAccessCollection<UInt8>) -> [Int] {
    guard word.count <= maximumByteCount, word.count >= 2 else { return [] }
    return (1..<word.count).filter { begins(word, at: $0) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte >= 0x80
  }
  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
  private static func isCapital(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
}
