import Platform

/// The spellings that are one edit away from a word: a letter left out, put in or exchanged for another one, or two
/// neighbours exchanged (Damerau 1964). Only letters are edited, and the underscores amid names, never digits, and never the
/// letters' case.
struct WordEdits {
  static let longestByteCount = 64
  /// Shorter words are too close to too many others.
  static let shortestCount = 2

  /// How an edit came about, for what it is worth: the fingers slip more often in some ways than in others.
  enum Slip: UInt8 {
    /// Two letters beside each other have changed places.
    case exchanged
    /// A letter is doubled, or is not where it should be.
    case doubled
    /// The key beside the right one.
    case neighbour
    /// A key hit together with its neighbour.
    case neighbourPutIn
    case leftOut
    case otherLetter
    case putIn

    var isLikely: Bool {
      switch self {
      case .exchanged, .doubled, .neighbour, .neighbourPutIn: true
      case .leftOut, .otherLetter, .putIn: false
      }
    }
  }

  /// Letters by script that may stand in a word.
  private let alphabets: [[UInt32]]
  private let capitals: [[UInt32]]

  /// - Parameter letters: those outside ASCII, and in how many words they are, of `wordCount`.
  init(letters: [UInt32: Int], wordCount: Int) {
    var alphabets: [[UInt32]] = Array(repeating: [], count: Self.scriptCount)
    alphabets[0] = (UInt32(UInt8(ascii: "a"))...UInt32(UInt8(ascii: "z"))).map { $0 }
    let least = max(3, wordCount / 2000)
    var found: [Int: [(UInt32, Int)]] = [:]
    for (letter, count) in letters where count >= least && Self.isLowercase(letter) {
      if let script = Self.script(letter) { found[script, default: []].append((letter, count)) }
    }
    for (script, letters) in found {
      alphabets[script] += letters.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(48).map(\.0)
    }
    self.alphabets = alphabets
    capitals = alphabets.map { $0.map { Self.uppercased($0) } }
  }

  /// The scalars of a word, nil if it is not UTF-8.
  static func scalars(_ word: UnsafeRawBufferPointer) -> [UInt32]? {
    var result: [UInt32] = []
    result.reserveCapacity(word.count)
    return forEachScalar(word) { result.append($0) } ? result : nil
  }

  /// Calls `body` with the scalars of a word, up to where it is not UTF-8.
  ///
  /// - Returns: whether all of it is UTF-8.
  @inline(__always)
  static func forEachScalar(_ word: UnsafeRawBufferPointer, _ body: (UInt32) -> Void) -> Bool {
    var place = 0
    while place < word.count {
      let lead = word[place]
      if lead < 0x80 {
        body(UInt32(lead))
        place += 1
        continue
      }
      let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0
      guard length > 0, place + length <= word.count else { return false }
      var scalar = UInt32(lead) & (0x7F >> UInt32(length))
      for offset in 1..<length {
        guard word[place + offset] & 0xC0 == 0x80 else { return false }
        scalar = scalar << 6 | UInt32(word[place + offset] & 0x3F)
      }
      body(scalar)
      place += length
    }
    return true
  }

  static func bytes(_ scalars: some Sequence<UInt32>) -> [UInt8] {
    var result: [UInt8] = []
    for value in scalars {
      guard let scalar = Unicode.Scalar(value), let encoded = Unicode.UTF8.encode(scalar) else { return [] }
      result.append(contentsOf: encoded)
    }
    return result
  }

  // MARK: Letters

  private static let scriptCount = 5

  static func script(_ letter: UInt32) -> Int? {
    switch letter {
    case 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F, 0x1E00...0x1EFF: 0
    case 0x370...0x3FF: 1
    case 0x400...0x52F: 2
    case 0x590...0x5FF: 3
    case 0x600...0x6FF: 4
    default: nil
    }
  }

  static func isLetter(_ value: UInt32) -> Bool {
    switch value {
    case 0x41...0x5A, 0x61...0x7A: return true
    case 0..<0x80, 0xD7, 0xF7: return false
    default: return Unicode.Scalar(value)?.properties.isAlphabetic ?? false
    }
  }

