import Platform

/// Everything that is counted of one document, or of several together: for each kind of context what followed it.
///
/// Adding and subtracting the same tokens in any order leaves no trace. Whoever owns it serialises access.
final class DocumentCounts: @unchecked Sendable {
  /// By place in `ContextKind.dynamic`; that of `order0` has the token itself as the key.
  let tables: [ContextCounts]
  private(set) var tokenCount = 0 {
    didSet { changeCount += 1 }
  }
  /// Differs whenever something else is counted.
  private(set) var changeCount = 0

  /// Tokens whose contexts are looked at before any is counted: table after table then has the cache to itself.
  private static let blockTokenCount = 1 << 14
  /// From this many tokens on, tables are given room beforehand.
  private static let reservedTokenCount = 1 << 12

  init() { tables = ContextKind.dynamic.map { _ in ContextCounts() } }

  /// Memory held, in bytes.
  var byteCount: Int { tables.reduce(0) { $0 + $1.byteCount } }

  func removeAll() {
    for table in tables { table.removeAll() }
    tokenCount = 0
  }

  /// Makes room for about so many more tokens of text.
  private func reserveCapacity(_ count: Int) {
    for (kind, table) in zip(ContextKind.dynamic, tables) {
      let estimate: Int
      switch kind {
      case .order0, .order1: estimate = count / 16
      case .order2: estimate = count / 4
      default: estimate = count / 2
      }
      table.reserveCapacity(table.contextCount + estimate)
    }
  }

  /// Counts the tokens of a range, each after its own context.
  func add(_ sequence: TokenSequence, _ range: Range<Int>) {
    if range.count > Self.reservedTokenCount { reserveCapacity(range.count) }
    Self.forEachBlock(of: range) { add(ContextColumns(sequence, $0)) }
  }

  /// Takes back the tokens of a range, each after its own context.
  func subtract(_ sequence: TokenSequence, _ range: Range<Int>) {
    Self.forEachBlock(of: range) { range in
      let columns = ContextColumns(sequence, range)
      tokenCount -= columns.count
      columns.forEachColumn { tables[$0].subtract($1, $2) }
    }
  }

  private static func forEachBlock(of range: Range<Int>, _ body: (Range<Int>) -> Void) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + blockTokenCount, range.upperBound)
      body(start..<end)
      start = end
    }
  }

  /// Counts some tokens in their contexts.
  func add(_ columns: ContextColumns) {
    tokenCount += columns.count
    columns.forEachColumn { tables[$0].add($1, $2) }
  }

  /// Counts everything that is counted in `other`, and in less time than its tokens one by one.
  func add(contentsOf other: DocumentCounts) {
    tokenCount += other.tokenCount
    for (table, more) in zip(tables, other.tables) { table.add(contentsOf: more) }
  }

  /// Takes back everything that is counted in `other`.
  func subtract(contentsOf other: DocumentCounts) {
    tokenCount -= other.tokenCount
    for (table, less) in zip(tables, other.tables) { table.subtract(contentsOf: less) }
  }

  /// Takes an edit into account.
  func apply(_ change: CountChange) {
    tokenCount += change.tokenCount
    change.removed.forEachKind { tables[$0].subtract($1, $2) }
    change.added.forEachKind { tables[$0].add($1, $2) }
  }

  /// How often a token occurs.
  @inline(__always)
  func count(of token: UInt32) -> UInt32 { tables[0].successors(of: token).total }

  /// Asks for the memory that says what followed a position's contexts: first for all slots, and when they are on their way for
  /// all blocks.
  func fetch(_ keys: ContextKeys) {
    for (table, kind) in zip(tables, ContextKind.dynamic).dropFirst() { table.prefetch(keys[kind]) }
  }

  func fetchBlocks(_ keys: ContextKeys) {
    for (table, kind) in zip(tables, ContextKind.dynamic).dropFirst() { table.prefetchBlock(keys[kind]) }
  }

  /// The number of different tokens.
  var distinctCount: Int { tables[0].contextCount }

  /// Calls `body` with each token that occurs.
  func forEachToken(_ body: (UInt32) -> Void) { tables[0].forEachKey(body) }
}
