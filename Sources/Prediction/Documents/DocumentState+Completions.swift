import LanguageModeling
import Lexing
import Platform

extension DocumentState {
  /// A word that may be offered, with what is known of it so far.
  private struct Candidate {
    var token: UInt32
    var probability: Float
    var match: PrefixMatch
  }

  mutating func completions(
    at byteOffset: Int, limit: Int, while mayGoOn: () -> Bool
  ) -> CompletionList {
    let place = DocumentPlace(lexed, at: byteOffset)
    guard limit > 0 else { return CompletionList(typed: String(decoding: place.typed, as: UTF8.self)) }
    let view = networkView(before: place.tokenIndex, while: mayGoOn)
    let lacksNetwork = view == nil && engine.model?.hasNetwork == true
    return ask(sequence, at: place.tokenIndex, leavesOutToken: true, recurrent: view) { engine in
      let ranked = rankedCandidates(engine, place, limit: limit)
      let mass = ranked.reduce(0) { $0 + Double($1.probability) }
      let spacing = place.typed.isEmpty && !place.isAfterSpace ? spacing(before: place.tokenIndex) : nil
      let items = ranked.map { candidate in
        item(candidate, place, engine, spacing: spacing, mass: place.typed.isEmpty ? 1 : max(mass, 1e-30))
      }
      return CompletionList(
        items: items, isIncomplete: !isIndexed || lacksNetwork, usesNetwork: view != nil,
        typed: String(decoding: place.typed, as: UTF8.self))
    }
  }

  /// The best candidates, those that continue exactly what is typed before the others.
  private func rankedCandidates(_ engine: MixtureEngine, _ place: DocumentPlace, limit: Int) -> [Candidate] {
    let typed = place.typed
    var candidates: [Candidate] = []
    let known = typed.isEmpty ? nil : lexicon.vocabulary?.ids(withPrefix: typed)
    var scores = engine.collect(limit: typed.isEmpty ? 64 : 4096, ids: known)
    if !typed.isEmpty {
      // Any word of the document may be meant, whatever its contexts.
      counts.forEachToken { scores.add($0, 0) }
    }
    lexicon.withReading { reading in
      for (token, score) in zip(scores.tokens, scores.scores) {
        let match = reading.withBytes(of: token) { bytes in
          PrefixMatch.of(bytes, typed: typed).flatMap { Self.isOffered(bytes) ? $0 : nil }
        }
        if let match { candidates.append(Candidate(token: token, probability: score, match: match)) }
      }
    }
    func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
      (a.match.rawValue, -a.probability, a.token) < (b.match.rawValue, -b.probability, b.token)
    }
    candidates.sort(by: precedes)
    candidates = Array(candidates.prefix(2 * limit + 16))
    for index in candidates.indices {
      candidates[index].probability = engine.countedProbability(of: candidates[index].token)
    }
    candidates.removeAll { $0.probability <= 0 }
    candidates.sort(by: precedes)
    return Array(candidates.prefix(limit))
  }

  private func item(
    _ candidate: Candidate, _ place: DocumentPlace, _ engine: MixtureEngine, spacing: Spacing?, mass: Double
  ) -> Completion {
    let bytes = lexicon.bytes(of: candidate.token)
    var text = String(decoding: bytes, as: UTF8.self)
    if place.context != .code { text = cased(text, place, candidate.match) }
    var inserted = text
    if let spacing, place.tokenIndex > 0 {
      let left = side(of: place.tokenIndex - 1)
      let right = bytes.withUnsafeBytes {
        Spacing.Side(kind: kind(ofWord: text, in: place.context), bytes: $0)
      }
      if spacing.isApart(left, right) { inserted = " " + text }
    }
    return Completion(
      text: text, insertedText: inserted, replacedBytes: place.replacedBytes,
      probability: min(1, Double(candidate.probability) / mass),
      source: engine.mainComponent(of: candidate.token),
      match: candidate.match)
  }

  /// Whether a word is worth offering: names and words, not punctuation, numbers or the text of whole literals.
  static func isOffered(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first, bytes.count <= 256 else { return false }
    switch first {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
      128...:
      return !bytes.contains(UInt8(ascii: "\"")) && SecretDetector.ranges(in: bytes).isEmpty
    case UInt8(ascii: "$"), UInt8(ascii: "#"), UInt8(ascii: "@"), UInt8(ascii: "`"): return bytes.count > 1
    default: return false
    }
  }

  // MARK: Spacing and casing

  /// The spacing of the text around a token.
  func spacing(before index: Int) -> Spacing {
    Spacing(lexed, around: index - 2000..<index + 500)
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
