import Platform

/// Everything that is counted of one document, or of several together: for each kind of context what followed it.
///
/// Adding and subtracting the same tokens in any order leaves no trace. Whoever owns it serialises access.
final class DocumentCounts: @unchecked Sendable {
  /// By place in `ContextKind.dynamic`; that of `order0` has the token itself as the key.
  let tables: [ContextCounts]
  private(set) var tokenCount = 0

  init() { tables = ContextKind.dynamic.map { _ in ContextCounts() } }

  /// Memory held, in bytes.
  var byteCount: Int { tables.reduce(0) { $0 + $1.byteCount } }

  func removeAll() {
    for table in tables { table.removeAll() }
    tokenCount = 0
  }

  /// Counts the tokens of a range, each after its own context.
  func add(_ sequence: TokenSequence, _ range: Range<Int>) {
    tokenCount += range.count
    if range.count > 1 << 12 {
      for (kind, table) in zip(ContextKind.dynamic, tables) {
        let estimate: Int
        switch kind {
        case .order0, .order1: estimate = range.count / 16
        case .order2: estimate = range.count / 4
        default: estimate = range.count / 2
        }
        table.reserveCapacity(table.contextCount + estimate)
      }
    }
    forEachContext(sequence, range) { table, key, token in table.add(key, token) }
  }

  /// Takes back the tokens of a range, each after its own context.
  func subtract(_ sequence: TokenSequence, _ range: Range<Int>) {
    tokenCount -= range.count
    forEachContext(sequence, range) { table, key, token in table.subtract(key, token) }
  }

  @inline(__always)
  private func forEachContext(
    _ sequence: TokenSequence, _ range: Range<Int>, _ body: (ContextCounts, UInt32, UInt32) -> Void
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= sequence.count)
    // A block of tokens at a time and within it table after table, so that each table's memory stays in the cache.
    let blockCount = 512
    var keys = [ContextKeys]()
    keys.reserveCapacity(min(blockCount, range.count))
    sequence.ids.withUnsafeBufferPointer { ids in
      sequence.classes.withUnsafeBufferPointer { classes in
        var start = range.lowerBound
        while start < range.upperBound {
          let end = min(start + blockCount, range.upperBound)
          let tokens = ids.baseAddress! + TokenSequence.reach
          let tokenClasses = classes.baseAddress! + TokenSequence.reach
          keys.removeAll(keepingCapacity: true)
          for index in start..<end {
            keys.append(ContextKeys(ids: tokens + index, classes: tokenClasses + index))
          }
          for (place, kind) in ContextKind.dynamic.enumerated() {
            let table = tables[place]
            if kind == .order0 {
              for index in start..<end { body(table, tokens[index], 0) }
            } else {
              for index in start..<end { body(table, keys[index - start][kind], tokens[index]) }
            }
          }
          start = end
        }
      }
    }
  }

  /// How often a token occurs.
  @inline(__always)
  func count(of token: UInt32) -> UInt32 { tables[0].successors(of: token).total }

  /// The number of different tokens.
  var distinctCount: Int { tables[0].contextCount }

  /// Calls `body` with each token that occurs.
  func forEachToken(_ body: (UInt32) -> Void) { tables[0].forEachKey(body) }
}
