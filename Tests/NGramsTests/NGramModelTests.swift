import LanguageModeling
import Platform
import Testing

@testable import NGrams

@Suite struct NGramModelTests {
  /// Pairs over a, b, c = 3, 4, 5 with values that can be followed on paper.
  static let handWorked = NGramTable(levels: [
    NGramLevel(
      order: 1,
      records: [
        (0, -4.0, 0.0), (1, NGramTable.impossible, -0.5), (2, -2.0, 0.0), (3, -1.0, -0.25), (4, -1.5, -0.75),
        (5, -3.0, 0.0),
      ].flatMap { [UInt32($0.0), Float($0.1).bitPattern, Float($0.2).bitPattern] }),
    NGramLevel(
      order: 2,
      records: [(1, 3, -0.5), (3, 4, -0.25), (3, 5, -1.25), (4, 2, -0.125)].flatMap {
        [UInt32($0.0), UInt32($0.1), Float($0.2).bitPattern, 0]
      }),
  ])

  @Test func handWorkedExample() throws {
    let model = try openModel(Self.handWorked)
    var state = model.sentenceStartState
    func step(_ id: UInt32) -> NGramModel.Score {
      model.score(TokenID(rawValue: id), after: state, next: &state)
    }
    // <s> a: a pair. a b: a pair. b c: backoff(b) + c. c </s>: backoff 0, as c begins no pair. Then </s> <unk>.
    let steps: [(UInt32, Float, Int)] = [(3, -0.5, 2), (4, -0.25, 2), (5, -3.75, 1), (2, -2, 1), (77, -4, 1)]
    for (id, expected, order) in steps {
      let score = step(id)
      #expect(abs(score.logProbability - expected) < 1e-5 && score.matchedOrder == order)
    }
    #expect(model.counts == [6, 4] && model.order == 2 && !model.isQuantized)
    #expect(state.depth == 1)
    let after = model.state(after: [TokenID(3)])
    let successors = model.successors(of: after, limit: 3)
    // b -0.25, then c -1.25 = a's own at -0.25 - 1.
    #expect(successors.map(\.token.rawValue).first == 4)
    #expect(Set(successors.dropFirst().map(\.token.rawValue)) == [3, 5])
  }

  /// What is remembered is what the model says, asked in any order, and more of it than there is room for.
  @Test(arguments: [1, 2, 3, 5, 8])
  func scoresAreRemembered(order: Int) throws {
    let plain = PlainModel(
      order: order, vocabularyCount: 60,
      sentences: PlainModel.sentences(count: 150, vocabularyCount: 60, seed: 1))
    let model = try openModel(plain.table)
    let memo = ScoreMemo(model)
    for sentence in PlainModel.sentences(count: 60, vocabularyCount: 70, seed: 2) + [[.max, 3, 1 << 30, 4]] {
      var state = model.sentenceStartState
      var differences: [UInt32] = []
      for word in sentence {
        for other in Array(UInt32(0)..<70) + [word, word] {
          var (expected, found) = (state, state)
          let score = model.score(TokenID(rawValue: other), after: state, next: &expected)
          let remembered = memo.score(TokenID(rawValue: other), after: state, next: &found)
          if remembered != score || found != expected { differences.append(other) }
        }
        _ = model.score(TokenID(rawValue: word), after: state, next: &state)
      }
      #expect(differences.isEmpty)
    }
  }

  static let cases: [(order: Int, isQuantized: Bool)] = [
    (1, false), (2, false), (3, false), (4, false), (5, false), (6, false), (8, false), (2, true), (3, true),
    (5, true), (8, true),
  ]

