import Corpora
import LanguageModeling
import Lexing
import NGrams
import Neural
import Platform
import Prediction
import Privacy

/// Scores texts with each component of a model that was asked for.
struct TextScorer {
  let components: [ScoredComponent]
  private let vocabulary: Vocabulary
  private let model: Model
  private let ngrams: NGramModel?
  /// With its weight, where the model has a network of words.
  private let mixture: (models: StaticMixture, weight: Double)?
  /// The network in both directions, where that is what is measured.
  private let bidirectional: BidirectionalModel?

  /// - Parameter component: nil for all that the model has.
  init(model: Model, component: ScoredComponent?) throws(Failure) {
    self.model = model
    vocabulary = model.vocabulary
    ngrams = model.ngramModel
    bidirectional = nil
    var available: [ScoredComponent] = []
    if ngrams != nil { available.append(.ngram) }
    mixture = Self.staticMixture(of: model)
    if mixture != nil { available.append(.recurrent) }
    if model.weights != nil || mixture != nil { available.append(.mixture) }
    if let component, !available.contains(component) {
      throw Failure(
        component.rawValue, why: "the model has no such component",
        remedy: "choose one of: \(available.map(\.rawValue).joined(separator: ", "))")
    }
    components = component.map { [$0] } ?? available
  }

  /// What the network makes of each token with the text before it known, and with the text behind it known too.
  ///
  /// - Throws: `Failure` where the model has no network that reads backwards.
  init(bothDirectionsOf opened: OpenedModel, precision: WeightPrecision) throws(Failure) {
    model = opened.model
    vocabulary = model.vocabulary
    ngrams = model.ngramModel
    mixture = Self.staticMixture(of: model)
    components = [.recurrent, .both]
    try model.openBackward(precision: precision)
    guard mixture != nil, let both = model.bidirectional?.network else {
      throw Failure(
        opened.path, why: "has no network that reads backwards",
        remedy: "train one with inkling-train --direction both")
    }
    bidirectional = both
  }

  private static func staticMixture(
    of model: Model
  ) -> (models: StaticMixture, weight: Double)? {
    guard let ngrams = model.ngramModel, let network = model.ownNetwork?.network else { return nil }
    let weight = model.directory?["interpolation"]?["recurrent"]?.doubleValue ?? 0.5
    return (StaticMixture(ngrams: ngrams, network: network), min(max(weight, 0), 1))
  }

  /// What counts as a token and what a word outside the vocabulary costs. Only figures that count alike can be compared.
  enum Counting: String, CaseIterable {
    /// OOVs are `<unk>`; the end of a sequence is a token.
    case unknown = "unk"
    /// OOVs are spelled; a sequence has no end.
    case spelled
  }

  func counting(of component: ScoredComponent) -> Counting {
    component == .mixture && model.weights != nil ? .spelled : .unknown
  }

  /// One result a component, in their order.
  func score(_ text: ScoredText) throws(Failure) -> [Perplexity] {
    var results: [Perplexity] = []
    for component in components {
      switch component {
      case .ngram: results.append(try scoreNGrams(text))
      case .mixture where model.weights != nil: results.append(try scoreMixture(text))
      case .mixture, .recurrent, .both: results.append(try scoreStream(text, component))
      }
    }
    return results
  }

  private func scoreNGrams(_ text: ScoredText) throws(Failure) -> Perplexity {
    guard let ngrams else { return Perplexity() }
    var sum = Perplexity()
    switch text {
    case .text(let input):
      sum.addSequence(ids(of: input), model: ngrams)
      sum.bytes += input.bytes.count
    case .tokenFile: return try scoreNGrams(text.read())
    case .tokens(let input, let unit):
      input.withBytes { sum.addTokens($0, unit: unit, vocabulary: vocabulary, model: ngrams) }
      sum.bytes += input.bytes.count
    }
    return sum
  }
}

extension TextScorer {
  /// A text's ids.
  private func ids(of input: TextInput) -> [TokenID] {
    TypeReader(forgotten: model.forgotten).types(of: input.bytes, grammar: input.grammar).map {
      vocabulary.id(of: $0) ?? .unknown
    }
  }

