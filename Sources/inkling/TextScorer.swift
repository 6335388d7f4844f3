import Corpora
import LanguageModeling
import Lexing
import NGrams
import Platform
import Prediction

/// Scores texts with each component of a model that was asked for.
struct TextScorer {
  let components: [ScoredComponent]
  private let vocabulary: Vocabulary
  private let ngrams: NGramModel?

  /// - Parameter component: nil for all that the model has.
  init(model: Model, component: ScoredComponent?) throws(Failure) {
    vocabulary = model.vocabulary
    ngrams =
      if let file = model.directory?.file(ModelDirectory.ngramsName) {
        try NGramModel(file: file, vocabularyCount: vocabulary.count)
      } else { nil }
    var available: [ScoredComponent] = []
    if ngrams != nil { available.append(.ngram) }
    if let component, !available.contains(component) {
      throw Failure(
        component.rawValue, why: "the model has no such component",
        remedy: "choose one of: \(available.map(\.rawValue).joined(separator: ", "))")
    }
    components = component.map { [$0] } ?? available
  }

  /// One result a component, in their order.
  func score(_ text: ScoredText) throws(Failure) -> [Perplexity] {
    var results: [Perplexity] = []
    for component in components {
      switch component {
      case .ngram: results.append(try scoreNGrams(text))
      case .recurrent, .mixture: break
      }
    }
    return results
  }

  private func scoreNGrams(_ text: ScoredText) throws(Failure) -> Perplexity {
    guard let ngrams else { return Perplexity() }
    var sum = Perplexity()
    switch text {
    case .text(let input):
      let types = Tokenization.types(of: input.bytes, grammar: input.grammar)
      let ids = types.map { vocabulary.id(of: $0) ?? .unknown }
      sum.addSequence(ids, model: ngrams)
      sum.bytes += input.bytes.count
    case .tokens(let path, let unit):
      let bytes = try TokenBytes(path)
      var ids: [TokenID] = []
      try TokenFiles.forEachSequence(in: bytes.buffer, unit: unit) { tokens throws(Failure) in
        ids.removeAll(keepingCapacity: true)
        for token in tokens {
          ids.append(vocabulary.id(of: UnsafeRawBufferPointer(rebasing: bytes.buffer[token])) ?? .unknown)
        }
        sum.addSequence(ids, model: ngrams)
      }
      sum.bytes += bytes.buffer.count
    }
    return sum
  }
}

extension Perplexity {
  /// Scores a sequence between `<s>` and `</s>`.
  mutating func addSequence<Scorer: LanguageModel>(_ ids: [TokenID], model: Scorer) {
    var state = model.sentenceStartState
    var next = state
    for id in ids {
      let logProbability = model.logProbability(of: id, after: state, next: &next)
      add(logProbability: logProbability, isOOV: id == .unknown)
      swap(&state, &next)
    }
    add(logProbability: model.logProbability(of: .sentenceEnd, after: state, next: &next), isOOV: false)
  }
}

/// The bytes of a token file, mapped, or of standard input, read.
final class TokenBytes {
  let buffer: UnsafeRawBufferPointer
  private let file: MappedFile?
  private let copy: UnsafeMutableRawBufferPointer?

  /// - Parameter path: nil for standard input.
  init(_ path: String?) throws(Failure) {
    if let path {
      let file = try MappedFile(path)
      self.file = file
      copy = nil
      buffer = file.bytes
    } else {
      let bytes = try readAll(STDIN_FILENO, path: "<stdin>", limit: TextInput.byteLimit)
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      copy.copyBytes(from: bytes)
      file = nil
      self.copy = copy
      buffer = UnsafeRawBufferPointer(copy)
    }
  }

  deinit { copy?.deallocate() }
}
