import LanguageModeling
import Lexing
import NGrams

/// Which words are known where slips are looked for, and which of them are an edit away from a word.
///
/// Holds scratch memory of one search; whoever owns it serialises access.
final class SlipWords {
  /// What the search knows of a word.
  struct Word {
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
    /// Of a new word in several parts: whether each is known.
    var hasKnownParts = false
  }

  let lexicon: Lexicon
  private let scorer: SlipScorer
  private let vocabularyFilter: WordFilter?
  private let documentWords: DocumentWords
  private var words: [UInt32: Word] = [:]
  private var wordsOnlyHere: [UInt32: Word] = [:]
  private var neighbours: [UInt32: [UInt32]] = [:]
  private var lowered: [UInt32: UInt32?] = [:]

  /// The words outside the vocabulary that the document and its neighbours have, as long as their counts stay.
  struct DocumentWords {
    fileprivate let filter: WordFilter
    fileprivate let edits: WordEdits
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

  /// - Parameter documentWords: of an earlier search of the same document; of this one afterwards.
  init(
    lexicon: Lexicon, scorer: SlipScorer, vocabularyFilter: WordFilter?,
    documentWords: inout DocumentWords?
  ) {
    self.lexicon = lexicon
    self.scorer = scorer
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
    if let known = words[id] { return known }
    let made = describe(id)
    words[id] = made
    return made
  }

  /// What is known of a word of the vocabulary that stands in one place of the training text, the one that is looked at.
  func wordOnlyHere(_ id: UInt32) -> Word {
    if let known = wordsOnlyHere[id] { return known }
    let made = describe(id, isUnknown: true)
    wordsOnlyHere[id] = made
    return made
  }

  private func describe(_ id: UInt32, isUnknown: Bool = false) -> Word {
    var word = Word()
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
    guard word.isPlain, word.letterCount >= 3, isUnknown || !lexicon.isKnown(id) else { return word }
    let (own, others) = (Int(scorer.document.count(of: id)), scorer.occurrences(of: id).others)
    guard own <= 1, others == 0 else { return word }
    word.isNew = !isKnownInAnotherCase(scalars, than: id)
    word.hasKnownParts = word.isNew && hasKnownParts(scalars)
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
  private func hasKnownParts(_ scalars: [UInt32]) -> Bool {
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
      part.count <= 2
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
  func editsAway(_ id: UInt32) -> [UInt32] {
    if let found = neighbours[id] { return found }
    var found: [UInt32] = []
    let word = word(id)
    if word.isPlain || word.letterCount >= 3 {
      collect(word.scalars, except: id, into: &found)
      // Where a sentence begins, the word that was meant is known in lower case.
      if word.startsUpper && word.hasLower {
        collect(Self.lowercased(word.scalars), except: id, into: &found)
      }
    }
    neighbours[id] = found
    return found
  }

  private func collect(_ scalars: [UInt32], except id: UInt32, into found: inout [UInt32]) {
    let own = Self.lowercased(scalars)
    documentWords.edits.forEach(
      of: scalars,
      { vocabularyFilter?.mayContain($0) == true || documentWords.filter.mayContain($0) },
      { edited in
        guard let other = lexicon.knownID(of: WordEdits.bytes(edited)), other != id, !found.contains(other),
          Self.lowercased(edited) != own, !lexicon.isForgotten(other)
        else { return }
        found.append(other)
      })
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
