import Corpora
import JSON
import LanguageModeling
import NeuralTraining
import Platform

/// What a build tells while it goes on, on the thread that learns or, of progress, on any.
public enum ModelBuildingEvent: Sendable {
  /// A stage begins, and with it progress from 0.
  case stage(ModelBuildingStage)
  case progress(Progress)
  case stageEnded
  case corpus(CorpusSummary)
  case metric(ModelMetric)
  /// The mixture learns from a part of the documents, for which the memory is enough.
  case mixtureLimited(documentCount: Int, of: Int)
  /// - `hasCheckpoint`: whether what the network has learned so far can be gone on from.
  case network(TrainingEvent, hasCheckpoint: Bool)
  /// Messages of a history are learned from; `leftOut` were written by programs, or are to be squashed.
  case commits(count: Int, leftOut: Int)
  case imported(ImportedNetwork)
  /// What the network adds on held-out text.
  case networkGain(NetworkGain)
  case classifier(ClassifierEvent)
  /// Of a tagger's training.
  case tagging(TaggerBuildingEvent)
  /// A run is in place.
  case counted(CountedRun)
  /// A corpus for programs elsewhere is in place.
  case exported(ExportedCorpus)
  /// Of the training of what turns texts into others.
  case transduction(TransducerBuildingEvent)
  /// The model is in place.
  case finished(BuiltModel)
  /// Something is left out, or a file of a person's is not as it should be, and the build goes on.
  case warning(Failure)

  /// How far a stage is.
  public struct Progress: Sendable {
    /// Done, 0…1.
    public var fraction: Double
    /// Tokens done since the stage began, where they are counted.
    public var tokenCount: Int?
    /// Mean loss in nats a token, where one is being minimised.
    public var loss: Double?
  }

  /// The event's name and members in `training.jsonl` and for scripts (docs/json-output.md); nil for what only a person
  /// at a terminal wants to know.
  package var object: (name: String, members: JSONObject)? {
    switch self {
    case .stage, .progress, .stageEnded, .warning: return nil
    case .corpus(let summary): return ("corpus", summary.members)
    case .metric(let metric): return ("metrics", metric.members)
    case .mixtureLimited(let count, _):
      return (
        "note", ["text": "the mixture learns from a part of the documents", "documents": JSON(count)]
      )
    case .network(let event, _):
      var members = event.json.objectValue ?? JSONObject()
      members["event"] = nil
      return (event.name, members)
    case .commits(let count, let leftOut):
      return ("commits", ["commits": JSON(count), "leftOut": JSON(leftOut)])
    case .imported(let network): return ("imported", network.members)
    case .networkGain(let gain): return ("networkGain", gain.members)
    case .classifier(let event): return event.object
    case .tagging(let event): return event.object
    case .counted(let run): return ("counted", run.members)
    case .exported(let corpus): return ("exported", corpus.members)
    case .transduction(let event): return event.object
    case .finished(let model): return ("finished", model.members)
    }
  }
}

/// The stages of a build, by the names that people and scripts see.
public enum ModelBuildingStage: String, Sendable, CaseIterable {
  case reading
  case ngrams = "n-grams"
  case merging
  case partialNGrams = "n-grams without the held-out files"
  case networkPlan = "planning the network"
  case network
  case tagger
  case mixture = "fitting the mixture"
  case contexts
  case networkGain = "what the network adds"
  case slipRates = "how often text is marked"
  case measuring
  case history = "reading the history"
  case diffs = "what messages take from diffs"
  case bag = "choosing n-grams"
  case arpaReading = "reading ARPA"
  case arpaWriting = "writing ARPA"
}

/// A run that is in place: n-grams that were counted, to be added up or estimated from.
public struct CountedRun: Hashable, Sendable {
  /// Where it is, as it was named.
  public var path: String
  /// Since counting began.
  public var seconds: Double
  /// Types and distinct n-grams of highest order.
  public var typeCount: Int
  public var ngramCount: Int
  public var documentCount: Int
  public var tokenCount: Int
  /// What was counted, each piece by the name that no other has.
  public var shards: [String]

  init(path: String, _ description: RunDescription, seconds: Double) {
    self.path = path
    self.seconds = seconds
    typeCount = description.typeCount
    ngramCount = description.ngramCount
    documentCount = description.documentCount
    tokenCount = description.tokenCount
    shards = description.shards
  }

  var members: JSONObject {
    [
      "run": JSON(path), "seconds": JSON(seconds), "types": JSON(typeCount), "ngrams": JSON(ngramCount),
      "documents": JSON(documentCount), "tokens": JSON(tokenCount),
      "shards": .array(shards.map { JSON($0) }),
    ]
  }
}

/// A model that is in place.
public struct BuiltModel: Hashable, Sendable {
  /// Its directory, as it was named.
  public var path: String
  /// Since the build began.
  public var seconds: Double
  /// Types, `<unk>`, `<s>` and `</s>` included.
  public var vocabularyCount: Int
  /// N-grams by order from 1.
  public var ngramCounts: [Int]
  /// Of `ngrams.bin`.
  public var ngramByteCount: Int
  /// Of an ARPA file: n-grams that were missing and have been added, because longer ones contain them; nil otherwise.
  public var addedNGramCount: Int?

  var members: JSONObject {
    var members: JSONObject = [
      "model": JSON(path), "seconds": JSON(seconds), "ngramsBytes": JSON(ngramByteCount),
      "types": JSON(vocabularyCount),
    ]
    if let addedNGramCount { members["addedNGrams"] = JSON(addedNGramCount) }
    return members
  }
}

extension TrainingEvent {
  /// What the event is called among those of a build.
  fileprivate var name: String {
    switch self {
    case .progress: "networkProgress"
    case .plan: "networkPlan"
    case .evaluation: "networkEvaluation"
    case .notice: "networkNotice"
    case .checkpoint: "networkCheckpoint"
    case .checkpointFailed: "networkCheckpointFailed"
    case .finished: "networkFinished"
    }
  }
}
