import Platform

/// What a tagger sees of a word by itself: hashes of the word, of its beginnings and endings, and what it is written with.
struct WordForm: Sendable {
  /// Letters of the longest beginning and ending that is looked at.
  static let affixLength = 5

  /// Of the word as it stands, and in small letters.
  let exact: UInt64
  let lower: UInt64
  let shape: WordShape
  /// Of the first and the last 1, 2, … letters in small letters; fewer where the word is shorter.
  private(set) var prefixes: [UInt64] = []
  private(set) var suffixes: [UInt64] = []

  init(_ word: [UInt8], suffixLimit: Int = affixLength) {
    let small = WordForm.lowercased(word)
    exact = WordForm.hash(word[...])
    lower = WordForm.hash(small[...])
    shape = WordShape(word)
    // Letters are Unicode scalars: bytes that continue one are not cut off it.
    var hash = WordForm.seed
    var (letters, position) = (0, 0)
    while position < small.count && letters < Self.affixLength {
      repeat {
        hash = WordForm.mixed(hash, small[position])
        position += 1
      } while position < small.count && small[position] & 0xC0 == 0x80
      letters += 1
      prefixes.append(hash)
    }
    hash = WordForm.seed &+ 1
    (letters, position) = (0, small.count)
    while position > 0 && letters < suffixLimit {
      repeat {
        position -= 1
        hash = WordForm.mixed(hash, small[position])
      } while position > 0 && small[position] & 0xC0 == 0x80
      letters += 1
      suffixes.append(hash)
    }
  }

  static let seed: UInt64 = 0xCBF2_9CE4_8422_2325

  @inline(__always)
  private static func mixed(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    (hash ^ UInt64(byte)) &* 0x100_0000_01B3
  }

  /// A word's hash, all 64 bits of which depend on every byte.
  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash = seed
    for byte in bytes { hash = mixed(hash, byte) }
    return SplitMix64.mix(hash)
  }

  /// In small letters, by Unicode's rules where there are others than A to Z.
  static func lowercased(_ word: [UInt8]) -> [UInt8] {
    if word.allSatisfy({ $0 < 0x80 }) {
      return word.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
    return Array(String(decoding: word, as: UTF8.self).lowercased().utf8)
  }
}

/// What a word is written with.
struct WordShape: Hashable, Sendable {
  private struct Marks: OptionSet, Hashable {
    let rawValue: UInt8
    static let upper = Marks(rawValue: 1)
    static let lower = Marks(rawValue: 2)
    static let digit = Marks(rawValue: 4)
    static let hyphen = Marks(rawValue: 8)
    static let other = Marks(rawValue: 16)
    static let beginsUpper = Marks(rawValue: 32)
  }

  private let marks: Marks
  /// Of the runs of like characters: `Xx-d` of "Boeing-747".
  let runs: UInt64

  init(_ word: [UInt8]) {
    var marks: Marks = []
    var hash: UInt64 = 0
    var last: UInt8 = 0
    var count = 0
    func take(_ kind: UInt8, _ mark: Marks) {
      if count == 0, mark == .upper { marks.insert(.beginsUpper) }
      marks.insert(mark)
      count += 1
      guard kind != last else { return }
      last = kind
      hash = SplitMix64.mix(hash ^ UInt64(kind))
    }
    for scalar in String(decoding: word, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "A"..."Z": take(1, .upper)
      case "a"..."z": take(2, .lower)
      case "0"..."9": take(3, .digit)
      case "-": take(4, .hyphen)
      default:
        if scalar.properties.isUppercase {
          take(1, .upper)
        } else if scalar.properties.isAlphabetic {
          take(2, .lower)
        } else {
          // Every mark is a kind of its own.
          take(UInt8(truncatingIfNeeded: scalar.value) | 0x80, .other)
        }
      }
    }
    self.marks = marks
    runs = SplitMix64.mix(hash ^ UInt64(min(count, 3)))
  }

  var beginsUpper: Bool { marks.contains(.beginsUpper) }

  /// A few classes for unknown words, whose endings are counted apart: Brants (2000) tells capitals from small letters;
  /// a capital at a sentence's beginning says less than one within.
  func suffixClass(isFirst: Bool) -> UInt64 {
    let hasLetters = !marks.isDisjoint(with: [.upper, .lower])
    if marks.contains(.digit) { return hasLetters ? 6 : 5 }
    guard hasLetters else { return 7 }
    if marks.contains(.hyphen) { return marks.contains(.beginsUpper) ? 9 : 8 }
    guard marks.contains(.beginsUpper) else { return marks.contains(.upper) ? 4 : 0 }
    if !marks.contains(.lower) { return 3 }
    return isFirst ? 2 : 1
  }

  static let suffixClassCount = 10
}
