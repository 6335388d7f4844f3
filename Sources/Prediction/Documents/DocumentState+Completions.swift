import LanguageModeling
import Lexing
import Platform
import Privacy

extension DocumentState {
  /// A word that may be offered, with what is known of it so far.
  private struct Candidate {
    var token: UInt32
    var probability: Float
    var match: PrefixMatch
    /// Whether all of the word is typed, in its own case or another.
    var isWhole = false
  }

  /// A word that is typed whole comes first unless another one is so many times more probable: people mean what they have
  /// typed, and Enter would put something else in its place.
  private static let wholeWordFactor: Float = 4

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
    return ask(sequence, at: place.tokenIndex, leavesOutToken: true, recurrent: view) { engine in
      let ranked = rankedCandidates(engine, place, limit: limit)
      let mass = ranked.reduce(0) { $0 + Double($1.probability) }
      let asksSpacing = place.typed.isEmpty && !place.isAfterSpace && place.tokenIndex > 0
      var spacing: (left: Spacing.Side, rules: Spacing)?
      if asksSpacing {
        let left = side(of: place.tokenIndex - 1)
        spacing = (left, self.spacing(before: place.tokenIndex, behind: left))
      }
      var items: [Completion] = []
      for candidate in ranked {
        let item = item(
          candidate, place, engine, spacing: spacing, mass: place.typed.isEmpty ? 1 : max(mass, 1e-30))
        // Where a sentence begins, two words may come to be the same.
        if !items.contains(where: { $0.text == item.text }) { items.append(item) }
      }
      return CompletionList(
        items: items, isIncomplete: !isIndexed || lacksNetwork, usesNetwork: view != nil,
        typed: String(decoding: place.typed, as: UTF8.self))
    }
  }

  mutating func successors(
    at byteOffset: Int, limit: Int, while mayGoOn: () -> Bool
  ) -> [(id: UInt32, probability: Float)] {
    let index = DocumentPlace(lexed, at: byteOffset).tokenIndex
    let view = networkView(before: index, while: mayGoOn)
    return ask(sequence, at: index, leavesOutToken: true, recurrent: view) { engine in
      engine.best(limit).map { ($0.token, $0.probability) }
    }
  }

  /// The best candidates, those that continue exactly what is typed before the others.
  private func rankedCandidates(_ engine: MixtureEngine, _ place: DocumentPlace, limit: Int) -> [Candidate] {
    let whole = lexicon.knownID(of: place.typed)
    return lexicon.withReading { reading in
      guard let letter = place.typed.first else {
        return engine.best(limit) { engine.offers.contains($0, reading) }.map {
          Candidate(token: $0.token, probability: $0.probability, match: .exact)
        }
      }
      return continuing(place.typed, letter, whole: whole, engine, reading, limit: limit)
    }
  }

  /// - Parameter whole: the word that is what is typed, if there is one.
  private func continuing(
    _ typed: [UInt8], _ letter: UInt8, whole: UInt32?, _ engine: MixtureEngine, _ reading: Lexicon.Reading,
    limit: Int
  ) -> [Candidate] {
    func match(_ id: UInt32) -> (match: PrefixMatch, isWhole: Bool)? {
      reading.withBytes(of: id) { bytes in
        PrefixMatch.of(bytes, typed: typed).map { ($0, bytes.count == typed.count) }
      }
    }
    let accepts = { (id: UInt32) in match(id) != nil && engine.offers.contains(id, reading) }
    engine.collectAll(
      TokenFilter(lexicon, letter: letter), ids: lexicon.vocabulary?.ids(withPrefix: typed), where: accepts)
    // The n-grams name the most probable words only; the one that is typed may be none of them.
    if let whole { engine.candidates.add(whole, 0, contributor: 0, where: accepts) }
    let scores = engine.candidates
    var found: [(match: PrefixMatch, isWhole: Bool, score: Float, index: Int)] = []
    for index in 0..<scores.count where scores.scores[index] >= 0 {
      if let (match, isWhole) = match(scores.tokens[index]) {
        found.append((match, isWhole, scores.scores[index], index))
      }
    }
    found.sort {
      ($0.isWhole ? 0 : 1, $0.match.rawValue, -$0.score, scores.tokens[$0.index]) < (
        $1.isWhole ? 0 : 1, $1.match.rawValue, -$1.score, scores.tokens[$1.index]
      )
    }
    var candidates = found.prefix(2 * limit + 16).map {
      Candidate(
        token: scores.tokens[$0.index], probability: engine.probability(ofCandidate: $0.index),
        match: $0.match, isWhole: $0.isWhole)
    }
    candidates.removeAll { $0.probability <= 0 }
    candidates.sort {
      ($0.match.rawValue, -$0.probability, $0.token) < ($1.match.rawValue, -$1.probability, $1.token)
    }
    return Self.placingWholeWords(candidates, typedCount: typed.count, limit: limit)
  }

  /// The first `limit` candidates, among them the word that is typed whole: the first of those that agree with what is
  /// typed as well as it does, or where its probability puts it if others are far more probable.
  ///
  /// - Parameter candidates: best first.
  private static func placingWholeWords(
    _ candidates: [Candidate], typedCount: Int, limit: Int
  ) -> [Candidate] {
    guard candidates.contains(where: \.isWhole) else { return Array(candidates.prefix(limit)) }
    var list = candidates.filter { !$0.isWhole }
    for whole in candidates.filter(\.isWhole).reversed() {
      let place = list.firstIndex {
        $0.match > whole.match
          || $0.match == whole.match && $0.probability < wholeWordFactor * whole.probability
      }
      // A single letter begins most words before it is one.
      let isKept = whole.match == .exact && typedCount > 1
      list.insert(whole, at: min(place ?? list.count, isKept ? limit - 1 : list.count))
    }
    return Array(list.prefix(limit))
  }

  private func item(
    _ candidate: Candidate, _ place: DocumentPlace, _ engine: MixtureEngine,
    spacing: (left: Spacing.Side, rules: Spacing)?, mass: Double
  ) -> Completion {
    let bytes = lexicon.bytes(of: candidate.token)
    var text = String(decoding: bytes, as: UTF8.self)
    if place.context != .code { text = cased(text, place, candidate.match) }
    var inserted = text
    if let spacing {
      let right = bytes.withUnsafeBytes {
        Spacing.Side(kind: kind(ofWord: text, in: place.context), bytes: $0)
      }
      if spacing.rules.isApart(spacing.left, right) { inserted = " " + text }
    }
    return Completion(
      text: text, insertedText: inserted, replacedBytes: place.replacedBytes,
      probability: min(1, Double(candidate.probability) / mass),
      source: engine.mainComponent(of: candidate.token),
      match: candidate.match)
  }

  // MARK: Spacing and casing

  /// The spacing of the text around a token.
  ///
  /// - Parameter left: the only token behind which it will be asked for; nil for any.
  func spacing(before index: Int, behind left: Spacing.Side? = nil) -> Spacing {
    Spacing(lexed, around: index - 2000..<index + 500, behind: left)
  }

  func side(of index: Int) -> Spacing.Side {
    let token = lexed.token(at: index)
    return lexed.withBytes(in: token.byteRange) { Spacing.Side(kind: token.kind, bytes: $0) }
  }

  func kind(ofWord text: String, in context: TokenContext) -> TokenKind {
    if context != .code { return .word }
    return lexed.grammar.isKeyword(text) ? .keyword : .identifier
  }

  /// Prose: a capital where a sentence begins or one is typed.
  private func cased(_ text: String, _ place: DocumentPlace, _ match: PrefixMatch) -> String {
    guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else {
      return text
    }
    let isCapitalTyped =
      place.typed.first.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ?? false
    let wantsCapital = isCapitalTyped || place.typed.isEmpty && beginsSentence(place)
    return wantsCapital ? text.prefix(1).uppercased() + text.dropFirst() : text
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
