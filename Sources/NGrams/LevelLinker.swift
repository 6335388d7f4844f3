import Platform

/// What the levels above need to know of a level: columns by the n-grams' indices.
struct LevelColumns {
  /// The last word of each n-gram.
  var words: NumberColumn?
  /// Where the n-grams of the next order begin that begin with each one, and after the last where they end.
  var begins: NumberColumn?
  /// The index, one order below, of each n-gram without its first word; from order 3 on.
  var suffixes: NumberColumn?
}

/// Walks through one order of a table and finds for every n-gram its children and its suffix.
///
/// The walk checks that the table is sorted and closed. The children are found by merging with the next order. The
/// suffix w2…wk is a child of the parent's suffix w2…w(k−1), and among its children in the same order.
struct LevelLinker: ~Copyable {
  struct Node {
    var word: UInt32
    var logProbability: Float
    var logBackoff: Float
    /// The index of the first n-gram of the next order that begins with this one, or would.
    var firstChild: UInt32
    /// The index of the suffix in the order below; from order 3 on.
    var suffix: UInt32
    /// The place of the suffix among the children of the parent's suffix; from order 3 on.
    var rank: UInt32
  }

  private let order: Int
  private let vocabularyCount: UInt32
  private let previous: LevelColumns
  private let beforePrevious: LevelColumns
  private let releasesPages: Bool
  private var cursor: NGramCursor
  private var childCursor: NGramCursor?
  private var hasChild = false
  private var childIndex: UInt32 = 0
  private var parent = -1
  private var parentEnd: UInt32 = 0
  private var lastWord: UInt32 = 0
  private var suffixBegin = 0
  private var suffixPlace = 0
  private var suffixEnd = 0
  /// The most children that any n-gram so far has.
  private(set) var fanOut: UInt32 = 0

  init(
    order: Int, table: NGramTable, previous: LevelColumns, beforePrevious: LevelColumns, bufferByteCount: Int,
    releasesPages: Bool
  ) throws(Failure) {
    self.order = order
    vocabularyCount = UInt32(table.vocabularyCount)
    self.previous = previous
    self.beforePrevious = beforePrevious
    self.releasesPages = releasesPages
    cursor = table.levels[order - 1].makeCursor(bufferByteCount: bufferByteCount)
    if order < table.order {
      childCursor = table.levels[order].makeCursor(bufferByteCount: bufferByteCount)
      hasChild = try childCursor!.advance()
    }
  }

  /// The next n-gram; nil at the end.
  mutating func next() throws(Failure) -> Node? {
    guard try cursor.advance() else {
      guard !hasChild else { throw broken("a prefix is missing") }
      return nil
    }
    let word = cursor.id(order - 1)
    var node = Node(
      word: word, logProbability: cursor.logProbability, logBackoff: cursor.logBackoff,
      firstChild: childIndex,
      suffix: word, rank: 0)
    if order == 1 {
      guard Int(word) == cursor.index else { throw broken("a unigram is missing") }
    } else {
      try enterParent(word)
      if order == 2 && word >= vocabularyCount { throw broken("a suffix is missing") }
      if order >= 3 {
        try findSuffix(word)
        node.suffix = UInt32(suffixPlace)
        node.rank = UInt32(suffixPlace - suffixBegin)
        suffixPlace += 1
      }
    }
    try passChildren()
    fanOut = max(fanOut, childIndex - node.firstChild)
    if releasesPages && cursor.index & 0xF_FFFF == 0xF_FFFF {
      previous.words?.releasePages()
      beforePrevious.begins?.releasePages()
    }
    return node
  }

  /// Moves on to the parent of the current n-gram, and its suffix's children.
  private mutating func enterParent(_ word: UInt32) throws(Failure) {
    guard let begins = previous.begins else { return }
    guard UInt32(cursor.index) >= parentEnd else {
      guard word > lastWord else { throw broken("is out of order") }
      lastWord = word
      return
    }
    while UInt32(cursor.index) >= parentEnd {
      parent += 1
      parentEnd = begins[parent + 1]
    }
    lastWord = word
    guard order >= 3 else { return }
    let parentSuffix = order == 3 ? previous.words![parent] : previous.suffixes![parent]
    suffixBegin = Int(beforePrevious.begins![Int(parentSuffix)])
    suffixEnd = Int(beforePrevious.begins![Int(parentSuffix) + 1])
    suffixPlace = suffixBegin
  }

  /// Finds `word` among the rest of the children of the parent's suffix, in growing steps.
  private mutating func findSuffix(_ word: UInt32) throws(Failure) {
    let words = previous.words!
    var step = 1
    var low = suffixPlace
    while low + step < suffixEnd && words[low + step] <= word {
      low += step
      step *= 2
    }
    var high = min(low + step, suffixEnd)
    while low < high {
      let middle = (low + high) / 2
      if words[middle] < word { low = middle + 1 } else { high = middle }
    }
    guard low < suffixEnd && words[low] == word else { throw broken("a suffix is missing") }
    suffixPlace = low
  }

  /// Skips the n-grams of the next order that begin with the current one.
  private mutating func passChildren() throws(Failure) {
    while hasChild && isPrefix() {
      childIndex += 1
      hasChild = try childCursor!.advance()
    }
  }

  private func isPrefix() -> Bool {
    for place in 0..<order where cursor.id(place) != childCursor!.id(place) { return false }
    return true
  }

  private func broken(_ why: String) -> Failure {
    let index = min(cursor.index, cursor.passed)
    return Failure(
      "the n-grams of order \(order), near number \(index + 1)", why: "\(why)",
      remedy: "sort the n-grams, and add the prefix and the suffix of each")
  }
}
