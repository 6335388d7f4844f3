import Testing

@testable import NGrams

/// A small generator with a seed, so that a failure repeats.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Skewed ids, so that some contexts have very many followers and most few.
private func randomID(_ generator: inout SeededGenerator) -> UInt32 {
  let spread = UInt32.random(in: 1...60, using: &generator)
  return UInt32.random(in: 0..<spread, using: &generator)
}

private func randomSequence(_ count: Int, _ generator: inout SeededGenerator) -> [UInt32] {
  (0..<count).map { _ in randomID(&generator) }
}

/// All n-grams with their counts, by looking at every window.
private func countByHand(_ sequences: [[UInt32]], order: Int) -> [[UInt32]: Int] {
  var counts: [[UInt32]: Int] = [:]
  for ids in sequences {
    for start in ids.indices {
      for end in start..<min(ids.count, start + order) { counts[Array(ids[start...end]), default: 0] += 1 }
    }
  }
  return counts
}

/// Every n-gram in the trie with its count, and a check of all its statistics and lists.
private func contents(_ counts: DynamicCounts) -> [[UInt32]: Int] {
  var result: [[UInt32]: Int] = [:]
  func visit(_ node: UInt32, _ path: [UInt32]) {
    var total = 0
    var distinct = 0
    var singletons = 0
    var lastClass = 99
    var previous = CountTrie.none
    var child = counts.trie.firstChild(of: node)
    while child != CountTrie.none {
      let count = counts.trie.count(of: child)
      #expect(counts.trie.child(of: node, counts.trie.word(of: child)) == child)
      #expect(counts.trie.nodes[Int(child)].previous == previous)
      #expect(countClass(count) <= lastClass, "siblings out of order")
      lastClass = countClass(count)
      total += Int(count)
      distinct += 1
      if count == 1 { singletons += 1 }
      let ngram = path + [counts.trie.word(of: child)]
      result[ngram] = Int(count)
      visit(child, ngram)
      previous = child
      child = counts.trie.nextSibling(of: child)
    }
    #expect(Int(counts.trie.total(of: node)) == total)
    #expect(Int(counts.trie.distinctCount(of: node)) == distinct)
    #expect(Int(counts.trie.singletonCount(of: node)) == singletons)
  }
  visit(CountTrie.root, [])
  return result
}

@Suite struct DynamicCountsTests {
  @Test func everyWindowIsCounted() {
    var generator = SeededGenerator(state: 1)
    let sequences = [randomSequence(300, &generator), [], [5], randomSequence(50, &generator)]
    var counts = DynamicCounts(order: 4)
    for sequence in sequences { counts.add(sequence) }
    #expect(contents(counts) == countByHand(sequences, order: 4))
    #expect(counts.tokenCount == 351)
  }

