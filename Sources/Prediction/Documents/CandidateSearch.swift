import LanguageModeling
import Lexing

/// A word that may be offered, with what is known of it so far.
struct Candidate {
  var token: UInt32
  /// P of the word at the place.
  var probability: Float
  var match: PrefixMatch
  /// The probability, times what a match of its kind is worth.
  var score: Float
  /// Whether all of the word is typed, in its own case or another.
  var isWhole = false
}

/// Finds the words that agree with what is typed and ranks them. See `PrefixMatch` for how they may agree.
struct CandidateSearch {
  let typed: TypedWord
  let engine: MixtureEngine
  /// Nothing else may be asked of the lexicon meanwhile: whoever reads twice at once may wait for a writer that waits for it.
  let reading: Lexicon.Reading
  /// The word that is what is typed, if there is one.
  let whole: UInt32?
  /// Nil where there is no model, or the index is not made yet.
  let names: NameIndex?
  /// What a word that is known with a small letter is worth where its capital is typed. See `DocumentState.capitalWorth(at:)`.
  let capitalWorth: Float
  let limit: Int

  private var lexicon: Lexicon { engine.lexicon }

  /// A word that is typed whole comes first unless another one is so many times more probable: people mean what they have
  /// typed, and Enter would put something else in its place.
  private static let wholeWordFactor: Float = 8
  /// Words that only an index found are compared by their frequency first; so many of each kind of match stay.
  private static let foundLimit = 48
  /// What a word in another case is worth.
  static let otherCaseWorth: Float = 0.3
  /// The same where a sentence may begin: every word has a capital there.
  static let sentenceWorth: Float = 0.9
  /// The same within a sentence, where it is a name that is meant, in German any noun.
  static let amidSentenceWorth: Float = 0.02
  /// At most so many are looked at for that.
  private static let lookedAtLimit = 1500

  struct Result {
    var candidates: [Candidate]
    /// What all words that agree with what is typed have together, those that nobody has seen included.
    var mass: Float
  }

  /// The best words, best first.
  func result() -> Result {
    collect()
    var result = ranked(allowsSlip: false)
    if result.candidates.isEmpty && typed.folded.count >= PrefixMatch.shortestSlip {
      addSlips()
      result = ranked(allowsSlip: true)
    }
    result.mass += spelledMass
    result.candidates = placingWholeWords(result.candidates)
    return result
  }

  /// The score of all words that agree with what is typed, together, as far as anything names them.
  ///
  /// - Parameter exact: the probabilities of some words, which are part of it whether anything names them or not.
  func mass(exact: CandidateScores) -> Float {
    collect()
    let scores = engine.candidates
    var mass = spelledMass
    for index in 0..<scores.count
    where scores.scores[index] > 0 && exact.index(of: scores.tokens[index]) == nil {
      guard let (match, _) = match(scores.tokens[index]) else { continue }
      mass += scores.scores[index] * worth(match)
    }
    for index in 0..<exact.count {
      mass += reading.withBytes(of: exact.tokens[index]) { exact.scores[index] * worth(ofWord: $0) }
    }
    return mass
  }

  /// What all words have together that begin with what is typed and that nobody has seen.
  private var spelledMass: Float {
    engine.spellingWeight * Float(engine.spelling.probability(ofBeginning: typed.bytes))
  }

  private func collect() {
    let accepts = { (id: UInt32) in match(id) != nil && engine.offers.contains(id, reading) }
    engine.collectAll(
      TokenFilter(lexicon, firstCharacterOf: typed), ids: lexicon.vocabulary?.ids(withPrefix: typed.bytes),
      where: accepts)
    for casing in typed.casings { engine.nameLayerWords(beginningWith: casing, where: accepts) }
    if let vocabulary = lexicon.vocabulary {
      for casing in typed.casings.dropFirst() {
        engine.collectMore(ids: vocabulary.ids(withPrefix: casing), where: accepts)
      }
      addIndexed(where: accepts)
    }
    // The n-grams name the most probable words only; the one that is typed may be none of them.
    if let whole { engine.candidates.add(whole, 0, contributor: 0, where: accepts) }
  }

  private func match(_ id: UInt32, allowsSlip: Bool = false) -> (match: PrefixMatch, isWhole: Bool)? {
    guard reading.mayAgree(id, with: typed.signature, allowsSlip: allowsSlip) else { return nil }
    return reading.withBytes(of: id) { bytes in
      PrefixMatch.of(bytes, typed: typed, allowsSlip: allowsSlip).map {
        ($0, $0 <= .caseInsensitive && bytes.count == typed.bytes.count)
      }
    }
  }

  // MARK: What an index finds

  private func addIndexed(where accepts: (UInt32) -> Bool) {
    guard let names else { return }
    add(.folded, where: accepts) { names.forEachFolded(withPrefix: typed.folded, $0) }
    guard typed.isASCII else { return }
    if typed.folded.count >= 2 {
      add(.initials, where: accepts) { names.forEachInitials(withPrefix: typed.folded, $0) }
    }
    if typed.folded.count >= PrefixMatch.shortestInner {
      add(.inner, where: accepts) { names.forEachInner(withPrefix: typed.folded, $0) }
    }
  }

