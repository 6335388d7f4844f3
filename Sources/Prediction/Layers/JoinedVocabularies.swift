import LanguageModeling
import Platform

/// The words of a model and of the layers below it under one numbering, without a copy of any: the model's have their ids,
/// those of each layer follow behind all earlier ones, and a word that several have has the number that the first of them
/// gives it.
///
/// Memory: 4 bytes for each type of a layer, and 4 for each number before the layer's own.
final class JoinedVocabularies: Sendable {
  /// The model's first.
  let vocabularies: [Vocabulary]
  /// By vocabulary, where its numbers begin.
  private let firstNumbers: [UInt32]
  /// By vocabulary, the number of each of its ids; empty for the model's.
  private let numbers: [[UInt32]]
  /// By vocabulary, the id of each number before its own; 0 for what it lacks.
  private let ids: [[UInt32]]
  /// Numbers from here on are those of words that none has.
  let count: UInt32

  /// More numbers than these are not given: ids and their flags have to fit 32 bits.
  static let maximumCount = 1 << 28

  /// - Parameter vocabularies: the model's, then those of the layers; of `maximumCount` types at most, together.
  init(_ vocabularies: [Vocabulary]) {
    self.vocabularies = vocabularies
    var firstNumbers: [UInt32] = []
    var count: UInt32 = 0
    for vocabulary in vocabularies {
      firstNumbers.append(count)
      count += UInt32(max(vocabulary.count, Vocabulary.specials.count))
    }
    precondition(count <= Self.maximumCount, "too many types")
    self.firstNumbers = firstNumbers
    self.count = count
    var numbers: [[UInt32]] = []
    var ids: [[UInt32]] = []
    for (place, vocabulary) in vocabularies.enumerated() {
      let first = firstNumbers[place]
      var own = place == 0 ? [] : (0..<UInt32(vocabulary.count)).map { first + $0 }
      var known = [UInt32](repeating: 0, count: Int(first))
      for earlier in 0..<place {
        let start = firstNumbers[earlier]
        Self.forEachCommon(vocabularies[earlier], vocabulary) { theirs, id in
          // A word that one before has already is known by that one's number.
          guard earlier == 0 || numbers[earlier][Int(theirs)] == start + theirs else { return }
          own[Int(id)] = start + theirs
          known[Int(start + theirs)] = id
        }
      }
      numbers.append(own)
      ids.append(known)
    }
    self.numbers = numbers
    self.ids = ids
  }

  /// Calls `body` with the ids of each word that two vocabularies have: both are in order of bytes.
  private static func forEachCommon(_ a: Vocabulary, _ b: Vocabulary, _ body: (UInt32, UInt32) -> Void) {
    let first = UInt32(Vocabulary.specials.count)
    // A large vocabulary is not read through for the few words of a small one.
    if 16 * a.count < b.count {
      for id in first..<max(first, UInt32(a.count)) {
        let found = a.withBytes(of: TokenID(rawValue: id)) { b.id(of: $0) }
        if let found, found.rawValue >= first { body(id, found.rawValue) }
      }
      return
    }
    if 16 * b.count < a.count { return forEachCommon(b, a) { body($1, $0) } }
    var (left, right) = (first, first)
    while left < UInt32(a.count) && right < UInt32(b.count) {
      let order = a.withBytes(of: TokenID(rawValue: left)) { one in
        b.withBytes(of: TokenID(rawValue: right)) { other -> Int in
          let common = min(one.count, other.count)
          let difference = common == 0 ? 0 : Int(memcmp(one.baseAddress!, other.baseAddress!, common))
          return difference != 0 ? difference : one.count - other.count
        }
      }
      if order == 0 { body(left, right) }
      if order <= 0 { left += 1 }
      if order >= 0 { right += 1 }
    }
  }

  /// The id that a vocabulary has for a number; 0 (`<unk>`) where it lacks the word. The numbers below 3 are ids.
  @inline(__always)
  func id(of number: UInt32, in place: Int) -> UInt32 {
    let first = firstNumbers[place]
    if number < first { return number < 3 ? number : ids[place][Int(number)] }
    let id = number - first
    return id < UInt32(vocabularies[place].count) ? id : 0
  }

  /// The number of a vocabulary's id; that of `<unk>` for an id outside it, which a damaged file may have.
  @inline(__always)
  func number(of id: UInt32, in place: Int) -> UInt32 {
    guard id < UInt32(vocabularies[place].count) else { return 0 }
    return place == 0 ? id : numbers[place][Int(id)]
  }

  /// The number of a word that one of the vocabularies has; nil for others, and for the special types.
  func number(of word: UnsafeRawBufferPointer) -> UInt32? {
    for (place, vocabulary) in vocabularies.enumerated() {
      if let id = vocabulary.id(of: word), id.index >= Vocabulary.specials.count {
        return firstNumbers[place] + id.rawValue
      }
    }
    return nil
  }

  /// Gives the bytes of the word with a number below `count` to `body`.
  @inline(__always)
  func withBytes<Result>(of number: UInt32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    var place = vocabularies.count - 1
    while place > 0 && number < firstNumbers[place] { place -= 1 }
    return vocabularies[place].withBytes(of: TokenID(rawValue: number - firstNumbers[place]), body)
  }

  /// Memory held, in bytes.
  var byteCount: Int { 4 * (numbers.reduce(0) { $0 + $1.count } + ids.reduce(0) { $0 + $1.count }) }
}
