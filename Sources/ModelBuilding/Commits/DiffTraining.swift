import LanguageModeling
import Lexing
import Platform
import Prediction
import Privacy

/// Learns from a history what messages take from their diffs, and writes it into a model of the messages.
struct DiffTraining {
  /// In the order of the documents.
  var described: [DescribedDiff]
  let grammar: Grammar
  let types: TypeReader
  let reporter: BuildReporter

  /// - Parameters:
  ///   - seen: a model of the other messages; nil where none are held out: then what fits any history stays.
  ///   - heldOut: documents that it has not learned from.
  ///   - vocabulary: the finished model's.
  func run(
    seen: Model?, heldOut: Set<Int>, vocabulary: Vocabulary, into model: inout ModelOutput
  ) throws(Failure) {
    reporter.begin(.diffs)
    defer { reporter.end() }
    var weights = DiffFitting.copying(of: described, grammar: grammar, types: types)
    if let seen, !heldOut.isEmpty {
      let learned = described.indices.filter { !heldOut.contains($0) }.map { described[$0] }
      let partial = DiffFitting.copying(of: learned, grammar: grammar, types: types)
      weights.take(
        DiffFitting.fit(
          partial, to: described, heldOut: heldOut, model: seen, grammar: grammar,
          progress: { reporter.update(fraction: $0) }))
    }
    try model.write(DiffWeights.fileName, weights.serialized())
    let history = MessageHistory.content(
      of: described, lexicon: Lexicon(vocabulary: vocabulary), grammar: grammar)
    try model.write(MessageHistory.fileName, MessageHistory.bytes(of: history))
  }
}
