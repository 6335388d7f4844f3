import LanguageModeling
import Lexing
import Platform
import Privacy
import Synchronization

/// One open document: its text, its tokens, its counts, and what may come next in it.
///
/// All calls may come from any thread and hold the document's lock; each is short but the first indexing of a long
/// text, which `index(maximumTokenCount:)` does in pieces, and the network's reading of it, which
/// `advanceStates(maximumTokenCount:)` does. After any edits the answers equal those of a document that was opened with
/// the final text; what the network has to do with them, within the tolerance of `RecurrentTrack`.
public final class DocumentPredictor: Sendable {
  public let grammar: Grammar
  public let model: Model?
  public let neighbours: NeighbourCache?
  private let state: Mutex<DocumentState>

  /// - Parameters:
  ///   - neighbours: what other documents say; made with the same model.
  ///   - privacy: what is not learned from the document, not even for itself.
  ///   - indexesAtOnce: whether all tokens are counted before this returns; else `index(maximumTokenCount:)` does it.
  public init(
    text: [UInt8], grammar: Grammar, model: Model?, neighbours: NeighbourCache? = nil,
    privacy: DocumentPrivacy = .secrets, indexesAtOnce: Bool = true
  ) {
    precondition(neighbours == nil || neighbours?.model === model, "the neighbours have another model")
    self.grammar = grammar
    self.model = model
    self.neighbours = neighbours
    state = Mutex(
      DocumentState(
        text: text, grammar: grammar, model: model, neighbours: neighbours, privacy: privacy))
    if indexesAtOnce {
      state.withLock { $0.preparesNames = true }
      index(maximumTokenCount: .max)
    }
  }

  deinit { state.withLock { $0.leave() } }

  /// The text. Whoever keeps it over an edit has it copied.
  package var buffer: TextBuffer { state.withLock { $0.lexed.text } }
  public var bytes: [UInt8] { state.withLock { $0.lexed.bytes } }
  public var byteCount: Int { state.withLock { $0.lexed.byteCount } }
  public var tokenCount: Int { state.withLock { $0.lexed.tokenCount } }
  /// Memory that the document's counts hold, in bytes.
  public var countsByteCount: Int { state.withLock { $0.counts.byteCount } }
  /// Memory that the network's states hold, in bytes.
  public var statesByteCount: Int {
    state.withLock { ($0.track?.byteCount ?? 0) + ($0.backwardTrack?.byteCount ?? 0) }
  }
  /// How many steps the network has taken for the document.
  public var networkStepCount: Int {
    state.withLock { ($0.track?.stepCount ?? 0) + ($0.backwardTrack?.stepCount ?? 0) }
  }
  /// Whether all tokens are counted.
  public var isIndexed: Bool { state.withLock { $0.isIndexed } }

  /// Counts some more tokens of a document that was opened without.
  ///
  /// - Returns: whether all are counted now.
  @discardableResult
  public func index(maximumTokenCount: Int) -> Bool {
    state.withLock { $0.index(maximumTokenCount: maximumTokenCount) }
  }

  /// Says where the next question will be: what its answer needs is read first from now on.
  public func expectQuestion(at byteOffset: Int) { state.withLock { $0.expectQuestion(at: byteOffset) } }

  /// Lets the network read some more of the text, around the place that was asked about last first.
  ///
  /// - Parameter mayGoOn: asked every few steps; once it says false it ends.
  /// - Returns: whether there is nothing left for it to do.
  @discardableResult
  public func advanceStates(maximumTokenCount: Int, while mayGoOn: () -> Bool = { true }) -> Bool {
    state.withLock { $0.advanceStates(maximumTokenCount: maximumTokenCount, while: mayGoOn) }
  }

  /// Reads some more of the text before the place that was asked about last, to learn which experts the document is to trust.
  /// Answers go on without what is not read yet; the network reads before.
  ///
  /// - Parameter mayGoOn: asked before each token; once it says false it ends.
  /// - Returns: whether all of that is read.
  @discardableResult
  public func adapt(maximumTokenCount: Int, while mayGoOn: () -> Bool = { true }) -> Bool {
    state.withLock { $0.adapt(maximumTokenCount: maximumTokenCount, while: mayGoOn) }
  }

  /// Lets the model's network in both directions read some more of what the tokens of a part of the text need.
  ///
  /// - Returns: whether it has read all of that, or there is none.
  public func prepareBothSides(in byteRange: Range<Int>, maximumTokenCount: Int) -> Bool {
    state.withLock { $0.prepareBothSides(in: byteRange, maximumTokenCount: maximumTokenCount) }
  }

  /// −log2 P of each token that touches a range of bytes, by where it begins: what the model's network in both directions
  /// makes of it, all other tokens known. Of a word that the network does not know, that of some such word.
  ///
  /// What `prepareBothSides(in:maximumTokenCount:)` has not done yet is done first, as far as it makes a difference.
  ///
  /// - Returns: empty where the model has no such network, or it is not open.
  public func bitsBetweenBothSides(in byteRange: Range<Int>) -> [Int: Double] {
    state.withLock { $0.bitsBetweenBothSides(in: byteRange) }
  }

