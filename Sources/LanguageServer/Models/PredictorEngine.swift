import LanguageServerProtocol
import Lexing
import Prediction

/// A `DocumentPredictor` in the server's terms.
struct PredictorEngine: DocumentEngine {
  private let predictor: DocumentPredictor
  /// Tokens counted in one slice of background work; a slice should end within a keystroke's patience.
  private static let sliceTokenCount = 400
  /// Steps of the network in one slice.
  private var stepCount = 16
  /// Tokens that are learned from in one slice, each of which takes about as long as an answer's look at its place.
  private var adaptedTokenCount = 2
  /// Of the network in both directions, which other work goes before.
  private var slipStepCount = 16
  /// Whether anybody has typed in the document, or asked what comes in it.
  private var isUsed = false
  /// Once so many tokens of open documents and files nearby are counted, a document is counted when it is first used: of
  /// thousands that are opened together few ever are, and each token takes some 300 bytes.
  private static let unusedTokenLimit = 500_000
  /// So many tokens are counted in about a millisecond, before an answer, as long as some are not.
  private static let promptTokenCount = 2000

  init(_ predictor: DocumentPredictor) { self.predictor = predictor }

  var buffer: TextBuffer { predictor.buffer }

  mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) {
    isUsed = true
    predictor.replace(byteRange, with: bytes)
  }

  /// Before an answer. Whoever opens a document and types at once leaves no pause to count it in.
  private mutating func use() {
    isUsed = true
    if !predictor.isIndexed { _ = predictor.index(maximumTokenCount: Self.promptTokenCount) }
  }

  /// Whether so much is counted that this document's turn comes when it is used.
  private var waitsForUse: Bool {
    guard !isUsed, let neighbours = predictor.neighbours else { return false }
    return neighbours.tokenCount > Self.unusedTokenLimit
  }

  mutating func prepare(while mayGoOn: () -> Bool) -> Bool {
    if waitsForUse { return false }
    if !predictor.index(maximumTokenCount: Self.sliceTokenCount) { return true }
    let isRead = timed(\.stepCount, while: mayGoOn) { [predictor] in
      predictor.advanceStates(maximumTokenCount: $0, while: mayGoOn)
    }
    guard isRead else { return true }
    return !timed(\.adaptedTokenCount, while: mayGoOn) { [predictor] in
      predictor.adapt(maximumTokenCount: $0, while: mayGoOn)
    }
  }

  mutating func expectQuestion(at byteOffset: Int) {
    isUsed = true
    predictor.expectQuestion(at: byteOffset)
  }

  /// Does about a millisecond's steps, however fast the network is.
  ///
  /// - Parameter mayGoOn: what says false ends it before, which says nothing of how fast it is.
  private mutating func timed(
    _ count: WritableKeyPath<Self, Int> = \.stepCount, while mayGoOn: () -> Bool = { true },
    _ body: (Int) -> Bool
  ) -> Bool {
    let start = ContinuousClock.now
    let result = body(self[keyPath: count])
    guard mayGoOn() else { return result }
    let duration = ContinuousClock.now - start
    if duration < .microseconds(500) {
      self[keyPath: count] = min(self[keyPath: count] * 2, 256)
    } else if duration > .milliseconds(2) {
      self[keyPath: count] = max(self[keyPath: count] / 2, 1)
    }
    return result
  }

  mutating func suggestions(
    at byteOffset: Int, limit: Int, deadline: ContinuousClock.Instant
  ) -> SuggestionList {
    use()
    let list = predictor.completions(at: byteOffset, limit: limit, while: { ContinuousClock.now < deadline })
    return SuggestionList(
      items: list.items.map {
        Suggestion(
          text: $0.text, insertedText: $0.insertedText, replacedBytes: $0.replacedBytes,
          probability: $0.probability, source: $0.source.rawValue)
      }, isIncomplete: list.isIncomplete,
      usesNetwork: hasNetwork ? list.usesNetwork : nil)
  }

  var hasNetwork: Bool { predictor.model?.hasNetwork == true }

  mutating func rank(
    _ candidates: [String], at byteOffset: Int, deadline: ContinuousClock.Instant
  ) -> CandidateRanking {
    use()
    return predictor.rank(candidates, at: byteOffset, while: { ContinuousClock.now < deadline })
  }

  mutating func prepareSurprisals(in byteRange: Range<Int>) -> Bool {
    !timed { [predictor] in predictor.prepareSurprisals(in: byteRange, maximumTokenCount: $0) }
  }

  mutating func surprisals(in byteRange: Range<Int>) -> [Surprisal] {
    predictor.surprisals(in: byteRange, waitsForNetwork: false).map { surprisal in
      Surprisal(
        byteRange: surprisal.byteRange, bits: surprisal.surprisalBits,
        expected: surprisal.expected.map { .init(text: $0.text, probability: $0.probability) })
    }
  }

  mutating func prepareBothSides(in byteRange: Range<Int>) -> Bool {
    !timed { [predictor] in predictor.prepareBothSides(in: byteRange, maximumTokenCount: $0) }
  }

  mutating func bitsBetweenBothSides(in byteRange: Range<Int>) -> [Int: Double] {
    predictor.bitsBetweenBothSides(in: byteRange)
  }

  mutating func prepareSlips() -> Bool {
    !waitsForUse && !predictor.index(maximumTokenCount: Self.sliceTokenCount)
  }

  mutating func slips(in byteRange: Range<Int>) -> [DetectedSlip] {
    predictor.slips(in: byteRange, maximumStepCount: .max) ?? []
  }

  mutating func slipsInSteps(_ byteRange: Range<Int>, while mayGoOn: () -> Bool) -> [DetectedSlip]? {
    var found: [DetectedSlip]?
    // How long n-grams and counts take says nothing of the network.
    guard predictor.hasWaitingSlips else {
      return predictor.slips(in: byteRange, maximumStepCount: slipStepCount, while: mayGoOn)
    }
    _ = timed(\.slipStepCount) { [predictor] stepCount in
      found = predictor.slips(in: byteRange, maximumStepCount: stepCount, while: mayGoOn)
      return found != nil
    }
    return found
  }

  mutating func continuation(
    at byteOffset: Int, isBehindWord: Bool, minimumProbability: Double, deadline: ContinuousClock.Instant
  ) -> Prediction.Continuation? {
    use()
    return predictor.continuation(
      at: byteOffset, isBehindWord: isBehindWord, minimumProbability: minimumProbability,
      while: { ContinuousClock.now < deadline })
  }

  mutating func knowledge(of word: String, at byteOffset: Int?) -> WordKnowledge? {
    predictor.knowledge(of: word, at: byteOffset)
  }

  mutating func context(at byteOffset: Int) -> TokenContext {
    predictor.withDocument { document in
      guard document.tokenCount > 0 else { return document.grammar.isProse ? .prose : .code }
      // The token before the place, and the one behind it or around it.
      let next = byteOffset == 0 ? 0 : document.tokenIndex(endingAfter: byteOffset - 1)
      let before = next > 0 ? document.token(at: next - 1) : nil
      guard next < document.tokenCount else { return before?.context ?? .code }
      let token = document.token(at: next)
      if token.byteOffset < byteOffset { return token.context }
      // Between two tokens: behind the last word of a comment that ends with the line it is still the comment.
      if let before, before.context == .comment, token.kind == .lineEnd { return .comment }
      return before?.context == token.context ? token.context : (document.grammar.isProse ? .prose : .code)
    }
  }

  mutating func selectionRanges(around byteOffsets: [Int]) -> [[Range<Int>]] {
    predictor.withDocument { document in
      var ranges = Lexing.SelectionRanges(copy document)
      return byteOffsets.map { ranges.ranges(around: $0) }
    }
  }

  func surroundings(of byteRange: Range<Int>, tokenCount: Int) -> Range<Int> {
    predictor.withDocument { (document) -> Range<Int> in
      guard document.tokenCount > 0 else { return byteRange }
      let last = document.tokenCount - 1
      let first = max(0, min(last, document.tokenIndex(endingAfter: byteRange.lowerBound)) - tokenCount)
      let end = min(last, document.tokenIndex(endingAfter: byteRange.upperBound) + tokenCount)
      let lower = min(byteRange.lowerBound, document.token(at: first).byteOffset)
      return lower..<max(byteRange.upperBound, document.token(at: end).endOffset)
    }
  }

  mutating func kinds(of words: [String], near byteOffset: Int) -> [CompletionItemKind] {
    predictor.withDocument { document, find in
      let uses = WordUses(of: words, in: document, near: byteOffset, find)
      return words.map(uses.kind)
    }
  }
}
