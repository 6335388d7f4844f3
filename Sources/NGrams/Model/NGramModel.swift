import LanguageModeling
import Platform
import Synchronization

/// A back-off model in a mapped file, never parsed: a trie from the first word of each n-gram to its last.
///
/// P(w | u) of the longest context u that has w as a child; else backoff(u) · P(w | u without its first word).
/// In the linked layout the nodes have suffix links, as the automaton of Aho and Corasick (1975): scoring a word
/// takes one search in the longest context, and one more for each context in which it does not occur.
public final class NGramModel: LanguageModel {
  /// The last words of a text, as far as the model knows their sequence.
  public struct State: Hashable, Sendable, BitwiseCopyable {
    /// Linked: the node of the longest known context in lane 0. Ranked: those of the last d words in lane d − 1.
    /// In lane 7 the number of words.
    var lanes: SIMD8<UInt32>

    @inline(__always) init(lanes: SIMD8<UInt32>) { self.lanes = lanes }
    @inline(__always) init(node: UInt32, depth: UInt32) {
      lanes = SIMD8(node, 0, 0, 0, 0, 0, 0, depth)
    }

    /// How many of the last words the model has seen in a row, at most N − 1.
    @inline(__always) public var depth: Int { Int(lanes[7]) }
  }

  /// What the model knows of one word after a context.
  public struct Score: Hashable, Sendable, BitwiseCopyable {
    /// ln P.
    public var logProbability: Float
    /// The order of the longest n-gram that ends with the word and is in the model; 1 if only the word is.
    public var matchedOrder: Int
  }

  let file: MappedFile
  let header: NGramFileHeader
  let layout: NGramLayout
  // Points into `file`, which lives as long as this object, and is never written to.
  nonisolated(unsafe) let unigrams: UnigramView
  /// The orders from 2 on.
  nonisolated(unsafe) let levels: UnsafeMutablePointer<NGramLevelView>
  /// N.
  public let order: Int
  private let frequentUnigramsReference = AtomicLazyReference<FrequentUnigrams>()
  /// Made when it is first needed.
  var frequentUnigrams: FrequentUnigrams {
    frequentUnigramsReference.load() ?? frequentUnigramsReference.storeIfNil(FrequentUnigrams(self))
  }

  public var vocabularyCount: Int { Int(unigrams.count) }
  /// How many n-grams there are of each order from 1 on.
  public var counts: [Int] { header.levels.map { Int($0.count) } }
  /// Whether probabilities and backoffs are quantised.
  public var isQuantized: Bool { header.levels.contains { $0.codebookOffset != 0 } }
  public var byteCount: Int { file.count }

  /// Opens `ngrams.bin`: checks the header, reads nothing else.
  public convenience init(path: String) throws(Failure) { try self.init(file: MappedFile(path)) }

  /// Opens a mapped `ngrams.bin`: checks the header, reads nothing else.
  ///
  /// - Parameter vocabularyCount: what the vocabulary beside it has, to compare.
  public init(file: MappedFile, vocabularyCount: Int? = nil) throws(Failure) {
    let header = try NGramFileHeader(file)
    if let vocabularyCount, UInt64(vocabularyCount) != header.levels[0].count {
      throw Failure(
        file.path,
        why: "has \(header.levels[0].count) types, but the vocabulary has \(vocabularyCount)",
        remedy: "train the model again")
    }
    self.file = file
    self.header = header
    layout = header.layout
    order = header.levels.count
    guard let base = file.bytes.baseAddress else {
      throw Failure(file.path, why: "is empty", remedy: "train the model again")
    }
    func count(_ order: Int) -> UInt64 { order <= header.levels.count ? header.levels[order - 1].count : 0 }
    unigrams = UnigramView(header.levels[0], file: base, nextCount: count(2))
    levels = .allocate(capacity: max(1, order - 1))
    for (place, level) in header.levels.dropFirst().enumerated() {
      (levels + place).initialize(
        to: NGramLevelView(level, file: base, previousCount: count(place + 1), nextCount: count(place + 3)))
    }
  }

  deinit { levels.deallocate() }

  public var emptyState: State { State(node: 0, depth: 0) }

  public var sentenceStartState: State {
    order == 1 ? emptyState : State(node: TokenID.sentenceStart.rawValue, depth: 1)
  }

  /// ln P(`token` | `state`), and the state after `token`.
  public func logProbability(of token: TokenID, after state: State, next: inout State) -> Float {
    score(token, after: state, next: &next).logProbability
  }

  /// ln P(`token` | `state`) with the order of the n-gram that gave it, and the state after `token`.
  ///
  /// `state` must come from this model.
  public func score(_ token: TokenID, after state: State, next: inout State) -> Score {
    let id = token.rawValue < unigrams.count ? token.rawValue : 0
    switch layout {
    case .linked: return scoreLinked(id, after: state, next: &next)
    case .ranked: return scoreRanked(id, after: state, next: &next)
    }
  }

  /// A smaller table of words is in memory soon after a model is opened.
  private static let largeVocabularyCount = 1 << 20
  /// Places so near to each other are asked for together.
  private static let nearByteCount = 1 << 16

  /// Has the system read what is known of some words alone, all at once: of a large model that nobody has used for a while
  /// each would wait for the disk by itself.
  package func willReadUnigrams(_ ids: [UInt32]) {
    guard vocabularyCount >= Self.largeVocabularyCount else { return }
    let first = Int(header.levels[0].recordsOffset)
    var wanted = 0..<0
    for id in ids.sorted() where id < unigrams.count {
      let lower = first + Int(id) * NGramFileHeader.unigramByteCount
      let upper = lower + NGramFileHeader.unigramByteCount
      if lower <= wanted.upperBound + Self.nearByteCount && !wanted.isEmpty {
        wanted = wanted.lowerBound..<upper
      } else {
        file.willRead(wanted)
        wanted = lower..<upper
      }
    }
    file.willRead(wanted)
  }

  /// The state after the last words of a text, given in order; at most the last N − 1 matter.
  public func state(after tokens: some BidirectionalCollection<TokenID>, atSentenceStart: Bool = false)
    -> State
  {
    let last = tokens.suffix(order - 1)
    var state = atSentenceStart && last.count == tokens.count ? sentenceStartState : emptyState
    for token in last { _ = score(token, after: state, next: &state) }
    return state
  }
}
