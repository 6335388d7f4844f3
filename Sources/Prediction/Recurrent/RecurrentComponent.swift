import LanguageModeling
import Neural
import Platform

/// The network of a model as the mixture uses it: asked by the numbers that the mixture gives to words.
///
/// Immutable and shared by all documents; what changes along a document is in its `RecurrentTrack`.
public final class RecurrentComponent: Sendable {
  public let network: RecurrentModel
  /// The state at the start of a document: behind the `</s>` that divides documents in training.
  let startState: RecurrentState
  private let numbering: Numbering
  /// Numbers below are those of words that the network may know.
  private let numberCount: UInt32

  /// How the mixture's numbers are found for the network's tokens.
  private enum Numbering: Sendable {
    /// They are its tokens.
    case own
    /// By number its token, and by token the number.
    case translated([UInt32], numbers: [UInt32: UInt32])
    /// Its tokens are ids of one of several vocabularies.
    case joined(JoinedVocabularies, place: Int)
  }

  /// - Parameters:
  ///   - vocabularyCount: numbers from here on are words that only documents have.
  ///   - translation: the network's token of each number below; nil where both are the same.
  convenience init(network: RecurrentModel, vocabularyCount: Int, translation: [UInt32]? = nil) {
    precondition(translation == nil || translation?.count == vocabularyCount)
    let numbering = translation.map { tokens in
      Numbering.translated(
        tokens,
        numbers: Dictionary(
          tokens.enumerated().filter { $1 > TokenID.sentenceEnd.rawValue }.map { ($1, UInt32($0)) },
          uniquingKeysWith: { first, _ in first }))
    }
    self.init(network, numbering ?? .own, numberCount: UInt32(vocabularyCount))
  }

  /// The network of one of several models, asked by their common numbers.
  ///
  /// - Parameter place: of the vocabulary that the network's tokens are ids of.
  convenience init(_ component: RecurrentComponent, joined: JoinedVocabularies, place: Int) {
    self.init(component.network, .joined(joined, place: place), numberCount: joined.count)
  }

  private init(_ network: RecurrentModel, _ numbering: Numbering, numberCount: UInt32) {
    self.network = network
    self.numbering = numbering
    self.numberCount = numberCount
    var state = network.emptyState
    network.step(.sentenceEnd, &state)
    startState = state
  }

  /// What the network reads for a word: `<unk>` for those that it does not know.
  @inline(__always)
  func token(of id: UInt32) -> TokenID {
    guard id < numberCount else { return .unknown }
    switch numbering {
    case .own: return TokenID(rawValue: id)
    case .translated(let tokens, _): return TokenID(rawValue: tokens[Int(id)])
    case .joined(let joined, let place): return TokenID(rawValue: joined.id(of: id, in: place))
    }
  }

  /// The number of one of the network's tokens; nil where it has none.
  @inline(__always)
  func number(of token: TokenID) -> UInt32? {
    switch numbering {
    case .own: token.rawValue
    case .translated(_, let numbers): numbers[token.rawValue]
    case .joined(let joined, let place): joined.number(of: token.rawValue, in: place)
    }
  }

  /// Whether words are asked for by their beginnings among the network's own tokens, not among the model's numbers.
  var isOfLayer: Bool { if case .joined = numbering { true } else { false } }

  /// Tokens among which are those of all words of the model's with these numbers: both are in order of the words' bytes.
  func tokens(of ids: Range<UInt32>) -> Range<UInt32> {
    guard case .translated(let translation, _) = numbering else { return ids }
    let known = ids.clamped(to: 0..<numberCount)
    let tokens = translation[Int(known.lowerBound)..<Int(known.upperBound)]
    guard let first = tokens.first(where: { $0 > 0 }), let last = tokens.last(where: { $0 > 0 }),
      first <= last
    else { return 0..<0 }
    return first..<last + 1
  }

  /// What the network expects after a state.
  ///
  /// - Parameter listsWords: whether it is asked which words are the most probable, and not for given ones alone.
  func view(after state: RecurrentState, listsWords: Bool = true) -> RecurrentView {
    RecurrentView(
      component: self, distribution: network.distribution(after: state),
      listCount: listsWords ? RecurrentView.listCount : RecurrentView.greatestCount)
  }

  /// The same for whoever asks for few given words, and for no lists: most of the distribution need not be known for that.
  func partialView(after state: RecurrentState) -> RecurrentView {
    RecurrentView(
      component: self,
      partial: network.partialDistribution(after: state, bestCount: RecurrentView.greatestCount + 2))
  }
}

