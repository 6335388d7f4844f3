import Platform

/// What tells the language of a text: the hashes of its n-grams of words and characters. No word is kept.
package enum LanguageFeatures: UInt32, Hashable, Sendable, CaseIterable {
  /// Of a file: its words, marks and line ends, one to three of them together, and three or four characters of a word.
  case files = 1
  /// Of a paragraph in a natural language: its words, and one to five characters of a word, in lower case.
  case paragraphs = 2

  /// Bytes that are read: enough to tell what a file is, and few enough that nobody waits for it.
  package static let byteLimit = 6_144

  /// The distinct keys of a text's features, ascending.
  ///
  /// - Parameter text: in UTF-8, well-formed or not; its first `byteLimit` bytes are read.
  package func keys(of text: UnsafeRawBufferPointer) -> [UInt32] {
    var keys = occurrences(in: text)
    keys.sort()
    var count = 0
    for key in keys where count == 0 || key != keys[count - 1] {
      keys[count] = key
      count += 1
    }
    keys.removeLast(keys.count - count)
    return keys
  }

  /// The key of every feature, as often as the text has it, in the order of the text.
  package func occurrences(in text: UnsafeRawBufferPointer) -> [UInt32] {
    var scanner = FeatureScanner(UnsafeRawBufferPointer(rebasing: text.prefix(Self.byteLimit)))
    switch self {
    case .files: scanner.readFile()
    case .paragraphs: scanner.readParagraph()
    }
    return scanner.keys
  }
}

/// Reads a text once and hashes its features.
private struct FeatureScanner {
  private let text: UnsafeRawBufferPointer
  private(set) var keys: [UInt32] = []
  /// The hashes of the last two tokens, the nearest first; 0 where there are none.
  private var last: UInt64 = Seed.lineEnd
  private var beforeLast: UInt64 = 0

  private enum Seed {
    static let offsetBasis: UInt64 = 0xCBF2_9CE4_8422_2325
    static let prime: UInt64 = 0x100_0000_01B3
    static let characters: UInt64 = 0x2545_F491_4F6C_DD1D
    static let lineEnd: UInt64 = 0x9E6C_63D0_876A_9A47
    static let number: UInt64 = 0xB492_B66F_BE98_F273
    static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
  }

  init(_ text: UnsafeRawBufferPointer) {
    self.text = text
    keys.reserveCapacity(4 * text.count)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte >= 0x80 || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private func end(from start: Int, while isIncluded: (UInt8) -> Bool) -> Int {
    var end = start
    while end < text.count && isIncluded(text[end]) { end += 1 }
    return end
  }

  private func hash(_ range: Range<Int>) -> UInt64 {
    var hash = Seed.offsetBasis
    for index in range { hash = (hash ^ UInt64(text[index])) &* Seed.prime }
    return SplitMix64.mix(hash)
  }

  private mutating func append(_ state: UInt64) {
    keys.append(UInt32(truncatingIfNeeded: SplitMix64.mix(state) >> 32))
  }

  /// A token, and the n-grams that end with it.
  private mutating func append(token: UInt64) {
    append(token &+ 1)
    let two = (last &* Seed.multiplier ^ token) &* Seed.multiplier
    append(two &+ 2)
    append(((beforeLast &* Seed.multiplier ^ last) &* Seed.multiplier ^ token) &* Seed.multiplier &+ 3)
    (beforeLast, last) = (last, token)
  }

  // MARK: Files

  mutating func readFile() {
    // Who asks for a program by its first line is told by that.
    var offset = text.starts(with: "#!".utf8) ? end(from: 0) { $0 != 0x0A } : 0
    while offset < text.count {
      let first = text[offset]
      switch first {
      case 0x0A:
        offset = end(from: offset) { $0 == 0x0A || $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        append(token: Seed.lineEnd)
      case 0x09...0x0D, 0x20: offset += 1
      case _ where Self.isLetter(first):
        let stop = end(from: offset, while: Self.isLetter)
        append(token: hash(offset..<stop))
        if stop - offset > 1 { appendCharacters(offset..<stop, lengths: 3...4) }
        offset = stop
      case _ where Self.isDigit(first):
        offset = end(from: offset, while: Self.isDigit)
        append(token: Seed.number)
      default:
        let stop = end(from: offset) { $0 == first }
        append(token: hash(offset..<min(stop, offset + 4)) &+ 7)
        offset = stop
      }
    }
  }

  /// The bytes of a word and its two ends, some of them together.
  private mutating func appendCharacters(_ word: Range<Int>, lengths: ClosedRange<Int>) {
    let count = word.count + 2
    for first in 0..<count {
      var state = Seed.characters
      for length in 1...min(lengths.upperBound, count - first) {
        let place = first + length - 1
        let byte: UInt8 = place == 0 ? 2 : place == count - 1 ? 3 : text[word.lowerBound + place - 1]
        state = (state ^ UInt64(byte)) &* Seed.prime
        if length >= lengths.lowerBound { append(state &+ UInt64(length)) }
      }
    }
  }

  // MARK: Paragraphs

  mutating func readParagraph() {
    var scalars: [UInt32] = []
    var word: [UInt32] = []
    for scalar in String(decoding: text, as: UTF8.self).lowercased().unicodeScalars {
      if scalar.properties.isAlphabetic || scalar == "'" || scalar == "’"
        || scalar.properties.generalCategory == .nonspacingMark
      {
        word.append(scalar.value)
      } else {
        appendWord(word, &scalars)
        word.removeAll(keepingCapacity: true)
      }
    }
    appendWord(word, &scalars)
  }

  private mutating func appendWord(_ word: [UInt32], _ scalars: inout [UInt32]) {
    guard !word.isEmpty else { return }
    scalars.removeAll(keepingCapacity: true)
    scalars.append(2)
    scalars += word
    scalars.append(3)
    var hash = Seed.offsetBasis
    for scalar in word { hash = (hash ^ UInt64(scalar)) &* Seed.prime }
    append(SplitMix64.mix(hash) &+ 1)
    for first in scalars.indices {
      var state = Seed.characters
      for length in 1...min(5, scalars.count - first) {
        state = (state ^ UInt64(scalars[first + length - 1])) &* Seed.prime
        if length > 1 || (first > 0 && first < scalars.count - 1) { append(state &+ UInt64(length)) }
      }
    }
  }
}
