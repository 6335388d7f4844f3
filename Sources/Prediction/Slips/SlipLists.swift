import LanguageModeling
import Lexing
import NGrams
import Privacy

/// The words and signs that slips are about, as numbers of one lexicon: what people take for one another, what they leave
/// out, what brackets arguments.
struct SlipLists {
  let redacted: UInt32
  let comma: UInt32
  let colon: UInt32
  let assignment: UInt32
  let opening: [UInt32]
  let closing: [UInt32]
  /// Words of grammar that are put in where one may be missing, and what code may lack.
  let insertedWords: [UInt32]
  let insertedTokens: [UInt32]
  private let keywords: Set<UInt32>
  private let literals: Set<UInt32>
  private let conditional: Set<UInt32>
  private let assigning: Set<UInt32>
  private let allFunctionWords: Set<UInt32>
  private let doubledOnPurpose: Set<UInt32>
  private let doubledByHabit: Set<UInt32>
  private let operators: [UInt32: [UInt32]]
  private let confusions: [UInt32: [UInt32]]

  /// At most so many of each list are tried.
  private static let wordLimit = 36
  private static let tokenLimit = 20

  /// With a model the numbers are those of its words, and stay what they are; without one they hold while the lexicon is in
  /// use, and of what people take for one another nothing is known.
  init(lexicon: Lexicon, model: Model?, grammar: Grammar) {
    func id(_ text: String) -> UInt32? {
      let id = lexicon.knownID(of: Array(text.utf8))
      return id.flatMap { model == nil || lexicon.isKnown($0) ? $0 : nil }
    }
    redacted = id(String(decoding: Tokenization.redacted, as: UTF8.self)) ?? .max
    comma = id(",") ?? .max
    colon = id(":") ?? .max
    assignment = id("=") ?? .max
    conditional = Set(Self.conditionalKeywords.compactMap(id))
    assigning = Set(["let", "var", "case", "{", ":", ";"].compactMap(id))
    opening = ["(", "["].compactMap(id)
    closing = [")", "]"].compactMap(id)
    let keywords = grammar.keywords.sorted().compactMap(id)
    self.keywords = Set(keywords)
    literals = Set(Self.literalKeywords.compactMap(id))
    allFunctionWords = Set((Self.functionWords + Self.otherFunctionWords).compactMap(id))
    doubledOnPurpose = Set(Self.wordsDoubledOnPurpose.compactMap(id))
    doubledByHabit = Set(Self.wordsDoubledByHabit.compactMap(id))
    func mostFrequent(_ ids: [UInt32], _ limit: Int) -> [UInt32] {
      guard let ngrams = model?.ngrams else { return [] }
      let known = ids.filter { lexicon.isKnown($0) && !lexicon.isForgotten($0) }
      let ranked = zip(known, ngrams.frequencies(of: known)).sorted { ($1.1, $0.0) < ($0.1, $1.0) }
      return ranked.prefix(limit).map(\.0)
    }
    insertedWords = mostFrequent(Self.functionWords.compactMap(id), Self.wordLimit)
    insertedTokens = mostFrequent(keywords + ["!", "&", "*", "-"].compactMap(id), Self.tokenLimit)
    func table(_ groups: [String]) -> [UInt32: [UInt32]] {
      var table: [UInt32: [UInt32]] = [:]
      for group in groups {
        let ids = group.split(separator: " ").compactMap { id(String($0)) }
        for one in ids { table[one, default: []] += ids.filter { $0 != one } }
      }
      return table
    }
    operators = model == nil ? [:] : table(Self.operatorGroups)
    confusions = model == nil ? [:] : table(Self.confusionGroups)
  }

  /// `long long`
  func isDoubledOnPurpose(_ id: UInt32) -> Bool { doubledOnPurpose.contains(id) }

  /// "He had had it": twice in a row may be right.
  func isDoubledByHabit(_ id: UInt32) -> Bool { doubledByHabit.contains(id) }

  func isFunctionWord(_ id: UInt32) -> Bool { allFunctionWords.contains(id) }

  /// `nil`: a list may have it twice.
  func isLiteral(_ id: UInt32) -> Bool { literals.contains(id) }

  func isKeyword(_ id: UInt32) -> Bool { keywords.contains(id) }

  /// `while`: behind it something is true or not.
  func isConditional(_ id: UInt32) -> Bool { conditional.contains(id) }

  /// `let`, and what ends a condition.
  func beginsAssignment(_ id: UInt32) -> Bool { assigning.contains(id) }

  /// What may have been meant by a word or an operator, in the word's own case.
  func counterparts(of id: UInt32, isCode: Bool, _ words: SlipWords) -> [UInt32] {
    if isCode { return operators[id] ?? [] }
    if let found = confusions[id] { return found }
    guard words.word(id).startsUpper, let lower = words.lowercasedID(id), lower != id else { return [] }
    return (confusions[lower] ?? []).compactMap { capitalizedID($0, words) }
  }

