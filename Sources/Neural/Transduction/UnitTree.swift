/// Sequences of units as a tree of their beginnings, by which a search writes nothing else. Nodes are numbered by their
/// distance from the root, 0; the children of one stand in a row, in the order of their units.
public struct UnitTree: Sendable {
  /// The unit that leads to each node; of the root none.
  private var units: [Int32] = [-1]
  private var isEnd: [Bool] = [false]
  /// Where the children of each node begin; those of the last end where the nodes do.
  private var firstChild: [Int32] = []
  /// Units in whose place another one may be written at the beginning, as a capital for a small letter, and which.
  private let alternatives: [Int32: Int32]

  /// - Parameters:
  ///   - sequences: of which the empty one counts for nothing.
  ///   - alternatives: what may stand for a sequence's first unit, each with that unit.
  public init(_ sequences: [[Int32]], alternatives: [Int32: Int32] = [:]) {
    self.alternatives = alternatives
    let sorted = sequences.filter { !$0.isEmpty }.sorted { $0.lexicographicallyPrecedes($1) }
    var spans = [(sorted.indices, depth: 0)]
    var node = 0
    while node < spans.count {
      let (span, depth) = spans[node]
      firstChild.append(Int32(spans.count))
      var start = span.lowerBound
      // The shortest stands first.
      while start < span.upperBound, sorted[start].count == depth {
        isEnd[node] = true
        start += 1
      }
      while start < span.upperBound {
        let unit = sorted[start][depth]
        var end = start + 1
        while end < span.upperBound, sorted[end][depth] == unit { end += 1 }
        spans.append((start..<end, depth + 1))
        units.append(unit)
        isEnd.append(false)
        start = end
      }
      node += 1
    }
  }

  public var isEmpty: Bool { units.count == 1 }

  private func children(of node: Int) -> Range<Int> {
    Int(firstChild[node])..<(node + 1 < firstChild.count ? Int(firstChild[node + 1]) : units.count)
  }

  private func child(of node: Int, by unit: Int32) -> Int? {
    let children = children(of: node)
    var (low, high) = (children.lowerBound, children.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if units[middle] < unit { low = middle + 1 } else { high = middle }
    }
    return low < children.upperBound && units[low] == unit ? low : nil
  }

  /// The nodes behind some, one unit further; from the root by its alternatives too.
  ///
  /// - Parameter takesAlternatives: whether they may be written.
  func nodes(behind nodes: [Int], _ unit: Int32, takesAlternatives: Bool) -> [Int] {
    nodes.flatMap { node in
      var found = child(of: node, by: unit).map { [$0] } ?? []
      if node == 0, takesAlternatives, let other = alternatives[unit], let child = child(of: 0, by: other) {
        found.append(child)
      }
      return found
    }
  }

  /// The probabilities of units that may follow at some nodes, and of the end where a sequence ends there; of all others 0.
  func allowed(
    _ probabilities: [Float], at nodes: [Int], end: Int32, takesAlternatives: Bool
  ) -> [Float] {
    var result = [Float](repeating: 0, count: probabilities.count)
    func allow(_ unit: Int32) {
      if unit >= 0 && Int(unit) < result.count { result[Int(unit)] = probabilities[Int(unit)] }
    }
    for node in nodes {
      for child in children(of: node) { allow(units[child]) }
      if isEnd[node] { allow(end) }
      guard node == 0, takesAlternatives else { continue }
      for (unit, other) in alternatives where child(of: 0, by: other) != nil { allow(unit) }
    }
    return result
  }
}
