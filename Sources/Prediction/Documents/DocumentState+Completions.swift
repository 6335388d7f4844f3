import LanguageModeling
import Lexing
import Platform
import Privacy

extension DocumentState {
  mutating func completions(
    at byteOffset: Int, limit: Int, while mayGoOn: () -> Bool
  ) -> CompletionList {
    if limit > 0, let joined = DocumentPlace.joined(lexed, at: byteOffset) {
      let list = completions(at: joined, limit: limit, while: mayGoOn)
      if !list.items.isEmpty { return list }
    }
    return completions(at: DocumentPlace(lexed, at: byteOffset), limit: limit, while: mayGoOn)
  }

  private mutating func completions(
    at place: DocumentPlace, limit: Int, while mayGoOn: () -> Bool
  ) -> CompletionList {
    guard limit > 0 else { return CompletionList(typed: String(decoding: place.typed, as: UTF8.self)) }
    let view = networkView(before: place.tokenIndex, while: mayGoOn)
    let lacksNetwork = view == nil && model?.hasNetwork == true
    let lacksNames = !place.typed.isEmpty && model != nil && names == nil
    let (words, lacksWhatFollows) = weighedWords(
      at: place, limit: limit + Self.spareWordCount, view, while: mayGoOn)
    var list = withPieces(words, place, limit: limit, while: mayGoOn)
    // What stands there already is worth no list of its own.
    if list.count == 1, words[0].isWhole, words[0].completion.match == .exact { list = [] }
    var typed = place.typed
    if let start = list.first?.replacedBytes.lowerBound, start < place.replacedBytes.lowerBound {
      typed = lexed.bytes(in: start..<place.replacedBytes.lowerBound)
    }
    return CompletionList(
      items: list, isIncomplete: !isIndexed || lacksNetwork || lacksNames || lacksWhatFollows,
      usesNetwork: view != nil,
      typed: String(decoding: typed, as: UTF8.self))
  }

  var names: NameIndex? { preparesNames ? model?.preparedNames : model?.names }

  /// The best words, best first.
  func words(at place: DocumentPlace, limit: Int, _ view: RecurrentView?) -> [CandidateItem] {
    let names = place.typed.isEmpty ? nil : self.names
    var spacing: (left: Spacing.Side, rules: Spacing)?
    if place.typed.isEmpty && !place.isAfterSpace && place.tokenIndex > 0 {
      let left = side(of: place.tokenIndex - 1)
      spacing = (left, self.spacing(before: place.tokenIndex, behind: left))
    }
    let typed = TypedWord(place.typed)
    let syllables = syllables(before: place)
    return ask(sequence, at: place.tokenIndex, leavesOutToken: true, recurrent: view, adapted: true) {
      engine in
      var ending = WordEnding()
      if typed.isEmpty, isBetweenIdeographs(place) {
        ending = wordEnding(engine)
        if syllables == nil && ending.probability >= Self.ideographicEndLimit { return [] }
      }
      let found = rankedCandidates(engine, typed, place, names, limit: limit)
      let items = items(found, typed, place, engine, spacing: spacing)
      return syllables.map { self.items(items, behind: $0, ending, place) } ?? items
    }
  }

  mutating func successors(
    at byteOffset: Int, limit: Int, while mayGoOn: () -> Bool
  ) -> [(id: UInt32, probability: Float)] {
    let index = DocumentPlace(lexed, at: byteOffset).tokenIndex
    let view = networkView(before: index, while: mayGoOn)
    return ask(sequence, at: index, leavesOutToken: true, recurrent: view, adapted: true) { engine in
      engine.best(limit).map { ($0.token, $0.probability) }
    }
  }

  /// Where some words stand among the tokens of a range, found by their numbers.
  func places(of words: [[UInt8]], in range: Range<Int>) -> [(word: Int, tokenIndex: Int)] {
    var indices: [UInt32: Int] = [:]
    // By the low six bits of a number: whether it may be one of those.
    var filter: UInt64 = 0
    for (index, word) in words.enumerated() {
      guard let id = lexicon.knownID(of: word) else { continue }
      indices[id] = index
      filter |= 1 << UInt64(id & 63)
    }
    guard filter != 0 else { return [] }
    let range = range.clamped(to: 0..<sequence.count)
    var found: [(word: Int, tokenIndex: Int)] = []
    let ids = sequence.tokenIDs(in: range)
    for place in ids.indices where filter >> UInt64(ids[place] & 63) & 1 != 0 {
      if let index = indices[ids[place]] {
        found.append((index, range.lowerBound + place - ids.startIndex))
      }
    }
    return found
  }