  static func isLowercase(_ value: UInt32) -> Bool {
    if value < 0x80 { return value >= 0x61 && value <= 0x7A }
    guard let properties = Unicode.Scalar(value)?.properties else { return false }
    return properties.isAlphabetic && !properties.isUppercase
  }

  static func isUppercase(_ value: UInt32) -> Bool {
    if value < 0x80 { return value >= 0x41 && value <= 0x5A }
    return Unicode.Scalar(value)?.properties.isUppercase ?? false
  }

  private static func uppercased(_ value: UInt32) -> UInt32 {
    if value < 0x80 { return value >= 0x61 && value <= 0x7A ? value - 0x20 : value }
    guard let mapped = Unicode.Scalar(value)?.properties.uppercaseMapping.unicodeScalars, mapped.count == 1
    else {
      return value
    }
    return mapped.first?.value ?? value
  }

  // MARK: Edits

  /// The hashes of a word's beginnings and ends, of which those of its edits are made.
  private struct Hashes {
    /// heads[n]: of the first n; tails[n]: of those from n on; powers[n] = base^n.
    private var heads: [UInt64] = [0]
    private var tails: [UInt64]
    private var powers: [UInt64] = [1]
    private let count: Int

    init(_ word: [UInt32]) {
      count = word.count
      tails = [UInt64](repeating: 0, count: count + 1)
      for scalar in word {
        heads.append(heads[heads.count - 1] &* WordFilter.base &+ UInt64(scalar))
        powers.append(powers[powers.count - 1] &* WordFilter.base)
      }
      for place in stride(from: count - 1, through: 0, by: -1) {
        tails[place] = UInt64(word[place]) &* powers[count - 1 - place] &+ tails[place + 1]
      }
    }

    /// Of the word without `removed` letters.
    @inline(__always)
    func leavingOut(_ removed: Int, at place: Int) -> UInt64 {
      heads[place] &* powers[count - place - removed] &+ tails[place + removed]
    }

    /// Of the word with another letter in the place of `removed` ones.
    @inline(__always)
    func replacing(_ removed: Int, at place: Int, with letter: UInt32) -> UInt64 {
      let (head, power, tail) = parts(removed, at: place)
      return (head &+ UInt64(letter)) &* power &+ tail
    }

    /// Of the word with two others in the place of two letters.
    @inline(__always)
    func replacing(_ place: Int, with first: UInt32, _ second: UInt32) -> UInt64 {
      let (head, power, tail) = parts(2, at: place)
      return ((head &+ UInt64(first)) &* WordFilter.base &+ UInt64(second)) &* power &+ tail
    }

    /// The hash up to a place, and what it is multiplied with and added to behind `removed` letters of it.
    @inline(__always)
    func parts(_ removed: Int, at place: Int) -> (head: UInt64, power: UInt64, tail: UInt64) {
      (heads[place] &* WordFilter.base, powers[count - place - removed], tails[place + removed])
    }
  }

  /// Calls `body` with each spelling an edit away that a filter lets pass, as scalars.
  ///
  /// - Parameter isName: whether it is a name of code: its underscores may be missing, or wrong at its ends.
  func forEach(
    of word: [UInt32], isName: Bool = false, _ filter: some SpellingFilter, _ body: ([UInt32]) -> Void
  ) {
    let count = word.count
    guard count >= Self.shortestCount, count <= Self.longestByteCount,
      let script = word.lazy.compactMap({ Self.isLetter($0) ? Self.script($0) : nil }).first
    else { return }
    let hashes = Hashes(word)
    let letters = word.filter { Self.isLetter($0) }
    let isUpper = letters.count > 1 && letters.allSatisfy { Self.isUppercase($0) }
    let (lower, upper) = (alphabets[script], capitals[script])
    let joined = Self.joined(word, isName: isName)
    for place in 0...count {
      if joined.contains(place) { editJoins(word, place, hashes, filter, body) }
      let isLetterHere = place < count && Self.isLetter(word[place])
      // A capital may have gone with its letter, or been put in beside another one.
      let mayBeUpper =
        place == 0 || place < count && Self.isUppercase(word[place]) || Self.isUppercase(word[place - 1])
      if isLetterHere {
        // Left out; of a letter that is doubled the first one.
        if place == 0 || word[place] != word[place - 1], filter.mayContain(hashes.leavingOut(1, at: place)) {
          body(Array(word[..<place] + word[(place + 1)...]))
        }
        if mayBeUpper { exchange(word, place, upper, hashes, filter, body) }
        if !Self.isUppercase(word[place]) { exchange(word, place, lower, hashes, filter, body) }
        exchangeNeighbours(word, place, hashes, filter, body)
      }
      if (isLetterHere || place > 0 && Self.isLetter(word[place - 1])) && count < Self.longestByteCount {
        if mayBeUpper { insert(word, place, upper, hashes, filter, body) }
        if !isUpper { insert(word, place, lower, hashes, filter, body) }
      }
    }
  }

