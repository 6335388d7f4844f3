/// Counts of the n-grams up to an order in a changing set of sequences: sequences are added and taken away again
/// exactly, so that the counts are at every moment those of the sequences now in it, however they came there.
///
/// A trie of contexts: a node is an n-gram, its children are the words that follow it. For a context the trie
/// knows how often it was followed by anything, by how many distinct words, by which, and how often by each;
/// that is what recursive smoothing needs (`DynamicContext`). Ids are local ones, from a `TypeInterner` that the
/// owner of the sequences keeps. A value; copies share storage until one of them changes.
public struct DynamicCounts: Sendable {
  /// N, the highest order counted.
  public let order: Int
  var trie: CountTrie
  /// `stamps[id]` is the last stamp with which the type was added.
  private var stamps: [UInt32] = []

  /// - Parameter order: N, 1 … 16.
  public init(order: Int = 6) {
    precondition((1...16).contains(order))
    self.order = order
    trie = CountTrie()
  }

  /// Tokens in all sequences now held.
  public var tokenCount: Int { Int(trie.total(of: CountTrie.root)) }
  /// Distinct types in all sequences now held.
  public var typeCount: Int { Int(trie.distinctCount(of: CountTrie.root)) }
  /// Distinct n-grams of all orders now held.
  public var nodeCount: Int { trie.liveCount }
  /// The bytes held, in all.
  public var memoryBytes: Int { trie.memoryBytes + stamps.capacity * MemoryLayout<UInt32>.stride }

  // MARK: Changing

  /// Adds a sequence. O(length × N).
  ///
  /// - Parameter stamp: what `lastStamp(of:)` answers for its types from now on; later is greater.
  public mutating func add(_ sequence: some Collection<UInt32>, stamp: UInt32 = 0) {
    withContiguous(sequence) { ids in
      trie.add(ids, order: order)
      touch(ids, stamp: stamp)
    }
  }

  /// Takes away a sequence that was added. O(length × N).
  ///
  /// What was never added cannot be taken away: n-grams not held are left out of it.
  public mutating func subtract(_ sequence: some Collection<UInt32>) {
    withContiguous(sequence) { ids in
      trie.changeWindows(of: ids, in: 0..<ids.count, order: order, adding: false)
    }
  }

  /// Replaces a part of a sequence that was added, and counts accordingly: only the n-grams that touch the part
  /// are looked at. O((removed + inserted + N) × N), and the array's own cost of moving its tail.
  ///
  /// - Parameters:
  ///   - sequence: the sequence as it was added, edited here too.
  ///   - range: what goes; clamped to the sequence.
  ///   - stamp: given to the inserted types.
  public mutating func replace(
    in sequence: inout [UInt32], _ range: Range<Int>, with replacement: some Collection<UInt32>,
    stamp: UInt32 = 0
  ) {
    let range = range.clamped(to: 0..<sequence.count)
    sequence.withUnsafeBufferPointer {
      trie.changeWindows(of: $0, in: range, order: order, adding: false)
    }
    sequence.replaceSubrange(range, with: replacement)
    let inserted = range.lowerBound..<range.lowerBound + replacement.count
    sequence.withUnsafeBufferPointer {
      trie.changeWindows(of: $0, in: inserted, order: order, adding: true)
      touch(UnsafeBufferPointer(rebasing: $0[inserted]), stamp: stamp)
    }
  }

  /// Notes that a type was seen, for recency alone.
  public mutating func touch(_ id: UInt32, stamp: UInt32) {
    if Int(id) >= stamps.count {
      stamps.append(contentsOf: repeatElement(0, count: max(Int(id) + 1 - stamps.count, stamps.count / 2)))
    }
    if stamps[Int(id)] < stamp { stamps[Int(id)] = stamp }
  }

  private mutating func touch(_ ids: UnsafeBufferPointer<UInt32>, stamp: UInt32) {
    if stamp == 0 { return }
    for id in ids { touch(id, stamp: stamp) }
  }

  private func withContiguous(
    _ sequence: some Collection<UInt32>, _ body: (UnsafeBufferPointer<UInt32>) -> Void
  ) {
    if sequence.withContiguousStorageIfAvailable(body) == nil {
      Array(sequence).withUnsafeBufferPointer(body)
    }
  }

  // MARK: Asking

  /// The greatest stamp with which the type was added, 0 if never. Subtracting does not turn it back.
  public func lastStamp(of id: UInt32) -> UInt32 { Int(id) < stamps.count ? stamps[Int(id)] : 0 }

  /// How often an n-gram of at most N ids occurs in the sequences held.
  public func count(of ngram: some Collection<UInt32>) -> Int {
    var node = CountTrie.root
    for id in ngram {
      guard let child = trie.child(of: node, id) else { return 0 }
      node = child
    }
    return node == CountTrie.root ? tokenCount : Int(trie.count(of: node))
  }

  /// What is known after `history` (the tokens before, oldest first; only the last N − 1 matter).
  public func context(after history: some BidirectionalCollection<UInt32>) -> DynamicContext {
    var ids: [UInt32] = []
    ids.reserveCapacity(order)
    for id in history.reversed() {
      if ids.count == order - 1 { break }
      ids.append(id)
    }
    ids.reverse()
    var nodes = [CountTrie.root]
    for length in stride(from: 1, through: ids.count, by: 1) {
      var node = CountTrie.root
      for id in ids[(ids.count - length)...] {
        guard let child = trie.child(of: node, id) else { return DynamicContext(trie: trie, nodes: nodes) }
        node = child
      }
      if trie.total(of: node) == 0 { break }
      nodes.append(node)
    }
    return DynamicContext(trie: trie, nodes: nodes)
  }
}