  /// All sequences of the text as one stream to the network.
  private func scoreStream(_ text: ScoredText, _ component: ScoredComponent) throws(Failure) -> Perplexity {
    guard let mixture else { return Perplexity() }
    var stream: [TokenID] = []
    var sum = Perplexity()
    switch text {
    case .text(let input):
      stream = ids(of: input)
      stream.append(.sentenceEnd)
      sum.bytes = input.bytes.count
    case .tokenFile: return try scoreStream(text.read(), component)
    case .tokens(let input, let unit):
      input.withBytes { bytes in
        TokenIDReader.forEachBlock(of: bytes, unit, vocabulary) { stream += $0.map { TokenID(rawValue: $0) } }
      }
      sum.bytes = input.bytes.count
    }
    if component == .both {
      // As `<unk>` is shared out in the other direction's figure, so that both count the same.
      for (token, logProbability) in zip(stream, bidirectional?.score(stream) ?? []) {
        sum.add(
          logProbability: logProbability - mixture.models.spread(of: token), isOOV: token == .unknown)
      }
      return sum
    }
    let scores = mixture.models.score(stream)
    for (index, token) in stream.enumerated() {
      let logProbability =
        component == .recurrent ? scores.network[index] : scores.mixed(index, weight: mixture.weight)
      sum.add(logProbability: logProbability, isOOV: token == .unknown)
    }
    return sum
  }

  /// Each sequence as a document that is written from its start: a token is predicted from what stands before it.
  private func scoreMixture(_ text: ScoredText) throws(Failure) -> Perplexity {
    var documents: [EvaluationDocument] = []
    var byteCount = 0
    switch text {
    case .text(let input):
      documents.append(EvaluationDocument(text: input.bytes, grammar: input.grammar))
      byteCount = input.bytes.count
    case .tokenFile: return try scoreMixture(text.read())
    case .tokens(let input, let unit):
      byteCount = input.bytes.count
      try input.withBytes { bytes throws(Failure) in
        try TypeReader(keepsSecretTokens: true).forEachSequence(ofTokens: bytes, unit: unit) { types, _ in
          documents.append(
            EvaluationDocument(types: types, byteCount: bytes.count, language: "", keywords: []))
        }
      }
    }
    let evaluator = Evaluator(model: model, caches: .document, measures: [])
    var total = EvaluationResult()
    for document in documents { total.add(evaluator.evaluate(document)) }
    return Perplexity(
      tokens: total.tokenCount, oov: total.tokenCount - total.knownTokenCount, bits: total.bits,
      oovBits: total.bits - total.knownBits, bytes: byteCount)
  }
}

extension TokenIDReader {
  fileprivate static let blockCount = 1 << 15

  /// Gives the ids of a token file, each sequence ended by `</s>`, as other toolkits count them: what the vocabulary lacks,
  /// secrets among it, is `<unk>`.
  fileprivate static func forEachBlock(
    of text: UnsafeRawBufferPointer, _ unit: TokenFiles.SequenceUnit, _ vocabulary: Vocabulary,
    _ body: (UnsafeBufferPointer<UInt32>) -> Void
  ) {
    var reader = TokenIDReader(text, vocabulary: vocabulary, sequenceEnds: unit == .line ? .lines : .end)
    let ids = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: blockCount)
    defer { ids.deallocate() }
    while true {
      let count = reader.read(into: ids)
      if count == 0 { return }
      body(UnsafeBufferPointer(rebasing: ids[..<count]))
    }
  }
}

extension Perplexity {
  /// Scores a text that is split into tokens, each sequence between `<s>` and `</s>`.
  mutating func addTokens(
    _ text: UnsafeRawBufferPointer, unit: TokenFiles.SequenceUnit, vocabulary: Vocabulary, model: NGramModel
  ) {
    var scorer = NGramStreamScorer(model)
    let logProbabilities = UnsafeMutableBufferPointer<Float>.allocate(capacity: TokenIDReader.blockCount)
    defer { logProbabilities.deallocate() }
    TokenIDReader.forEachBlock(of: text, unit, vocabulary) { ids in
      scorer.score(ids, into: UnsafeMutableBufferPointer(rebasing: logProbabilities[..<ids.count]))
      for place in ids.indices { add(logProbability: logProbabilities[place], isOOV: ids[place] == 0) }
    }
  }
}