  /// Replaces bytes of the text.
  ///
  /// - Parameter byteRange: clamped to the text.
  /// - Returns: the tokens that changed.
  @discardableResult
  public func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) -> TokenChange {
    state.withLock { $0.replace(byteRange, with: bytes) }
  }

  /// Says what a commit message is about: a diff in git's format. One below the scissors line in the text itself goes before it;
  /// of other documents there is nothing to be said.
  public func setDiff(_ bytes: [UInt8]) { state.withLock { $0.give(diff: bytes) } }

  /// The words that may stand at a place, best first.
  ///
  /// - Parameters:
  ///   - byteOffset: clamped to the text. Within or behind a word that word is completed; else the next one is foretold.
  ///   - limit: the most items.
  ///   - mayGoOn: asked now and then while the network reads what it has not read yet; once it says false the answer
  ///     comes without the network, and is incomplete.
  public func completions(
    at byteOffset: Int, limit: Int = 10, while mayGoOn: () -> Bool = { true }
  ) -> CompletionList {
    state.withLock { $0.completions(at: byteOffset, limit: limit, while: mayGoOn) }
  }

  /// The most probable tokens of any kind after the tokens before a place, mixed over all components, best first: their
  /// numbers in the lexicon and their probabilities.
  ///
  /// - Parameters:
  ///   - byteOffset: clamped to the text; a token that is typed in part does not count.
  ///   - mayGoOn: as for `completions`.
  public func successors(
    at byteOffset: Int, limit: Int = 10, while mayGoOn: () -> Bool = { true }
  ) -> [(id: UInt32, probability: Float)] {
    state.withLock { $0.successors(at: byteOffset, limit: limit, while: mayGoOn) }
  }

  /// How surprising each token is that touches a range of bytes, its own occurrence not counted.
  ///
  /// - Parameters:
  ///   - alternativeCount: how many expected words to find for surprising tokens.
  ///   - waitsForNetwork: whether the network reads the text up to there first; else it goes without where it has not.
  public func surprisals(
    in byteRange: Range<Int>, alternativeCount: Int = 3, waitsForNetwork: Bool = true
  ) -> [TokenSurprisal] {
    state.withLock {
      if waitsForNetwork { _ = $0.prepareSurprisals(in: byteRange, maximumTokenCount: .max) }
      return $0.surprisals(in: byteRange, alternativeCount: alternativeCount)
    }
  }

  /// Lets the network read some more of what the surprisals of a part of the text need.
  ///
  /// - Returns: whether it has read all of that.
  public func prepareSurprisals(in byteRange: Range<Int>, maximumTokenCount: Int) -> Bool {
    state.withLock { $0.prepareSurprisals(in: byteRange, maximumTokenCount: maximumTokenCount) }
  }

  /// The most probable words from a place to the end of the line, or to where confidence ends; nil if it ends at once.
  ///
  /// The text is to be inserted at the offset: of a word that is typed in part it holds the rest. A word that is typed
  /// whole is not made another one; what stands behind the offset on its line is not written again, and brackets and
  /// quotes that are closed there stay so. Within a word there is no continuation.
  ///
  /// - Parameters:
  ///   - isBehindWord: whether the word before the offset is whole, known or not.
  ///   - minimumProbability: of a single word; of several together it may be less (`ContinuationWorth`).
  ///   - mayGoOn: as for `completions`.
  public func continuation(
    at byteOffset: Int, isBehindWord: Bool = false, maximumTokens: Int = 12,
    minimumProbability: Double = 0.24,
    while mayGoOn: () -> Bool = { true }
  ) -> Continuation? {
    state.withLock {
      $0.continuation(
        at: byteOffset, isBehindWord: isBehindWord, maximumTokens: maximumTokens,
        minimumProbability: minimumProbability, while: mayGoOn)
    }
  }

  /// What is known of a word: where it occurs, and how probable each component finds it at a place.
  ///
  /// - Parameter byteOffset: the place; nil for none.
  public func knowledge(of word: String, at byteOffset: Int?) -> WordKnowledge {
    state.withLock { $0.knowledge(of: word, at: byteOffset) }
  }

  /// Gives what changes of the document to `body`, under the document's lock.
  func withState<Result: Sendable>(_ body: (inout DocumentState) -> Result) -> Result {
    state.withLock { body(&$0) }
  }

  /// Gives the text and its tokens to `body`, under the document's lock.
  public func withDocument<Result: Sendable>(_ body: (borrowing LexedDocument) -> Result) -> Result {
    state.withLock { body($0.lexed) }
  }

  /// Finds words among the tokens of a range: their indices with those of the tokens that they are, the latter ascending. What
  /// of the range is not there is left out.
  public typealias WordFinder = (_ words: [[UInt8]], _ range: Range<Int>) -> [(word: Int, tokenIndex: Int)]

  /// Gives the text and its tokens to `body`, under the document's lock, and what finds words in it by their numbers.
  public func withDocument<Result: Sendable>(
    _ body: (borrowing LexedDocument, WordFinder) -> Result
  ) -> Result {
    state.withLock { state in body(state.lexed) { words, range in state.places(of: words, in: range) } }
  }
}
