import LanguageModeling
import NGrams
import Platform

/// Probabilities by which readings of a text are compared, in a fraction of the time of the whole mixture: the n-grams,
/// the document's and its neighbours' counts of the last 1 to 6 tokens, and the spelling of new words.
///
/// P(w | h) = λ · P_ngram(w | h) + (1 − λ) · P_counts(w | h). P_counts interpolates the orders by Witten and Bell's
/// method C (Bell, Cleary and Witten 1990); λ weighs how many tokens of the context either of them knows.
///
/// Holds scratch memory; whoever owns it serialises access.
final class SlipScorer {
  /// Tokens before a place that its contexts hold.
  static let contextCount = 8
  /// A window has at most so many tokens.
  static let windowLimit = SlipCounts.windowLimit
  /// The probability of some new word where any may stand.
  private static let newWordShare: Float = 0.01

  let lexicon: Lexicon
  let ngrams: NGramComponent?
  let spelling: SpellingModel
  /// The words of languages that new ones may be; none where that is not asked.
  let lists: [SpelledWords]
  /// The place among them of that of the language around what is scored; nil for none.
  var language: Int?
  var isEnglish: Bool { language.map { lists[$0].isEnglish } ?? false }
  let counts: SlipCounts
  var document: DocumentCounts { counts.document }
  /// The shared counts, while they are held still.
  var neighbours: DocumentCounts? {
    get { counts.neighbours }
    set { counts.neighbours = newValue }
  }

  private let spellingMemo: SpellingMemo
  /// By languages, no language first.
  private var newWords: [[UInt32: Float]]
  private var scores: ScoreMemo?
  private var pace = MemoryPace()

  /// - Parameter remembersScores: whether the same words will be asked for behind the same contexts, many times.
  init(
    lexicon: Lexicon, model: Model?, document: DocumentCounts, neighboursIncludeDocument: Bool,
    lists: [SpelledWords] = [], spellingMemo: SpellingMemo = SpellingMemo(), remembersScores: Bool = false
  ) {
    self.lexicon = lexicon
    ngrams = model?.ngrams
    spelling = SpellingModel(contexts: model?.contexts)
    self.spellingMemo = spellingMemo
    self.lists = lists
    newWords = Array(repeating: [:], count: lists.count + 1)
    counts = SlipCounts(document: document, neighboursIncludeDocument: neighboursIncludeDocument)
    scores = remembersScores ? model?.ngrams.map { ScoreMemo($0.model) } : nil
  }

  // MARK: A place

  /// Looks at the place behind `ids[-1]`.
  ///
  /// - Parameter ids: `contextCount` elements before it can be read.
  func prepare(_ ids: UnsafePointer<UInt32>) { counts.prepare(ids) }

  func occurrences(of token: UInt32) -> (own: Int, others: Int) { counts.occurrences(of: token) }

  /// P of a token at the place that was prepared.
  ///
  /// - Parameters:
  ///   - state: of the n-grams there; nil without a model.
  ///   - next: receives the state behind the token.
  ///   - place: what of the n-grams' training text is to be left out.
  func probability(
    of token: UInt32, after state: NGramModel.State?, next: inout NGramModel.State?,
    at place: TrainedPlace = .none
  ) -> Float {
    guard let ngrams, let state else {
      return max(0.95 * counts.probability(of: token), newWordProbability(of: token), 1e-30)
    }
    pace.willRead(atPlaces: 10)
    var following = state
    let known = TokenID(rawValue: ngrams.known(token))
    let score =
      scores?.score(known, after: state, next: &following)
      ?? ngrams.model.score(known, after: state, next: &following)
    next = following
    return probability(of: token, score, matched: state.depth, at: place)
  }

  /// The same where it is known what the n-grams say.
  ///
  /// - Parameter matched: how many of the last tokens they know in a row.
  func probability(
    of token: UInt32, _ score: NGramModel.Score, matched: Int, at place: TrainedPlace
  ) -> Float {
    var isKnown = isOfModel(token)
    var logProbability = score.logProbability
    var matched = matched
    switch place {
    case .none: break
    case .occurrence(let left, let unchangedCount):
      guard isKnown, score.matchedOrder - 1 <= unchangedCount else { break }
      isKnown = !left.isOnlyOccurrence
      logProbability += left.change(matchedOrder: score.matchedOrder)
      if unchangedCount == .max { matched = min(matched, left.depth) }
    case .other(let left):
      logProbability += left.changeOfOthers(matchedOrder: score.matchedOrder)
      matched = min(matched, left.depth)
    }
    var modelled = isKnown ? expf(logProbability) : newWordProbability(of: token)
    if case .occurrence(let left, _) = place, left.isOnlyOccurrence {
      modelled = min(modelled, unlearnedWordProbability(of: token))
    }
    let share = Self.modelShare(matched: matched, counted: counts.depth)
    return max(share * modelled + (1 - share) * counts.probability(of: token), 1e-30)
  }

