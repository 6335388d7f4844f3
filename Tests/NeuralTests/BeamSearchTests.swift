import Platform
import Testing

@testable import Neural

/// A beam search finds what enumeration finds where it is wide enough, and what is asked for where it is not.
@Suite struct BeamSearchTests {
  /// Made-up probabilities of five units behind a prefix, one of them the end, one of them never written.
  static func probabilities(_ prefix: [Int32], seed: UInt64) -> [Float] {
    var hash = SplitMix64.mix(seed)
    for id in prefix { hash = SplitMix64.mix(hash &* 31 &+ UInt64(id) &+ 7) }
    var random = SplitMix64(seed: hash)
    var values = (0..<5).map { _ in Float(random.uniform() * random.uniform() + 0.01) }
    values[0] = 0
    let sum = values.reduce(0, +)
    return values.map { $0 / sum }
  }

  static let end: Int32 = 2

  static func search(_ search: BeamSearch, seed: UInt64) throws -> [BeamSearch.Hypothesis] {
    try search.search(start: [Int32](), end: end) { prefixes throws(Failure) in
      prefixes.map { state, last in
        let prefix = state + (last.map { [$0] } ?? [])
        return .init(probabilities: probabilities(prefix, seed: seed), state: prefix)
      }
    }
  }

  /// Every sequence up to a length, by score.
  static func enumeration(_ search: BeamSearch, seed: UInt64) -> [BeamSearch.Hypothesis] {
    var all: [BeamSearch.Hypothesis] = []
    func visit(_ prefix: [Int32], _ logProbability: Double) {
      let values = probabilities(prefix, seed: seed)
      let whole = logProbability + log(Double(values[Int(end)]))
      all.append(
        .init(
          ids: prefix, logProbability: whole, score: search.score(whole, length: prefix.count + 1)))
      guard prefix.count < search.maximumLength else { return }
      for id in [Int32(1), 3, 4] { visit(prefix + [id], logProbability + log(Double(values[Int(id)]))) }
    }
    visit([], 0)
    return all.sorted { $0.score > $1.score }
  }

  @Test("as wide as there are sequences it is exhaustive", arguments: [0, 0.6, 1.0], [UInt64(1), 2, 3])
  func exhaustive(exponent: Double, seed: UInt64) throws {
    // 1 + 3 + 9 + 27 + 81 sequences.
    let search = BeamSearch(width: 121, maximumLength: 4, lengthExponent: exponent)
    let (found, expected) = (try Self.search(search, seed: seed), Self.enumeration(search, seed: seed))
    try #require(found.count == expected.count)
    for (one, other) in zip(found, expected) {
      #expect(one.ids == other.ids && abs(one.score - other.score) < 1e-9)
      #expect(abs(one.logProbability - other.logProbability) < 1e-9)
    }
  }

  @Test("of width one it takes the most probable unit each time")
  func greedy() throws {
    let found = try Self.search(BeamSearch(width: 1, maximumLength: 30, lengthExponent: 0), seed: 5)
    let best = try #require(found.first)
    #expect(found.count == 1)
    for place in best.ids.indices {
      let values = Self.probabilities(Array(best.ids[..<place]), seed: 5)
      let others = [1, 3, 4].map { values[$0] }
      #expect(values[Int(best.ids[place])] == others.max())
    }
  }

  @Test("normalised by length, longer sequences win that lose by probability")
  func lengths() throws {
    // A short end has 0.4; a chain of four units 0.55 each, and then the end.
    func next(_ prefixes: [(state: Int, last: Int32?)]) -> [BeamSearch.Continuation<Int>] {
      prefixes.map { state, last in
        let length = last == nil ? 0 : state + 1
        return .init(
          probabilities: length == 0 ? [0, 0, 0.45, 0.55] : length < 4 ? [0, 0, 0.1, 0.9] : [0, 0, 1, 0],
          state: length)
      }
    }
    func best(_ exponent: Double) throws -> [Int32] {
      try BeamSearch(width: 4, maximumLength: 9, lengthExponent: exponent)
        .search(start: 0, end: 2) { prefixes throws(Failure) in next(prefixes) }[0].ids
    }
    #expect(try best(0) == [])
    #expect(try best(1) == [3, 3, 3, 3])
  }

  @Test("where nothing has a probability there is nothing, and no length is passed")
  func ends() throws {
    let nothing = try BeamSearch(maximumLength: 3).search(start: 0, end: 1) { prefixes throws(Failure) in
      prefixes.map { _ in .init(probabilities: [0, 0, 0], state: 0) }
    }
    #expect(nothing.isEmpty)
    let endless = try BeamSearch(width: 2, maximumLength: 3).search(start: 0, end: 1) {
      prefixes throws(Failure) in prefixes.map { _ in .init(probabilities: [0.5, 1e-6, 0.5], state: 0) }
    }
    #expect(endless.count == 2 && endless.allSatisfy { $0.ids.count <= 3 })
  }
}
