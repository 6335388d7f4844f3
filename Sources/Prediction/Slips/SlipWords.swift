import LanguageModeling
import Lexing
import NGrams

/// Which words are known where slips are looked for, and which of them are an edit away from a word.
///
/// Holds scratch memory of one search; whoever owns it serialises access.
final class SlipWords {
  /// What the search knows of a word.
  final class Word {
    var scalars: [UInt32] = []
    var letterCount = 0
    var hasDigit = false
    /// Whether all of it is letters, and what joins them.
    var isPlain = false
    /// Whether nobody has seen it: neither the model nor the neighbours, and the document once only, in no other case.
    var isNew = false
    /// Whether it is letters and apostrophes alone.
    var isLettersOnly = false
    var startsUpper = false
    var hasLower = false
    /// Whether a capital stands behind a small letter, as in names of code.
    var isCamelCase = false
    /// Whether it is written in capitals only, as in headings: of what follows what in them little is known.
    var isCapitals: Bool { !hasLower && letterCount > 1 }
    /// `MTAs`
    var isPluralOfCapitals = false
    /// Of a new word in several parts: whether each is known.
    var hasKnownParts = false
    /// Of a new word in several parts: in which lists each is, or known, a bit a list.
    fileprivate var partsKnownIn: UInt8 = 0
    /// In which lists it or each of its parts is, and is among the first 63; a bit a list.
    var spelledIn: UInt8 = 0
    var frequentIn: UInt8 = 0
    /// Whether such words tell which language a text is in: small letters alone, no names.
    var tellsLanguage: Bool { isLettersOnly && !startsUpper && !isCamelCase && letterCount > 1 }

    /// Whether a language has it, or each of its parts; nil is no language.
    func isSpelled(in list: Int?) -> Bool { list.map { spelledIn & 1 << UInt8($0) != 0 } ?? false }

    func hasKnownParts(in list: Int?) -> Bool {
      hasKnownParts || list.map { partsKnownIn & 1 << UInt8($0) != 0 } ?? false
    }
  }

  let lexicon: Lexicon
  private let scorer: SlipScorer
  private let vocabularyFilter: WordFilter?
  let documentWords: DocumentWords
  let lists: [SpelledWords]
  private let memory: SlipMemory
  /// Of words that are not of the model.
  private var words = NumberTable<Word>()
  private var wordsOnlyHere = NumberTable<Word>()
  /// By words: of known ones, of new ones where no list counts, and of new ones where each list does; then the same of names of code.
  private var neighbours: [NumberTable<[UInt32]>]
  private var lowered: [UInt32: UInt32?] = [:]
  /// By new words: see `compoundsAway`.
  var compounds: [UInt32: [UInt32]] = [:]

  /// The words outside the vocabulary that the document and its neighbours have, as long as their counts stay.
  struct DocumentWords {
    fileprivate let filter: WordFilter
    let edits: WordEdits
    private let changes: [Int?]

    fileprivate init(_ scorer: SlipScorer, lexicon: Lexicon, vocabularyFilter: WordFilter?) {
      var unknown: [UInt32] = []
      let first = lexicon.modelCount
      scorer.document.forEachToken { if $0 >= first { unknown.append($0) } }
      scorer.neighbours?.forEachToken { if $0 >= first { unknown.append($0) } }
      var filter = WordFilter(capacity: unknown.count)
      lexicon.withReading { reading in
        for id in unknown { reading.withBytes(of: id) { filter.insert($0) } }
      }
      var letters = vocabularyFilter?.letters ?? [:]
      letters.merge(filter.letters) { $0 + $1 }
      edits = WordEdits(letters: letters, wordCount: (vocabularyFilter?.count ?? 0) + filter.count)
      self.filter = filter
      changes = Self.changes(scorer)
    }

    /// Whether the counts are those that the words are of.
    fileprivate func areCurrent(_ scorer: SlipScorer) -> Bool { changes == Self.changes(scorer) }

    private static func changes(_ scorer: SlipScorer) -> [Int?] {
      [scorer.document.changeCount, scorer.neighbours?.changeCount]
    }
  }

  /// - Parameters:
  ///   - documentWords: of an earlier search of the same document; of this one afterwards.
  ///   - memory: of earlier searches by the same lexicon and lists.
  init(
    lexicon: Lexicon, scorer: SlipScorer, vocabularyFilter: WordFilter?,
    documentWords: inout DocumentWords?, memory: SlipMemory
  ) {
    self.memory = memory
    self.lexicon = lexicon
    self.scorer = scorer
    lists = scorer.lists
    neighbours = Array(repeating: NumberTable(), count: 2 * (lists.count + 2))
    self.vocabularyFilter = vocabularyFilter
    if let kept = documentWords, kept.areCurrent(scorer) {
      self.documentWords = kept
    } else {
      self.documentWords = DocumentWords(scorer, lexicon: lexicon, vocabularyFilter: vocabularyFilter)
      documentWords = self.documentWords
    }
  }

