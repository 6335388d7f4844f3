import LanguageModeling
import Platform
import Synchronization

/// The words of a session and their numbers: those of the model's vocabulary keep their ids there, and each word
/// that only open documents have gets the next free number after them.
///
/// Shared by all documents whose counts meet in one cache. Words are never forgotten: a number stays valid.
public final class Lexicon: Sendable {
  /// A word's number and what it looks like to abstracted contexts.
  struct Word: BitwiseCopyable, Sendable {
    var id: UInt32
    /// As the model's list has it, or where there is no list, by the word's shape.
    var tokenClass: TokenClass
    /// For a keyword or an operator where there is no model to say what is structural.
    var structuralClass: TokenClass
  }

  public let vocabulary: Vocabulary?
  /// Numbers from here on are those of words outside the vocabulary.
  public let firstUnknownID: UInt32
  /// Words that were forgotten on request: to be read as `Tokenization.redacted`, and not to be offered.
  public let forgotten: ForgottenWords
  private let ranks: [UInt32: Int]?
  private let table: Mutex<WordTable>
  private let forgottenIDs: Set<UInt32>

  /// - Parameters:
  ///   - vocabulary: the model's; nil without a model.
  ///   - structuralIDs: the model's structural words by falling frequency; nil without a model.
  public init(
    vocabulary: Vocabulary?, structuralIDs: [UInt32]? = nil, forgotten: ForgottenWords = ForgottenWords()
  ) {
    self.vocabulary = vocabulary
    self.forgotten = forgotten
    var forgottenIDs: Set<UInt32> = []
    if !forgotten.isEmpty, let vocabulary {
      for id in UInt32(Vocabulary.specials.count)..<UInt32(max(vocabulary.count, Vocabulary.specials.count))
      where vocabulary.withBytes(of: TokenID(rawValue: id), { forgotten.contains($0) }) {
        forgottenIDs.insert(id)
      }
    }
    self.forgottenIDs = forgottenIDs
    firstUnknownID = UInt32(max(vocabulary?.count ?? 0, 3))
    ranks = structuralIDs.map {
      Dictionary($0.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }
    table = Mutex(WordTable())
  }

  /// The number of a word, given one if it is new.
  public func id(of word: String) -> UInt32 {
    var word = word
    return word.withUTF8 { bytes in withInterning { $0.intern(UnsafeRawBufferPointer(bytes)).id } }
  }

  /// The number that a word has, if any.
  func knownID(of word: [UInt8]) -> UInt32? {
    word.withUnsafeBytes { bytes in
      if let id = vocabulary?.id(of: bytes), id.index >= Vocabulary.specials.count { return id.rawValue }
      return table.withLock { $0.find(bytes, hash: WordTable.hash(bytes))?.id }
    }
  }

  /// Whether any of the model's words were forgotten on request.
  var forgetsWords: Bool { !forgottenIDs.isEmpty }

  /// Whether a word of the model was forgotten on request.
  @inline(__always) func isForgotten(_ id: UInt32) -> Bool { forgottenIDs.contains(id) }

  /// The bytes of a word.
  public func bytes(of id: UInt32) -> [UInt8] {
    if id < firstUnknownID { return vocabulary?.bytes(of: TokenID(rawValue: id)) ?? [] }
    return table.withLock { $0.bytes(ofUnknown: Int(id - firstUnknownID)) }
  }

  /// Reads many words under one lock.
  func withReading<Result>(_ body: (Reading) -> Result) -> Result {
    table.withLock { table in body(Reading(lexicon: self, table: table)) }
  }

  struct Reading {
    let lexicon: Lexicon
    fileprivate let table: WordTable

    /// Gives the bytes of a word to `body`.
    @inline(__always)
    func withBytes<Result>(of id: UInt32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
      if id >= lexicon.firstUnknownID {
        return table.withBytes(ofUnknown: Int(id - lexicon.firstUnknownID), body)
      }
      guard let vocabulary = lexicon.vocabulary else {
        return body(UnsafeRawBufferPointer(start: nil, count: 0))
      }
      return vocabulary.withBytes(of: TokenID(rawValue: id), body)
    }
  }

  /// The word as a string, malformed UTF-8 repaired.
  public func string(of id: UInt32) -> String { String(decoding: bytes(of: id), as: UTF8.self) }

  /// Whether the model's vocabulary has the word.
  @inline(__always) func isKnown(_ id: UInt32) -> Bool { id < firstUnknownID }

  /// Numbers words one after the other under one lock.
  func withInterning<Result>(_ body: (inout Interning) -> Result) -> Result {
    table.withLock { table in
      var interning = Interning(lexicon: self, table: table)
      table = WordTable(isEmpty: ())
      let result = body(&interning)
      table = interning.table
      return result
    }
  }

  struct Interning {
    let lexicon: Lexicon
    fileprivate var table: WordTable

    mutating func intern(_ bytes: UnsafeRawBufferPointer) -> Word {
      let hash = WordTable.hash(bytes)
      if let found = table.find(bytes, hash: hash) { return found }
      if lexicon.forgotten.contains(bytes) {
        let word = Tokenization.redacted.withUnsafeBytes { intern($0) }
        table.insert(word, bytes: bytes, hash: hash)
        return word
      }
      var id = lexicon.firstUnknownID + UInt32(table.unknown.count)
      var rank: Int?
      if let known = lexicon.vocabulary?.id(of: bytes), known.index >= Vocabulary.specials.count {
        id = known.rawValue
        rank = lexicon.ranks?[id]
      } else {
        table.unknown.append(UInt32(table.entries.count))
      }
      let structural =
        rank.map { TokenClass(rank: $0, bytes: bytes) } ?? TokenClass(unrankedID: id, bytes: bytes)
      let isStructural = rank != nil || TokenClass.isPunctuation(bytes)
      let word = Word(
        id: id, tokenClass: isStructural ? structural : TokenClass(shape: WordShape(bytes)),
        structuralClass: lexicon.ranks == nil
          ? structural : isStructural ? structural : TokenClass(shape: WordShape(bytes)))
      table.insert(word, bytes: bytes, hash: hash)
      return word
    }
  }
}

/// Words by their bytes: open addressing over entries that point into one array of bytes.
private struct WordTable {
  struct Entry {
    var offset: Int
    var count: UInt32
    var hash: UInt32
    var word: Lexicon.Word
  }

