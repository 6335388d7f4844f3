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
  /// The network's token of each number; nil where the numbers are the network's own. Numbers beyond are unknown.
  private let translation: [UInt32]?
  /// The number of each of the network's tokens; nil where both are the same.
  private let numbers: [UInt32: UInt32]?
  /// Numbers below are those of words that the network may know.
  private let numberCount: UInt32

  /// - Parameters:
  ///   - vocabularyCount: numbers from here on are words that only documents have.
  ///   - translation: the network's token of each number below; nil where both are the same.
  init(network: RecurrentModel, vocabularyCount: Int, translation: [UInt32]? = nil) {
    precondition(translation == nil || translation?.count == vocabularyCount)
    self.network = network
    self.translation = translation
    numbers = translation.map { tokens in
      Dictionary(
        tokens.enumerated().filter { $1 > TokenID.sentenceEnd.rawValue }.map { ($1, UInt32($0)) },
        uniquingKeysWith: { first, _ in first })
    }
    numberCount = UInt32(vocabularyCount)
    var state = network.emptyState
    network.step(.sentenceEnd, &state)
    startState = state
  }

  /// What the network reads for a word: `<unk>` for those that it does not know.
  @inline(__always)
  func token(of id: UInt32) -> TokenID {
    guard id < numberCount else { return .unknown }
    return TokenID(rawValue: translation.map { $0[Int(id)] } ?? id)
  }

  /// The number of one of the network's tokens; nil where it has none.
  @inline(__always)
  func number(of token: TokenID) -> UInt32? { numbers.map { $0[token.rawValue] } ?? token.rawValue }

  /// Tokens among which are those of all words with these numbers: both are in order of the words' bytes.
  func tokens(of ids: Range<UInt32>) -> Range<UInt32> {
    guard let translation else { return ids }
    let known = ids.clamped(to: 0..<numberCount)
    let tokens = translation[Int(known.lowerBound)..<Int(known.upperBound)]
    guard let first = tokens.first(where: { $0 > 0 }), let last = tokens.last(where: { $0 > 0 }),
      first <= last
    else { return 0..<0 }
    return first..<last + 1
  }

  /// What the network expects after a state.
  func view(after state: RecurrentState) -> RecurrentView {
    RecurrentView(component: self, distribution: network.distribution(after: state))
  }
}

/// The network's distribution at one place, computed whole: a typed prefix then costs nothing but looking.
///
/// P(w) is that of w's row; what the network gives to `<unk>` goes to the spelling of words, so that together they are
/// a distribution over all words. The end of the document is not predicted: its share goes to all others in
/// proportion.
struct RecurrentView: Sendable {
  let component: RecurrentComponent
  private let distribution: RecurrentDistribution
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

  init(component: RecurrentComponent, distribution: RecurrentDistribution) {
    self.component = component
    self.distribution = distribution
    let end = distribution.logProbability(ofKnown: .sentenceEnd).map { min(expf($0), 0.9999) } ?? 0
    logScale = -logf(1 - end)
    unknownProbability = expf(distribution.logProbability(of: .unknown) + logScale)
    ranked = distribution.best(Self.listCount + 2).filter { $0.token > .sentenceEnd }
    var greatest = ranked.prefix(10).map { [logScale] in expf($0.logProbability + logScale) }
    while greatest.count < 2 { greatest.append(0) }
    self.greatest = greatest
  }

  /// P of a word, 0 for those that the network does not know.
  func probability(of id: UInt32) -> Float {
    let token = component.token(of: id)
    guard token > .sentenceEnd, let value = distribution.logProbability(ofKnown: token) else { return 0 }
    return expf(value + logScale)
  }

  /// Whether the network has a row of its own for a word.
  func knows(_ id: UInt32) -> Bool {
    let token = component.token(of: id)
    return token > .sentenceEnd && component.network.knows(token)
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