  /// What is known of a word.
  func word(_ id: UInt32) -> Word {
    let isKnown = lexicon.isKnown(id)
    if let found = isKnown ? memory.words[id] : words[id] { return found }
    let made = describe(id)
    if isKnown { memory.words.insert(made, for: id) } else { words.insert(made, for: id) }
    return made
  }

  /// What is known of a word of the vocabulary that stands in one place of the training text, the one that is looked at.
  func wordOnlyHere(_ id: UInt32) -> Word {
    if let known = wordsOnlyHere[id] { return known }
    let made = describe(id, isUnknown: true)
    wordsOnlyHere.insert(made, for: id)
    return made
  }

  private func describe(_ id: UInt32, isUnknown: Bool = false) -> Word {
    let word = Word()
    let bytes = lexicon.bytes(of: id)
    guard bytes.count <= WordEdits.longestByteCount,
      let scalars = bytes.withUnsafeBytes({ WordEdits.scalars($0) })
    else { return word }
    word.scalars = scalars
    word.isPlain = !scalars.isEmpty
    word.isLettersOnly = word.isPlain
    for scalar in scalars {
      if WordEdits.isLetter(scalar) {
        word.letterCount += 1
        if !WordEdits.isUppercase(scalar) {
          word.hasLower = true
        } else if word.hasLower {
          word.isCamelCase = true
        }
        continue
      }
      if !Self.isApostrophe(scalar) { word.isLettersOnly = false }
      if scalar >= 0x30 && scalar <= 0x39 {
        word.hasDigit = true
      } else if !Self.joins(scalar) {
        word.isPlain = false
      }
    }
    word.startsUpper = scalars.first.map { WordEdits.isUppercase($0) } ?? false
    word.isPluralOfCapitals =
      scalars.count > 2 && scalars.last == 0x73 && scalars.dropLast().allSatisfy { WordEdits.isUppercase($0) }
    if word.isPlain {
      for (list, words) in lists.enumerated() where words.spells(scalars) {
        word.spelledIn |= 1 << UInt8(list)
        if let rank = words.rank(scalars), rank <= 6 { word.frequentIn |= 1 << UInt8(list) }
      }
    }
    guard word.isPlain, word.letterCount >= 3, isUnknown || !lexicon.isKnown(id) else { return word }
    let (own, others) = (Int(scorer.document.count(of: id)), scorer.occurrences(of: id).others)
    guard own <= 1, others == 0 else { return word }
    word.isNew = !isKnownInAnotherCase(scalars, than: id)
    if word.isNew {
      word.hasKnownParts = hasKnownParts(scalars, nil)
      for (list, words) in lists.enumerated() where hasKnownParts(scalars, words) {
        word.partsKnownIn |= 1 << UInt8(list)
      }
    }
    return word
  }

  private static func isApostrophe(_ scalar: UInt32) -> Bool {
    scalar == 0x27 || scalar == 0x2019 || (0x300...0x36F).contains(scalar)
  }

  private static func joins(_ scalar: UInt32) -> Bool {
    // Hyphens, apostrophes, the underscore, marks on letters.
    switch scalar {
    case 0x27, 0x2D, 0x5F, 0x2019, 0x2010, 0x2011, 0xAD, 0x300...0x36F: true
    default: false
    }
  }

  /// Whether a word occurs anywhere: in the model, in the neighbours, or in the document but for what is taken out.
  func isKnown(_ id: UInt32) -> Bool {
    if lexicon.isKnown(id) { return !lexicon.isForgotten(id) }
    let (own, others) = scorer.occurrences(of: id)
    return own + others > 0
  }

  /// The same, of words that stand once only in what is open, and may be slips themselves, none.
  func isKnownForCertain(_ id: UInt32) -> Bool {
    if lexicon.isKnown(id) { return !lexicon.isForgotten(id) }
    let (own, others) = scorer.occurrences(of: id)
    return own + others > 1
  }

  /// The same, wherever the search is just now.
  private func isKnownAnywhere(_ id: UInt32) -> Bool {
    if lexicon.isKnown(id) { return !lexicon.isForgotten(id) }
    return scorer.document.count(of: id) > 0 || scorer.occurrences(of: id).others > 0
  }

  private func isKnownInAnotherCase(_ scalars: [UInt32], than id: UInt32) -> Bool {
    var variants = [Self.lowercased(scalars)]
    if let first = variants[0].first {
      variants.append(Self.capitalized(first) + variants[0].dropFirst())
    }
    variants.append(variants[0].flatMap { Self.capitalized($0) })
    return variants.contains { variant in
      guard variant != scalars, let other = lexicon.knownID(of: WordEdits.bytes(variant)), other != id
      else { return false }
      return isKnownAnywhere(other)
    }
  }

