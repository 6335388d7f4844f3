/// What followed a context, and how often: a view into a table that stays valid until the table changes.
struct Successors {
  /// How many tokens followed.
  var total: UInt32 = 0
  /// How many different ones.
  var distinct: UInt32 = 0
  /// The count of the most frequent.
  var maximum: UInt32 = 0
  /// Tokens and counts in turn, arranged as a heap (each count at most that of element (i − 1) / 2); nil where one
  /// token followed once, which is then `single`.
  var pairs: UnsafePointer<UInt32>?
  var single: UInt32 = 0
  /// Of the block that the pairs lie in, if it has an index.
  private var capacityClass = 0

  @inline(__always) init() {}

  @inline(__always)
  init(single token: UInt32) {
    total = 1
    distinct = 1
    maximum = 1
    single = token
  }

  @inline(__always)
  init(total: UInt32, distinct: UInt32, pairs: UnsafePointer<UInt32>, capacityClass: Int = 0) {
    self.total = total
    self.distinct = distinct
    self.pairs = pairs
    self.capacityClass = capacityClass
    maximum = distinct == 0 ? 0 : pairs[1]
  }

  var isEmpty: Bool { distinct == 0 }

  /// How often `token` followed.
  @inline(__always)
  func count(of token: UInt32) -> UInt32 {
    guard let pairs else { return distinct != 0 && single == token ? 1 : 0 }
    if let index = SuccessorIndex(
      pairs: UnsafeMutablePointer(mutating: pairs), capacityClass: capacityClass)
    {
      return index.position(of: token).map { pairs[2 * $0 + 1] } ?? 0
    }
    var index = 0
    let end = Int(distinct) * 2
    while index < end {
      if pairs[index] == token { return pairs[index + 1] }
      index += 2
    }
    return 0
  }

  /// The element at a place in the heap, 0 ..< distinct.
  @inline(__always)
  func element(at index: Int) -> (token: UInt32, count: UInt32) {
    guard let pairs else { return (single, 1) }
    return (pairs[2 * index], pairs[2 * index + 1])
  }

  /// Calls `body` with all successors, or if there are more than `limit`, with the `limit` most frequent.
  @inline(__always)
  func forEachFrequent(limit: Int, scratch: inout [Int], _ body: (UInt32, UInt32) -> Void) {
    guard let pairs else {
      if distinct != 0 { body(single, 1) }
      return
    }
    let count = Int(distinct)
    if count <= limit {
      for index in 0..<count { body(pairs[2 * index], pairs[2 * index + 1]) }
      return
    }
    // The most frequent of a heap: the best of a frontier that begins at the root, then its two children.
    scratch.removeAll(keepingCapacity: true)
    scratch.append(0)
    for _ in 0..<limit {
      guard !scratch.isEmpty else { return }
      let best = popGreatest(&scratch) { pairs[2 * $0 + 1] }
      body(pairs[2 * best], pairs[2 * best + 1])
      for child in [2 * best + 1, 2 * best + 2] where child < count {
        push(child, &scratch) { pairs[2 * $0 + 1] }
      }
    }
  }
}

@inline(__always)
private func push(_ element: Int, _ heap: inout [Int], _ key: (Int) -> UInt32) {
  heap.append(element)
  var place = heap.count - 1
  while place > 0, key(heap[(place - 1) / 2]) < key(heap[place]) {
    heap.swapAt(place, (place - 1) / 2)
    place = (place - 1) / 2
  }
}

@inline(__always)
private func popGreatest(_ heap: inout [Int], _ key: (Int) -> UInt32) -> Int {
  let top = heap[0]
  let last = heap.removeLast()
  if heap.isEmpty { return top }
  heap[0] = last
  var place = 0
  while true {
    var child = 2 * place + 1
    guard child < heap.count else { return top }
    if child + 1 < heap.count, key(heap[child + 1]) > key(heap[child]) { child += 1 }
    guard key(heap[child]) > key(heap[place]) else { return top }
    heap.swapAt(child, place)
    place = child
  }
}
