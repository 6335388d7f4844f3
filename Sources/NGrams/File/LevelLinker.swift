import Platform

/// Finds for the n-grams of a part of one order, one after the other, their children, their suffixes and the place
/// of each among its siblings, checking that the table is sorted and closed.
///
/// The children are found by merging with the next order. The suffix w2…wk is a child of the parent's suffix
/// w2…w(k−1), and its children come in the same order.
struct LevelLinker {
  struct Node {
    var word: UInt32 = 0
    /// The index of the first n-gram of the next order that begins with this one, or would.
    var firstChild: UInt32 = 0
    /// The index of the suffix in the order below; from order 3 on.
    var suffix: UInt32 = 0
    /// The suffix's siblings, itself among them; from order 3 on.
    var suffixBegin: UInt32 = 0
    var suffixEnd: UInt32 = 0
    /// The siblings, the n-gram itself among them; from order 2 on.
    var siblingsBegin: UInt32 = 0
    var siblingsEnd: UInt32 = 0
  }

  enum Fault: Error {
    case missingUnigram, missingPrefix, missingSuffix, outOfOrder
  }

  private let order: Int
  private let vocabularyCount: UInt32
  private let records: LevelRecords
  private let children: LevelRecords?
  private let previousWords: UnsafePointer<UInt32>?
  private let previousSuffixes: UnsafePointer<UInt32>?
  private let previousBegins: UnsafePointer<UInt32>?
  private let beforePreviousBegins: UnsafePointer<UInt32>?
  private let previousCount: Int
  private let previousBeginCount: Int
  private(set) var childIndex: Int
  private var parent = -1
  private(set) var node = Node()
  private var suffixPlace = 0

  /// Begins before the n-gram `index`.
  init(
    order: Int, vocabularyCount: Int, records: LevelRecords, children: LevelRecords?, previous: LevelColumns,
    beforePrevious: LevelColumns, index: Int
  ) {
    self.order = order
    self.vocabularyCount = UInt32(vocabularyCount)
    self.records = records
    self.children = children
    previousWords = previous.words?.numbers
    previousSuffixes = previous.suffixes?.numbers
    previousBegins = previous.begins?.numbers
    beforePreviousBegins = beforePrevious.begins?.numbers
    previousCount = previous.words?.count ?? 0
    previousBeginCount = previous.begins?.count ?? 0
    childIndex = 0
    if index > 0, let children {
      childIndex = Self.firstChild(of: records[index], order: order, in: children)
    }
    guard let previousBegins, order >= 2, index < records.count else { return }
    // The parent is the last one whose children begin at the index or before it.
    var low = 0
    var high = previousBeginCount - 1
    while low < high {
      let middle = (low + high) / 2
      if previousBegins[middle] <= UInt32(index) { low = middle + 1 } else { high = middle }
    }
    parent = max(0, low - 1) - 1
  }

  private static func firstChild(of ids: UnsafePointer<UInt32>, order: Int, in children: LevelRecords) -> Int
  {
    var low = 0
    var high = children.count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(children[middle], ids, order) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func isBefore(_ a: UnsafePointer<UInt32>, _ b: UnsafePointer<UInt32>, _ order: Int) -> Bool {
    for place in 0..<order where a[place] != b[place] { return a[place] < b[place] }
    return false
  }

  /// Moves on to the n-gram `index`, the next one.
  @inline(__always)
  mutating func advance(_ index: Int) throws(Fault) {
    let ids = records[index]
    let word = ids[order &- 1]
    if order == 1 {
      guard Int(word) == index else { throw .missingUnigram }
    } else {
      let isSibling = UInt32(index) < node.siblingsEnd
      if !isSibling { try enterParent(index) }
      if UInt32(index) > node.siblingsBegin {
        guard word > ids[order &- 1 &- records.stride] else { throw .outOfOrder }
      }
      if order == 2 && word >= vocabularyCount { throw .missingSuffix }
    }
    node.word = word
    if order >= 3 { try findSuffix(word) }
    node.firstChild = UInt32(truncatingIfNeeded: childIndex)
    guard let children else { return }
    let last = order &- 1
    while childIndex < children.count {
      let child = children[childIndex]
      guard child[last] == word else { break }
      var place = 0
      while place < last && child[place] == ids[place] { place &+= 1 }
      guard place == last else { break }
      childIndex &+= 1
    }
  }

  /// Moves on to the parent of the n-gram `index`, and to its suffix's children.
  private mutating func enterParent(_ index: Int) throws(Fault) {
    guard let previousBegins else { throw .missingPrefix }
    repeat {
      parent += 1
      guard parent + 1 < previousBeginCount else { throw .missingPrefix }
    } while previousBegins[parent + 1] <= UInt32(index)
    node.siblingsBegin = previousBegins[parent]
    node.siblingsEnd = previousBegins[parent + 1]
    guard order >= 3, let beforePreviousBegins, let previousWords else { return }
    let suffix = Int(order == 3 ? previousWords[parent] : (previousSuffixes ?? previousWords)[parent])
    node.suffixBegin = beforePreviousBegins[suffix]
    node.suffixEnd = beforePreviousBegins[suffix + 1]
    suffixPlace = Int(node.suffixBegin)
  }

  /// Finds `word` among the rest of the children of the parent's suffix, in growing steps.
  @inline(__always)
  private mutating func findSuffix(_ word: UInt32) throws(Fault) {
    guard let words = previousWords else { throw .missingSuffix }
    let end = Int(node.suffixEnd)
    var step = 1
    var low = suffixPlace
    while low &+ step < end && words[low &+ step] <= word {
      low &+= step
      step &*= 2
    }
    var high = min(low &+ step, end)
    while low < high {
      let middle = (low &+ high) &>> 1
      if words[middle] < word { low = middle &+ 1 } else { high = middle }
    }
    guard low < end && words[low] == word else { throw .missingSuffix }
    node.suffix = UInt32(truncatingIfNeeded: low)
    suffixPlace = low &+ 1
  }
}