  /// The file gives what the definition gives, and in the same states.
  @Test(arguments: cases)
  func scoresLikeTheDefinition(_ order: Int, _ isQuantized: Bool) throws {
    let plain = PlainModel(
      order: order, vocabularyCount: 60,
      sentences: PlainModel.sentences(count: 150, vocabularyCount: 60, seed: 1))
    let model = try openModel(plain.table, options: NGramFileOptions(isQuantized: isQuantized))
    let tolerance: Float = isQuantized ? 0.15 : 3e-5
    for sentence in PlainModel.sentences(count: 60, vocabularyCount: 70, seed: 2) {
      var state = model.sentenceStartState
      var history: [UInt32] = [1]
      for word in sentence + [2] {
        let word = word < 60 ? word : 0
        let score = model.score(TokenID(rawValue: word), after: state, next: &state)
        #expect(abs(score.logProbability - plain.logProbability(word, after: history)) < tolerance)
        #expect(score.matchedOrder == plain.matchedOrder(word, after: history))
        history.append(word)
        let last = history.suffix(max(order - 1, 0)).map { TokenID(rawValue: $0) }
        if history.count > order { #expect(model.state(after: last) == state) }
      }
    }
  }

  /// Over the vocabulary the probabilities sum to 1, whether the context is known or not.
  @Test(arguments: [1, 2, 3, 5])
  func sumsToOne(_ order: Int) throws {
    let plain = PlainModel(
      order: order, vocabularyCount: 300,
      sentences: PlainModel.sentences(count: 500, vocabularyCount: 300, seed: 3))
    let model = try openModel(plain.table)
    var generator = SplitMix64(seed: 4)
    for round in 0..<100 {
      var context = (0..<5).map { _ in TokenID(rawValue: UInt32.random(in: 0..<300, using: &generator)) }
      if round % 2 == 0 { context = [TokenID(3), TokenID(rawValue: 3 + UInt32(round % 8))] }
      let state = round % 7 == 0 ? model.sentenceStartState : model.state(after: context)
      var sum = 0.0
      var next = state
      for id in 0..<300 where id != 1 {
        sum += Double(exp(model.logProbability(of: TokenID(id), after: state, next: &next)))
      }
      #expect(abs(sum - 1) < 1e-5)
    }
  }

  /// Successors are what sorting all words by their scores gives, also among the ids of a prefix.
  @Test(arguments: cases)
  func successorsEqualBruteForce(_ order: Int, _ isQuantized: Bool) throws {
    // Enough at one order for blocks of blocks.
    let count: UInt32 = order == 3 ? 7000 : 700
    let plain = PlainModel(
      order: order, vocabularyCount: Int(count),
      sentences: PlainModel.sentences(count: 700, vocabularyCount: Int(count), seed: 5))
    let model = try openModel(plain.table, options: NGramFileOptions(isQuantized: isQuantized))
    var generator = SplitMix64(seed: 6)
    for round in 0..<(order == 3 ? 4 : 12) {
      let context = PlainModel.sentences(count: 1, vocabularyCount: 40, seed: UInt64(round))[0]
      let state = model.state(after: context.map { TokenID(rawValue: $0) }, atSentenceStart: true)
      let scored = (0..<count).filter { $0 != 1 }.map { id in
        var next = state
        return Successor(
          token: TokenID(rawValue: id),
          logProbability: model.logProbability(of: TokenID(rawValue: id), after: state, next: &next))
      }
      var bounds = [
        UInt32.random(in: 0...count, using: &generator), UInt32.random(in: 0...count, using: &generator),
      ]
      if round % 3 == 0 { bounds[1] = bounds[0] + 30 }
      bounds.sort()
      for ids in [nil, bounds[0]..<bounds[1]] {
        let expected = scored.filter { ids?.contains($0.token.rawValue) ?? true }
          .sorted { $0.logProbability > $1.logProbability }
        let limit = round % 5 == 0 ? 400 : 10
        let found = model.successors(of: state, limit: limit, inIDs: ids)
        #expect(found.map(\.logProbability) == expected.prefix(limit).map(\.logProbability))
        #expect(Set(found.map(\.token)).count == found.count)
        var search = model.successorSearch(of: state, inIDs: ids)
        var searched: [Successor] = []
        while searched.count < 2 * limit, let next = search.next() { searched.append(next) }
        #expect(searched.map(\.logProbability) == expected.prefix(2 * limit).map(\.logProbability))
        #expect(Set(searched.map(\.token)).count == searched.count)
        let byToken = Dictionary(uniqueKeysWithValues: expected.map { ($0.token, $0.logProbability) })
        #expect(found.allSatisfy { byToken[$0.token] == $0.logProbability })
      }
    }
  }

  /// The children of every context are the n-grams that begin with it.
  @Test(arguments: [false, true])
  func contextsHaveTheirChildren(_ isQuantized: Bool) throws {
    let plain = PlainModel(
      order: 4, vocabularyCount: 60,
      sentences: PlainModel.sentences(count: 200, vocabularyCount: 60, seed: 8))
    let model = try openModel(plain.table, options: NGramFileOptions(isQuantized: isQuantized))
    let words: [UInt32] = [1, 3, 4]
    let contexts = ContextChain(model, model.state(after: [TokenID(3), TokenID(4)], atSentenceStart: true))
    #expect(contexts.greatestDepth == 3)
    for depth in 0...contexts.greatestDepth {
      let prefix = Array(words.suffix(depth))
      let expected = plain.logProbabilities.keys.filter {
        $0.count == prefix.count + 1 && $0.starts(with: prefix)
      }
      .map { $0.last! }.sorted()
      let found = (contexts.begins[depth]..<contexts.ends[depth]).map { contexts.word($0, depth, model) }
      #expect(found == expected)
      for (index, word) in zip(contexts.begins[depth]..<contexts.ends[depth], found) {
        let isHidden = plain.logProbabilities[words.suffix(depth + 1) + [word]] != nil && depth < 3
        #expect(contexts.isHidden(index, depth, model) == isHidden)
      }
    }
  }

  /// The same bytes whatever the memory, and whether the table comes from memory or from files.
  @Test func memoryBoundDoesNotMatter() throws {
    let table = PlainModel(
      order: 4, vocabularyCount: 400,
      sentences: PlainModel.sentences(count: 1500, vocabularyCount: 400, seed: 9)
    ).table
    let spilled = NGramTable(
      levels: try table.levels.map { level in
        var builder = NGramLevelBuilder(order: level.order, memoryByteCount: 1)
        var cursor = level.makeCursor()
        while try cursor.advance() {
          try builder.append(
            (0..<level.order).map { cursor.id($0) }, logProbability: cursor.logProbability,
            logBackoff: cursor.logBackoff)
        }
        return try builder.finish()
      })
    for isQuantized in [false, true] {
      let (first, second) = (temporaryPath("bin"), temporaryPath("bin"))
      defer {
        unlink(first)
        unlink(second)
      }
      let summary = try NGramModelWriter.write(
        table, to: first, options: NGramFileOptions(isQuantized: isQuantized))
      try NGramModelWriter.write(
        spilled, to: second, options: NGramFileOptions(isQuantized: isQuantized, memoryByteCount: 1))
      #expect(try readFile(first) == readFile(second))
      #expect(summary.byteCount == (try readFile(first)).count)
      #expect(summary.losses.allSatisfy { $0.logProbability < (isQuantized ? 0.03 : 3e-6) })
    }
  }

  @Test func brokenTablesAreRefused() throws {
    func table(_ pairs: [(UInt32, UInt32)], _ triples: [[UInt32]] = []) -> NGramTable {
      NGramTable(levels: [
        NGramLevel(order: 1, records: (0..<6).flatMap { [UInt32($0), Float(-1).bitPattern, 0] }),
        NGramLevel(order: 2, records: pairs.flatMap { [$0.0, $0.1, Float(-1).bitPattern, 0] }),
        NGramLevel(order: 3, records: triples.flatMap { $0 + [Float(-1).bitPattern, 0] }),
      ])
    }
    _ = try openModel(table([(3, 4), (4, 5)], [[3, 4, 5]]))
    for broken in [
      table([(3, 4), (3, 4)]), table([(3, 5), (3, 4)]), table([(4, 4), (3, 4)]), table([(3, 9)]),
      table([(3, 4)], [[3, 4, 5]]), table([(4, 5)], [[3, 4, 5]]),
    ] {
      #expect(throws: Failure.self) { try openModel(broken) }
    }
    let notANumber = NGramTable(levels: [
      NGramLevel(order: 1, records: (0..<3).flatMap { [UInt32($0), Float.nan.bitPattern, 0] })
    ])
    #expect(throws: Failure.self) { try openModel(notANumber) }
  }
}
