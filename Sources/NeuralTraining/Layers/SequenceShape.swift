/// Sequences of unequal lengths side by side without padding, and which of them each thread runs.
///
/// A matrix of this shape has a row for every step of every sequence. Sequences may be the steps of longer ones (`outer`):
/// characters of words, words of sentences. What belongs to one sequence of the outermost shape is one thread's, a shard
/// of contiguous rows, so that layers run from the first to the last without waiting for each other.
final class SequenceShape: Sendable {
  /// Where the rows of a shard's sequences lie.
  enum Order: Sendable {
    /// One sequence after the other, each from its first step to its last.
    case bySequence
    /// All first steps, then all second ones, the longest sequences first (PyTorch's `PackedSequence`).
    case byStep
  }

  let order: Order
  /// Steps of each sequence; 0 is a length.
  let lengths: [Int]
  /// Rows before each sequence in the order of sequences; one more than there are sequences.
  let offsets: [Int]
  /// The sequences' shape whose steps these sequences are; nil where they are nobody's.
  let outer: SequenceShape?
  /// The sequences of each shard, contiguous and ascending.
  let shards: [Range<Int>]
  /// With the order by step, where each shard's rows are.
  let steps: [StepOrder]

  var rowCount: Int { offsets[lengths.count] }
  var sequenceCount: Int { lengths.count }

  /// - Parameters:
  ///   - outer: has as many rows as there are sequences, in the order of sequences; its shards hold.
  ///   - shardCount: among how many threads the sequences are divided; not used with `outer`.
  init(lengths: [Int], order: Order = .bySequence, outer: SequenceShape? = nil, shardCount: Int) {
    precondition(outer == nil || (outer!.rowCount == lengths.count && outer!.order == .bySequence))
    self.lengths = lengths
    self.order = order
    self.outer = outer
    var offsets = [0]
    offsets.reserveCapacity(lengths.count + 1)
    for length in lengths { offsets.append(offsets.last! + length) }
    self.offsets = offsets
    let shards =
      outer.map { outer in outer.shards.indices.map { outer.rows(ofShard: $0) } }
      ?? Self.evenShards(offsets, count: shardCount)
    self.shards = shards
    steps =
      order == .byStep
      ? shards.map { StepOrder(lengths: lengths, sequences: $0, firstRow: offsets[$0.lowerBound]) } : []
  }

  /// Streams of one length, divided evenly by their number: what a language model is trained on.
  convenience init(streamCount: Int, stepCount: Int, team: WorkerTeam) {
    self.init(
      lengths: [Int](repeating: stepCount, count: streamCount), order: .byStep,
      shards: (0..<team.count).map { team.piece($0, of: streamCount) })
  }

  private init(lengths: [Int], order: Order, shards: [Range<Int>]) {
    self.lengths = lengths
    self.order = order
    outer = nil
    var offsets = [0]
    for length in lengths { offsets.append(offsets.last! + length) }
    self.offsets = offsets
    self.shards = shards
    steps =
      order == .byStep
      ? shards.map { StepOrder(lengths: lengths, sequences: $0, firstRow: offsets[$0.lowerBound]) } : []
  }

  /// The same sequences in the other order.
  func ordered(_ order: Order) -> SequenceShape {
    order == self.order ? self : SequenceShape(lengths: lengths, order: order, shards: shards)
  }

  /// Sequences of other lengths with the same shards and the same outer shape.
  func withLengths(_ lengths: [Int]) -> SequenceShape {
    precondition(lengths.count == sequenceCount)
    if outer != nil { return SequenceShape(lengths: lengths, order: order, outer: outer, shardCount: 0) }
    return SequenceShape(lengths: lengths, order: order, shards: shards)
  }

  /// The shape of what has one row for every sequence here: the outer shape, or sequences of one step.
  var reduced: SequenceShape { outer ?? withLengths([Int](repeating: 1, count: sequenceCount)) }

  /// The rows of a shard.
  func rows(ofShard shard: Int) -> Range<Int> {
    offsets[shards[shard].lowerBound]..<offsets[shards[shard].upperBound]
  }

  /// The row of a step of a sequence.
  func row(sequence: Int, step: Int) -> Int {
    guard order == .byStep else { return offsets[sequence] + step }
    let shard = shards.firstIndex { $0.contains(sequence) }!
    return steps[shard].row(sequence: sequence, step: step)
  }

  /// Contiguous runs of sequences with about the same number of rows each.
  private static func evenShards(_ offsets: [Int], count: Int) -> [Range<Int>] {
    let sequences = offsets.count - 1
    var shards: [Range<Int>] = []
    var first = 0
    for shard in 1...max(count, 1) {
      let target = offsets[sequences] * shard / max(count, 1)
      var end = first
      while end < sequences
        && (shard == max(count, 1) || offsets[end] + (offsets[end + 1] - offsets[end]) / 2 < target)
      {
        end += 1
      }
      shards.append(first..<end)
      first = end
    }
    return shards
  }
}

/// The rows of one shard by step: at each step those of the sequences that are that long, the longest first.
struct StepOrder: Sendable {
  /// The shard's sequences, the longest first; of equal ones the earlier.
  let sequences: [Int]
  /// How many sequences have each step.
  let counts: [Int]
  /// The row of each step's first sequence; last, the row behind the shard.
  let starts: [Int]
  private let firstRow: Int
  /// Where a sequence stands in `sequences`, less the shard's first sequence.
  private let ranks: [Int]
  private let firstSequence: Int

  init(lengths: [Int], sequences range: Range<Int>, firstRow: Int) {
    let sorted = range.sorted { (lengths[$0], $1) > (lengths[$1], $0) }
    var counts = [Int](repeating: 0, count: sorted.first.map { lengths[$0] } ?? 0)
    for sequence in range { for step in 0..<lengths[sequence] { counts[step] += 1 } }
    var starts: [Int] = []
    var row = firstRow
    for count in counts {
      starts.append(row)
      row += count
    }
    starts.append(row)
    var ranks = [Int](repeating: 0, count: range.count)
    for (rank, sequence) in sorted.enumerated() { ranks[sequence - range.lowerBound] = rank }
    self.sequences = sorted
    self.counts = counts
    self.starts = starts
    self.firstRow = firstRow
    self.ranks = ranks
    firstSequence = range.lowerBound
  }

  func row(sequence: Int, step: Int) -> Int { starts[step] + ranks[sequence - firstSequence] }

  /// Where a sequence stands among the shard's by length.
  func rank(ofSequence sequence: Int) -> Int { ranks[sequence - firstSequence] }

  /// The first row of `slot` in a matrix that has one more row a sequence: slot 0 is the state before the first step, of
  /// every sequence, slot t + 1 the state after step t.
  func slotRow(_ slot: Int) -> Int {
    let firstSlotRow = firstRow + firstSequence
    return slot == 0 ? firstSlotRow : firstSlotRow + sequences.count + starts[slot - 1] - firstRow
  }
}
