import LanguageModeling
import Lexing
import NGrams
import Platform
import Privacy

/// Finds places where another reading is so much more probable that it was probably meant: a noisy channel (Kernighan,
/// Church and Gale 1990; for real words Mays, Damerau and Mercer 1991). What may have been meant is put in the place of
/// what is written, and both readings are scored over the tokens and the three that follow, their own occurrences taken
/// out of the document's counts.
final class SlipDetector {
  /// Tokens behind a change that are scored with it.
  static let followingCount = 3
  /// Less surprising tokens are not looked at more closely.
  static let suspiciousBits = 8.5
  /// Of words and operators for which there is a counterpart.
  static let suspiciousCounterpartBits = 4.5
  /// Before these something may be missing, and other names are thought of.
  static let suspiciousPlaceBits = 8.5
  /// Before words of prose a function word may be missing: what is rare behind another word is not so surprising as that.
  static let suspiciousGapBits = 6.5
  /// So many of the readings that are better at the place itself are scored further.
  static let scoredLimit = 4
  /// Of what a new word may be meant for: it is rare, and short ones have many words beside them.
  static let scoredLimitOfNew = 8

  let lexed: LexedDocument
  let sequence: TokenSequence
  let countedCount: Int
  let scorer: SlipScorer
  let words: SlipWords
  let lists: SlipLists
  let hasModel: Bool
  /// Of the tokens that are looked at.
  private(set) var trained = TrainedText()
  private var text = ScoredText()
  /// What is written at the place whose readings were scored last.
  private var written = (index: -1, bits: 0.0, restBits: 0.0)
  /// Behind which words of `SlipLists` words stand.
  var successions = [NumberTable<Succession>](repeating: NumberTable(), count: 2)
  /// The surprisals of the tokens that were looked at, from `screenedStart` on, in bits.
  private(set) var screened: [Float] = []
  private(set) var screenedStart = 0

  init(
    _ lexed: LexedDocument, _ sequence: TokenSequence, countedCount: Int, scorer: SlipScorer,
    words: SlipWords,
    lists: SlipLists, hasModel: Bool
  ) {
    self.lexed = lexed
    self.sequence = sequence
    self.countedCount = countedCount
    self.scorer = scorer
    self.words = words
    self.lists = lists
    self.hasModel = hasModel
  }

  /// All readings beside what is written that are worth a look, for tokens of a range that begins where the last one
  /// ended.
  ///
  /// - Parameter mayGoOn: asked at each token; once it says false the answer is nil, and the detector of no more use.
  func proposals(in range: Range<Int>, while mayGoOn: () -> Bool) -> [SlipProposal]? {
    var proposals: [SlipProposal] = []
    if screened.isEmpty { screenedStart = range.lowerBound }
    // The widest span begins before the range and has its following tokens behind it.
    let reach = SlipScorer.windowLimit
    let wide = max(0, range.lowerBound - reach)..<min(sequence.count, range.upperBound + reach)
    text = ScoredText(sequence, TrainedText.reach(wide, in: sequence), ngrams: scorer.ngrams)
    trained = TrainedText(sequence, wide, text, ngrams: scorer.ngrams)
    scorer.counts.index(sequence, wide)
    written.index = -1
    let languages = LanguageWindows(lexed, sequence, range, words)
    var previousBits = 0.0
    for index in range {
      MemoryBound.look()
      guard mayGoOn() else { return nil }
      scorer.language = languages.list(at: index)
      let bits = screeningBits(index)
      screened.append(Float(bits))
      look(at: index, lexed.token(at: index), bits: bits, previousBits: previousBits, &proposals)
      previousBits = bits
    }
    return proposals
  }

  /// −log2 P of a token behind those before it, its own occurrence taken out; a bound above it where that is low.
  private func screeningBits(_ index: Int) -> Double {
    if trained[index] == nil, let score = text.score(at: index), let state = text.state(before: index),
      scorer.isOfModel(sequence.id(at: index))
    {
      let bound = scorer.boundOfBits(score, matched: state.depth)
      if bound < Self.suspiciousCounterpartBits { return bound }
    }
    takeOut(index..<index + 1)
    return writtenBits(index, .written(index..<index + 1), 0)
  }