  private static let join = UInt32(UInt8(ascii: "_"))

  /// The places where underscores are edited: of a name of code all, of another word those behind its first letter up to its last
  /// one, where it has an underscore there.
  private static func joined(_ word: [UInt32], isName: Bool) -> Range<Int> {
    if isName { return 0..<word.count }
    guard let first = word.firstIndex(where: isLetter), let last = word.lastIndex(where: isLetter),
      word[first...last].contains(join)
    else { return 0..<0 }
    return first + 1..<last + 1
  }

  /// An underscore left out or put in, in the place of a letter, or exchanged with the letter beside it. `_count` is another name
  /// than `count`: at the ends of a name none is put in, and left out one of three.
  private func editJoins(
    _ word: [UInt32], _ place: Int, _ hashes: Hashes, _ filter: some SpellingFilter,
    _ body: ([UInt32]) -> Void
  ) {
    func edit(_ removed: Int, _ letters: [UInt32], _ hash: UInt64) {
      if filter.mayContain(hash) { body(Array(word[..<place] + letters + word[(place + removed)...])) }
    }
    let (own, join) = (word[place], Self.join)
    let isBehindJoin = place > 0 && word[place - 1] == join
    let isAmid =
      word[..<place].contains(where: Self.isLetter) && word[place...].contains(where: Self.isLetter)
    if own == join {
      let isOfThree = word[place...].prefix(3).elementsEqual([join, join, join])
      if !isBehindJoin && (isAmid || isOfThree) { edit(1, [], hashes.leavingOut(1, at: place)) }
    } else {
      if Self.isLetter(own) { edit(1, [join], hashes.replacing(1, at: place, with: join)) }
      if !isBehindJoin && isAmid && word.count < Self.longestByteCount {
        edit(0, [join], hashes.replacing(0, at: place, with: join))
      }
    }
    guard place + 1 < word.count, own == join || word[place + 1] == join else { return }
    let next = word[place + 1]
    guard own != next, Self.isLetter(own == join ? next : own) else { return }
    edit(2, [next, own], hashes.replacing(place, with: next, own))
  }

  /// Other letters in the place of one.
  private func exchange(
    _ word: [UInt32], _ place: Int, _ letters: [UInt32], _ hashes: Hashes, _ filter: some SpellingFilter,
    _ body: ([UInt32]) -> Void
  ) {
    let (head, power, tail) = hashes.parts(1, at: place)
    for letter in letters where letter != word[place] {
      guard filter.mayContain((head &+ UInt64(letter)) &* power &+ tail) else { continue }
      var edited = word
      edited[place] = letter
      body(edited)
    }
  }

  /// A letter put in; equal to the one before it, it is the same as behind that.
  private func insert(
    _ word: [UInt32], _ place: Int, _ letters: [UInt32], _ hashes: Hashes, _ filter: some SpellingFilter,
    _ body: ([UInt32]) -> Void
  ) {
    let (head, power, tail) = hashes.parts(0, at: place)
    for letter in letters where place == 0 || letter != word[place - 1] {
      guard filter.mayContain((head &+ UInt64(letter)) &* power &+ tail) else { continue }
      body(Array(word[..<place] + [letter] + word[place...]))
    }
  }

