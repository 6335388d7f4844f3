import LanguageModeling
import Platform
import Privacy

/// The words of a session and their numbers: those of the model's vocabulary keep their ids there, and each word
/// that only open documents have gets the next free number after them.
///
/// Shared by all documents whose counts meet in one cache. The number of a word outside the vocabulary stays valid while
/// a token sequence that was made here holds it, or a use is open; what nobody holds any more is forgotten once there is
/// more of it than of the rest, and its number given to another word. Typing makes a word of every letter: without this
/// a session's memory would grow with every key.
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
  /// The model's layers, whose words have numbers behind its own; nil where there are none.
  let layers: LayerStack?
  /// Numbers from here on are those of words outside the model's vocabulary.
  let modelCount: UInt32
  /// Numbers from here on are those of words that neither the model nor its layers have.
  public let firstUnknownID: UInt32
  /// Reads words that were forgotten on request as `Tokenization.redacted`; they are not to be offered either.
  let types: TypeReader
  public var forgotten: ForgottenWords { types.forgotten }
  private let ranks: [UInt32: Int]?
  private let table: ReadWriteLock<WordTable>
  private let forgottenIDs: Set<UInt32>

  /// - Parameters:
  ///   - vocabulary: the model's; nil without a model.
  ///   - structuralIDs: the model's structural words by falling frequency; nil without a model.
  public convenience init(
    vocabulary: Vocabulary?, structuralIDs: [UInt32]? = nil, forgotten: ForgottenWords = ForgottenWords()
  ) {
    self.init(vocabulary: vocabulary, structuralIDs: structuralIDs, forgotten: forgotten, layers: nil)
  }

  /// - Parameter layers: those of the model.
  init(vocabulary: Vocabulary?, structuralIDs: [UInt32]?, forgotten: ForgottenWords, layers: LayerStack?) {
    self.vocabulary = vocabulary
    self.layers = layers
    types = TypeReader(forgotten: forgotten)
    var forgottenIDs: Set<UInt32> = []
    if !forgotten.isEmpty, let vocabulary {
      for id in UInt32(Vocabulary.specials.count)..<UInt32(max(vocabulary.count, Vocabulary.specials.count))
      where vocabulary.withBytes(of: TokenID(rawValue: id), { forgotten.contains($0) }) {
        forgottenIDs.insert(id)
      }
    }
    modelCount = UInt32(max(vocabulary?.count ?? 0, 3))
    firstUnknownID = layers?.joined.count ?? modelCount
    if !forgotten.isEmpty, let joined = layers?.joined {
      for number in modelCount..<firstUnknownID
      where joined.withBytes(of: number, { forgotten.contains($0) }) { forgottenIDs.insert(number) }
    }
    self.forgottenIDs = forgottenIDs
    ranks = structuralIDs.map {
      Dictionary($0.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }
    table = ReadWriteLock(WordTable())
  }

  /// The number of a word, given one if it is new.
  public func id(of word: String) -> UInt32 {
    var word = word
    return word.withUTF8 { bytes in withInterning { $0.intern(UnsafeRawBufferPointer(bytes)).id } }
  }

  /// The number that a word has, if any.
  func knownID(of word: [UInt8]) -> UInt32? { word.withUnsafeBytes { knownID(of: $0) } }

  func knownID(of word: UnsafeRawBufferPointer) -> UInt32? {
    if let number = number(ofKnown: word) { return number }
    return table.withReading { $0.find(word, hash: WordTable.hash(word))?.id }
  }

  /// The numbers that many words have, if any.
  ///
  /// - Parameters:
  ///   - count: of the words.
  ///   - word: the bytes of each, valid until this returns.
  func knownIDs(ofWords count: Int, _ word: (Int) -> UnsafeRawBufferPointer) -> [UInt32?] {
    var numbers: [UInt32?]
    if layers == nil, let vocabulary {
      numbers = vocabulary.ids(ofTypes: count, word).map { id in
        id.flatMap { $0.index >= Vocabulary.specials.count ? $0.rawValue : nil }
      }
    } else {
      numbers = (0..<count).map { number(ofKnown: word($0)) }
    }
    table.withReading { table in
      for place in 0..<count where numbers[place] == nil {
        numbers[place] = table.find(word(place), hash: WordTable.hash(word(place)))?.id
      }
    }
    return numbers
  }

  /// The number of a word of the model or of its layers.
  @inline(__always)
  private func number(ofKnown word: UnsafeRawBufferPointer) -> UInt32? {
    if let layers { return layers.joined.number(of: word) }
    guard let id = vocabulary?.id(of: word), id.index >= Vocabulary.specials.count else { return nil }
    return id.rawValue
  }

  /// Whether any of the model's words were forgotten on request.
  var forgetsWords: Bool { !forgottenIDs.isEmpty }

  /// Whether a word of the model was forgotten on request.
  @inline(__always) func isForgotten(_ id: UInt32) -> Bool { forgottenIDs.contains(id) }

  /// The bytes of a word.
  public func bytes(of id: UInt32) -> [UInt8] {
    if id < firstUnknownID {
      if let layers { return layers.joined.withBytes(of: id) { Array($0) } }
      return vocabulary?.bytes(of: TokenID(rawValue: id)) ?? []
    }
    return table.withReading { $0.bytes(ofUnknown: Int(id - firstUnknownID)) }
  }

  /// Reads many words under one lock, as others may at the same time.
  func withReading<Result>(_ body: (Reading) -> Result) -> Result {
    table.withReading { table in body(Reading(lexicon: self, table: table)) }
  }

  /// One object, so that what keeps it for a moment, a word at a time, counts one reference and not one for each array of
  /// the table.
  final class Reading {
    let lexicon: Lexicon
    let table: WordTable

    init(lexicon: Lexicon, table: WordTable) {
      self.lexicon = lexicon
      self.table = table
    }

    /// Whether a word may agree with what is typed: a look at what is kept of it, not at its bytes. Words of the
    /// vocabulary all may.
    @inline(__always)
    func mayAgree(_ id: UInt32, with typed: WordSignature, allowsSlip: Bool) -> Bool {
      id < lexicon.firstUnknownID
        || table.mayAgree(Int(id - lexicon.firstUnknownID), with: typed, allowsSlip: allowsSlip)
    }

    /// Another one whenever numbers were given to other words.
    var numbering: Int { table.numbering }

    /// Gives the bytes of a word to `body`.
    @inline(__always)
    func withBytes<Result>(of id: UInt32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
      if id >= lexicon.firstUnknownID {
        return table.withBytes(ofUnknown: Int(id - lexicon.firstUnknownID), body)
      }
      if let layers = lexicon.layers { return layers.joined.withBytes(of: id, body) }
      guard let vocabulary = lexicon.vocabulary else {
        return body(UnsafeRawBufferPointer(start: nil, count: 0))
      }
      return vocabulary.withBytes(of: TokenID(rawValue: id), body)
    }
  }

  /// The word as a string, malformed UTF-8 repaired.
  public func string(of id: UInt32) -> String { String(decoding: bytes(of: id), as: UTF8.self) }

  /// Whether the vocabulary of the model or of one of its layers has the word.
  @inline(__always) func isKnown(_ id: UInt32) -> Bool { id < firstUnknownID }

  /// Another one whenever words of no document have lost their numbers, which others may have from then on.
  var numbering: Int { table.withReading { $0.numbering } }

  // MARK: Who holds which words

  /// Until `endUse`, words that are looked up keep their numbers though no sequence holds them.
  func beginUse() { table.withWriting { $0.openUseCount += 1 } }

  func endUse() {
    table.withWriting { table in
      table.openUseCount -= 1
      table.forgetUnheldWords(firstUnknownID: firstUnknownID)
    }
  }

  /// A sequence's tokens are exchanged: it holds the words of `inserted` from now on, and no longer those of `removed`.
  func exchange(_ removed: ArraySlice<UInt32>, for inserted: [UInt32]) {
    table.withWriting { table in
      for id in inserted where id >= firstUnknownID { table.hold(Int(id - firstUnknownID)) }
      for id in removed where id >= firstUnknownID { table.release(Int(id - firstUnknownID)) }
    }
  }

  /// A sequence is no longer used.
  func release(_ sequence: TokenSequence) {
    table.withWriting { table in
      for id in sequence.tokenIDs where id >= firstUnknownID { table.release(Int(id - firstUnknownID)) }
      table.forgetUnheldWords(firstUnknownID: firstUnknownID)
    }
  }

  /// How many words outside the vocabulary have a number.
  var unknownWordCount: Int { table.withReading { $0.unknown.count - $0.freeNumbers.count } }

  /// Numbers words one after the other under one lock.
  func withInterning<Result>(_ body: (inout Interning) -> Result) -> Result {
    table.withWriting { table in
      var interning = Interning(lexicon: self, table: table)
      table = WordTable(isEmpty: ())
      let result = body(&interning)
      table = interning.table
      return result
    }
  }

  struct Interning {
    let lexicon: Lexicon
    var table: WordTable

    /// The words of a new sequence are held from now on.
    mutating func hold(_ sequence: TokenSequence) {
      let first = lexicon.firstUnknownID
      for id in sequence.tokenIDs where id >= first { table.hold(Int(id - first)) }
    }

    mutating func intern(_ bytes: UnsafeRawBufferPointer) -> Word {
      let hash = WordTable.hash(bytes)
      if let found = table.find(bytes, hash: hash) { return found }
      if lexicon.types.isForgotten(bytes) {
        let word = intern(lexicon.types.type(of: bytes))
        table.insert(word, bytes: bytes, hash: hash)
        return word
      }
      let id: UInt32
      var rank: Int?
      if let known = lexicon.number(ofKnown: bytes) {
        id = known
        rank = lexicon.ranks?[id]
      } else {
        id = lexicon.firstUnknownID + table.numberNextEntry(bytes)
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