  private func rankedCandidates(
    _ engine: MixtureEngine, _ typed: TypedWord, _ place: DocumentPlace, _ names: NameIndex?, limit: Int
  ) -> CandidateSearch.Result {
    let whole = typed.isEmpty ? nil : lexicon.knownID(of: typed.bytes)
    return lexicon.withReading { reading in
      if typed.isEmpty {
        let best = engine.best(limit) { engine.offers.contains($0, reading) }
        return CandidateSearch.Result(
          candidates: best.map {
            Candidate(token: $0.token, probability: $0.probability, match: .exact, score: $0.probability)
          }, mass: 1)
      }
      return CandidateSearch(
        typed: typed, engine: engine, reading: reading, whole: whole, names: names,
        capitalWorth: capitalWorth(at: place), limit: limit
      ).result()
    }
  }

  private func items(
    _ found: CandidateSearch.Result, _ typed: TypedWord, _ place: DocumentPlace, _ engine: MixtureEngine,
    spacing: (left: Spacing.Side, rules: Spacing)?
  ) -> [CandidateItem] {
    let casing = place.context == .code ? nil : Casing(typed: typed, beginsSentence: beginsSentence(place))
    var items: [CandidateItem] = []
    let sources = engine.mainComponents(of: found.candidates.map(\.token))
    for (candidate, source) in zip(found.candidates, sources) {
      let bytes = lexicon.bytes(of: candidate.token)
      var text = String(decoding: bytes, as: UTF8.self)
      if let casing { text = casing.applied(to: text) }
      let probability = min(1, Double(candidate.score) / max(Double(found.mass), 1e-30))
      // Two words may come to be the same.
      if let same = items.firstIndex(where: { $0.completion.text == text }) {
        items[same].completion.probability = min(1, items[same].completion.probability + probability)
        continue
      }
      var inserted = text
      if let spacing {
        let right = bytes.withUnsafeBytes {
          Spacing.Side(kind: kind(ofBytes: $0, in: place.context), bytes: $0)
        }
        if spacing.rules.isApart(spacing.left, right) && !isBehindInitial(place) { inserted = " " + text }
      }
      let completion = Completion(
        text: text, insertedText: inserted, replacedBytes: place.replacedBytes, probability: probability,
        source: source, match: candidate.match)
      items.append(CandidateItem(completion: completion, token: candidate.token, isWhole: candidate.isWhole))
    }
    return items
  }

