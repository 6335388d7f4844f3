import LanguageModeling
import Platform
import Synchronization
import Testing

@testable import NGrams

@Suite struct EstimationTests {
  private func options(_ order: Int, _ smoothing: Smoothing = .kneserNey) -> EstimationOptions {
    var options = EstimationOptions()
    options.order = order
    options.smoothing = smoothing
    return options
  }

  private func expectReference(_ lines: [String], _ options: EstimationOptions) throws {
    let model = try estimate(lines, options)
    let sequences = lines.map { line in
      line.split(separator: " ").map { model.vocabulary.id(of: Array($0.utf8))!.rawValue }
    }
    let reference = ReferenceKneserNey(
      sequences, order: options.order, vocabularyCount: model.vocabulary.count, prune: options.prune)
    let table = try TableDictionary(model.table)
    #expect(Set(table.keys) == Set(reference.values.keys))
    for (ngram, value) in reference.values where ngram != [1] {
      let found = try #require(table.values[ngram])
      #expect(abs(found.logProbability - log(value.probability)) < 2e-5, "P of \(ngram)")
      #expect(abs(found.logBackoff - log(value.backoff)) < 2e-5, "back-off of \(ngram)")
    }
  }

  @Test(arguments: 1...8)
  func kneserNeyIsWhatTheEquationsSay(order: Int) throws {
    try expectReference(randomLines(300, words: 30, seed: UInt64(order)), options(order))
  }

  @Test(arguments: [[0, 1], [0, 0, 1], [0, 1, 1, 2], [0, 0, 0, 3]])
  func prunedKneserNeyIsWhatTheEquationsSay(prune: [Int]) throws {
    var options = options(4)
    options.prune = prune
    try expectReference(randomLines(300, words: 30, seed: 9), options)
  }

  @Test(arguments: [
    [], [""], ["a"], ["a a a a a"], Array(repeating: "one line repeated", count: 50), ["a", "", "b"],
  ])
  func anyCorpusTrains(lines: [String]) throws {
    for order in [1, 2, 5, 8] { try expectReference(lines, options(order)) }
  }

  @Test(arguments: [
    Smoothing.kneserNey, .maximumLikelihood, .addDelta(1), .addDelta(0.01), .backoff,
  ])
  func everyModelIsADistribution(smoothing: Smoothing) throws {
    let corpora = [randomLines(200, words: 25, seed: 3), ["a"], [], Array(repeating: "a b c", count: 9)]
    for (lines, prune) in zip(corpora + [corpora[0]], [[], [], [], [], [0, 1, 2]]) {
      var options = options(3, smoothing)
      options.prune = prune
      let model = try estimate(lines, options)
      let table = try TableDictionary(model.table)
      let count = UInt32(model.vocabulary.count)
      var contexts: [[UInt32]] = [[], [1], [0], [1, 0], [0, 0], [count - 1, count - 1], [2, 1]]
      contexts += table.keys.filter { $0.count < 3 }.shuffledPrefix(60)
      for context in contexts {
        let sum = (0..<count).filter { $0 != 1 }.reduce(0.0) {
          $0 + exp(table.logProbability($1, after: context))
        }
        #expect(abs(sum - 1) < 1e-5, "after \(context)")
      }
    }
  }

  @Test func textbookEstimatorsByHand() throws {
    // a b a c </s>: five tokens; five types without <s>.
    let lines = ["a b a c"]
    func probability(_ smoothing: Smoothing, order: Int, _ word: String, after: [String]) throws -> Double {
      let model = try estimate(lines, options(order, smoothing))
      let id = { (word: String) -> UInt32 in model.vocabulary.id(of: word)!.rawValue }
      return exp(try TableDictionary(model.table).logProbability(id(word), after: after.map { id($0) }))
    }
    #expect(abs(try probability(.maximumLikelihood, order: 1, "a", after: []) - 2.0 / 5) < 1e-6)
    #expect(abs(try probability(.maximumLikelihood, order: 2, "b", after: ["a"]) - 1.0 / 2) < 1e-6)
    #expect(try probability(.maximumLikelihood, order: 2, "a", after: ["a"]) < 1e-30)
    #expect(abs(try probability(.addDelta(1), order: 1, "a", after: []) - 3.0 / 10) < 1e-6)
    #expect(abs(try probability(.addDelta(1), order: 1, "<unk>", after: []) - 1.0 / 10) < 1e-6)
    #expect(abs(try probability(.addDelta(1), order: 2, "b", after: ["a"]) - (1 + 5 * 0.2) / 7) < 1e-6)
    #expect(abs(try probability(.addDelta(1), order: 2, "a", after: ["a"]) - 5 * 0.3 / 7) < 1e-6)
  }

