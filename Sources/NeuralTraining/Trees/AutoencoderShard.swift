import Neural

/// The trees that one thread makes of its sequences, a step of all at once.
final class AutoencoderShard {
  /// A node that was made of two others.
  struct Joined {
    /// Of the shard, from 0.
    var sequence: Int
    /// Rows of the shard's nodes.
    var parent: Int
    var left: Int
    var right: Int
    /// Where the pair was kept.
    var slot: Int
  }

  /// A pair of a sequence that is to be measured.
  struct Place {
    var sequence: Int
    var pair: Int
  }

  /// The first row of the shard where rows are joined nodes, or pairs that may be.
  let firstRow: Int
  /// Of each sequence the row of its first leaf, of the shard's nodes.
  private let firstNodes: [Int]
  private let firstSlots: [Int]
  private(set) var forests: [GreedyForest]
  /// In the order of rows.
  private(set) var joined: [Joined] = []
  /// The rows that each step made.
  private(set) var steps: [Range<Int>] = []
  let joinedCount: Int

  var rows: Range<Int> { firstRow..<firstRow + joinedCount }

  init(firstRow: Int, lengths: [Int]) {
    self.firstRow = firstRow
    forests = lengths.map { GreedyForest(leafCount: $0) }
    var (nodes, slots) = ([Int](), [Int]())
    var (node, slot) = (0, firstRow)
    for length in lengths {
      nodes.append(node)
      slots.append(slot)
      node += max(0, 2 * length - 1)
      slot += max(0, length - 1)
    }
    firstNodes = nodes
    firstSlots = slots
    joinedCount = slot - firstRow
    joined.reserveCapacity(joinedCount)
  }

  /// All pairs of all sequences.
  var places: [Place] {
    forests.enumerated().flatMap { sequence, forest in
      forest.pairs.indices.map { Place(sequence: sequence, pair: $0) }
    }
  }

  /// A pair, with its nodes as rows of the shard's nodes, and the row where it is kept.
  func pair(_ place: Place) -> (pair: GreedyForest.Pair, left: Int, right: Int, slot: Int) {
    let pair = forests[place.sequence].pairs[place.pair]
    let first = firstNodes[place.sequence]
    return (
      pair, first + pair.children.left, first + pair.children.right, firstSlots[place.sequence] + pair.slot
    )
  }

  func measure(_ place: Place, _ error: Double) { forests[place.sequence].measure(place.pair, error) }

  /// Joins the cheapest pair of each sequence that has one.
  ///
  /// - Returns: the rows of what was joined, and the pairs to measure again.
  func step() -> (rows: Range<Int>, changed: [Place]) {
    let first = firstRow + joined.count
    var changed: [Place] = []
    for sequence in forests.indices {
      guard let made = forests[sequence].joinCheapest() else { continue }
      let node = firstNodes[sequence]
      joined.append(
        Joined(
          sequence: sequence, parent: node + made.node, left: node + made.pair.children.left,
          right: node + made.pair.children.right, slot: firstSlots[sequence] + made.pair.slot))
      changed += made.changed.map { Place(sequence: sequence, pair: $0) }
    }
    let rows = first..<firstRow + joined.count
    if !rows.isEmpty { steps.append(rows) }
    return (rows, changed)
  }
}
