import Platform
import Prediction

/// Finds the tagger of a text, as `ModelLocator` finds its language model.
enum TaggerLocator {
  static func required(near path: String?) throws(Failure) -> String {
    if let found = ModelLocator.locateTagger(documentPath: path) { return found }
    throw Failure(
      "tagger", why: "none found beside the text, above it, or in the user's data folder",
      remedy: "train one with `inkling-train tag`, or name one with --model")
  }
}
