import LanguageModeling
import Platform

/// Hands over the n-grams of one partition that were counted before, without those of the sequences that are excluded.
final class CountedGatherer<Key: PackedKey>: @unchecked Sendable {
  private let corpus: CountedCorpus
  private let numbers: NumberedCorpus.NewNumbers
  private let layout: KeyLayout
  private let store: ChunkStore
  private let excluded: ContextGatherer<Key>?
  private let newestType: UInt32
  /// The n-grams that end with the type met last, as `LastNGram.find(in:order:)` takes them.
  private(set) var endings: [[UInt32]: Int] = [:]

  /// - Parameters:
  ///   - newestType: the old number of the type that was met last.
  ///   - runCapacity: the most keys of excluded sequences that are sorted at once.
  init(
    _ corpus: CountedCorpus, _ numbers: NumberedCorpus.NewNumbers, newestType: UInt32, layout: KeyLayout,
    store: ChunkStore, runCapacity: Int
  ) {
    self.corpus = corpus
    self.numbers = numbers
    self.newestType = newestType
    self.layout = layout
    self.store = store
    excluded = corpus.excluded.map {
      ContextGatherer(layout: layout, stream: $0, store: store, runCapacity: runCapacity)
    }
  }

  /// - Parameter partition: in old numbers.
  func gather<Sink: NGramSink<Key>>(_ partition: ContextPartition, into sink: inout Sink) throws(Failure) {
    let excluded = try excludedNGrams(of: partition)
    var hasExcluded = try excluded?.advance() ?? false
    // `</s>` stands for `<s>` where a context ends.
    let lower = partition.words.lowerBound == TokenStream.sequenceEnd ? 1 : partition.words.lowerBound
    let bits = layout.idBits
    let order = layout.order
    try corpus.source.forEachNGram(contextEndingIn: lower..<partition.words.upperBound) {
      (words, occurrences) throws(Failure) in
      var count = occurrences
      if hasExcluded, let excluded {
        var key = Key.zero
        for place in 0..<order { key = key.inserting(words[place], shift: (order - 1 - place) * bits) }
        guard !(excluded.key < key) else { throw Self.misfit }
        if excluded.key == key {
          guard excluded.count <= count else { throw Self.misfit }
          count -= excluded.count
          hasExcluded = try excluded.advance()
        }
      }
      if count > 0 { try add(words, count, to: &sink) }
    }
    if hasExcluded { throw Self.misfit }
  }

  private func add<Sink: NGramSink<Key>>(
    _ words: UnsafePointer<UInt32>, _ count: UInt32, to sink: inout Sink
  ) throws(Failure) {
    let bits = layout.idBits
    let order = layout.order
    var key = Key.zero
    for place in 0..<order {
      let number = numbers.map[Int(words[place])]
      guard number != NumberedCorpus.NewNumbers.none, count <= CountedCorpus.largestCount else {
        throw Self.misfit
      }
      key = key.inserting(number, shift: (order - 1 - place) * bits)
    }
    if words[order - 1] == newestType { endings[backwards(words), default: 0] += Int(count) }
    try sink.add(key, count: count)
  }

  private func backwards(_ words: UnsafePointer<UInt32>) -> [UInt32] {
    func rank(_ word: UInt32) -> UInt32 {
      word < UInt32(Vocabulary.specials.count)
        ? word : corpus.ranks[Int(word)] + UInt32(Vocabulary.specials.count)
    }
    var result = [rank(words[layout.order - 1])]
    for place in 0..<layout.order - 1 {
      result.append(rank(words[place]))
      if words[place] == 1 { break }
    }
    return result
  }

  private func excludedNGrams(of partition: ContextPartition) throws(Failure) -> SpoolCursor<Key>? {
    guard let excluded, let stream = corpus.excluded else { return nil }
    var sink = SpoolSink<Key>(Spool(store, unit: SpoolSink<Key>.unit))
    // What is excluded has no part in the partition's own number of tokens.
    try excluded.gather(ContextPartition(words: partition.words, tokenCount: stream.count), into: &sink)
    try sink.spool.seal()
    return SpoolCursor(sink.spool)
  }

  private static var misfit: Failure {
    Failure(
      "counted n-grams", why: "are not those of the documents beside them",
      remedy: "count the documents again")
  }
}
