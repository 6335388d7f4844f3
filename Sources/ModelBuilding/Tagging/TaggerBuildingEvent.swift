import JSON
import NeuralTraining
import Tagging

/// What the training of a tagger tells beside what all builds do.
public enum TaggerBuildingEvent: Sendable {
  /// The text is read. `kind` says what is trained, and `isDefault` that nobody asked for it.
  case text(kind: TaggerKind, isDefault: Bool, sentences: Int, words: Int, tags: Int)
  /// A pass over the text: nats a word, and the share of the held-out words that get their tag.
  case pass(Int, loss: Double, heldOut: Double?)
  /// How well the tagger does: `on` is "heldOut" or "test".
  case accuracy(TaggingAccuracy, on: String, microsecondsPerWord: Double)
  /// How well classes that were found stand for tags, each class for the tag that most of its words have.
  case classes(accuracy: Double, words: Int, on: String)
  /// The tagger is in place.
  case finished(BuiltTagger)

  /// The event's name and members in `training.jsonl` and for scripts.
  var object: (name: String, members: JSONObject) {
    switch self {
    case .text(let kind, let isDefault, let sentences, let words, let tags):
      (
        "taggedText",
        [
          "tagger": .string(kind.rawValue), "isDefault": .bool(isDefault), "sentences": JSON(sentences),
          "words": JSON(words), "tags": JSON(tags),
        ]
      )
    case .pass(let number, let loss, let heldOut):
      (
        "pass",
        ["pass": JSON(number), "loss": JSON(loss), "heldOutAccuracy": heldOut.map { JSON($0) } ?? .null]
      )
    case .accuracy(let accuracy, let name, let microseconds):
      ("tagging", accuracy.members(on: name, microsecondsPerWord: microseconds))
    case .classes(let accuracy, let words, let name):
      ("classes", ["on": .string(name), "accuracy": JSON(accuracy), "words": JSON(words)])
    case .finished(let tagger):
      (
        "finished",
        [
          "model": JSON(tagger.path), "tagger": .string(tagger.kind.rawValue),
          "seconds": JSON(tagger.seconds), "bytes": JSON(tagger.byteCount),
        ]
      )
    }
  }
}

/// A tagger that is in place.
public struct BuiltTagger: Hashable, Sendable {
  /// Its directory, as it was named.
  public var path: String
  public var kind: TaggerKind
  /// Since the build began.
  public var seconds: Double
  /// Of the files that it answers from.
  public var byteCount: Int
  /// On the held-out text and on the test text, where there are some.
  public var heldOut: TaggingAccuracy?
  public var test: TaggingAccuracy?
}

extension TaggingAccuracy {
  func members(on name: String, microsecondsPerWord: Double) -> JSONObject {
    [
      "on": .string(name), "accuracy": JSON(accuracy), "words": JSON(wordCount),
      "unknownAccuracy": JSON(unknownAccuracy), "unknownWords": JSON(unknownCount),
      "sentenceAccuracy": JSON(sentenceAccuracy), "sentences": JSON(sentenceCount),
      "microsecondsPerWord": JSON(microsecondsPerWord),
      "tags": .array(
        tags.indices.map { tag in
          let figures = figures(of: tag)
          return [
            "tag": .string(tags[tag]), "words": JSON(figures.count), "given": JSON(figures.givenCount),
            "precision": JSON(figures.precision), "recall": JSON(figures.recall), "f1": JSON(figures.f1),
          ]
        }),
      "confusion": .array(
        (0...tags.count).map { row in
          .array(tags.indices.map { JSON(counts[row * tags.count + $0]) })
        }),
    ]
  }
}