/// The network's distribution at one place, computed whole: a typed prefix then costs nothing but looking.
///
/// P(w) is that of w's row; what the network gives to `<unk>` goes to the spelling of words, so that together they are
/// a distribution over all words. The end of the document is not predicted: its share goes to all others in
/// proportion.
struct RecurrentView: Sendable {
  private enum Distribution {
    case whole(RecurrentDistribution)
    case partial(PartialDistribution)

    @inline(__always)
    func logProbability(ofKnown token: TokenID) -> Float? {
      switch self {
      case .whole(let distribution): distribution.logProbability(ofKnown: token)
      case .partial(let distribution): distribution.logProbability(ofKnown: token)
      }
    }

    func logProbability(of token: TokenID) -> Float {
      switch self {
      case .whole(let distribution): distribution.logProbability(of: token)
      case .partial(let distribution): distribution.logProbability(of: token)
      }
    }

    /// None of a partial one.
    func best(_ limit: Int, inIDs ids: Range<UInt32>) -> [Successor] {
      if case .whole(let distribution) = self { return distribution.best(limit, inIDs: ids) }
      return []
    }
  }

  let component: RecurrentComponent
  private let distribution: Distribution
  /// −ln(1 − P(`</s>`)).
  private let logScale: Float
  /// P of words that the network does not know, all together.
  let unknownProbability: Float
  /// The greatest probabilities of words, falling; at least two.
  let greatest: [Float]
  /// Words among the `listCount` most probable rows, falling: the network's tokens.
  private let ranked: [Successor]

  /// How many of the most probable words are found at once.
  static let listCount = 64
  /// How many probabilities `greatest` has at most.
  static let greatestCount = 10

  init(component: RecurrentComponent, distribution: RecurrentDistribution, listCount: Int) {
    self.init(component, .whole(distribution), best: distribution.best(listCount + 2))
  }

  /// - Parameter partial: with the `greatestCount` most probable words.
  init(component: RecurrentComponent, partial: PartialDistribution) {
    self.init(component, .partial(partial), best: partial.best)
  }

  private init(_ component: RecurrentComponent, _ distribution: Distribution, best: [Successor]) {
    self.component = component
    self.distribution = distribution
    let end = distribution.logProbability(ofKnown: .sentenceEnd).map { min(expf($0), 0.9999) } ?? 0
    logScale = -logf(1 - end)
    unknownProbability = expf(distribution.logProbability(of: .unknown) + logScale)
    ranked = best.filter { $0.token > .sentenceEnd }
    var greatest = ranked.prefix(Self.greatestCount).map { [logScale] in expf($0.logProbability + logScale) }
    while greatest.count < 2 { greatest.append(0) }
    self.greatest = greatest
  }

  /// P of a word, 0 for those that the network does not know.
  func probability(of id: UInt32) -> Float {
    let token = component.token(of: id)
    guard token > .sentenceEnd, let value = distribution.logProbability(ofKnown: token) else { return 0 }
    return expf(value + logScale)
  }

  /// ln P of a row of the network's own, among all but the end; nil for one that it does not know.
  func logProbability(ofToken token: TokenID) -> Float? {
    distribution.logProbability(ofKnown: token).map { $0 + logScale }
  }

  /// Whether the network has a row of its own for a word.
  func knows(_ id: UInt32) -> Bool {
    let token = component.token(of: id)
    return token > .sentenceEnd && component.network.knows(token)
  }

  /// Calls `body` with the most probable words among some of the network's own tokens, and their probabilities.
  func forEachBest(limit: Int, tokens: Range<UInt32>, _ body: (UInt32, Float) -> Void) {
    for successor in distribution.best(limit, inIDs: tokens) where successor.token > .sentenceEnd {
      if let number = component.number(of: successor.token) {
        body(number, expf(successor.logProbability + logScale))
      }
    }
  }

  /// Calls `body` with the most probable words and their probabilities, in order, until it says false.
  ///
  /// - Parameters:
  ///   - limit: at most `listCount` where no range is given.
  ///   - ids: only words with these numbers.
  func forEachBest(limit: Int, ids: Range<UInt32>?, _ body: (UInt32, Float) -> Bool) {
    let found =
      ids.map { distribution.best(limit, inIDs: component.tokens(of: $0)) } ?? Array(ranked.prefix(limit))
    for successor in found where successor.token > .sentenceEnd {
      guard let number = component.number(of: successor.token), ids?.contains(number) ?? true else {
        continue
      }
      guard body(number, expf(successor.logProbability + logScale)) else { return }
    }
  }
}