  /// About what the spelling of a word has that the spelling model has not learned: it has learned this one.
  private func unlearnedWordProbability(of token: UInt32) -> Float {
    let bytes = lexicon.bytes(of: token)
    let length = bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
    return Self.newWordShare * Float(listed(exp2(-(27 + 1.5 * Double(min(length, 40)))), bytes))
  }

  /// The share that a word has of the new ones, where the words of the language around it are listed: those that are
  /// none have one half, and those of the list the other, by Zipf's law.
  private func listed(_ share: Double, _ bytes: [UInt8]) -> Double {
    guard let language, bytes.count <= WordEdits.longestByteCount,
      let scalars = bytes.withUnsafeBytes({ WordEdits.scalars($0) })
    else { return share }
    let rank = lists[language].rank(scalars) ?? lists[language].rank(SlipWords.lowercased(scalars))
    return (share + (rank.map { exp2(-Double($0)) / 12 } ?? 0)) / 2
  }

  private func newWordProbability(of token: UInt32) -> Float {
    let place = language.map { $0 + 1 } ?? 0
    if let known = newWords[place][token] { return known }
    let bytes = lexicon.bytes(of: token)
    let share = listed(
      exp2(max(bytes.withUnsafeBytes { spellingMemo.log2Probability(of: $0, spelling) }, -100)), bytes)
    let probability = Self.newWordShare * Float(share)
    newWords[place][token] = probability
    return probability
  }

  /// λ, where the n-grams know the last `matched` tokens in a row and the counts have `counted` of their contexts.
  private static func modelShare(matched: Int, counted: Int) -> Float {
    shares[min(matched, 4) * (SlipCounts.kindCount + 1) + min(counted, SlipCounts.kindCount)]
  }

  /// The odds of either grow with how much of the context it knows.
  private static let shares: [Float] = {
    let models: [Float] = [1, 1.5, 2.5, 4, 6]
    let counts: [Float] = [0.12, 0.3, 0.8, 2, 3.5, 5]
    return models.flatMap { model in counts.map { model / (model + $0) } }
  }()

  // MARK: Screening

  /// Whether the n-grams know a token.
  func isOfModel(_ token: UInt32) -> Bool { ngrams.map { token < UInt32($0.model.vocabularyCount) } ?? false }

  /// A bound above −log2 P of a token of the vocabulary, whatever the counts say: the n-grams have so much of the say.
  func boundOfBits(_ score: NGramModel.Score, matched: Int) -> Double {
    let least = Self.modelShare(matched: matched, counted: SlipCounts.kindCount)
    return -Double(score.logProbability) * 1.442_695_040_888_963_4 - Double(log2f(least))
  }

  /// −log2 P of a token by the n-grams behind each of some single tokens.
  func bits(of token: UInt32, behindEachOf tokens: [UInt32]) -> [Float] {
    guard let ngrams, isOfModel(token) else {
      return [Float](repeating: 8, count: tokens.count)
    }
    return tokens.map { first in
      guard isOfModel(first) else { return 30 }
      var (state, next) = (ngrams.model.emptyState, ngrams.model.emptyState)
      _ = ngrams.model.logProbability(
        of: TokenID(rawValue: first), after: ngrams.model.emptyState, next: &state)
      return -ngrams.model.logProbability(of: TokenID(rawValue: token), after: state, next: &next) * 1.442_695
    }
  }

  // MARK: Windows

  static func bits(_ probability: Float) -> Double { -Double(log2f(probability)) }

  /// P of the token `ids[0]` behind those before it.
  ///
  /// - Parameters:
  ///   - ids: `contextCount` elements before it can be read.
  ///   - state: of the n-grams there; nil without a model.
  ///   - next: receives the state behind the token.
  func continuation(
    _ ids: UnsafePointer<UInt32>, after state: NGramModel.State?, next: inout NGramModel.State?
  ) -> Float {
    prepare(ids)
    return probability(of: ids[0], after: state, next: &next)
  }

  /// The n-grams' state behind a token, whatever its probability.
  func state(behind token: UInt32, after state: NGramModel.State?) -> NGramModel.State? {
    guard let ngrams, let state else { return state }
    var next = state
    let isKnown = token < UInt32(ngrams.model.vocabularyCount)
    _ = ngrams.model.score(TokenID(rawValue: isKnown ? token : 0), after: state, next: &next)
    return next
  }

  /// The n-grams' state before a token of a sequence.
  func state(_ sequence: TokenSequence, before index: Int) -> NGramModel.State? {
    ngrams?.context(of: sequence, at: index).state
  }
}
