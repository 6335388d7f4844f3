import LanguageModeling
import Platform

/// Predicts held-out documents token by token and counts how well. A token is predicted before it is learned, and
/// nothing that stands later in its document is known.
public final class Evaluator {
  /// What may be learned from the held-out text itself.
  public enum Caches: String, CaseIterable, Sendable {
    /// Nothing.
    case none
    /// The document's own tokens so far.
    case document
    /// Those, and every document before it.
    case history
  }

  /// What is measured; ranks cost most of the time.
  public struct Measures: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// The place of each token among ten.
    public static let ranks = Measures(rawValue: 1)
    /// The places of names with some characters typed, and the keystrokes saved.
    public static let typing = Measures(rawValue: 2)
    public static let all: Measures = [.ranks, .typing]
  }

  public let caches: Caches
  public let measures: Measures
  /// The number of words in the list that keystrokes are saved with.
  public static let listCount = 5
  private let lexicon: Lexicon
  private let engine: MixtureEngine
  private let document = DocumentCounts()
  private let history = DocumentCounts()
  private let vocabularyCount: UInt32

  /// - Parameter switchedOff: components that are left out.
  public init(model: Model?, caches: Caches, measures: Measures = .all, switchedOff: Set<Component> = []) {
    self.caches = caches
    self.measures = measures
    lexicon = model?.makeLexicon() ?? Lexicon(vocabulary: nil)
    engine = MixtureEngine(lexicon: lexicon, model: model)
    engine.switchedOff = switchedOff
    vocabularyCount = lexicon.firstUnknownID
  }

  /// Predicts one document, then learns it if the caches are those of all history.
  public func evaluate(_ given: EvaluationDocument) -> EvaluationResult {
    var result = EvaluationResult()
    result.documentCount = 1
    result.byteCount = given.byteCount
    let sequence = lexicon.sequence(ofWords: given.words)
    document.removeAll()
    var sources = MixtureEngine.Sources()
    if caches != .none { sources.document = document }
    if caches == .history { sources.neighbours = history }
    for index in 0..<sequence.count {
      engine.prepare(sequence, at: index, sources)
      let token = sequence.id(at: index)
      let bits = engine.surprisalBits(of: token)
      result.tokenCount += 1
      result.bits += bits
      if token < vocabularyCount {
        result.knownTokenCount += 1
        result.knownBits += bits
      }
      if measures.contains(.ranks) {
        let best = engine.best(10)
        let rank = best.firstIndex { $0.token == token }.map { $0 + 1 }
        result.tokens.add(rank)
        if measures.contains(.typing) {
          countTyping(given.words[index], isIdentifier: given.isIdentifier[index], token, rank: rank, &result)
        }
      }
      if caches != .none { document.add(sequence, index..<index + 1) }
    }
    if caches == .history { history.add(sequence, 0..<sequence.count) }
    return result
  }

  private func countTyping(
    _ word: [UInt8], isIdentifier: Bool, _ token: UInt32, rank: Int?, _ result: inout EvaluationResult
  ) {
    let ends = Self.characterEnds(word)
    result.characterCount += ends.count
    let isCounted = isIdentifier && ends.count >= 3
    guard isCounted || EvaluationDocument.isWord(word) && ends.count >= 2 else {
      // A token of several characters can be accepted from the list too.
      if let rank, rank <= Self.listCount { result.savedKeystrokeCount += max(0, ends.count - 1) }
      return
    }
    var acceptedAfter: Int? = rank.flatMap { $0 <= Self.listCount ? 0 : nil }
    if isCounted { result.identifiers[0].add(rank) }
    var typedCount = 1
    while typedCount < ends.count && (acceptedAfter == nil || isCounted && typedCount <= 2) {
      let best = engine.best(10, continuing: Array(word[..<ends[typedCount - 1]]))
      let place = best.firstIndex { $0.token == token }.map { $0 + 1 }
      if isCounted && typedCount <= 2 { result.identifiers[typedCount].add(place) }
      if acceptedAfter == nil, let place, place <= Self.listCount { acceptedAfter = typedCount }
      // A word that nothing knows will not appear, however much of it is typed.
      if place == nil && typedCount >= 2 && engine.countedProbability(of: token) <= 0 { break }
      typedCount += 1
    }
    if let acceptedAfter { result.savedKeystrokeCount += max(0, ends.count - acceptedAfter - 1) }
  }

  /// The byte offsets behind each character (Unicode scalar).
  private static func characterEnds(_ word: [UInt8]) -> [Int] {
    word.indices.filter { $0 + 1 == word.count || word[$0 + 1] & 0xC0 != 0x80 }.map { $0 + 1 }
  }
}
