import Neural
import Platform
import Testing

@Suite struct GreedyForestTests {
  /// The cost of joining two ranges of leaves is a number of their own, so that a search written the plain way finds the
  /// same tree.
  private func cost(_ left: Range<Int>, _ right: Range<Int>, _ seed: UInt64) -> Double {
    let key = UInt64(left.lowerBound) << 40 | UInt64(right.lowerBound) << 20 | UInt64(right.upperBound)
    return Double(SplitMix64.mix(seed &* 977 &+ key) >> 11)
  }

  private func spans(_ leafCount: Int, _ seed: UInt64) -> [Range<Int>] {
    var forest = (0..<leafCount).map { $0..<$0 + 1 }
    var made: [Range<Int>] = []
    while forest.count > 1 {
      let best = (1..<forest.count).min {
        cost(forest[$0 - 1], forest[$0], seed) < cost(forest[$1 - 1], forest[$1], seed)
      }!
      forest[best - 1...best] = [forest[best - 1].lowerBound..<forest[best].upperBound]
      made.append(forest[best - 1])
    }
    return made
  }

  @Test func whatIsCheapestIsJoinedFirst() {
    for seed in 0..<60 as Range<UInt64> {
      let leafCount = Int(seed % 12)
      var forest = GreedyForest(leafCount: leafCount)
      var ranges = (0..<leafCount).map { $0..<$0 + 1 }
      func measure(_ places: Range<Int>) {
        for place in places {
          let pair = forest.pairs[place]
          let (left, right) = (ranges[pair.children.left], ranges[pair.children.right])
          #expect(pair.leftLeafCount == left.count && pair.rightLeafCount == right.count)
          forest.measure(place, cost(left, right, seed))
        }
      }
      measure(forest.pairs.indices)
      while let joined = forest.joinCheapest() {
        let children = joined.pair.children
        ranges.append(ranges[children.left].lowerBound..<ranges[children.right].upperBound)
        #expect(joined.node == ranges.count - 1)
        #expect(Set(forest.pairs.map(\.slot)).count == forest.pairs.count)
        measure(joined.changed)
      }
      #expect(forest.tree.spans == ranges && Array(ranges.dropFirst(leafCount)) == spans(leafCount, seed))
    }
  }

  @Test func ofEqualCostsTheLeftIsJoinedFirst() {
    var forest = GreedyForest(leafCount: 4)
    // The last bits of sums decide nothing.
    for (place, cost) in [2, 1.00001, 1].enumerated() { forest.measure(place, cost) }
    #expect(forest.joinCheapest()?.pair.children == .init(left: 1, right: 2))
  }
}