  @Test func memoryAndThreadsChangeNothing() throws {
    let lines = randomLines(6000, words: 400, seed: 5)
    for (order, smoothing) in [(3, Smoothing.kneserNey), (6, .kneserNey), (4, .backoff)] {
      var records: [[[UInt32]]] = []
      for (memory, threads) in [(1 << 30, 1), (1 << 30, 2), (1 << 16, 2), (1 << 16, 1)] {
        var options = options(order, smoothing)
        options.memoryBytes = memory
        options.threadCount = threads
        records.append(try estimate(lines, options).table.levels.map(allRecords))
      }
      for other in records.dropFirst() { #expect(other == records[0]) }
    }
  }

  private func allRecords(_ level: NGramLevel) throws -> [UInt32] {
    var records: [UInt32] = []
    var cursor = level.makeCursor()
    while try cursor.advance() {
      for place in 0..<level.order { records.append(cursor.id(place)) }
      records += [cursor.logProbability.bitPattern, cursor.logBackoff.bitPattern]
    }
    return records
  }

  @Test func ngramsAreInLexicographicOrder() throws {
    var options = options(4)
    options.memoryBytes = 1 << 16
    let table = try TableDictionary(estimate(randomLines(3000, words: 500, seed: 6), options).table)
    for (a, b) in zip(table.keys, table.keys.dropFirst()) where a.count == b.count {
      #expect(a.lexicographicallyPrecedes(b))
    }
  }

  @Test func wordsPrunedFromTheVocabularyAreUnknown() throws {
    var options = options(2)
    options.prune = [1]
    let model = try estimate(["a b a b c", "a b"], options)
    #expect(model.vocabulary.id(of: "a") != nil)
    #expect(model.vocabulary.id(of: "c") == nil)
    let table = try TableDictionary(model.table)
    let sum = (0..<UInt32(model.vocabulary.count)).filter { $0 != 1 }
      .reduce(0.0) { $0 + exp(table.logProbability($1, after: [])) }
    #expect(abs(sum - 1) < 1e-5)
  }

  @Test func bigVocabulariesNeedWideKeys() throws {
    // 2,000 types of 11 bits, order 8: 88 bits; and with an order of 8 over 70,000 types, 136.
    let lines = (0..<700).map { line in (0..<100).map { "t\(line * 100 + $0)" }.joined(separator: " ") }
    let model = try estimate(lines, options(8))
    #expect(model.vocabulary.count == 70_003)
    #expect(model.ngramCounts[7] == 700 * 95)
    let table = try TableDictionary(model.table)
    let ids = lines[699].split(separator: " ").prefix(9).map {
      model.vocabulary.id(of: Array($0.utf8))!.rawValue
    }
    #expect(table.values[Array(ids.prefix(8))] != nil)
    #expect(table.values[Array(ids.dropFirst())] != nil)
    #expect(table.logProbability(ids[8], after: Array(ids[..<8])) > -1)
  }

  @Test func optionsOutOfRangeSaySo() {
    for order in [0, 9, -1] { #expect(throws: Failure.self) { try NGramEstimator(options(order)) } }
    var falling = options(3)
    falling.prune = [0, 2, 1]
    #expect(throws: Failure.self) { try NGramEstimator(falling) }
    falling.prune = [0, 0, 0, 1]
    #expect(throws: Failure.self) { try NGramEstimator(falling) }
    #expect(throws: Failure.self) { try NGramEstimator(options(3, .addDelta(0))) }
  }

  @Test func anUnwritableTemporaryDirectoryIsNamed() throws {
    var options = options(3)
    options.memoryBytes = 1 << 16
    options.temporaryDirectory = "/nonexistent/inkling"
    #expect {
      try estimate(randomLines(60_000, words: 400, seed: 5), options)
    } throws: { ($0 as? Failure)?.what.contains("/nonexistent/inkling") == true }
  }

  @Test func anEstimationCanBeCancelled() throws {
    let estimator = try NGramEstimator(options(3))
    var corpus = estimator.makeCorpus()
    try corpus.append(type: [1])
    var failure: Failure?
    do throws(Failure) { _ = try estimator.estimate(corpus, isCancelled: { true }) } catch { failure = error }
    #expect(failure?.why == "interrupted")
  }

  @Test func progressReachesTheEndOfEveryStage() throws {
    let seen = Mutex<Set<EstimationProgress>>([])
    let estimator = try NGramEstimator(options(3))
    var corpus = estimator.makeCorpus()
    try corpus.append(type: [1])
    _ = try estimator.estimate(corpus, progress: { now in seen.withLock { _ = $0.insert(now) } })
    for stage in EstimationProgress.Stage.allCases {
      #expect(seen.withLock { $0.contains(EstimationProgress(stage: stage, fraction: 1)) })
    }
  }
}

@Suite struct CorpusCounterTests {
  private func contents(_ corpus: consuming CorpusCounter) throws -> [String] {
    var result: [String] = []
    let types = corpus.types
    try corpus.stream.seal()
    try corpus.stream.forEachBlock { (ids, count) in
      for index in 0..<count {
        let id = ids[TokenStream.overlap + index]
        result.append(types.withBytes(of: id) { String(decoding: $0, as: UTF8.self) })
      }
    }
    return result
  }

