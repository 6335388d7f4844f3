import LanguageModeling
import Platform
import Synchronization

/// One run of `NGramEstimator`, for keys of one size.
struct Estimation<Key: PackedKey>: Sendable {
  private let options: EstimationOptions
  private let corpus: NumberedCorpus
  private let layout: KeyLayout
  private let progress: @Sendable (EstimationProgress) -> Void
  private let isCancelled: @Sendable () -> Bool
  private let thresholds: [UInt32]
  private let budget: MemoryBudget
  private let store: ChunkStore

  init(
    _ options: EstimationOptions, _ corpus: NumberedCorpus, _ layout: KeyLayout,
    _ progress: @escaping @Sendable (EstimationProgress) -> Void,
    _ isCancelled: @escaping @Sendable () -> Bool
  ) {
    self.options = options
    self.corpus = corpus
    self.layout = layout
    self.progress = progress
    self.isCancelled = isCancelled
    // By order; index 0 is unused.
    thresholds = (0...options.order).map { order in
      guard order > 0, let last = options.prune.last else { return 0 }
      return UInt32(order <= options.prune.count ? options.prune[order - 1] : last)
    }
    budget = MemoryBudget(options, corpus: corpus, keyByteCount: MemoryLayout<Key>.stride)
    store = ChunkStore(memoryBytes: budget.storeBytes, temporaryDirectory: options.temporaryDirectory)
  }

  func run() throws(Failure) -> EstimatedNGrams {
    let counted = options.order == 1 ? CountedContexts(order: 1) : try countContexts()
    var statistics = counted.statistics
    let unigramCounts = unigramCounts(adjusted: counted.unigramAdjusted)
    for id in unigramCounts.indices where id != 1 {
      statistics.note(order: 1, count: unigramCounts[id], isPruned: id >= corpus.vocabularyCount)
    }
    if options.smoothing == .kneserNey {
      let last = corpus.lastNGrams + LastNGram.find(in: counted.endings, order: options.order)
      for ngram in last { statistics.move(ngram) }
    }
    let orders = statistics.countsOfCounts.map { OrderSmoothing(countsOfCounts: $0) }
    let unigrams = UnigramSmoothing(
      counts: unigramCounts, vocabularyCount: corpus.vocabularyCount, smoothing: options.smoothing,
      order: orders[1])
    let levels = try smoothAndSort(counted, statistics: statistics, orders: orders, unigrams: unigrams)
    // `<s>` is in the table, but in no count of counts.
    statistics.keptCounts[1] += 1
    statistics.ngramCounts[1] += 1
    return EstimatedNGrams(
      table: NGramTable(levels: levels), vocabulary: corpus.vocabulary, tokenCount: corpus.tokenCount,
      sequenceCount: corpus.sequenceCount,
      ngramCounts: statistics.keptCounts.dropFirst().map { Int($0) },
      ngramCountsBeforePruning: statistics.ngramCounts.dropFirst().map { Int($0) },
      discounts: options.smoothing == .kneserNey ? orders.dropFirst().map(\.discounts) : [])
  }

  private func checkCancelled() throws(Failure) {
    if isCancelled() { throw Failure("training", why: "interrupted", remedy: "start it again") }
  }

  /// As the smoothing counts them: the distinct words before, or, without any longer n-grams, occurrences.
  private func unigramCounts(adjusted: [UInt32]) -> [UInt32] {
    if options.smoothing.countsContinuations && options.order > 1 { return adjusted }
    var counts = corpus.counts
    counts[0] = 0
    counts[1] = 0
    return counts
  }

  // MARK: Counting

  /// One thread's part in counting.
  private struct CountingWorker: Sendable {
    enum Gatherer: Sendable {
      case stream(ContextGatherer<Key>)
      case counted(CountedGatherer<Key>)
    }

    let gatherer: Gatherer
    let writer: Box<ContextLevelWriter<Key>>

    func gather(_ partition: ContextPartition) throws(Failure) {
      switch gatherer {
      case .stream(let gatherer): try gatherer.gather(partition, into: &writer.pointer.pointee)
      case .counted(let gatherer): try gatherer.gather(partition, into: &writer.pointer.pointee)
      }
    }
  }

  private func makeWorker() -> CountingWorker {
    let gatherer: CountingWorker.Gatherer
    var sortsFollowers = false
    switch corpus.content {
    case .stream(let stream):
      gatherer = .stream(
        ContextGatherer(layout: layout, stream: stream, store: store, runCapacity: budget.runCapacity))
    case .counted(let counted, let numbers):
      sortsFollowers = thresholds[1] > 0
      gatherer = .counted(
        CountedGatherer(
          counted, numbers, newestType: counted.newestType ?? 0, layout: layout, store: store,
          runCapacity: budget.runCapacity))
    }
    return CountingWorker(
      gatherer: gatherer,
      writer: Box(
        ContextLevelWriter<Key>(
          layout: layout, vocabularyCount: corpus.counts.count,
          countsContinuations: options.smoothing.countsContinuations, thresholds: thresholds,
          sortsFollowers: sortsFollowers)))
  }

