import JSON
import LanguageModeling
import Neural
import Platform

/// The kinds of tagger, by the names that people and descriptions have for them.
public enum TaggerKind: String, Hashable, Sendable, CaseIterable {
  /// A hidden Markov model.
  case hmm
  /// A conditional random field over sparse features.
  case crf
  /// Networks: a recurrent layer over words and their letters; the last with a field over its scores.
  case rnn, lstm, bilstm
  case bilstmCRF = "bilstm-crf"

  /// The network's encoder; nil where there is none.
  public var encoder: TaggingEncoder? {
    switch self {
    case .hmm, .crf: nil
    case .rnn: .rnn
    case .lstm: .lstm
    case .bilstm, .bilstmCRF: .bilstm
    }
  }
}

/// A tagger out of a model directory.
public struct TaggerModel: Sendable {
  public static let fileName = "tagger.bin"

  public let kind: TaggerKind
  public let tagger: any SequenceTagger
  /// The directory, as it was named.
  public let path: String

  /// - Parameter precision: how a network's weights are held.
  /// - Throws: `Failure` if the model is no tagger, or damaged.
  public init(_ directory: ModelDirectory, precision: WeightPrecision = .int8) throws(Failure) {
    path = directory.path
    let description = directory.path + "/" + ModelDirectory.descriptionName
    guard try directory.kind() == .tagger else {
      throw Failure(
        directory.path, why: "is no tagger", remedy: "name a model that `inkling-train tag` has made")
    }
    let tags: [String]
    do throws(JSONError) {
      kind = try JSONDecoding(directory["tagger"], name: "tagger").oneOf(TaggerKind.self)
      tags = try JSONDecoding(directory["tags"], name: "tags").strings()
    } catch { throw Failure(description, why: "\(error)", remedy: "train the tagger again") }
    guard TagChain.tagCounts.contains(tags.count), Set(tags).count == tags.count else {
      throw Failure(
        description, why: "it lists \(tags.count) tags, or one twice", remedy: "train the tagger again")
    }
    if kind.encoder != nil {
      tagger = try NetworkTagger(directory, tags: tags, precision: precision)
      return
    }
    guard let file = directory.file(Self.fileName) else {
      throw Failure(directory.path, why: "has no \(Self.fileName)", remedy: "train the tagger again")
    }
    let isHiddenMarkov = kind == .hmm
    do throws(Failure) {
      tagger = try file.withBytes { (bytes) throws(Failure) -> any SequenceTagger in
        if isHiddenMarkov { return try HiddenMarkovTagger(bytes, tags: tags) }
        return try ConditionalRandomFieldTagger(bytes, tags: tags)
      }
    } catch { throw Failure(file.path, why: error.why, remedy: error.remedy) }
    try file.checkIsWhole()
  }
}
