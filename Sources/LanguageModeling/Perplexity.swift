import Platform

/// Adds up how well a model predicts a text.
///
/// As KenLM counts: `</s>` is a token, `<s>` is not; perplexity is exp(−Σ ln P / tokens), with the tokens outside
/// the vocabulary at the probability of `<unk>`, or without them.
public struct Perplexity: Hashable, Sendable {
  /// Tokens predicted.
  public private(set) var tokens = 0
  /// Tokens outside the vocabulary.
  public private(set) var oov = 0
  /// Σ ln P over all tokens.
  public private(set) var logProbability = 0.0
  /// Σ ln P over the tokens outside the vocabulary.
  public private(set) var oovLogProbability = 0.0
  /// Bytes of the text that the tokens stand for.
  public var bytes = 0

  public init() {}

  /// What somebody else has added up, in bits.
  public init(tokens: Int, oov: Int, bits: Double, oovBits: Double, bytes: Int) {
    self.tokens = tokens
    self.oov = oov
    logProbability = -bits * Self.natsPerBit
    oovLogProbability = -oovBits * Self.natsPerBit
    self.bytes = bytes
  }

  private static let natsPerBit = 0.693_147_180_559_945_3

  /// Counts one token.
  ///
  /// - Parameter logProbability: ln P of the token.
  public mutating func add(logProbability: Float, isOOV: Bool) {
    tokens += 1
    self.logProbability += Double(logProbability)
    if isOOV {
      oov += 1
      oovLogProbability += Double(logProbability)
    }
  }

  /// Counts a sequence between `<s>` and `</s>`.
  @inlinable package mutating func addSequence<Model: LanguageModel>(
    _ ids: some Sequence<TokenID>, model: Model
  ) {
    var state = model.sentenceStartState
    var next = state
    for id in ids {
      let logProbability = model.logProbability(of: id, after: state, next: &next)
      add(logProbability: logProbability, isOOV: id == .unknown)
      swap(&state, &next)
    }
    add(logProbability: model.logProbability(of: .sentenceEnd, after: state, next: &next), isOOV: false)
  }

  public static func += (sum: inout Perplexity, other: Perplexity) {
    sum.tokens += other.tokens
    sum.oov += other.oov
    sum.logProbability += other.logProbability
    sum.oovLogProbability += other.oovLogProbability
    sum.bytes += other.bytes
  }

  /// Over all tokens; nil for an empty text.
  public var perplexity: Double? { tokens > 0 ? exp(-logProbability / Double(tokens)) : nil }

  /// Over the tokens of the vocabulary; nil if there are none.
  public var perplexityExcludingOOV: Double? {
    tokens > oov ? exp(-(logProbability - oovLogProbability) / Double(tokens - oov)) : nil
  }

  /// −Σ log2 P.
  public var bits: Double { -logProbability / Self.natsPerBit }
  /// Bits a token; nil for an empty text.
  public var bitsPerToken: Double? { tokens > 0 ? bits / Double(tokens) : nil }
  /// Bits a token over the tokens of the vocabulary; nil if there are none.
  public var bitsPerTokenInVocabulary: Double? { perplexityExcludingOOV.map { log2($0) } }
  /// Bits a byte of text; nil where no bytes were counted.
  public var bitsPerByte: Double? { bytes > 0 ? bits / Double(bytes) : nil }
}