  /// Partitions in the numbers that the n-grams have where they are found.
  private var partitions: [ContextPartition] {
    let counts: [UInt32]
    switch corpus.content {
    case .stream: counts = corpus.counts
    case .counted(let counted, _): counts = counted.counts
    }
    return counts.withUnsafeBufferPointer {
      ContextPartition.plan(
        counts: $0,
        target: budget.partitionTokens(streamCount: corpus.tokenCount + corpus.sequenceCount))
    }
  }

  private func countContexts() throws(Failure) -> CountedContexts {
    let partitions = partitions
    let workers = (0..<options.threadCount).map { _ in makeWorker() }
    defer { for worker in workers { worker.writer.pointer.pointee.deallocate() } }
    let spools = partitions.map { _ in (1..<layout.order).map { _ in Spool(store, unit: 4) } }
    let done = Atomic<Int>(0)
    try forEachTask(partitions.count, threadCount: options.threadCount) { (thread, task) throws(Failure) in
      try checkCancelled()
      let writer = workers[thread].writer.pointer
      writer.pointee.begin(spools[task])
      try workers[thread].gather(partitions[task])
      try writer.pointee.end()
      report(.counting, done, of: partitions.count)
    }
    var result = CountedContexts(order: layout.order)
    result.spools = spools
    result.unigramAdjusted = [UInt32](repeating: 0, count: corpus.counts.count)
    for worker in workers {
      let writer = worker.writer.pointer.pointee
      result.statistics.add(writer.tally)
      for id in corpus.counts.indices { result.unigramAdjusted[id] += writer.unigramAdjusted[id] }
      if case .counted(let gatherer) = worker.gatherer {
        result.endings.merge(gatherer.endings) { $0 + $1 }
      }
    }
    return result
  }

  private func report(_ stage: EstimationProgress.Stage, _ done: borrowing Atomic<Int>, of total: Int) {
    let count = done.wrappingAdd(1, ordering: .relaxed).newValue
    progress(EstimationProgress(stage: stage, fraction: Double(count) / Double(total)))
  }

  // MARK: Smoothing and sorting

  private func smoothAndSort(
    _ counted: CountedContexts, statistics: CountStatistics, orders: [OrderSmoothing],
    unigrams: UnigramSmoothing
  ) throws(Failure) -> [NGramLevel] {
    let backoffs = UnsafeMutableBufferPointer<Float>.allocate(capacity: corpus.counts.count)
    defer { backoffs.deallocate() }
    backoffs.initialize(repeating: 1)
    let probabilities = UnsafeMutableBufferPointer<Float>.allocate(capacity: corpus.counts.count)
    defer { probabilities.deallocate() }
    _ = probabilities.initialize(from: unigrams.probabilities)
    var levels: [NGramLevel] = []
    if layout.order > 1 {
      let total = statistics.keptCounts.dropFirst(2).reduce(0) { $0 + Int($1) }
      let plan = corpus.counts.withUnsafeBufferPointer {
        BucketPlan(
          counts: $0, bucketCount: budget.bucketCount(ngramCount: total, threadCount: options.threadCount))
      }
      nonisolated(unsafe) let lower = UnsafePointer(probabilities.baseAddress!)
      nonisolated(unsafe) let unigramBackoff = backoffs.baseAddress!
      let writers = (0..<options.threadCount).map { _ in
        Box(
          ProbabilityWriter<Key>(
            layout: layout, vocabularyCount: corpus.counts.count, smoothing: options.smoothing,
            orders: orders,
            isPruning: thresholds.contains { $0 > 0 }, buckets: plan, store: store, unigramProbability: lower,
            unigramBackoff: unigramBackoff))
      }
      defer { for writer in writers { writer.pointer.pointee.deallocate() } }
      let done = Atomic<Int>(0)
      try forEachTask(counted.spools.count, threadCount: options.threadCount) {
        (thread, task) throws(Failure) in
        try checkCancelled()
        try writers[thread].pointer.pointee.run(counted.spools[task])
        report(.smoothing, done, of: counted.spools.count)
      }
      for writer in writers { try writer.pointer.pointee.end() }
      levels = try sortBuckets(plan, writers.map { $0.pointer.pointee.outputs })
    }
    let stride = NGramLevel.wordsPerRecord(order: 1)
    let records = LevelMemory(count: corpus.vocabularyCount * stride)
    for id in 0..<corpus.vocabularyCount {
      records.words[id * stride] = UInt32(id)
      records.words[id * stride + 1] = logOfProbability(unigrams.probabilities[id]).bitPattern
      records.words[id * stride + 2] = logOfWeight(backoffs[id]).bitPattern
    }
    return [NGramLevel(order: 1, memory: records)] + levels
  }

  /// How many threads can sort at once where the largest bucket is larger than was planned for: a frequent word's
  /// n-grams cannot be cut any further.
  private func sortingThreadCount(_ spools: [[[Spool]]]) -> Int {
    let largest =
      spools.joined().map { $0.reduce(0) { $0 + $1.byteCount } }.max().map {
        $0 / BucketRecord<Key>.byteCount
      } ?? 0
    let byteCount = max(1, largest * BucketSorter<Key>.bytesPerRecord)
    return max(1, min(options.threadCount, options.memoryBytes / 3 / byteCount))
  }