  /// Adds the most frequent of the words that an index finds.
  private func add(
    _ kind: IndexedWords.Kind, where accepts: (UInt32) -> Bool, _ forEach: ((UInt32) -> Bool) -> Void
  ) {
    let ids = engine.indexedWords.words(kind, typed.folded) { mostFrequent(forEach) }
    for id in ids { engine.candidates.add(id, 0, contributor: 0, where: accepts) }
  }

  /// The most frequent of some words of the vocabulary.
  private func mostFrequent(_ forEach: ((UInt32) -> Bool) -> Void) -> [UInt32] {
    var ids: [UInt32] = []
    forEach { id in
      ids.append(id)
      return ids.count < Self.lookedAtLimit
    }
    guard ids.count > Self.foundLimit, let ngrams = engine.model?.ngrams else { return ids }
    let frequencies = ngrams.frequencies(of: ids)
    return ids.indices.sorted { (frequencies[$1], ids[$0]) < (frequencies[$0], ids[$1]) }
      .prefix(Self.foundLimit).map { ids[$0] }
  }

  /// Adds words of the vocabulary that begin with what is typed but for one slip.
  private func addSlips() {
    guard let vocabulary = lexicon.vocabulary else { return }
    let accepts = { (id: UInt32) in
      match(id, allowsSlip: true) != nil && engine.offers.contains(id, reading)
    }
    var found = 0
    for prefix in Slip.variants(of: typed.bytes) where found < Self.lookedAtLimit {
      let ids = vocabulary.ids(withPrefix: prefix)
      found += ids.count
      for id in mostFrequent({ body in for id in ids { if !body(id) { break } } }) {
        engine.candidates.add(id, 0, contributor: 0, where: accepts)
      }
    }
  }

  // MARK: Ranking

  /// What a match is worth beside one with exactly what is typed: how much less often it is what was meant.
  private func worth(_ match: PrefixMatch) -> Float {
    switch match {
    case .exact: 1
    case .caseInsensitive: typed.beginsWithCapital ? capitalWorth : Self.otherCaseWorth
    case .accents: 0.3
    case .humps: typed.hasInnerCapital ? 0.5 : 0.05
    case .inner: 0.02
    case .slip: 0.01
    }
  }

  /// The same for any word; one that does not agree at all may still be what somebody else found for what is typed.
  func worth(ofWord bytes: UnsafeRawBufferPointer) -> Float {
    PrefixMatch.of(bytes, typed: typed, allowsSlip: true).map(worth) ?? 0.001
  }

  private func ranked(allowsSlip: Bool) -> Result {
    let scores = engine.candidates
    var found: [(match: PrefixMatch, isWhole: Bool, score: Float, index: Int)] = []
    var mass: Float = 0
    for index in 0..<scores.count where scores.scores[index] >= 0 || allowsSlip {
      guard let (match, isWhole) = match(scores.tokens[index], allowsSlip: allowsSlip) else { continue }
      if scores.scores[index] < 0 && !engine.offers.contains(scores.tokens[index], reading) { continue }
      let score = max(scores.scores[index], 0) * worth(match)
      mass += score
      found.append((match, isWhole, score, index))
    }
    found.sort {
      ($0.isWhole ? 0 : 1, -$0.score, $0.match.rawValue, scores.tokens[$0.index]) < (
        $1.isWhole ? 0 : 1, -$1.score, $1.match.rawValue, scores.tokens[$1.index]
      )
    }
    // Of those that no expert has named the exact probability is all there is to go by.
    let named = found.prefix { $0.isWhole || $0.score > 0 }
    let others = found.dropFirst(named.count).prefix(4 * Self.foundLimit)
    let measured = named.prefix(2 * limit + 16) + others
    let probabilities = engine.probabilities(ofCandidates: measured.lazy.map(\.index))
    var candidates = zip(measured, probabilities).map { found, probability in
      let score = probability * worth(found.match)
      mass += score - found.score
      return Candidate(
        token: scores.tokens[found.index], probability: probability, match: found.match, score: score,
        isWhole: found.isWhole)
    }
    candidates.removeAll { $0.probability <= 0 }
    candidates.sort { ($1.score, $0.match.rawValue, $0.token) < ($0.score, $1.match.rawValue, $1.token) }
    return Result(candidates: candidates, mass: mass)
  }

  /// The first `limit` candidates, among them the word that is typed whole: first, or where its probability puts it if
  /// others are far more probable.
  ///
  /// - Parameter candidates: best first.
  private func placingWholeWords(_ candidates: [Candidate]) -> [Candidate] {
    guard candidates.contains(where: \.isWhole) else { return Array(candidates.prefix(limit)) }
    var list = candidates.filter { !$0.isWhole }
    // What is typed in its own case comes before itself in others.
    let wholes =
      candidates.filter { $0.isWhole && $0.match == .exact }
      + candidates.filter {
        $0.isWhole && $0.match != .exact
      }
    for whole in wholes.reversed() {
      let place = list.firstIndex { $0.score < Self.wholeWordFactor * whole.score }
      // A single letter begins most words before it is one.
      let isKept = whole.match == .exact && typed.bytes.count > 1
      list.insert(whole, at: min(place ?? list.count, isKept ? limit - 1 : list.count))
    }
    return Array(list.prefix(limit))
  }
}
