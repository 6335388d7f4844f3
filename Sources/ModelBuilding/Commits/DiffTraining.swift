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
  ///   - heldOut: documents that `seen` has not learned from; with none, what fits any history stays.
  func run(seen: Model, heldOut: Set<Int>, into model: inout ModelOutput) throws(Failure) {
    reporter.begin(.diffs)
    defer { reporter.end() }
    var weights = DiffFitting.copying(of: described, grammar: grammar, types: types)
    if !heldOut.isEmpty {
      let learned = described.indices.filter { !heldOut.contains($0) }.map { described[$0] }
      let partial = DiffFitting.copying(of: learned, grammar: grammar, types: types)
      weights.take(
        DiffFitting.fit(
          partial, to: heldOut.sorted().map { described[$0] }, model: seen, grammar: grammar,
          progress: { reporter.update(fraction: $0) }))
    }
    try model.write(DiffWeights.fileName, weights.serialized())
  }
}