  /// Whether a word in several parts has only parts that are known: `half-blushing`, `readBuffer`.
  private func hasKnownParts(_ scalars: [UInt32], _ list: SpelledWords?) -> Bool {
    var parts: [[UInt32]] = [[]]
    for (place, scalar) in scalars.enumerated() {
      if !WordEdits.isLetter(scalar) {
        parts.append([])
      } else if place > 0, WordEdits.isUppercase(scalar), !WordEdits.isUppercase(scalars[place - 1]) {
        parts.append([scalar])
      } else {
        parts[parts.count - 1].append(scalar)
      }
    }
    parts.removeAll(where: \.isEmpty)
    guard parts.count > 1 else { return false }
    return parts.allSatisfy { part in
      part.count <= 2 || list?.contains(WordFilter.hash(Self.lowercased(part))) == true
        || [part, Self.lowercased(part)].contains {
          lexicon.knownID(of: WordEdits.bytes($0)).map { isKnownAnywhere($0) } ?? false
        }
    }
  }

  /// An order of words that does not depend on the numbers that new ones were given.
  func precedes(_ a: UInt32, _ b: UInt32) -> Bool {
    word(a).scalars.lexicographicallyPrecedes(word(b).scalars)
  }

  static func lowercased(_ scalars: [UInt32]) -> [UInt32] {
    scalars.flatMap { value -> [UInt32] in
      if value < 0x80 { return [value >= 0x41 && value <= 0x5A ? value + 0x20 : value] }
      guard let scalar = Unicode.Scalar(value) else { return [value] }
      return scalar.properties.lowercaseMapping.unicodeScalars.map(\.value)
    }
  }

  static func capitalized(_ value: UInt32) -> [UInt32] {
    if value < 0x80 { return [value >= 0x61 && value <= 0x7A ? value - 0x20 : value] }
    guard let scalar = Unicode.Scalar(value) else { return [value] }
    return scalar.properties.uppercaseMapping.unicodeScalars.map(\.value)
  }

  /// The words an edit away from one, none that differs in case only.
  ///
  /// - Parameters:
  ///   - isNew: whether nobody has seen it: it may be meant for one that only the language has.
  ///   - isName: whether it is a name of code, which has underscores.
  ///   - language: the place of the language's list, nil for none.
  func editsAway(_ id: UInt32, isNew: Bool, isName: Bool, _ language: Int?) -> [UInt32] {
    let kind = (isNew ? 1 + (language.map { $0 + 1 } ?? 0) : 0) + (isName ? lists.count + 2 : 0)
    if let found = neighbours[kind][id] { return found }
    let list = isNew ? language.map { lists[$0] } : nil
    var found: [UInt32] = []
    let word = word(id)
    if word.isPlain || word.letterCount >= 3 {
      collect(word.scalars, except: id, isName: isName, list, into: &found)
      // Where a sentence begins, the word that was meant is known in lower case.
      if word.startsUpper && word.hasLower && !isName {
        collect(Self.lowercased(word.scalars), except: id, isName: false, list, into: &found)
      }
    }
    neighbours[kind].insert(found, for: id)
    return found
  }

  private func collect(
    _ scalars: [UInt32], except id: UInt32, isName: Bool, _ list: SpelledWords?, into found: inout [UInt32]
  ) {
    let own = Self.lowercased(scalars)
    documentWords.edits.forEach(
      of: scalars, isName: isName, knownSpellings(list),
      { edited in
        guard let other = number(edited, list),
          other != id, !found.contains(other),
          Self.lowercased(edited) != own, !lexicon.isForgotten(other)
        else { return }
        found.append(other)
      })
  }

  /// The words that may occur anywhere, or are on a list.
  func knownSpellings(_ list: SpelledWords?) -> KnownSpellings {
    KnownSpellings(
      vocabulary: vocabularyFilter ?? WordFilter(capacity: 0), document: documentWords.filter, list: list)
  }

  /// The number of a word that occurs anywhere, or that a list has.
  private func number(_ scalars: [UInt32], _ list: SpelledWords?) -> UInt32? {
    let bytes = WordEdits.bytes(scalars)
    if let known = lexicon.knownID(of: bytes) { return known }
    guard list?.contains(WordFilter.hash(scalars)) == true else { return nil }
    return lexicon.id(of: String(decoding: bytes, as: UTF8.self))
  }

  /// The number of the word in lower case, if it has one.
  func lowercasedID(_ id: UInt32) -> UInt32? {
    if let known = lowered[id] { return known }
    let word = word(id)
    let lower = Self.lowercased(word.scalars)
    let found =
      word.scalars.isEmpty ? nil : lower == word.scalars ? id : lexicon.knownID(of: WordEdits.bytes(lower))
    lowered[id] = .some(found)
    return found
  }
}
