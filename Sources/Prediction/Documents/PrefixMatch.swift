import Platform

/// How a word agrees with what is typed, the best first.
public enum PrefixMatch: Int, Comparable, Hashable, Sendable {
  /// It begins with what is typed.
  case exact
  /// In another case.
  case caseInsensitive
  /// With other accents, or written with other characters for the same.
  case accents
  /// What is typed is read off the beginnings of its parts, as `gWC` off `getWordCount`.
  case humps
  /// One of its parts begins with what is typed, as `Count` does.
  case inner
  /// It begins with what is typed but for one slip of the finger.
  case slip

  public static func < (a: PrefixMatch, b: PrefixMatch) -> Bool { a.rawValue < b.rawValue }

  /// How `word` agrees with `typed`, or nil if it does not. The word may be typed whole.
  ///
  /// - Parameter allowsSlip: whether one slip of the finger is forgiven where what is typed is long enough.
  static func of(
    _ word: UnsafeRawBufferPointer, typed: TypedWord, allowsSlip: Bool = false
  ) -> PrefixMatch? {
    if begins(word, with: typed.bytes) { return .exact }
    guard allowsSlip || typed.signature.areLetters(in: word) else { return nil }
    if let match = foldedMatch(word, typed) { return match }
    if typed.bytes.count >= 2, matchesHumps(word, typed.folded) { return .humps }
    if typed.folded.count >= shortestInner, beginsAnInnerPart(word, typed.folded) { return .inner }
    return allowsSlip && isOneSlipAway(word, typed.folded) ? .slip : nil
  }

  private static func begins(_ word: UnsafeRawBufferPointer, with typed: [UInt8]) -> Bool {
    typed.withUnsafeBytes { typed in
      typed.count <= word.count
        && (typed.isEmpty || memcmp(word.baseAddress!, typed.baseAddress!, typed.count) == 0)
    }
  }

  /// The match with the letters of what is typed, in whatever case and with whatever accents.
  private static func foldedMatch(_ word: UnsafeRawBufferPointer, _ typed: TypedWord)
    -> PrefixMatch?
  {
    if typed.isASCII, word.count >= typed.bytes.count,
      zip(word, typed.folded).allSatisfy({ Folding.lowercased($0) == $1 })
    {
      return .caseInsensitive
    }
    guard !typed.isASCII || word.contains(where: { $0 >= 0x80 }) else { return nil }
    guard Folding.folded(word).starts(with: typed.folded) else { return nil }
    let lower = String(decoding: word, as: UTF8.self).lowercased()
    return lower.utf8.starts(with: String(decoding: typed.bytes, as: UTF8.self).lowercased().utf8)
      ? .caseInsensitive : .accents
  }

  // MARK: Parts of names

  /// Shorter beginnings are those of some part of nearly anything.
  static let shortestInner = 3

  /// Whether `typed`, folded, can be read off the beginnings of the word's parts, the first one's included.
  private static func matchesHumps(_ word: UnsafeRawBufferPointer, _ typed: [UInt8]) -> Bool {
    guard typed.count <= word.count, word.count <= 64 else { return false }
    var first = 0
    // An underscore in front is not typed by those who type initials.
    if typed[0] != UInt8(ascii: "_") {
      while first < word.count && word[first] == UInt8(ascii: "_") { first += 1 }
    }
    guard first < word.count, Folding.lowercased(word[first]) == typed[0] else { return false }
    // The places where the bytes typed so far can end, as bits.
    var places: UInt64 = 1 << UInt64(first)
    for wanted in typed.dropFirst() {
      var next: UInt64 = 0
      for place in min(places.trailingZeroBitCount + 1, word.count)..<word.count
      where Folding.lowercased(word[place]) == wanted {
        if places >> UInt64(place - 1) & 1 != 0 || NameParts.begins(word, at: place) {
          next |= 1 << UInt64(place)
        }
      }
      if next == 0 { return false }
      places = next
    }
    return true
  }

  private static func beginsAnInnerPart(_ word: UnsafeRawBufferPointer, _ typed: [UInt8]) -> Bool {
    guard typed.count < word.count, word.count <= NameParts.maximumByteCount else { return false }
    let first = typed[0]
    for place in 1...word.count - typed.count {
      guard Folding.lowercased(word[place]) == first, NameParts.begins(word, at: place) else { continue }
      if zip(word[place...], typed).allSatisfy({ Folding.lowercased($0) == $1 }) { return true }
    }
    return false
  }

  // MARK: Slips

  /// Shorter beginnings are one slip away from too much.
  static let shortestSlip = 4

  /// Whether what is typed, folded, is a beginning of the word but for a letter that is left out, too much or another one,
  /// or two that are exchanged; the first letter is right.
  private static func isOneSlipAway(_ word: UnsafeRawBufferPointer, _ typed: [UInt8]) -> Bool {
    guard typed.count >= shortestSlip, word.count + 1 >= typed.count else { return false }
    // Most words begin otherwise, and need not be folded to be told.
    if word[0] < 0x80, Folding.lowercased(word[0]) != typed[0] { return false }
    let bytes = Folding.folded(word)
    guard bytes.first == typed[0] else { return false }
    var place = 0
    while place < typed.count, place < bytes.count, typed[place] == bytes[place] { place += 1 }
    if place == typed.count { return true }
    func goesOn(_ typedPlace: Int, _ wordPlace: Int) -> Bool {
      let rest = typed[min(typedPlace, typed.count)...]
      return wordPlace <= bytes.count && bytes[wordPlace...].starts(with: rest)
    }
    // Too much, left out, another one, exchanged.
    if goesOn(place + 1, place) || goesOn(place, place + 1) || goesOn(place + 1, place + 1) { return true }
    return place + 1 < typed.count && place + 1 < bytes.count && typed[place] == bytes[place + 1]
      && typed[place + 1] == bytes[place] && goesOn(place + 2, place + 2)
  }
}