  /// A letter exchanged with the next one.
  private func exchangeNeighbours(
    _ word: [UInt32], _ place: Int, _ hashes: Hashes, _ filter: some SpellingFilter,
    _ body: ([UInt32]) -> Void
  ) {
    guard place + 1 < word.count, word[place] != word[place + 1], Self.isLetter(word[place + 1]) else {
      return
    }
    func exchange(_ first: UInt32, _ second: UInt32) {
      guard first != word[place], filter.mayContain(hashes.replacing(place, with: first, second)) else {
        return
      }
      var edited = word
      edited[place] = first
      edited[place + 1] = second
      body(edited)
    }
    var (first, second) = (word[place + 1], word[place])
    exchange(first, second)
    // "hTe" and "Hte" are both "The".
    if Self.isUppercase(second) != Self.isUppercase(first) {
      swapCase(&first, &second)
      exchange(first, second)
    }
  }

  private func swapCase(_ first: inout UInt32, _ second: inout UInt32) {
    guard let a = Unicode.Scalar(first), let b = Unicode.Scalar(second) else { return }
    func mapped(_ scalar: Unicode.Scalar, upper: Bool) -> UInt32 {
      let text =
        upper ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
      return text.unicodeScalars.count == 1 ? text.unicodeScalars.first?.value ?? scalar.value : scalar.value
    }
    let firstIsUpper = a.properties.isUppercase
    (first, second) = (mapped(a, upper: !firstIsUpper), mapped(b, upper: firstIsUpper))
  }

  /// Whether two words have the same letters, neighbours exchanged.
  static func isExchange(_ a: [UInt32], _ b: [UInt32]) -> Bool {
    guard a.count == b.count, let place = a.indices.first(where: { a[$0] != b[$0] }), place + 1 < a.count
    else { return false }
    return a[place] == b[place + 1] && a[place + 1] == b[place]
  }

  /// What kind of edit makes `meant` into `written`.
  static func slip(written: [UInt32], meant: [UInt32]) -> Slip {
    var prefix = 0
    while prefix < min(written.count, meant.count) && written[prefix] == meant[prefix] { prefix += 1 }
    if written.count == meant.count {
      guard prefix < written.count else { return .otherLetter }
      if prefix + 1 < written.count, written[prefix] != meant[prefix],
        written[prefix + 1] != meant[prefix + 1]
      {
        return .exchanged
      }
      return Keyboard.areNeighbours(written[prefix], meant[prefix]) ? .neighbour : .otherLetter
    }
    let longer = written.count > meant.count ? written : meant
    let isDoubled =
      prefix > 0 && longer[prefix] == longer[prefix - 1]
      || prefix + 1 < longer.count && longer[prefix] == longer[prefix + 1]
    if isDoubled { return .doubled }
    guard written.count > meant.count else { return .leftOut }
    let beside = [prefix - 1, prefix + 1].filter(written.indices.contains)
    return beside.contains { Keyboard.areNeighbours(written[prefix], written[$0]) } ? .neighbourPutIn : .putIn
  }
}

/// Which keys are beside each other, on the layouts that most people have.
enum Keyboard {
  private static let rows: [[String]] = [
    ["qwertyuiop", "asdfghjkl", "zxcvbnm"],
    ["qwertzuiopü", "asdfghjklöä", "yxcvbnm"],
    ["azertyuiop", "qsdfghjklm", "wxcvbn"],
    ["йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"],
  ]

  private static let pairs: Set<UInt64> = {
    var pairs: Set<UInt64> = []
    func add(_ a: Unicode.Scalar, _ b: Unicode.Scalar) {
      pairs.insert(UInt64(a.value) << 32 | UInt64(b.value))
      pairs.insert(UInt64(b.value) << 32 | UInt64(a.value))
    }
    for layout in rows {
      let keys = layout.map { Array($0.unicodeScalars) }
      for (row, letters) in keys.enumerated() {
        for (place, letter) in letters.enumerated() {
          if place + 1 < letters.count { add(letter, letters[place + 1]) }
          guard row + 1 < keys.count else { continue }
          // The row below is shifted by half a key to the right.
          for below in [place - 1, place] where keys[row + 1].indices.contains(below) {
            add(letter, keys[row + 1][below])
          }
        }
      }
    }
    return pairs
  }()

  static func areNeighbours(_ a: UInt32, _ b: UInt32) -> Bool {
    pairs.contains(UInt64(lower(a)) << 32 | UInt64(lower(b)))
  }

  private static func lower(_ value: UInt32) -> UInt32 {
    value >= 0x41 && value <= 0x5A ? value + 0x20 : value
  }
}