  private func look(
    at index: Int, _ token: Token, bits: Double, previousBits: Double, _ proposals: inout [SlipProposal]
  ) {
    let id = sequence.id(at: index)
    switch token.kind {
    case .identifier, .keyword, .word:
      let word = trained[index]?.isOnlyOccurrence == true ? words.wordOnlyHere(id) : words.word(id)
      guard word.letterCount > 0, !isWithheld(id) else { return }
      var base = SlipProposal(
        kind: .newWord, span: index..<index + 1, replacement: [], gainBits: 0, surprisalBits: bits,
        context: token.context)
      base.letterCount = word.letterCount
      base.startsUpper = word.startsUpper
      base.hasKnownParts = word.hasKnownParts(in: scorer.language)
      base.hasWordList = scorer.language != nil
      base.isSpelled = word.isSpelled(in: scorer.language)
      if token.context != .code {
        base.isFree =
          standsFree(index) && !isWholeString(index) && !(word.isNew && word.startsUpper && isCited(index))
      }
      if trained[index] != nil {
        base.isLearned = true
        if token.context != .code {
          base.isPlain = !word.hasDigit && !word.isCamelCase && !isWholeString(index)
          base.isName = word.startsUpper && word.hasLower && !beginsSentence(index)
        }
      }
      let isHeading = token.context != .code && word.isCapitals
      if !word.hasDigit { addDoubled(base, &proposals) }
      if word.isNew {
        addSpellings(base, word, &proposals)
      } else if hasModel, !isHeading, bits > Self.suspiciousBits {
        addSpellings(base, word, &proposals)
        if token.kind == .identifier && token.context == .code && bits > Self.suspiciousPlaceBits {
          addOtherNames(base, &proposals)
        }
      }
      guard hasModel, !isHeading else { return }
      if bits > Self.suspiciousCounterpartBits + 0.5 { addCounterparts(base, &proposals) }
      let gapBits = token.context == .code ? Self.suspiciousPlaceBits : Self.suspiciousGapBits
      if bits > gapBits { addInsertions(base, &proposals) }
      if max(bits, previousBits) > Self.suspiciousBits {
        addSwapped(base, previousBits: previousBits, &proposals)
      }
    case .operator:
      guard hasModel else { return }
      let base = SlipProposal(
        kind: .operatorCounterpart, span: index..<index + 1, replacement: [], gainBits: 0,
        surprisalBits: bits, context: token.context, hasWordList: scorer.language != nil,
        isLearned: trained[index] != nil)
      if bits > Self.suspiciousCounterpartBits { addCounterparts(base, &proposals) }
      if bits > Self.suspiciousPlaceBits { addInsertions(base, &proposals) }
      if token.context == .code && id == lists.comma { addSwappedArguments(base, &proposals) }
    default: break
    }
  }

  func isWithheld(_ id: UInt32) -> Bool { id == lists.redacted }

  // MARK: Scoring

  /// The tokens of a span and those that are scored with it.
  func window(_ span: Range<Int>) -> Range<Int> {
    span.lowerBound..<min(span.upperBound + Self.followingCount, sequence.count)
  }

  /// Has the occurrences in a window of the document's counts taken out from now on.
  func takeOut(_ window: Range<Int>) { scorer.counts.takeOut(sequence, window, countedCount: countedCount) }

  /// The n-grams' state before a token; nil without n-grams.
  func state(before index: Int) -> NGramModel.State? {
    text.state(before: index) ?? scorer.state(sequence, before: index)
  }

  /// By how many bits the text is more probable with other tokens in the place of some, their window's occurrences
  /// taken out of the document's counts.
  func gainBits(_ span: Range<Int>, _ replacement: [UInt32], isExchanged: Bool = false) -> Double {
    takeOut(window(span))
    let meant = bits(
      reading(span, replacement),
      isExchanged ? .exchanged(span, replacement.count) : .replaced(span, by: replacement.count),
      after: state(before: span.lowerBound))
    return writtenBits(span) - meant
  }

  /// The context before a span, what stands in its place, and what follows.
  func reading(_ span: Range<Int>, _ replacement: [UInt32]) -> [UInt32] {
    let start = span.lowerBound + TokenSequence.reach
    var reading: [UInt32] = []
    reading.reserveCapacity(SlipScorer.contextCount + replacement.count + Self.followingCount)
    reading += sequence.ids[start - SlipScorer.contextCount..<start]
    reading += replacement
    reading += sequence.tokenIDs(in: span.upperBound..<window(span).upperBound)
    return reading
  }

  /// −log2 P of a span and what follows, as they are written.
  func writtenBits(_ span: Range<Int>) -> Double {
    var bits = 0.0
    for (place, index) in window(span).enumerated() { bits += writtenBits(index, .written(span), place) }
    return bits
  }

  /// −log2 P of a token as it is written, in a place of a reading.
  private func writtenBits(_ index: Int, _ alignment: Alignment, _ place: Int) -> Double {
    let id = sequence.id(at: index)
    return sequence.ids.withUnsafeBufferPointer { ids in
      scorer.prepare(ids.baseAddress! + index + TokenSequence.reach)
      let trained = trainedPlace(place, alignment)
      if let score = text.score(at: index), let state = text.state(before: index) {
        return SlipScorer.bits(scorer.probability(of: id, score, matched: state.depth, at: trained))
      }
      let state = state(before: index)
      var next = state
      return SlipScorer.bits(scorer.probability(of: id, after: state, next: &next, at: trained))
    }
  }

