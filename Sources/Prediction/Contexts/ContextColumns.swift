/// What is counted of some tokens in a row: for each kind of context in `ContextKind.dynamic` a column of the contexts'
/// keys, an element a token. The first column holds the tokens themselves.
struct ContextColumns {
  /// Column after column.
  private let values: [UInt32]
  /// The number of tokens.
  let count: Int

  static let columnCount = ContextKind.dynamic.count

  /// - Parameter range: of tokens, within the sequence.
  init(_ sequence: TokenSequence, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= sequence.count)
    let count = range.count
    self.count = count
    values = [UInt32](unsafeUninitializedCapacity: count * Self.columnCount) { values, initializedCount in
      initializedCount = count * Self.columnCount
      guard count > 0 else { return }
      let columns = values.baseAddress!
      sequence.ids.withUnsafeBufferPointer { ids in
        sequence.classes.withUnsafeBufferPointer { classes in
          let first = range.lowerBound + TokenSequence.reach
          let ids = ids.baseAddress! + first
          let classes = classes.baseAddress! + first
          var calls = EnclosingCalls(ids, classes)
          let kinds = ContextKind.dynamic.dropFirst()
          for index in 0..<count {
            let keys = ContextKeys(ids: ids + index, classes: classes + index, call: calls.next())
            columns[index] = ids[index]
            var column = columns + index
            for kind in kinds {
              column += count
              column.pointee = keys[kind]
            }
          }
        }
      }
    }
  }

  /// Calls `body` with each column, and the tokens that stand behind its contexts: nil for the first column, in which
  /// the contexts are the tokens.
  @inline(__always)
  func forEachColumn(_ body: (Int, UnsafeBufferPointer<UInt32>, UnsafePointer<UInt32>?) -> Void) {
    guard count > 0 else { return }
    values.withUnsafeBufferPointer { values in
      for place in 0..<Self.columnCount {
        let column = UnsafeBufferPointer(rebasing: values[place * count..<(place + 1) * count])
        body(place, column, place == 0 ? nil : values.baseAddress!)
      }
    }
  }

  fileprivate func key(_ place: Int, _ index: Int) -> UInt32 { values[place * count + index] }
  fileprivate func token(_ index: Int) -> UInt32 { values[index] }
}

/// What an edit does to the counts: for each kind of context which tokens no longer follow which contexts, and which do
/// now. What the edit leaves as it was is in neither list; few of the tokens behind an edit have it in their contexts.
struct CountChange {
  /// Kind of context after kind, in the order of `ContextKind.dynamic`: keys, and the tokens behind them.
  struct List {
    private var keys: [UInt32] = []
    private var tokens: [UInt32] = []
    /// Where each kind ends.
    private var ends: [Int] = []

    fileprivate mutating func append(_ key: UInt32, _ token: UInt32) {
      keys.append(key)
      tokens.append(token)
    }

    fileprivate mutating func endKind() { ends.append(keys.count) }

    /// Calls `body` with each kind's place, keys and tokens.
    @inline(__always)
    func forEachKind(_ body: (Int, UnsafeBufferPointer<UInt32>, UnsafePointer<UInt32>) -> Void) {
      keys.withUnsafeBufferPointer { keys in
        tokens.withUnsafeBufferPointer { tokens in
          guard let first = tokens.baseAddress else { return }
          var start = 0
          for (place, end) in ends.enumerated() {
            body(place, UnsafeBufferPointer(rebasing: keys[start..<end]), first + start)
            start = end
          }
        }
      }
    }
  }

  private(set) var removed = List()
  private(set) var added = List()
  /// By how much the number of counted tokens grows.
  let tokenCount: Int

  /// - Parameter tailCount: how many tokens at the end of both are the same ones, in contexts that may have changed.
  init(from old: ContextColumns, to new: ContextColumns, tailCount: Int) {
    precondition(tailCount >= 0 && tailCount <= min(old.count, new.count))
    tokenCount = new.count - old.count
    let oldHead = old.count - tailCount
    let newHead = new.count - tailCount
    for place in 0..<ContextColumns.columnCount {
      func remove(_ index: Int) {
        removed.append(old.key(place, index), place == 0 ? 0 : old.token(index))
      }
      func add(_ index: Int) {
        added.append(new.key(place, index), place == 0 ? 0 : new.token(index))
      }
      for index in 0..<oldHead { remove(index) }
      for index in 0..<newHead { add(index) }
      for index in 0..<tailCount where old.key(place, oldHead + index) != new.key(place, newHead + index) {
        remove(oldHead + index)
        add(newHead + index)
      }
      removed.endKind()
      added.endKind()
    }
  }
}