  /// The number of a word with a capital, if it has one.
  func capitalizedID(_ id: UInt32, _ words: SlipWords) -> UInt32? {
    let scalars = words.word(id).scalars
    guard let first = scalars.first else { return nil }
    return words.lexicon.knownID(of: WordEdits.bytes(SlipWords.capitalized(first) + scalars.dropFirst()))
  }

  static let operatorGroups = [
    "< <= > >=", "== != =", "=== !==", "&& ||", "& &&", "| ||", "+ -", "++ --", "+= -=", "* /", "<< >>",
    "..< ...", "and or", "& |",
  ]

  static let confusionGroups = [
    // English
    "their there they're", "its it's", "than then", "your you're", "to too two", "affect effect",
    "lose loose",
    "whose who's", "were where we're", "of off", "quite quiet", "accept except", "advice advise",
    "principal principle", "passed past", "weather whether", "threw through", "though through thought",
    "form from", "an and a", "is are", "was were", "has have had", "this these", "that those", "on in at",
    "for four", "by buy", "no know", "now know", "which witch", "lead led", "complement compliment", "as is",
    "or of", "he she", "him her", "who whom", "does do", "did does", "if of",
    "the then they", "be been being", "into in to",
    // German
    "das dass", "daß das", "seid seit", "wieder wider", "den denn dem", "wen wenn", "man Mann", "im ihm in",
    "ihn in", "ist isst", "viel fiel", "war wahr", "mehr Meer", "als wie", "ein eine einen einem einer eines",
    "der die das dem den des", "kein keine keinen keinem keiner", "diese dieser dieses diesen diesem",
    // French
    "a à", "ou où", "ce se", "ces ses", "c'est s'est", "et est", "son sont", "on ont", "la là", "sa ça",
    "leur leurs", "quand quant", "peu peut", "mais mes", "près prêt", "du dû", "le la les", "un une",
    "au aux", "cette cet", "tout tous toute toutes", "qu'elle quelle", "quel quelle quels quelles", "des les",
    // Russian
    "не ни", "что чтобы", "также так", "тоже то", "чтобы что", "из с", "в на", "это эта этот эти",
    "который которая которое которые", "его ее её их",
    // Spanish
    "el él", "si sí", "mas más", "tu tú", "de dé", "el la los las", "un una", "a ha", "por para", "esta está",
  ]

  static let literalKeywords = [
    "nil", "null", "NULL", "nullptr", "None", "true", "false", "True", "False", "t", "undefined", "void",
  ]

  static let conditionalKeywords = [
    "if", "elif", "elsif", "unless", "while", "until", "guard", "assert", "return", "where", "when", "and",
    "or", "not",
  ]

  static let wordsDoubledOnPurpose = [
    "long", "etc", "blah", "ha", "heh", "haha", "bla", "nous", "vous", "bye", "choo", "tut", "hear",
  ]

  static let wordsDoubledByHabit = [
    "had", "that", "very", "really", "many", "so", "much", "far", "more", "big", "no", "die", "das", "der",
    "sie",
  ]

  /// Words of grammar that are not put in where they may be missing.
  static let otherFunctionWords = [
    "we", "our", "us", "your", "them", "their", "its", "my", "off", "up", "out", "over", "about", "after",
    "before",
    "between", "when", "where", "while", "there", "then", "these", "those", "what", "how", "some", "any",
    "only",
    "also", "could", "should", "must", "may", "might", "because", "since", "until", "through", "under", "no",
    "wir", "ihr", "er", "sie", "man", "über", "unter", "nach", "noch", "nur", "als", "wie", "aber", "um",
    "elle", "ils", "mais", "plus", "sans", "lors", "leur", "cette", "comme", "мы", "вы", "он", "она", "их",
    "но",
  ]

  static let functionWords = [
    "the", "a", "an", "of", "to", "in", "on", "at", "by", "for", "with", "from", "as", "is", "are", "was",
    "were",
    "be", "been", "has", "have", "had", "and", "or", "but", "not", "that", "which", "who", "it", "this", "if",
    "can",
    "will", "would", "he", "she", "his", "her", "you", "they", "do", "does", "so", "than", "into", "I",
    "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einer", "und", "oder", "in", "im",
    "zu", "zum",
    "zur", "von", "vom", "mit", "auf", "für", "nicht", "ist", "sind", "wird", "werden", "sich", "auch", "bei",
    "aus",
    "an", "wenn", "dass", "es", "kann",
    "le", "la", "les", "un", "une", "des", "du", "de", "au", "aux", "et", "ou", "en", "dans", "sur", "pour",
    "par",
    "avec", "que", "qui", "ne", "pas", "se", "ce", "est", "sont", "il", "être",
    "и", "в", "на", "с", "из", "к", "по", "не", "что", "или", "для", "от", "при", "если", "это", "как", "за",
    "о",
    "до", "только", "то", "бы",
    "el", "los", "las", "una", "y", "o", "con", "por", "para", "no", "es", "son", "del", "al", "si", "lo",
  ]
}
