import LanguageModeling
import Lexing
import Prediction
import Timing

/// One slip that was planted.
struct PlantedSlip {
  enum Kind: String, CaseIterable {
    case nonWord, realWord, confusion, doubled, swapped, dropped
    case identifierTypo, arguments, operatorExchanged, droppedToken, wrongName
    static let prose: [Kind] = [.nonWord, .realWord, .confusion, .doubled, .swapped, .dropped]
    static let code: [Kind] = [.identifierTypo, .arguments, .operatorExchanged, .droppedToken, .wrongName]
  }

  var kind: Kind
  /// In the text with all slips.
  var byteRange: Range<Int>
  var original: String
}

/// Plants a slip in about every hundredth token of a text, each class as often as the others where the text has places for it.
struct Planting {
  private(set) var text: [UInt8]
  private(set) var slips: [PlantedSlip] = []
  private let tokens: [Token]
  private let grammar: Grammar
  private let model: Model?
  private var numbers: SeededNumbers
  private var counts: [[UInt8]: Int] = [:]
  private var names: [[UInt8]] = []

  init(text: [UInt8], grammar: Grammar, model: Model?, seed: UInt64) {
    self.text = text
    self.grammar = grammar
    self.model = model
    tokens = Lexer(grammar).tokens(of: text)
    numbers = SeededNumbers(seed: seed)
    for token in tokens { counts[Array(text[token.byteRange]), default: 0] += 1 }
    var seen: Set<[UInt8]> = []
    for token in tokens where token.kind == .identifier && token.context == .code {
      let name = Array(text[token.byteRange])
      if seen.insert(name).inserted { names.append(name) }
    }
  }

  mutating func plant() {
    var kinds: [PlantedSlip.Kind] = []
    // From the end, so that offsets before a slip stay true; then all are moved.
    var placed: [(kind: PlantedSlip.Kind, range: Range<Int>, new: [UInt8], marked: Range<Int>)] = []
    var block = 0
    while (block + 1) * 100 <= tokens.count {
      if kinds.isEmpty {
        kinds = (grammar.isProse ? PlantedSlip.Kind.prose : PlantedSlip.Kind.code).shuffled(using: &numbers)
      }
      let start = block * 100 + Int.random(in: 0..<60, using: &numbers)
      search: for attempt in 0..<kinds.count {
        let kind = kinds[attempt]
        for index in start..<min(block * 100 + 95, tokens.count - 4) {
          guard let (range, new) = slip(kind, at: index) else { continue }
          kinds.remove(at: attempt)
          placed.append((kind, range, new, 0..<0))
          break search
        }
      }
      block += 1
    }
    var result: [UInt8] = []
    var copied = 0
    for slip in placed {
      result += text[copied..<slip.range.lowerBound]
      let start = result.count
      result += slip.new
      slips.append(
        PlantedSlip(
          kind: slip.kind, byteRange: start..<result.count,
          original: String(decoding: text[slip.range], as: UTF8.self)))
      copied = slip.range.upperBound
    }
    result += text[copied...]
    text = result
  }

  private func bytes(_ index: Int) -> [UInt8] { Array(text[tokens[index].byteRange]) }
  private func string(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }

  private func isWord(_ index: Int) -> Bool {
    let token = tokens[index]
    return token.kind == .word && token.context != .code
      && string(index).unicodeScalars.allSatisfy { $0.properties.isAlphabetic }
  }

  private func frequency(_ word: [UInt8]) -> Double {
    guard let model, let ngrams = model.ngramModel, let id = model.vocabulary.id(of: word), id.rawValue > 2
    else { return 0 }
    var next = ngrams.emptyState
    let ln = Double(ngrams.logProbability(of: id, after: ngrams.emptyState, next: &next))
    return ln > -11.5 ? 1 : ln > -20 ? 0.1 : 0
  }

