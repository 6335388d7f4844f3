/// The most probable unigrams, which fill up the successors of every context that has few of its own; made once.
final class FrequentUnigrams: Sendable {
  /// All unigrams whose ln P is greater than this, and no others, are in the list.
  let excludedLogProbability: Float
  /// Best first.
  let ids: [UInt32]
  private static let capacity = 512

  init(_ model: NGramModel) {
    let contexts = ContextChain(model, model.emptyState)
    let ranges = ContextRanges(model, contexts, inIDs: nil)
    (ids, excludedLogProbability) = withUnsafeTemporaryAllocation(
      of: SuccessorSelection.Candidate.self, capacity: Self.capacity
    ) { memory in
      var selection = SuccessorSelection(model, contexts, ranges, memory)
      selection.searchBlocks(of: 0)
      let found = selection.sorted()
      // Others may be as probable as the last.
      let least = found.last?.logProbability ?? .infinity
      return (found.filter { $0.logProbability > least }.map(\.index), least)
    }
  }
}
