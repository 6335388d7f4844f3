import JSON
import LanguageModeling
import NGrams
import Platform

/// How well a component foretells a set of texts.
public struct ModelMetric: Hashable, Sendable {
  /// "heldOut" or "test".
  public var on: String
  /// "ngram", "recurrent", "both" (the network with the text behind each token known too) or "mixture".
  public var component: String
  public var sum: Perplexity
  /// Whether the probability of words outside the vocabulary is known apart from the others'.
  public var hasOOVPart = true

  var members: JSONObject {
    [
      "on": JSON(on), "component": JSON(component), "tokens": JSON(sum.tokens), "oov": JSON(sum.oov),
      "perplexity": number(sum.perplexity),
      "perplexityExcludingOOV": number(hasOOVPart ? sum.perplexityExcludingOOV : nil),
      "bitsPerToken": number(sum.bitsPerToken), "bitsPerByte": number(sum.bitsPerByte),
    ]
  }

  /// JSON has no infinity: what cannot be measured, or is beyond all numbers, is null.
  private func number(_ value: Double?) -> JSON { value.flatMap { $0.isFinite ? JSON($0) : nil } ?? .null }
}
