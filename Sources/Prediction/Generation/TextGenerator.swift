import LanguageModeling
import Lexing
import Neural
import Platform
import Privacy

/// Writes text as a model would: draws one token after the other from the mixture of all that is known, the text so far
/// among it, as a document's own words are when it is completed.
public final class TextGenerator {
  /// What to draw from.
  public enum Source: String, CaseIterable, Sendable {
    /// The n-grams alone.
    case ngram
    /// The network alone.
    case recurrent
    /// All that the model has, and the text itself.
    case mixture

    fileprivate var switchedOff: Set<Component> {
      switch self {
      case .ngram: Set(Component.allCases).subtracting([.ngram])
      case .recurrent: Set(Component.allCases).subtracting([.recurrent])
      case .mixture: []
      }
    }
  }

  /// Of so many tokens one is drawn where the options allow more.
  public static let candidateLimit = 1000

  /// A shorter text says nothing of itself: what little there is would come again and again.
  static let leastCountedTokenCount = 100

  private let model: Model
  private let lexicon: Lexicon
  private let engine: MixtureEngine
  private let network: RecurrentComponent?
  private let usesNGrams: Bool
  private let candidateCount: Int
  /// Whether the model knows no line ends, but the ends of sentences that stand each in a line.
  private let endsSentences: Bool
  private let counts = DocumentCounts()
  private var sampler: TokenSampler
  private var text: GeneratedText
  private var sequence = TokenSequence()
  private var state: RecurrentState?

  /// - Parameters:
  ///   - prompt: the text to go on with.
  ///   - grammar: of the text's language.
  ///   - topK: the most tokens to draw from; 0 for `candidateLimit`.
  public init(
    model: Model, grammar: Grammar, prompt: [UInt8], source: Source = .mixture, sampler: TokenSampler,
    topK: Int = 0
  ) {
    self.model = model
    self.sampler = sampler
    lexicon = model.makeLexicon()
    engine = MixtureEngine(lexicon: lexicon, model: model)
    engine.switchedOff = source.switchedOff
    network = source == .ngram ? nil : model.network
    usesNGrams = source != .recurrent && model.ngrams != nil
    candidateCount = topK > 0 ? min(topK, Self.candidateLimit) : Self.candidateLimit
    endsSentences = Tokenization.lineEnd.withUnsafeBytes { model.vocabulary.id(of: $0) } == nil
    let lexed = LexedDocument(text: prompt, grammar: grammar)
    text = GeneratedText(prompt: lexed, forgotten: model.forgotten)
    state = network?.startState
    let words = lexicon.sequence(of: lexed)
    for index in 0..<words.count {
      let token = lexed.token(at: index)
      // At the end of the text all levels of indentation are closed, which the writer has not done.
      if token.kind == .dedent && token.byteOffset == lexed.byteCount { continue }
      if endsSentences && token.kind == .lineEnd {
        beginSentence()
      } else {
        append(id: words.id(at: index), words.tokenClass(at: index))
      }
    }
  }

  /// Draws the next token.
  ///
  /// - Returns: what it adds to the text, nothing for a mark of indentation; nil if nothing may follow.
  public func next() -> [UInt8]? {
    var candidates = candidates()
    while let token = sampler.sample(candidates) {
      if let bytes = write(token) { return bytes }
      candidates.removeAll { $0.token == token }
    }
    return nil
  }

  // MARK: Drawing

  /// Falling by probability.
  private func candidates() -> [Successor] {
    var sources = MixtureSources()
    if counts.tokenCount >= Self.leastCountedTokenCount { sources.document = counts }
    sources.recurrent = state.flatMap { network?.view(after: $0) }
    engine.prepare(sequence, at: sequence.count, sources)
    let found = engine.best(candidateCount).map {
      Successor(token: TokenID(rawValue: $0.token), logProbability: log($0.probability))
    }
    guard endsSentences else { return found }
    let end = sentenceEndProbability
    var all = found.map {
      Successor(token: $0.token, logProbability: $0.logProbability + log(max(1 - end, 1e-30)))
    }
    let place = all.firstIndex { $0.logProbability < log(max(end, 1e-30)) } ?? all.count
    all.insert(Successor(token: .sentenceEnd, logProbability: log(max(end, 1e-30))), at: place)
    return all
  }

  /// P of a sentence's end, which the mixture leaves out: the mean of those that know of it.
  private var sentenceEndProbability: Float {
    var found: [Float] = []
    if usesNGrams, let ngrams = model.ngrams {
      let context = ngrams.context(of: sequence, at: sequence.count)
      found.append(ngrams.probability(of: TokenID.sentenceEnd.rawValue, after: context))
    }
    if let network, let state {
      found.append(exp(network.network.logProbability(of: .sentenceEnd, after: state)))
    }
    return found.isEmpty ? 0 : found.reduce(0, +) / Float(found.count)
  }

  // MARK: Writing

  private func write(_ token: TokenID) -> [UInt8]? {
    if token == .sentenceEnd {
      guard sequence.count > 0, let written = text.append(Tokenization.lineEnd) else { return nil }
      beginSentence()
      return written.bytes
    }
    let type = lexicon.bytes(of: token.rawValue)
    guard token > .sentenceEnd, !type.isEmpty, Self.isShown(type), let written = text.append(type) else {
      return nil
    }
    let word = lexicon.withInterning { interning in type.withUnsafeBytes { interning.intern($0) } }
    append(id: word.id, Tokenization.isStructural(written.kind) ? word.structuralClass : word.tokenClass)
    return written.bytes
  }

  /// Whether a type can be printed: it stands for text, drives no terminal and holds nothing that is not seen.
  private static func isShown(_ type: [UInt8]) -> Bool {
    if Tokenization.isWithheld(type) { return false }
    if [Tokenization.lineEnd, Tokenization.indent, Tokenization.dedent].contains(type) { return true }
    return !type.contains { $0 < 0x20 || $0 == 0x7F } && type.withUnsafeBytes { OfferedWords.isShown($0) }
  }

  private func append(id: UInt32, _ tokenClass: TokenClass) {
    sequence.append(id: id, tokenClass: tokenClass)
    counts.add(sequence, sequence.count - 1..<sequence.count)
    if let network { network.network.step(network.token(of: id), &state!) }
  }

  private func beginSentence() {
    sequence = TokenSequence()
    state = network?.startState
  }
}