  /// Whether the place is behind the point of an abbreviation that may go on, as in `i.`.
  private func isBehindInitial(_ place: DocumentPlace) -> Bool {
    guard place.context != .code, place.tokenIndex >= 2 else { return false }
    let (letter, point) = (lexed.token(at: place.tokenIndex - 2), lexed.token(at: place.tokenIndex - 1))
    return letter.byteCount == 1 && letter.endOffset == point.byteOffset && point.byteCount == 1
      && lexed.byte(at: point.byteOffset) == UInt8(ascii: ".")
      && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lexed.byte(at: letter.byteOffset) | 0x20)
  }

  /// Whether characters that are words, or parts of some, stand before the place.
  func isBetweenIdeographs(_ place: DocumentPlace) -> Bool {
    !place.isAfterSpace && place.tokenIndex > 0
      && lexed.token(at: place.tokenIndex - 1).kind == .ideograph
  }

  /// Where the end of a word is so probable nothing is offered behind it. Of the Chinese lists of a handbook 4.3 % stood
  /// behind an end at .18 and 2.7 % at .085, for .006 of the keys.
  private static let ideographicEndLimit: Float = 0.09

  // MARK: Spacing and casing

  /// The spacing of the text around a token.
  ///
  /// - Parameter left: the only token behind which it will be asked for; nil for any.
  func spacing(before index: Int, behind left: Spacing.Side? = nil) -> Spacing {
    Spacing(lexed, around: index - 2000..<index + 500, behind: left)
  }

  func side(of index: Int) -> Spacing.Side {
    let token = lexed.token(at: index)
    var side = lexed.withBytes(in: token.byteRange) { Spacing.Side(kind: token.kind, bytes: $0) }
    let before = index > 0 ? lexed.token(at: index - 1) : nil
    let left = before.flatMap { before in
      before.kind == .lineEnd || before.kind == .indent
        ? nil : lexed.withBytes(in: before.byteRange) { Spacing.Side(kind: before.kind, bytes: $0) }
    }
    side.stand(behind: left, isApart: Spacing.isApart(lexed, before: index))
    side.isWithinAddress = token.kind == .punctuation && isWithinAddress(token)
    return side
  }

  /// Whether a sign of prose ends a run of characters in which others say that it is an address, a path or a name with
  /// parts: `mailto:somebody@`, ``:class:`collections.abc.``.
  private func isWithinAddress(_ token: Token) -> Bool {
    guard token.byteCount <= 2, Self.addressJoints.contains(lexed.byte(at: token.byteOffset)) else {
      return false
    }
    var offset = token.byteOffset - 1
    while offset >= max(0, token.byteOffset - Self.longestAddress) {
      let byte = lexed.byte(at: offset)
      if byte <= 0x20 { return false }
      if Self.addressSigns.contains(byte) { return true }
      offset -= 1
    }
    return false
  }
  private static let addressJoints = Set(".:/-@#=&+~".utf8)
  private static let addressSigns = Set("`/\\@~=<".utf8)
  private static let longestAddress = 80

  func kind(ofWord text: String, in context: TokenContext) -> TokenKind {
    if context != .code { return .word }
    return lexed.grammar.isKeyword(text) ? .keyword : .identifier
  }

  /// What a word that is known with a small letter is worth beside one with a capital where the capital is typed.
  func capitalWorth(at place: DocumentPlace) -> Float {
    guard place.tokenIndex > 0 else {
      return place.context == .code ? CandidateSearch.otherCaseWorth : CandidateSearch.sentenceWorth
    }
    let before = lexed.token(at: place.tokenIndex - 1)
    func isBehind(_ sign: UInt8) -> Bool {
      before.byteCount > 0 && lexed.byte(at: before.endOffset - 1) == sign
    }
    // What prose sets between backquotes is code.
    if lexed.grammar.isProse && isBehind(UInt8(ascii: "`")) { return CandidateSearch.amidSentenceWorth }
    if place.context == .code { return CandidateSearch.otherCaseWorth }
    return before.kind == .word || isBehind(UInt8(ascii: ","))
      ? CandidateSearch.amidSentenceWorth : CandidateSearch.sentenceWorth
  }

  private func beginsSentence(_ place: DocumentPlace) -> Bool {
    guard place.context == .prose else { return false }
    var index = place.tokenIndex - 1
    while index >= 0 {
      let token = lexed.token(at: index)
      if token.kind == .lineEnd {
        index -= 1
        // A blank line ends a paragraph.
        if index >= 0 && lexed.token(at: index).kind == .lineEnd { return true }
        continue
      }
      return [[UInt8(ascii: ".")], [UInt8(ascii: "!")], [UInt8(ascii: "?")]].contains(lexed.bytes(of: token))
    }
    return true
  }
}

/// A completion, and the number of its word.
struct CandidateItem: Sendable {
  var completion: Completion
  var token: UInt32
  /// Whether all of the word is typed.
  var isWhole: Bool
  /// Of a word of Korean that is typed whole, P of the space behind it: then it is also the beginning of pieces.
  var spaceProbability = 0.0
}

/// How the place wants a word of prose written.
struct Casing {
  private let wantsCapital: Bool
  private let wantsCapitals: Bool

  /// - Parameter beginsSentence: whether the place does.
  init(typed: TypedWord, beginsSentence: Bool) {
    let text = String(decoding: typed.bytes, as: UTF8.self)
    let first = text.first
    wantsCapital = first.map { $0.isUppercase } ?? beginsSentence
    // One letter may be the first of a sentence.
    wantsCapitals =
      text.count >= 2 && text.contains(where: \.isLetter) && !text.contains(where: \.isLowercase)
  }

  /// - Parameter word: as the model knows it. A word that has a capital of its own keeps its case.
  func applied(to word: String) -> String {
    guard wantsCapital, !word.contains(where: \.isUppercase) else { return word }
    if wantsCapitals { return word.uppercased() }
    return word.prefix(1).uppercased() + word.dropFirst()
  }
}
