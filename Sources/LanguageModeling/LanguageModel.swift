/// A probability distribution over the next token, given a state that stands for everything before it.
///
/// A model is immutable and shared; what changes along a text is the state, a plain value. Natural logarithms
/// throughout.
public protocol LanguageModel: Sendable {
  /// What the model remembers of the tokens so far.
  associatedtype State: Sendable

  /// The number of types, `<unk>`, `<s>` and `</s>` included.
  var vocabularyCount: Int { get }
  /// Before any token, with nothing known of what came before.
  var emptyState: State { get }
  /// After `<s>`.
  var sentenceStartState: State { get }

  /// ln P(`token` | `state`), and the state after `token`.
  ///
  /// Over all tokens but `<s>` the probabilities sum to 1 within 1e-5. An id outside the vocabulary counts as
  /// `<unk>`.
  func logProbability(of token: TokenID, after state: State, next: inout State) -> Float
}