  @Test func twoHalvesAtOnceAreAsOneAfterTheOther() throws {
    let lines = randomLines(6000, words: 3000, seed: 8).map {
      $0.split(separator: " ").map { Array($0.utf8) }
    }
    @Sendable func append(_ lines: ArraySlice<[[UInt8]]>, _ corpus: inout CorpusCounter) throws(Failure) {
      for line in lines {
        for word in line { try corpus.append(type: word) }
        try corpus.endSequence()
      }
    }
    var one = CorpusCounter()
    try append(lines[...], &one)
    var two = CorpusCounter(memoryBytes: 2 << 20)
    try two.append(type: Array("w7".utf8))
    try two.appendHalves { (half, corpus) throws(Failure) in
      try append(half == 0 ? lines[..<2500] : lines[2500...], &corpus)
    }
    #expect(two.sequenceCount == one.sequenceCount + 1)
    #expect(two.tokenCount == one.tokenCount + 1)
    #expect(try contents(two).elementsEqual(["w7", "</s>"] + contents(one)))
  }

  /// Types that somebody else has numbered, more of them than there are in the corpus, are those of the same bytes.
  @Test func numbersAreAsGoodAsBytes() throws {
    let lines = randomLines(300, words: 40, seed: 3).map { $0.split(separator: " ").map { Array($0.utf8) } }
    var types = TypeInterner()
    for special in Vocabulary.specials { types.append(new: special) }
    for word in (0..<60).reversed() { types.append(new: Array("w\(word)".utf8)) }
    var options = EstimationOptions()
    options.order = 3
    let estimator = try NGramEstimator(options)
    var byBytes = estimator.makeCorpus()
    var byNumbers = estimator.makeCorpus(types: types)
    for line in lines {
      for word in line {
        try byBytes.append(type: word)
        try byNumbers.append(number: types.intern(word))
      }
      // Passed over by both.
      try byBytes.append(type: Array("<unk>".utf8))
      try byNumbers.append(number: 0)
      try byBytes.endSequence()
      try byNumbers.endSequence()
    }
    #expect(byBytes.typeCount == byNumbers.typeCount)
    let one = try estimator.estimate(byBytes)
    let other = try estimator.estimate(byNumbers)
    #expect(one.vocabulary.serialized() == other.vocabulary.serialized())
    #expect(one.discounts == other.discounts)
    for (a, b) in zip(one.table.levels, other.table.levels) {
      #expect(a.count == b.count)
      var left = a.makeCursor()
      var right = b.makeCursor()
      while try left.advance() {
        let hasMore = try right.advance()
        #expect(hasMore)
        let (ids, values) = (
          (left.id(a.order - 1), right.id(a.order - 1)), (left.logProbability, right.logProbability)
        )
        let backoffs = (left.logBackoff, right.logBackoff)
        #expect(ids.0 == ids.1 && values.0 == values.1 && backoffs.0 == backoffs.1)
      }
    }
  }

  @Test func whatDoesNotFitInMemoryComesBack() throws {
    var corpus = CorpusCounter(memoryBytes: 0)
    var expected: [String] = []
    for index in 0..<600_000 {
      let word = "\(index % 977)"
      expected.append(word)
      try corpus.append(type: Array(word.utf8))
    }
    #expect(try contents(corpus) == expected)
  }
}

extension Array {
  /// `count` elements spread over the array.
  func shuffledPrefix(_ count: Int) -> [Element] {
    stride(from: 0, to: self.count, by: Swift.max(1, self.count / count)).map { self[$0] }
  }
}
