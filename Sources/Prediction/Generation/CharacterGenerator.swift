import LanguageModeling
import NGrams
import Neural
import Platform
import Privacy

/// Writes text as a model of characters would: by its network, or by its n-grams where it has none.
public final class CharacterGenerator {
  private enum Reader {
    case network(RecurrentModel, RecurrentState)
    case ngrams(NGramModel, NGramModel.State)
  }

  private let vocabulary: Vocabulary
  private let withheld: WithheldText
  private let candidateCount: Int
  private var sampler: TokenSampler
  private var reader: Reader
  /// The end of the text, as far back as is looked.
  private var tail: [UInt8]
  private var byteCount: Int

  /// - Parameters:
  ///   - network: of the model's characters; nil if it has none.
  ///   - topK: the most characters to draw from; 0 for all.
  /// - Returns: nil where there is neither a network nor n-grams.
  public init?(
    model: Model, network: RecurrentModel?, prompt: String, sampler: TokenSampler, topK: Int = 0
  ) {
    vocabulary = model.vocabulary
    self.sampler = sampler
    tail = Array(prompt.utf8)
    byteCount = tail.count
    withheld = WithheldText(forgotten: model.forgotten, promptByteCount: byteCount)
    if let network {
      reader = .network(network, network.sentenceStartState)
    } else if let ngrams = model.ngramModel {
      reader = .ngrams(ngrams, ngrams.sentenceStartState)
    } else {
      return nil
    }
    candidateCount = topK > 0 ? topK : vocabulary.count
    for character in prompt.unicodeScalars { read(vocabulary.id(of: String(character)) ?? .unknown) }
  }

  /// Draws the next character; nil if nothing may follow.
  public func next() -> [UInt8]? {
    var candidates = candidates()
    while let token = sampler.sample(candidates) {
      if let bytes = write(token) {
        read(token)
        return bytes
      }
      candidates.removeAll { $0.token == token }
    }
    return nil
  }

  private func candidates() -> [Neural.Successor] {
    switch reader {
    case .network(let network, let state): network.topSuccessors(after: state, limit: candidateCount)
    case .ngrams(let ngrams, let state):
      ngrams.successors(of: state, limit: candidateCount).map {
        Neural.Successor(token: $0.token, logProbability: $0.logProbability)
      }
    }
  }

  private func read(_ token: TokenID) {
    switch reader {
    case .network(let network, var state):
      network.step(token, &state)
      reader = .network(network, state)
    case .ngrams(let ngrams, let state):
      var next = state
      _ = ngrams.logProbability(of: token, after: state, next: &next)
      reader = .ngrams(ngrams, token == .sentenceEnd ? ngrams.sentenceStartState : next)
    }
  }

  private func write(_ token: TokenID) -> [UInt8]? {
    guard token != .sentenceStart, token != .unknown else { return nil }
    let bytes = token == .sentenceEnd ? [0x0A] : vocabulary.bytes(of: token)
    guard !bytes.isEmpty, !Tokenization.isWithheld(bytes),
      !bytes.contains(where: { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 || $0 == 0x7F }),
      !bytes.withUnsafeBytes({ InvisibleControls.areHeld(by: $0) })
    else { return nil }
    let longer = tail + bytes
    guard !withheld.isHeld(by: longer, from: byteCount - tail.count) else { return nil }
    byteCount += bytes.count
    tail = Array(longer[WithheldText.start(inTextOf: longer.count) { longer[$0] }...])
    return bytes
  }
}