  private mutating func slip(_ kind: PlantedSlip.Kind, at index: Int) -> (Range<Int>, [UInt8])? {
    let range = tokens[index].byteRange
    switch kind {
    case .nonWord:
      let word = Array(string(index).unicodeScalars)
      guard isWord(index), word.count >= 4, tokens[index].context == .prose else { return nil }
      for _ in 0..<8 {
        let new = edited(word)
        if model?.vocabulary.id(of: new) == nil, model?.vocabulary.id(of: lower(new)) == nil,
          counts[new] == nil
        {
          return (range, new)
        }
      }
      return nil
    case .realWord:
      let word = Array(string(index).unicodeScalars)
      guard isWord(index), word.count >= 3, tokens[index].context == .prose else { return nil }
      for _ in 0..<40 {
        let new = edited(word)
        if new.count >= 2, frequency(new) == 1, lower(new) != lower(bytes(index)) { return (range, new) }
      }
      return nil
    case .confusion:
      guard isWord(index) else { return nil }
      let word = string(index)
      for group in Self.confusions where group.contains(word.lowercased()) {
        guard let other = group.filter({ $0 != word.lowercased() }).randomElement(using: &numbers) else {
          return nil
        }
        let capital = word.first?.isUppercase ?? false
        return (range, Array((capital ? other.prefix(1).uppercased() + other.dropFirst() : other).utf8))
      }
      return nil
    case .doubled:
      guard isWord(index), tokens[index].context == .prose else { return nil }
      return (range, bytes(index) + [0x20] + bytes(index))
    case .swapped:
      let next = tokens[index + 1]
      guard isWord(index), isWord(index + 1), next.byteOffset == range.upperBound + 1,
        bytes(index) != bytes(index + 1),
        tokens[index].context == .prose
      else { return nil }
      return (range.lowerBound..<next.endOffset, bytes(index + 1) + [0x20] + bytes(index))
    case .dropped:
      let next = tokens[index + 1]
      guard isWord(index), isWord(index + 1), next.byteOffset == range.upperBound + 1,
        Self.functionWords.contains(string(index))
      else { return nil }
      return (range.lowerBound..<next.endOffset, bytes(index + 1))
    case .identifierTypo:
      let word = Array(string(index).unicodeScalars)
      guard isName(index), word.count >= 4,
        counts[bytes(index), default: 0] > 1 || model?.vocabulary.id(of: bytes(index)) != nil
      else { return nil }
      for _ in 0..<8 {
        let new = edited(word)
        if model?.vocabulary.id(of: new) == nil, counts[new] == nil { return (range, new) }
      }
      return nil
    case .arguments:
      guard index >= 2, index + 3 < tokens.count, bytes(index) == [0x2C], tokens[index].context == .code
      else { return nil }
      let (before, after, end) = (bytes(index - 2), bytes(index + 2), tokens[index + 1])
      guard isName(index - 1) || tokens[index - 1].kind == .number, isName(index + 1) || end.kind == .number,
        before == [0x2C] || before == [0x28], after == [0x2C] || after == [0x29],
        bytes(index - 1) != bytes(index + 1)
      else { return nil }
      let first = tokens[index - 1]
      return (
        first.byteOffset..<end.endOffset,
        bytes(index + 1) + Array(text[first.endOffset..<end.byteOffset]) + bytes(index - 1)
      )
    case .operatorExchanged:
      guard tokens[index].context == .code, let new = Self.operators[string(index)] else { return nil }
      return (range, Array(new.utf8))
    case .droppedToken:
      let next = tokens[index + 1]
      guard tokens[index].context == .code,
        tokens[index].kind == .keyword && Self.keywords.contains(string(index)) || bytes(index) == [0x21],
        next.kind != .lineEnd, next.byteOffset <= range.upperBound + 1
      else { return nil }
      return (range.lowerBound..<next.endOffset, bytes(index + 1))
    case .wrongName:
      guard isName(index), counts[bytes(index), default: 0] > 1, names.count > 3,
        let other = names.randomElement(using: &numbers), other != bytes(index)
      else { return nil }
      return (range, other)
    }
  }

  private func isName(_ index: Int) -> Bool {
    tokens[index].kind == .identifier && tokens[index].context == .code
  }
  private func lower(_ word: [UInt8]) -> [UInt8] {
    Array(String(decoding: word, as: UTF8.self).lowercased().utf8)
  }

