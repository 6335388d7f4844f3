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
  /// What is counted by contexts: the last 1, 2, 3, 4 and 6 tokens. Their places in `ContextKind.dynamic` are the same
  /// numbers plus one.
  static let kinds: [ContextKind] = [.order1, .order2, .order3, .order4, .order6]
  /// Tokens before a place that its contexts hold.
  static let contextCount = 8
  /// A window has at most so many tokens.
  static let windowLimit = 16
  /// What a neighbour's count is worth beside the document's own.
  private static let neighbourShare: Float = 0.5
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
  let document: DocumentCounts
  /// The shared counts, while they are held still, and whether the document's are part of them.
  var neighbours: DocumentCounts?
  let neighboursIncludeDocument: Bool

  private let views: UnsafeMutablePointer<ContextView>
  private var depth = 0
  private let spellingMemo: SpellingMemo
  /// By languages, no language first.
  private var newWords: [[UInt32: Float]]
  private var behind: [[UInt32: [Float]]] = [[:], [:]]
  /// What is taken out of the document's counts: tokens, and a row a kind of the keys of their contexts.
  private let takenTokens: UnsafeMutablePointer<UInt32>
  private let takenKeys: UnsafeMutablePointer<UInt32>
  private var takenCount = 0
  private var pace = MemoryPace()

  init(
    lexicon: Lexicon, model: Model?, document: DocumentCounts, neighboursIncludeDocument: Bool,
    lists: [SpelledWords] = [], spellingMemo: SpellingMemo = SpellingMemo()
  ) {
    self.lexicon = lexicon
    ngrams = model?.ngrams
    spelling = SpellingModel(contexts: model?.contexts)
    self.spellingMemo = spellingMemo
    self.document = document
    self.lists = lists
    newWords = Array(repeating: [:], count: lists.count + 1)
    self.neighboursIncludeDocument = neighboursIncludeDocument
    views = .allocate(capacity: Self.kinds.count)
    views.initialize(repeating: ContextView(), count: Self.kinds.count)
    takenTokens = .allocate(capacity: Self.windowLimit)
    takenKeys = .allocate(capacity: Self.windowLimit * Self.kinds.count)
  }

  deinit {
    views.deallocate()
    takenTokens.deallocate()
    takenKeys.deallocate()
  }

  // MARK: What is taken out

  /// Takes the occurrences at some places of a sequence out of the document's counts from now on.
  ///
  /// - Parameter range: of tokens; those that are not counted are passed over.
  func takeOut(_ sequence: TokenSequence, _ range: Range<Int>, countedCount: Int) {
    var count = 0
    sequence.ids.withUnsafeBufferPointer { ids in
      for index in range.prefix(Self.windowLimit) where index >= 0 && index < countedCount {
        let place = ids.baseAddress! + index + TokenSequence.reach
        let keys = ContextKeys(ids: place, classes: place, call: EnclosingCall())
        takenTokens[count] = place.pointee
        for (kind, name) in Self.kinds.enumerated() {
          takenKeys[kind * Self.windowLimit + count] = keys[name]
        }
        count += 1
      }
    }
    takenCount = count
  }

  // MARK: A place

  /// Looks at the place behind `ids[-1]`.
  ///
  /// - Parameter ids: `contextCount` elements before it can be read.
  func prepare(_ ids: UnsafePointer<UInt32>) {
    prepare(ContextKeys(ids: ids, classes: ids, call: EnclosingCall()))
  }

  private func prepare(_ keys: ContextKeys) {
    let takenCount = takenCount
    depth = 0
    for (kind, name) in Self.kinds.enumerated() {
      var view = ContextView()
      let key = keys[name]
      let own = document.tables[kind + 1].successors(of: key)
      var total = Float(own.total)
      var distinct = Float(own.distinct)
      if !own.isEmpty {
        view.own = own
        let row = takenKeys + kind * Self.windowLimit
        for place in 0..<takenCount where row[place] == key {
          let token = takenTokens[place]
          total -= 1
          if view.takenCount < 4 {
            view.taken[view.takenCount] = token
            view.takenCount += 1
          }
          if Int(own.count(of: token)) == view.count(ofTaken: token) { distinct -= 1 }
        }
      }
      if let neighbours {
        let others = neighbours.tables[kind + 1].successors(of: key)
        if !others.isEmpty {
          let more = Float(others.total) - (neighboursIncludeDocument ? Float(own.total) : 0)
          if more > 0 {
            view.others = others
            total += Self.neighbourShare * more
            distinct += max(
              0, Float(others.distinct) - (neighboursIncludeDocument ? Float(own.distinct) : 0))
          }
        }
      }
      // A longer context that nobody has seen has none behind it that anybody has.
      guard total > 0 else { break }
      view.total = total
      view.distinct = max(distinct, 1)
      views[kind] = view
      depth += 1
    }
  }

  /// P of a token at the place that was prepared, by the counts.
  private func countedProbability(of token: UInt32) -> Float {
    var probability = Float(0)
    let total = Float(document.tokenCount - takenCount)
    let more = neighbours.map {
      Float($0.tokenCount - (neighboursIncludeDocument ? document.tokenCount : 0))
    }
    let all = max(total, 0) + Self.neighbourShare * max(more ?? 0, 0)
    if all > 0 {
      let (own, others) = occurrences(of: token)
      probability = (Float(own) + Self.neighbourShare * Float(others)) / (all + 50)
    }
    for kind in 0..<depth {
      let view = views[kind]
      var count = Float(0)
      var own: UInt32 = 0
      if !view.own.isEmpty {
        own = view.own.count(of: token)
        count = Float(Int(own) - view.count(ofTaken: token))
      }
      if !view.others.isEmpty {
        count +=
          Self.neighbourShare
          * max(0, Float(view.others.count(of: token)) - (neighboursIncludeDocument ? Float(own) : 0))
      }
      probability = (count + view.distinct * probability) / (view.total + view.distinct)
    }
    return probability
  }

  /// Calls `body` with what followed each context of the place, the longest first.
  func forEachView(_ body: (ContextView) -> Void) {
    for kind in stride(from: depth - 1, through: 0, by: -1) { body(views[kind]) }
  }

  /// How often a token occurs in the document, but for what is taken out, and in its neighbours.
  func occurrences(of token: UInt32) -> (own: Int, others: Int) {
    let own = Int(document.count(of: token))
    var others = 0
    if let neighbours {
      others = Int(neighbours.count(of: token)) - (neighboursIncludeDocument ? own : 0)
    }
    var taken = 0
    for place in 0..<takenCount where takenTokens[place] == token { taken += 1 }
    return (max(own - taken, 0), max(others, 0))
  }

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
    let counted = countedProbability(of: token)
    guard let ngrams, let state else {
      return max(0.95 * counted, newWordProbability(of: token), 1e-30)
    }
    pace.willRead(atPlaces: 10)
    var following = state
    var isKnown = token < UInt32(ngrams.model.vocabularyCount)
    let score = ngrams.model.score(
      TokenID(rawValue: isKnown ? token : 0), after: state, next: &following)
    next = following
    var logProbability = score.logProbability
    var matched = state.depth
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
    let share = Self.modelShare(matched: matched, counted: depth)
    return max(share * modelled + (1 - share) * counted, 1e-30)
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
    shares[min(matched, 4) * (kinds.count + 1) + min(counted, kinds.count)]
  }

  /// The odds of either grow with how much of the context it knows.
  private static let shares: [Float] = {
    let models: [Float] = [1, 1.5, 2.5, 4, 6]
    let counts: [Float] = [0.12, 0.3, 0.8, 2, 3.5, 5]
    return models.flatMap { model in counts.map { model / (model + $0) } }
  }()

  // MARK: Screening

  /// −log2 P of the token `ids[0]` behind those before it, its own occurrence taken out; a bound above it where that is low.
  ///
  /// - Parameters:
  ///   - isCounted: whether the document's counts have it.
  ///   - left: without its occurrence in the training text; nil where it is none.
  func screeningBits(
    _ ids: UnsafePointer<UInt32>, isCounted: Bool, left: LeftOutScore?, after state: NGramModel.State?,
    next: inout NGramModel.State?
  ) -> Double {
    let token = ids[0]
    if left == nil, let ngrams, let state, token < UInt32(ngrams.model.vocabularyCount) {
      var following = state
      let score = ngrams.model.logProbability(of: TokenID(rawValue: token), after: state, next: &following)
      // Whatever the counts say, the n-grams have so much of the say.
      let least = Self.modelShare(matched: state.depth, counted: Self.kinds.count)
      let bits = -Double(score) * 1.442_695_040_888_963_4 - Double(log2f(least))
      if bits < SlipDetector.suspiciousCounterpartBits {
        next = following
        return bits
      }
    }
    let keys = ContextKeys(ids: ids, classes: ids, call: EnclosingCall())
    takenCount = isCounted ? 1 : 0
    takenTokens[0] = token
    for (kind, name) in Self.kinds.enumerated() { takenKeys[kind * Self.windowLimit] = keys[name] }
    prepare(keys)
    let place = left.map { TrainedPlace.occurrence($0, unchangedCount: .max) } ?? .none
    return Self.bits(probability(of: token, after: state, next: &next, at: place))
  }

  /// −log2 P of a token by the n-grams behind single tokens, the same ones each time.
  ///
  /// - Parameter list: 0 or 1, which of two lists the tokens are.
  func bits(of token: UInt32, behindEachOf tokens: [UInt32], list: Int) -> [Float] {
    if let known = behind[list][token] { return known }
    var result = [Float](repeating: 30, count: tokens.count)
    if let ngrams, token < UInt32(ngrams.model.vocabularyCount) {
      for (place, first) in tokens.enumerated() where first < UInt32(ngrams.model.vocabularyCount) {
        var (state, next) = (ngrams.model.emptyState, ngrams.model.emptyState)
        _ = ngrams.model.logProbability(
          of: TokenID(rawValue: first), after: ngrams.model.emptyState, next: &state)
        result[place] =
          -ngrams.model.logProbability(of: TokenID(rawValue: token), after: state, next: &next) * 1.442_695
      }
    } else {
      result = [Float](repeating: 8, count: tokens.count)
    }
    behind[list][token] = result
    return result
  }

  // MARK: Windows

  static func bits(_ probability: Float) -> Double { -Double(log2f(probability)) }

  /// −log2 P of tokens in a row.
  ///
  /// - Parameters:
  ///   - ids: the first of them; `contextCount` elements before it can be read.
  ///   - state: of the n-grams before them.
  ///   - trained: what of the training text is to be left out at each of them.
  func bits(
    _ ids: UnsafePointer<UInt32>, count: Int, after state: NGramModel.State?,
    trained: (Int) -> TrainedPlace
  ) -> Double {
    var state = state
    var bits = 0.0
    for place in 0..<count {
      prepare(ids + place)
      var next = state
      bits += Self.bits(probability(of: ids[place], after: state, next: &next, at: trained(place)))
      state = next
    }
    return bits
  }

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

/// What followed one context, in the document and in its neighbours.
struct ContextView {
  var own = Successors()
  var others = Successors()
  /// Successors that are taken out of `own`, in the first `takenCount` places.
  var taken = SIMD4<UInt32>()
  var takenCount = 0
  /// How many tokens followed, and how many different ones, after what is taken out.
  var total: Float = 0
  var distinct: Float = 0

  @inline(__always)
  func count(ofTaken token: UInt32) -> Int {
    var count = 0
    for place in 0..<takenCount where taken[place] == token { count += 1 }
    return count
  }
}

extension SlipScorer {
  /// Contexts that more different tokens followed say little of which is meant.
  private static let listedLimit = 48

  /// The tokens that followed in the contexts of the place that was prepared, in the document and its neighbours, with how
  /// often they did in the longest context that has them.
  func successors() -> [UInt32: UInt32] {
    var found: [UInt32: UInt32] = [:]
    forEachView { view in
      for successors in [view.own, view.others] where Int(successors.distinct) <= Self.listedLimit {
        for place in 0..<Int(successors.distinct) {
          let (token, count) = successors.element(at: place)
          if found[token] == nil { found[token] = count }
        }
      }
    }
    return found
  }
}