  @Test(arguments: [1, 2, 3, 6])
  func anyEditsOpensAndClosesLeaveTheCountsOfWhatIsOpen(order: Int) {
    var generator = SeededGenerator(state: UInt64(order))
    var counts = DynamicCounts(order: order)
    var documents: [[UInt32]] = []
    for step in 0..<400 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0 where documents.count < 5:
        documents.append(randomSequence(Int.random(in: 0..<200, using: &generator), &generator))
        counts.add(documents.last!, stamp: UInt32(step))
      case 1 where documents.count > 1:
        let index = Int.random(in: 0..<documents.count, using: &generator)
        counts.subtract(documents.remove(at: index))
      default:
        guard !documents.isEmpty else { continue }
        let index = Int.random(in: 0..<documents.count, using: &generator)
        let lower = Int.random(in: 0...documents[index].count, using: &generator)
        let upper = min(documents[index].count, lower + Int.random(in: 0..<8, using: &generator))
        let replacement = randomSequence(Int.random(in: 0..<8, using: &generator), &generator)
        counts.replace(in: &documents[index], lower..<upper, with: replacement)
      }
      if step % 20 == 0 { #expect(contents(counts) == countByHand(documents, order: order)) }
    }
    #expect(contents(counts) == countByHand(documents, order: order))
    for document in documents { counts.subtract(document) }
    #expect(counts.nodeCount == 0)
    #expect(counts.tokenCount == 0)
  }

  @Test func subtractingWhatWasNeverAddedHarmsNothing() {
    var counts = DynamicCounts(order: 3)
    counts.add([1, 2, 3])
    counts.subtract([7, 8, 9])
    #expect(contents(counts) == countByHand([[1, 2, 3]], order: 3))
    var elsewhere: [UInt32] = [9, 9, 9, 9]
    counts.replace(in: &elsewhere, -5..<2, with: [1])
    #expect(elsewhere == [1, 9, 9])
    var other = DynamicCounts(order: 3)
    other.add([1, 2, 3])
    other.subtract([1])
    other.subtract([2, 3])
    #expect(other.count(of: [1, 2, 3]) == 1)
    _ = contents(other)
  }

  @Test func aCopyDoesNotFollowTheOriginal() {
    var counts = DynamicCounts(order: 2)
    counts.add([1, 2, 1, 2])
    let context = counts.context(after: [1])
    let copy = counts
    counts.subtract([1, 2, 1, 2])
    #expect(copy.count(of: [1, 2]) == 2)
    #expect(context.count(of: 2, length: 1) == 2)
    #expect(counts.count(of: [1, 2]) == 0)
  }

  @Test func contextsKnowTheirFollowers() {
    var counts = DynamicCounts(order: 3)
    counts.add([1, 2, 3, 1, 2, 3, 1, 2, 4], stamp: 7)
    let context = counts.context(after: [9, 9, 1, 2])
    #expect(context.longestMatch == 2)
    #expect(context.total(length: 2) == 3)
    #expect(context.distinctFollowers(length: 2) == 2)
    #expect(context.singletonFollowers(length: 2) == 1)
    #expect(context.topFollowers(length: 2, limit: 5).map(\.id) == [3, 4])
    #expect(context.topFollowers(length: 0, limit: 2).map(\.id) == [1, 2])
    #expect(counts.context(after: [3, 4]).longestMatch == 0, "4 was followed by nothing")
    #expect(counts.lastStamp(of: 4) == 7)
    #expect(counts.lastStamp(of: 5) == 0)
  }

  @Test func topFollowersAreTheMostFrequentOfMany() {
    var generator = SeededGenerator(state: 3)
    var counts = DynamicCounts(order: 2)
    let sequence = randomSequence(5000, &generator)
    counts.add(sequence)
    let byHand = countByHand([sequence], order: 1).map { (id: $0.key[0], count: $0.value) }
      .sorted { $0.count != $1.count ? $0.count > $1.count : $0.id < $1.id }
    let top = counts.context(after: [UInt32]()).topFollowers(length: 0, limit: 10)
    #expect(top.map(\.id) == byHand.prefix(10).map(\.id))
    #expect(top.map(\.count) == byHand.prefix(10).map(\.count))
  }

  @Test(arguments: [DynamicSmoothing.jelinekMercer(lambda: 0.3), .wittenBell, .absoluteDiscount(0.7)])
  func probabilitiesSumToOne(smoothing: DynamicSmoothing) {
    var generator = SeededGenerator(state: 4)
    var counts = DynamicCounts(order: 4)
    let sequence = randomSequence(500, &generator)
    counts.add(sequence)
    for history in [[], [0], [0, 1, 0], Array(sequence[100..<103]), [999]] {
      let context = counts.context(after: history)
      let sum = (0..<80).reduce(0.0) {
        $0 + context.probability(of: UInt32($1), smoothing: smoothing, base: 1.0 / 80)
      }
      #expect(abs(sum - 1) < 1e-9, "after \(history)")
    }
  }

  @Test func wittenBellByHand() {
    var counts = DynamicCounts(order: 2)
    counts.add([1, 2, 1, 3])
    // Unigrams: C = 4, T = 3; P(2) = (1 + 3/10) / 7. After 1: C = 2, T = 2.
    let unigram = (1 + 3.0 * 0.1) / 7
    let expected = (1 + 2 * unigram) / 4
    let context = counts.context(after: [1])
    #expect(abs(context.probability(of: 2, smoothing: .wittenBell, base: 0.1) - expected) < 1e-12)
  }
}

@Suite struct TypeInternerTests {
  @Test func typesKeepTheirIDsAndBytes() {
    var interner = TypeInterner()
    let types = (0..<3000).map { Array("type \($0 % 1500)".utf8) } + [[], [0], [0, 0], [255]]
    let ids = types.map { interner.intern($0) }
    #expect(interner.count == 1504)
    #expect(ids[1500] == ids[0])
    for (type, id) in zip(types, ids) {
      #expect(Array(interner.bytes(of: id)) == type)
      #expect(interner.id(of: type) == id)
    }
    #expect(interner.id(of: [1]) == nil)
    #expect(interner.bytes(of: 99999).isEmpty)
  }
}
