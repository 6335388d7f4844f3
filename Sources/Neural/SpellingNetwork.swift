import LanguageModeling
import Platform

/// How words are spelled, by a network over bytes: gives every word a probability, those that nobody has seen too.
///
/// Read from `spelling.safetensors` (docs/weights.md). The word's boundary is its first input and its last outcome;
/// words are not empty, so the boundary's share in the first place goes to the bytes. Sums to 1 over all words.
public final class SpellingNetwork: Sendable {
  /// Bytes after this many are taken for uniform, so that a literal of a megabyte costs little time.
  public static let modelledByteCount = 256

  private let model: RecurrentModel
  private let start: RecurrentState

  /// - Throws: `Failure` if the file is damaged or holds another kind of network.
  public convenience init(path: String) throws(Failure) { try self.init(RecurrentModel(path: path)) }

  public init(_ model: RecurrentModel) throws(Failure) {
    guard model.architecture.units == .spelling else {
      throw Failure("spelling", why: "the network's units are not bytes of words", remedy: "train it again")
    }
    self.model = model
    start = model.state(after: Self.boundary, from: model.emptyState)
  }

  private static let boundary = TokenID(SpellingAlphabet.boundary)

  /// ln P(`word`): of spelling exactly these bytes. −∞ for the empty word.
  public func logProbability(of word: some Collection<UInt8>) -> Float {
    guard !word.isEmpty else { return -.infinity }
    let modelled = word.prefix(Self.modelledByteCount)
    var symbols = modelled.map { TokenID(Int($0)) }
    if modelled.count == word.count { symbols.append(Self.boundary) }
    var state = start
    let scores = model.score(symbols, after: &state).logProbabilities
    let excluded = exp(model.logProbability(of: Self.boundary, after: start))
    // What goes on beyond the modelled bytes: each byte one of 257 outcomes, and the end.
    let rest = word.count - modelled.count
    let tail = rest == 0 ? 0 : -Float(rest + 1) * log(Float(SpellingAlphabet.count))
    return scores.reduce(0, +) - log(max(1 - excluded, .leastNormalMagnitude)) + tail
  }
}
