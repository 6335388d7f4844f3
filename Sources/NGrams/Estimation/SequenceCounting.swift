import LanguageModeling
import Platform

/// Counts the n-grams of highest order of sequences that were read, and gives them sorted: the first half of an estimation,
/// whose outcome can be written down and added to that of other sequences.
///
///     let counting = try SequenceCounting(corpus, options)
///     try counting.forEachNGram { words, count in … }
package struct SequenceCounting {
  /// All types, numbered as in `CountedCorpus`.
  package let vocabulary: Vocabulary
  /// How often each word occurs, by number; of `</s>`, the number of sequences.
  package let counts: [UInt32]
  /// The sequences, each ended by `TokenStream.sequenceEnd`.
  package let stream: TokenStream
  package let tokenCount: Int
  private let options: EstimationOptions

  /// - Parameter options: the order, the memory and the threads; smoothing and pruning are not asked for.
  package init(_ corpus: consuming CorpusCounter, _ options: EstimationOptions) throws(Failure) {
    // Of order 1: which n-gram comes last is for whoever has the whole corpus to find.
    let numbered = try NumberedCorpus(
      corpus, order: 1, pruneThreshold: 0, threadCount: options.threadCount)
    guard case .stream(let stream) = numbered.content else {
      fatalError("a corpus that was read is a stream")
    }
    self.stream = stream
    vocabulary = numbered.vocabulary
    counts = numbered.counts
    tokenCount = numbered.tokenCount
    self.options = options
  }

  /// Gives the distinct n-grams of order N in ascending order of the context read backwards, then of the last word, as
  /// `CountedNGramSource` does. None where N is 1.
  package func forEachNGram(
    _ body: (_ words: UnsafePointer<UInt32>, _ count: UInt32) throws(Failure) -> Void
  ) throws(Failure) {
    if options.order == 1 { return }
    let layout = KeyLayout(order: options.order, vocabularyCount: counts.count)
    if layout.keyBits <= 64 { return try forEachNGram(UInt64.self, layout, body) }
    if layout.keyBits <= 128 { return try forEachNGram(UInt128.self, layout, body) }
    try forEachNGram(UInt256Key.self, layout, body)
  }

  private func forEachNGram<Key: PackedKey>(
    _: Key.Type, _ layout: KeyLayout,
    _ body: (_ words: UnsafePointer<UInt32>, _ count: UInt32) throws(Failure) -> Void
  ) throws(Failure) {
    // Beside the stream, a third; and the types.
    let share = options.memoryBytes / 6
    let runCapacity = max(1 << 12, share / options.threadCount / (2 * MemoryLayout<Key>.stride))
    let store = ChunkStore(memoryBytes: share, temporaryDirectory: options.temporaryDirectory)
    let partitions = counts.withUnsafeBufferPointer {
      ContextPartition.plan(counts: $0, target: min(runCapacity, max(1 << 16, stream.count / 16)))
    }
    let gatherers = (0..<options.threadCount).map { _ in
      ContextGatherer<Key>(layout: layout, stream: stream, store: store, runCapacity: runCapacity)
    }
    // As many partitions at once as there are threads, so that little is held that is not yet its turn.
    var start = 0
    while start < partitions.count {
      let wave = Array(partitions[start..<min(partitions.count, start + options.threadCount)])
      let spools = wave.map { _ in Spool(store, unit: SpoolSink<Key>.unit) }
      try forEachTask(wave.count, threadCount: options.threadCount) { (thread, task) throws(Failure) in
        var sink = SpoolSink<Key>(spools[task])
        try gatherers[thread].gather(wave[task], into: &sink)
        try spools[task].seal()
      }
      for spool in spools { try Self.give(SpoolCursor<Key>(spool), layout, body) }
      start += wave.count
    }
  }

  private static func give<Key: PackedKey>(
    _ cursor: SpoolCursor<Key>, _ layout: KeyLayout,
    _ body: (_ words: UnsafePointer<UInt32>, _ count: UInt32) throws(Failure) -> Void
  ) throws(Failure) {
    let words = Scratch<UInt32>(count: layout.order)
    let bits = layout.idBits
    while try cursor.advance() {
      for place in 0..<layout.order {
        words.buffer[place] = cursor.key.word(shift: (layout.order - 1 - place) * bits) & layout.idMask
      }
      try body(UnsafePointer(words.buffer.baseAddress!), cursor.count)
    }
  }
}