  private func sortBuckets(_ plan: BucketPlan, _ outputs: [[[Spool]]]) throws(Failure)
    -> [NGramLevel]
  {
    // spools[bucket][order - 2][thread]
    let spools = (0..<plan.count).map { bucket in
      (0..<layout.order - 1).map { order in outputs.map { $0[order][bucket] } }
    }
    var starts: [[Int]] = []
    var totals = [Int](repeating: 0, count: layout.order - 1)
    for bucket in spools {
      starts.append(totals)
      for order in totals.indices {
        totals[order] += bucket[order].reduce(0) { $0 + $1.byteCount } / BucketRecord<Key>.byteCount
      }
    }
    let byteCount = totals.enumerated().reduce(0) { $0 + $1.element * ($1.offset + 4) * 4 }
    var levels: [LevelOutput] = []
    for (index, count) in totals.enumerated() {
      levels.append(
        try LevelOutput(
          order: index + 2, count: count, inMemory: byteCount <= budget.tableBytes,
          temporaryDirectory: options.temporaryDirectory))
    }
    let sorters = (0..<options.threadCount).map { _ in BucketSorter<Key>(layout: layout) }
    let done = Atomic<Int>(0)
    let finalLevels = levels
    let finalStarts = starts
    try forEachTask(plan.count, threadCount: sortingThreadCount(spools)) { (thread, task) throws(Failure) in
      try checkCancelled()
      try sorters[thread].sort(spools[task], into: finalLevels, starts: finalStarts[task])
      report(.sorting, done, of: plan.count)
    }
    return levels.map { $0.finish() }
  }
}

/// What counting gives: the levels of each partition, and what is known of all.
struct CountedContexts: Sendable {
  var statistics: CountStatistics
  /// `spools[partition][depth - 1]`.
  var spools: [[Spool]] = []
  var unigramAdjusted: [UInt32] = []
  /// Of n-grams counted before, those that end with the type met last (`LastNGram`).
  var endings: [[UInt32]: Int] = [:]

  init(order: Int) { statistics = CountStatistics(order: order) }
}

/// How the memory is shared out.
struct MemoryBudget: Sendable {
  /// For the chunks of all spools.
  let storeBytes: Int
  /// For the table, if it stays in memory.
  let tableBytes: Int
  /// The most n-grams that one thread sorts at once.
  let runCapacity: Int
  /// The most records of a bucket that one thread sorts at once.
  private let bucketCapacity: Int
  /// What a thread takes to sort a record, and what each bucket takes of it while they are filled.
  private let recordByteCount: Int
  private let bucketByteCount: Int

  init(_ options: EstimationOptions, corpus: NumberedCorpus, keyByteCount: Int) {
    // The program itself, the vocabulary, and a few arrays as long as the vocabulary in each thread.
    let perWord = 40 + 4 * options.order * options.threadCount
    let fixed = (40 << 20) + corpus.memoryBytes + corpus.counts.count * perWord
    let streamBytes: Int
    switch corpus.content {
    case .stream(let stream): streamBytes = min(stream.count * 4, options.memoryBytes / 3)
    case .counted: streamBytes = 0
    }
    var planned = options.memoryBytes - fixed - streamBytes
    // The corpus and the vocabulary are there by now.
    if let left = options.residentBytesLeft { planned = min(planned, left - corpus.counts.count * perWord) }
    let free = max(planned, 4 << 20)
    storeBytes = free / 3
    tableBytes = free / 6
    // Keys and room to sort them.
    runCapacity = max(1 << 12, free / 3 / options.threadCount / (2 * keyByteCount))
    // Keys, values, room to sort them, and the contexts of the order above.
    recordByteCount = 3 * keyByteCount + 24
    bucketByteCount = max(1, options.order - 1) * ChunkStore.chunkByteCount
    bucketCapacity = max(1 << 12, free / 3 / options.threadCount / recordByteCount)
  }

  /// How many tokens a partition should have: few enough that there is work for all threads, and so many that all of them are
  /// not read through too often.
  func partitionTokens(streamCount: Int) -> Int {
    max(min(runCapacity, max(1 << 16, streamCount / 16)), streamCount / 64)
  }

  /// How many buckets there should be. Their sizes are guessed from the words' counts, hence the margin.
  func bucketCount(ngramCount: Int, threadCount: Int) -> Int {
    // At most about half of all n-grams are of one order.
    let needed = ngramCount / max(1, bucketCapacity)
    // With more buckets than these the chunks at hand of all take more than sorting one.
    let sensible = Double(ngramCount) / 2 * Double(recordByteCount) / Double(bucketByteCount)
    return min(
      1024,
      max(
        min(needed, Int(sensible.squareRoot())), ngramCount >> 18, ngramCount > 1 << 16 ? 4 * threadCount : 1)
    )
  }
}