  var entries: [Entry] = []
  /// The entries of the words outside the vocabulary, in the order of their numbers.
  var unknown: [UInt32] = []
  private var bytes: [UInt8] = []
  /// Index into `entries` plus one; 0 for a free place.
  private var places: [UInt32]

  init() { places = [UInt32](repeating: 0, count: 1 << 10) }
  /// Holds the place of a table that was taken out; not usable.
  init(isEmpty: ()) { places = [] }

  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(bytes.count)
    var offset = 0
    while offset + 8 <= bytes.count {
      hash = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
      offset += 8
    }
    while offset < bytes.count {
      hash = (hash ^ UInt64(bytes[offset])) &* 0x0000_0100_0000_01B3
      offset += 1
    }
    hash ^= hash >> 32
    hash = hash &* 0xFF51_AFD7_ED55_8CCD
    return UInt32(truncatingIfNeeded: hash >> 32)
  }

  func find(_ word: UnsafeRawBufferPointer, hash: UInt32) -> Lexicon.Word? {
    places.withUnsafeBufferPointer { places in
      entries.withUnsafeBufferPointer { entries in
        bytes.withUnsafeBytes { bytes in
          let mask = places.count - 1
          var place = Int(hash) & mask
          while places[place] != 0 {
            let entry = entries[Int(places[place]) - 1]
            if entry.hash == hash && Int(entry.count) == word.count
              && (word.isEmpty
                || memcmp(bytes.baseAddress! + entry.offset, word.baseAddress!, word.count) == 0)
            {
              return entry.word
            }
            place = (place + 1) & mask
          }
          return nil
        }
      }
    }
  }

  mutating func insert(_ word: Lexicon.Word, bytes new: UnsafeRawBufferPointer, hash: UInt32) {
    entries.append(Entry(offset: bytes.count, count: UInt32(new.count), hash: hash, word: word))
    bytes.append(contentsOf: new)
    if entries.count * 4 > places.count * 3 {
      places = [UInt32](repeating: 0, count: places.count * 2)
      for index in entries.indices { place(index) }
    } else {
      place(entries.count - 1)
    }
  }

  private mutating func place(_ index: Int) {
    let mask = places.count - 1
    var place = Int(entries[index].hash) & mask
    while places[place] != 0 { place = (place + 1) & mask }
    places[place] = UInt32(index + 1)
  }

  func bytes(ofUnknown index: Int) -> [UInt8] { withBytes(ofUnknown: index) { Array($0) } }

  func withBytes<Result>(ofUnknown index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    guard index >= 0 && index < unknown.count else {
      return body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    let entry = entries[Int(unknown[index])]
    return bytes.withUnsafeBytes { bytes in
      body(UnsafeRawBufferPointer(rebasing: bytes[entry.offset..<entry.offset + Int(entry.count)]))
    }
  }
}
