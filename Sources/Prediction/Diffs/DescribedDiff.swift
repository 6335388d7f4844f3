import Lexing
import Privacy

/// A message and the words of the diff that it is about.
public struct DescribedDiff: Sendable {
  let message: [UInt8]
  let words: DiffWords

  /// - Parameters:
  ///   - diff: in git's format.
  ///   - grammar: of messages.
  ///   - types: what nobody is to learn.
  package init(message: [UInt8], diff: [UInt8], grammar: Grammar, types: TypeReader) {
    self.message = message
    words = DiffWords(diff, grammar: grammar, types: types)
  }
}
