import Platform
import Privacy

/// Reads texts as training does, for the slips that are made of their words: what looks like a secret, and what was forgotten
/// on request, is left out.
struct SlipTexts {
  let options: TransducerBuildingOptions
  let forgotten: ForgottenList
  let reporter: BuildReporter

  /// - Throws: `Failure` for a path that cannot be read, and if there is nothing to read.
  func pairs() throws(Failure) -> SlipPairs {
    var building = ModelBuildingOptions()
    building.seed = options.training.seed
    var store = DocumentStore()
    let outcome = try CorpusReading(building, forgotten: forgotten, reporter: reporter).read(
      options.slipPaths, into: &store)
    reporter.report(.corpus(CorpusSummary(store, outcome)))
    var counts = [Int](repeating: 0, count: store.types.count)
    for document in store.documents {
      for number in try store.numbers(of: document) { counts[Int(number)] += 1 }
    }
    let types = counts.indices.map { (bytes: Array(store.types.bytes(of: UInt32($0))), count: counts[$0]) }
    return SlipPairs(types: types, layouts: options.layouts, seed: options.training.seed)
  }
}
