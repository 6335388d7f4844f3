import LanguageModeling
import NGrams
import Platform

/// Counts the words of the documents that an estimation is to have, and in which order they were met.
struct RunTally {
  private var counts: [UInt32]
  private var ranks: [UInt32]
  private var metCount: UInt32 = 0
  private(set) var tokenCount = 0
  private(set) var sequenceCount = 0

  /// - Parameter count: of numbers.
  init(count: Int) {
    counts = [UInt32](repeating: 0, count: count)
    ranks = counts
  }

  /// - Parameter word: a type's number.
  @inline(__always)
  mutating func add(_ word: UInt32) {
    let count = counts[Int(word)]
    if count == 0 {
      ranks[Int(word)] = metCount
      metCount += 1
    }
    // What is beyond is refused where the corpus is checked.
    if count < .max { counts[Int(word)] = count + 1 }
    tokenCount += 1
  }

  mutating func endSequence() {
    let end = Int(TokenStream.sequenceEnd)
    if counts[end] < .max { counts[end] += 1 }
    sequenceCount += 1
  }

  /// - Parameters:
  ///   - types: by number.
  ///   - excluded: sequences that the runs have counted, and this has not.
  func corpus(_ merged: MergedRuns, types: TypeInterner, excluded: TokenStream?) -> CountedCorpus {
    CountedCorpus(
      order: merged.set.description.options.order, types: types, counts: counts, ranks: ranks,
      source: merged, excluded: excluded, tokenCount: tokenCount, sequenceCount: sequenceCount)
  }
}
