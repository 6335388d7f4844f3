import LanguageModeling

/// Tells in a few nanoseconds that a word is not among some words, so that the hundreds of spellings an edit away from a
/// word can be looked up one after the other (Bloom 1970, with two bits a word, both in one block of 64; about one in 200
/// that is not there passes).
///
/// Words are hashed as polynomials of their Unicode scalars, whose value for a spelling that differs in one place follows
/// from those of its beginning and its end.
struct WordFilter: SpellingFilter, Sendable {
  static let base: UInt64 = 0x9E37_79B9_7F4A_7C15 | 1

  private var bits: [UInt64]
  private let shift: UInt64
  private(set) var count = 0
  /// Non-ASCII lower-case letters that the words have, and in how many of them.
  private(set) var letters: [UInt32: Int] = [:]

  /// - Parameter capacity: about how many words there will be.
  init(capacity: Int) {
    var log: UInt64 = 10
    while log < 34 && 1 << Int(log) < 32 * capacity { log += 1 }
    shift = 70 - log
    bits = [UInt64](repeating: 0, count: 1 << Int(log - 6))
  }

  /// The words of a vocabulary.
  init(_ vocabulary: Vocabulary) {
    self.init(capacity: vocabulary.count)
    for number in Vocabulary.specials.count..<max(vocabulary.count, Vocabulary.specials.count) {
      vocabulary.withBytes(of: TokenID(number)) { insert($0) }
    }
  }

  /// Memory held, in bytes.
  var byteCount: Int { bits.count * 8 }

  mutating func insert(_ word: UnsafeRawBufferPointer) {
    guard word.count <= WordEdits.longestByteCount else { return }
    var hash: UInt64 = 0
    var isASCII = true
    let isText = WordEdits.forEachScalar(word) { scalar in
      hash = hash &* Self.base &+ UInt64(scalar)
      if scalar >= 0x80 { isASCII = false }
    }
    guard isText else { return }
    if !isASCII {
      _ = WordEdits.forEachScalar(word) { if $0 >= 0x80 { letters[$0, default: 0] += 1 } }
    }
    let mixed = Self.mixed(hash)
    bits[Int(mixed >> shift)] |= Self.mask(mixed)
    count += 1
  }

  /// Whether a word with this hash may be among them.
  @inline(__always)
  func mayContain(_ hash: UInt64) -> Bool {
    let mixed = Self.mixed(hash)
    let mask = Self.mask(mixed)
    return bits[Int(mixed >> shift)] & mask == mask
  }

  @inline(__always)
  private static func mask(_ mixed: UInt64) -> UInt64 { 1 << (mixed & 63) | 1 << (mixed >> 6 & 63) }

  /// The hash of a word of these scalars.
  static func hash(_ scalars: some Sequence<UInt32>) -> UInt64 {
    scalars.reduce(0) { $0 &* base &+ UInt64($1) }
  }

  /// The same of a word's bytes; nil where they are not UTF-8.
  @inline(__always)
  static func hash(_ word: UnsafeRawBufferPointer) -> UInt64? {
    var hash: UInt64 = 0
    return WordEdits.forEachScalar(word) { hash = hash &* base &+ UInt64($0) } ? hash : nil
  }

  @inline(__always)
  static func mixed(_ hash: UInt64) -> UInt64 {
    let mixed = (hash ^ hash >> 29) &* 0xBF58_476D_1CE4_E5B9
    return mixed ^ mixed >> 32
  }
}

/// Tells of hashes of `WordFilter` which words may be there.
protocol SpellingFilter {
  func mayContain(_ hash: UInt64) -> Bool
}