  /// A word after one slip of the finger.
  private mutating func edited(_ word: [Unicode.Scalar]) -> [UInt8] {
    var word = word
    let place = Int.random(in: 0..<word.count, using: &numbers)
    let near = Self.keys[word[place]] ?? []
    let all = Self.keys.keys.filter { ($0.value < 0x80) == (word[place].value < 0x80) }.sorted()
    switch Int.random(in: 0..<5, using: &numbers) {
    case 0: word.remove(at: place)
    case 1 where place + 1 < word.count: word.swapAt(place, place + 1)
    case 2: if let key = near.randomElement(using: &numbers) { word[place] = key }
    case 3: if let key = all.randomElement(using: &numbers) { word[place] = key }
    default:
      word.insert(
        Bool.random(using: &numbers) ? word[place] : near.randomElement(using: &numbers) ?? word[place],
        at: place)
    }
    return word.flatMap { Array(String($0).utf8) }
  }

  private static let keys: [Unicode.Scalar: [Unicode.Scalar]] = {
    var keys: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    for row in ["qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"] {
      let letters = Array(row.unicodeScalars)
      for (place, letter) in letters.enumerated() {
        keys[letter] = [place - 1, place + 1].filter { letters.indices.contains($0) }.map { letters[$0] }
      }
    }
    return keys
  }()
}

extension Planting {
  /// Not the detector's own, though the commonest are in any list; English for other languages has no places.
  static let confusions: [[String]] = [
    ["brake", "break"], ["council", "counsel"], ["desert", "dessert"], ["ensure", "insure"],
    ["later", "latter"],
    ["moral", "morale"], ["personal", "personnel"], ["plain", "plane"], ["precede", "proceed"],
    ["right", "write"],
    ["role", "roll"], ["site", "cite", "sight"], ["stationary", "stationery"], ["there", "their"],
    ["to", "too"],
    ["wait", "weight"], ["waist", "waste"], ["hear", "here"], ["hole", "whole"], ["piece", "peace"],
    ["one", "won"],
    ["our", "are"], ["some", "sum"], ["sea", "see"], ["seem", "seen"], ["then", "than"], ["your", "you"],
    ["set", "sit"], ["raise", "rise"], ["choose", "chose"], ["could", "cloud"], ["every", "very"],
    ["ever", "every"],
    ["house", "horse"], ["he", "the"], ["his", "is"], ["not", "now"], ["when", "then"], ["were", "where"],
    ["which", "with"], ["file", "fill"], ["use", "used"], ["command", "comment"], ["packet", "package"],
    ["of", "if"], ["on", "in"], ["from", "form"], ["that", "than"], ["be", "by"], ["has", "was"],
    ["der", "die"], ["dass", "das"], ["den", "dem"], ["ist", "isst"], ["ein", "eine"], ["wird", "wir"],
    ["einen", "einem"],
    ["werden", "wurden"], ["nicht", "nichts"],
    ["le", "la"], ["ce", "se"], ["et", "est"], ["ou", "où"], ["un", "une"], ["est", "sont"],
    ["dans", "sans"], ["ses", "ces"],
    ["не", "ни"], ["это", "эта"], ["который", "которая"], ["если", "или"], ["для", "или"], ["на", "не"],
    ["что", "как"],
  ]

  static let functionWords: Set<String> = [
    "the", "a", "an", "of", "to", "in", "on", "at", "by", "for", "with", "from", "is", "are", "was", "were",
    "be", "been",
    "has", "have", "had", "and", "or", "that", "it", "as", "not", "which", "his", "her", "will", "would",
    "der", "die", "das", "den", "dem", "ein", "eine", "und", "zu", "von", "mit", "nicht", "ist", "wird",
    "le", "la", "les", "un", "une", "des", "du", "de", "et", "que", "qui", "est", "pas", "en", "dans", "pour",
    "и", "в", "на", "с", "из", "не", "что", "для", "по",
  ]

  static let operators: [String: String] = [
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "+": "-",
    "-": "+",
    "+=": "-=", "-=": "+=", "++": "--", "--": "++", "*": "/", "/": "*", "&": "&&", "|": "||", "..<": "...",
    "...": "..<",
    "===": "!==", "!==": "===", "<<": ">>", ">>": "<<", "and": "or", "or": "and",
  ]

  static let keywords: Set<String> = [
    "await", "try", "return", "let", "var", "func", "static", "self", "throws", "in", "not", "if", "for",
    "def", "import",
    "is", "and", "async", "guard", "case", "struct", "const", "unsigned", "goto", "else", "break", "class",
    "mutating",
    "inout", "where", "lambda", "from", "yield", "raise", "public", "private", "internal", "init", "nil",
    "void",
  ]
}
