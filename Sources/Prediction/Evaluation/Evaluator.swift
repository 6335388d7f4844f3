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
    /// The places of names with some characters typed.
    public static let names = Measures(rawValue: 2)
    public static let all: Measures = [.ranks, .names]
  }

  public let caches: Caches
  public let measures: Measures
  /// How many words are looked at: ten, and as many more as reserved words may stand among them.
  private static let offeredCount = 16
  private let lexicon: Lexicon
  /// Nil where there is none, or it is left out.
  private let network: RecurrentComponent?
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
    network = switchedOff.contains(.recurrent) ? nil : model?.network
    vocabularyCount = lexicon.firstUnknownID
  }

  /// Predicts one document, then learns it if the caches are those of all history.
  ///
  /// - Parameter body: is given −log2 P of each token in turn.
  public func evaluate(
    _ given: EvaluationDocument, forEachToken body: (Double) -> Void = { _ in }
  ) -> EvaluationResult {
    var result = EvaluationResult()
    result.documentCount = 1
    result.byteCount = given.byteCount
    let sequence = lexicon.sequence(ofWords: given.words)
    document.removeAll()
    var sources = MixtureSources()
    if caches != .none { sources.document = document }
    if caches == .history { sources.neighbours = history }
    var evidence = LayerEvidence()
    var adaptation = WeightAdaptation()
    var state = network?.startState
    for index in 0..<sequence.count {
      sources.recurrent = state.flatMap { network?.view(after: $0, listsWords: measures.contains(.ranks)) }
      sources.evidence = evidence
      sources.adaptation = adaptation
      engine.prepare(sequence, at: index, sources)
      let token = sequence.id(at: index)
      if let network { network.network.step(network.token(of: token), &state!) }
      let bits = engine.surprisalBits(of: token)
      result.tokenCount += 1
      result.bits += bits
      body(bits)
      if token < vocabularyCount {
        result.knownTokenCount += 1
        result.knownBits += bits
      }
      if measures.contains(.ranks) {
        let best = engine.best(Self.offeredCount).map(\.token)
        result.tokens.add(best.firstIndex(of: token).map { $0 + 1 })
        if measures.contains(.names) { countName(given, index, token, best: best, &result) }
      }
      if caches != .none {
        if caches == .history {
          // What an open document learns is said by its own text.
          sources.neighbours = nil
          engine.prepare(sequence, at: index, sources)
          sources.neighbours = history
        }
        engine.teach(&adaptation, token)
        document.add(sequence, index..<index + 1)
        lexicon.layers?.count(sequence, index..<index + 1, into: &evidence)
      }
    }
    if caches == .history { history.add(sequence, 0..<sequence.count) }
    return result
  }

  /// The places of a name of three characters or more with none, one and two of them typed.
  private func countName(
    _ given: EvaluationDocument, _ index: Int, _ token: UInt32, best: [UInt32],
    _ result: inout EvaluationResult
  ) {
    let word = given.words[index]
    let ends = Self.characterEnds(word)
    guard given.isIdentifier[index] && ends.count >= 3 else { return }
    result.identifiers[0].add(rank(of: token, amongNamesIn: best, given))
    for typedCount in 1...2 {
      let best = engine.best(Self.offeredCount, continuing: Array(word[..<ends[typedCount - 1]])).map(\.token)
      result.identifiers[typedCount].add(rank(of: token, amongNamesIn: best, given))
    }
  }

  /// The place of a name among the names that are offered, reserved words and other tokens passed over.
  private func rank(of token: UInt32, amongNamesIn offered: [UInt32], _ given: EvaluationDocument) -> Int? {
    var rank = 1
    for candidate in offered {
      if candidate == token { return rank }
      let word = lexicon.bytes(of: candidate)
      if EvaluationDocument.isWord(word) && !given.reserved.contains(word) { rank += 1 }
    }
    return nil
  }

  /// The byte offsets behind each character (Unicode scalar).
  private static func characterEnds(_ word: [UInt8]) -> [Int] {
    word.indices.filter { $0 + 1 == word.count || word[$0 + 1] & 0xC0 != 0x80 }.map { $0 + 1 }
  }
}