  /// Where the tokens of a reading stand in the text.
  enum Alignment {
    case written(Range<Int>)
    case replaced(Range<Int>, by: Int)
    /// The first and the last token have changed places, and it has so many tokens.
    case exchanged(Range<Int>, Int)
  }

  /// −log2 P of a reading's tokens but for the first ones.
  ///
  /// - Parameters:
  ///   - places: of tokens, behind the context that the reading begins with; nil for all.
  ///   - state: of the n-grams before the first of them.
  func bits(
    _ reading: [UInt32], _ alignment: Alignment, in places: Range<Int>? = nil, after state: NGramModel.State?
  ) -> Double {
    var state = state
    var bits = 0.0
    for place in places ?? 0..<reading.count - SlipScorer.contextCount {
      bits += self.bits(reading, place, alignment, &state)
    }
    return bits
  }

  /// −log2 P of one token of a reading.
  ///
  /// - Parameter state: of the n-grams before it, and then behind it.
  func bits(_ reading: [UInt32], _ place: Int, _ alignment: Alignment, _ state: inout NGramModel.State?)
    -> Double
  {
    let index = SlipScorer.contextCount + place
    let before = state
    return reading.withUnsafeBufferPointer { ids in
      scorer.prepare(ids.baseAddress! + index)
      return SlipScorer.bits(
        scorer.probability(
          of: ids[index], after: before, next: &state, at: trainedPlace(place, alignment)))
    }
  }

  /// What the token at a place of a reading has to do with the training text.
  func trainedPlace(_ place: Int, _ alignment: Alignment) -> TrainedPlace {
    guard !trained.isEmpty else { return .none }
    switch alignment {
    case .written(let span):
      return occurrence(span.lowerBound + place, unchangedCount: .max)
    case .replaced(let span, let count):
      if place >= count {
        return occurrence(span.upperBound + place - count, unchangedCount: place - count)
      }
      return place == 0 ? trained[span.lowerBound].map { .other($0) } ?? .none : .none
    case .exchanged(let span, let count):
      // A word that stands nowhere else is as new in the other place.
      let own = place == 0 ? span.upperBound - 1 : place == count - 1 ? span.lowerBound : nil
      if let own, let left = trained[own], left.isOnlyOccurrence {
        return .occurrence(left, unchangedCount: 0)
      }
      return trainedPlace(place, .replaced(span, by: count))
    }
  }

  private func occurrence(_ index: Int, unchangedCount: Int) -> TrainedPlace {
    trained[index].map { .occurrence($0, unchangedCount: unchangedCount) } ?? .none
  }

  /// Scores single tokens in the place of one, best first: all of them at the place itself, and those that are better
  /// there over the window.
  func substitutions(at index: Int, _ candidates: [UInt32], leastGain: Double, limit: Int = scoredLimit)
    -> [(id: UInt32, gain: Double)]
  {
    // What stands beside it already is never what was meant: it would stand there twice.
    let candidates = candidates.filter {
      (index == 0 || $0 != sequence.id(at: index - 1))
        && (index + 1 >= sequence.count || $0 != sequence.id(at: index + 1))
    }
    guard !candidates.isEmpty else { return [] }
    let span = index..<index + 1
    takeOut(window(span))
    let state = state(before: index)
    if written.index != index {
      written.bits = writtenBits(index, .written(span), 0)
      // Of what follows once it is asked for.
      written.restBits = .nan
      written.index = index
    } else {
      sequence.ids.withUnsafeBufferPointer { scorer.prepare($0.baseAddress! + index + TokenSequence.reach) }
    }
    var scored: [(id: UInt32, bits: Double, next: NGramModel.State?)] = []
    let place = trainedPlace(0, .replaced(span, by: 1))
    for id in candidates {
      var next = state
      let bits = SlipScorer.bits(scorer.probability(of: id, after: state, next: &next, at: place))
      if written.bits - bits >= leastGain { scored.append((id, bits, next)) }
    }
    guard !scored.isEmpty else { return [] }
    scored.sort { $0.bits == $1.bits ? words.precedes($0.id, $1.id) : $0.bits < $1.bits }
    if written.restBits.isNaN {
      written.restBits = 0
      for place in 1..<window(span).count {
        written.restBits += writtenBits(index + place, .written(span), place)
      }
    }
    var reading = reading(span, [sequence.id(at: index)])
    let following = 1..<reading.count - SlipScorer.contextCount
    return scored.prefix(limit).map { candidate in
      reading[SlipScorer.contextCount] = candidate.id
      let rest = bits(reading, .replaced(span, by: 1), in: following, after: candidate.next)
      return (candidate.id, written.bits - candidate.bits + written.restBits - rest)
    }.sorted { $0.gain == $1.gain ? words.precedes($0.id, $1.id) : $0.gain > $1.gain }
  }
}
