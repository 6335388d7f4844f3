/// The parts of the mixture that can be looked at, or switched off, one at a time: the names that answers and options
/// have for them. Several `MixtureComponent`s may go by one name.
public enum Component: String, CaseIterable, Hashable, Sendable {
  /// The static n-gram model.
  case ngram
  /// The abstracted contexts of the training text.
  case contexts
  /// The document's own tokens, by their contexts and by recency.
  case document
  /// Other documents.
  case neighbours
  /// Layers below the model: other models of the person's, the organisation's, and those of a language.
  case person, organisation, base
  /// The recurrent network.
  case recurrent
  /// The spelling of words that nobody has seen.
  case spelling
}
