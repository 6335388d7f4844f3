import LanguageModeling
import NGrams
import Platform

/// The sum of several runs, read in one go: types, documents and n-grams in their order, in the numbers that the sum has.
/// What it keeps of the types are their numbers.
///
/// Numbers rise with the bytes of the types in each run and in the sum, so that what is sorted in a run is sorted in the
/// numbers of the sum too.
struct MergedRuns: CountedNGramSource {
  let set: RunSet
  /// How many numbers there are: those of all types, and of the special ones before them.
  let numberCount: Int
  /// By run: the number in the sum of each number in the run.
  private let maps: [[UInt32]]
  private let places: [RunNGramPlaces]

  /// - Parameter takeType: gets the types in the order of their numbers, and how often each occurs.
  init(
    _ set: RunSet, takeType: (_ type: [UInt8], _ count: UInt64) throws(Failure) -> Void
  ) throws(Failure) {
    self.set = set
    (numberCount, maps) = try Self.mergeTypes(set.runs, takeType)
    var places: [RunNGramPlaces] = []
    for run in set.runs { places.append(try RunNGramPlaces(run)) }
    self.places = places
  }

  /// The bytes that this takes in memory where runs have so many types all together.
  static func byteCount(typeCount: Int) -> Int { typeCount * MemoryLayout<UInt32>.stride }

  var memoryByteCount: Int { Self.byteCount(typeCount: maps.reduce(0) { $0 + $1.count }) }

  private static func mergeTypes(
    _ runs: [RunFile], _ takeType: (_ type: [UInt8], _ count: UInt64) throws(Failure) -> Void
  ) throws(Failure) -> (numberCount: Int, maps: [[UInt32]]) {
    var numberCount = Vocabulary.specials.count
    var maps: [[UInt32]] = runs.map { run in
      var map: [UInt32] = [0, 1, 2]
      map.reserveCapacity(run.description.typeCount + map.count)
      return map
    }
    var cursors: [RunTypeCursor] = []
    for run in runs { cursors.append(RunTypeCursor(run)) }
    var queue = CursorQueue()
    for index in cursors.indices where try cursors[index].advance() {
      queue.push(index) { cursors[$0].type.lexicographicallyPrecedes(cursors[$1].type) }
    }
    var last: (type: [UInt8], count: UInt64)?
    while let index = queue.first {
      if let open = last, open.type == cursors[index].type {
        let sum = open.count.addingReportingOverflow(cursors[index].count)
        guard !sum.overflow else { throw RunFormat.damaged(runs[index].path, "a type occurs too often") }
        last?.count = sum.partialValue
      } else {
        if let last { try takeType(last.type, last.count) }
        last = (cursors[index].type, cursors[index].count)
        numberCount += 1
        guard numberCount <= Vocabulary.maximumCount else {
          throw Failure(
            "runs", why: "they have more than \(Vocabulary.maximumCount) types", remedy: "name fewer")
        }
      }
      maps[index].append(UInt32(numberCount - 1))
      let isLeft = try cursors[index].advance()
      queue.replaceFirst(isLeft: isLeft) { cursors[$0].type.lexicographicallyPrecedes(cursors[$1].type) }
    }
    if let last { try takeType(last.type, last.count) }
    return (numberCount, maps)
  }

  // MARK: Documents

  /// Gives all documents in their order.
  ///
  /// - Parameters:
  ///   - readsNumbers: whether the numbers are asked for.
  ///   - body: gets the document, and what gives its numbers, which is to be called once if they are.
  func forEachDocument(
    readsNumbers: Bool = true,
    _ body: (
      _ document: RunDocument, _ forEachNumber: ((UInt32) throws(Failure) -> Void) throws(Failure) -> Void
    ) throws(Failure) -> Void
  ) throws(Failure) {
    var cursors: [RunDocumentCursor] = []
    for run in set.runs { cursors.append(RunDocumentCursor(run, readsNumbers: readsNumbers)) }
    var queue = CursorQueue()
    func precedes(_ a: Int, _ b: Int) -> Bool {
      guard let one = cursors[a].document, let other = cursors[b].document else { return false }
      return one.isBefore(other)
    }
    for index in cursors.indices where try cursors[index].advance() { queue.push(index, precedes) }
    while let index = queue.first, let document = cursors[index].document {
      let map = maps[index]
      try body(document) { (give) throws(Failure) in
        try cursors[index].forEachNumber { (number) throws(Failure) in try give(map[Int(number)]) }
      }
      let isLeft = try cursors[index].advance()
      queue.replaceFirst(isLeft: isLeft, precedes)
    }
  }

  // MARK: N-grams

  func forEachNGram(
    contextEndingIn words: Range<UInt32>,
    _ body: (_ words: UnsafePointer<UInt32>, _ count: UInt32) throws(Failure) -> Void
  ) throws(Failure) {
    try forEachWideNGram(contextEndingIn: words) { (words, count) throws(Failure) in
      guard let count = UInt32(exactly: count) else {
        throw Failure(
          "runs", why: "an n-gram occurs more than 4,294 million times", remedy: "estimate from fewer runs")
      }
      try body(words, count)
    }
  }

  /// The same, the counts in 64 bits.
  func forEachWideNGram(
    contextEndingIn range: Range<UInt32>,
    _ body: (_ words: UnsafePointer<UInt32>, _ count: UInt64) throws(Failure) -> Void
  ) throws(Failure) {
    let order = set.description.options.order
    if order == 1 { return }
    var cursors: [MappedNGramCursor] = []
    for (index, run) in set.runs.enumerated() {
      cursors.append(MappedNGramCursor(run, places[index], map: maps[index], order: order))
    }
    var queue = CursorQueue()
    func precedes(_ a: Int, _ b: Int) -> Bool { cursors[a].precedes(cursors[b]) }
    for index in cursors.indices where try cursors[index].begin(range) { queue.push(index, precedes) }
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: order)
    defer { words.deallocate() }
    while let index = queue.first {
      words.update(from: cursors[index].words, count: order)
      var count: UInt64 = 0
      repeat {
        guard let next = queue.first else { break }
        let sum = count.addingReportingOverflow(cursors[next].count)
        guard !sum.overflow else {
          throw RunFormat.damaged(set.runs[next].path, "an n-gram occurs too often")
        }
        count = sum.partialValue
        let isLeft = try cursors[next].advance(below: range.upperBound)
        queue.replaceFirst(isLeft: isLeft, precedes)
      } while queue.first.map { cursors[$0].hasSame(words) } ?? false
      try body(UnsafePointer(words), count)
    }
  }
}

extension RunDocument {
  /// The order of documents; of two with one key, which differ in their content, any order does, as long as it is one.
  func isBefore(_ other: RunDocument) -> Bool {
    if key != other.key { return key.lexicographicallyPrecedes(other.key) }
    if byteCount != other.byteCount { return byteCount < other.byteCount }
    if identity?.first != other.identity?.first {
      return (identity?.first ?? 0) < (other.identity?.first ?? 0)
    }
    return numberCount < other.numberCount
  }
}

/// The n-grams of a run in the numbers of the sum.
private final class MappedNGramCursor {
  private let cursor: RunNGramCursor
  private let places: RunNGramPlaces
  private let map: [UInt32]
  private let order: Int
  let words: UnsafeMutablePointer<UInt32>
  var count: UInt64 { cursor.count }

  init(_ run: RunFile, _ places: RunNGramPlaces, map: [UInt32], order: Int) {
    cursor = RunNGramCursor(run)
    self.places = places
    self.map = map
    self.order = order
    words = .allocate(capacity: order)
    words.initialize(repeating: 0, count: order)
  }

  deinit { words.deallocate() }

  /// Goes to the first n-gram whose first number is in a range; false if there is none.
  func begin(_ range: Range<UInt32>) throws(Failure) -> Bool {
    var lower = 0
    var upper = map.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if map[middle] < range.lowerBound { lower = middle + 1 } else { upper = middle }
    }
    guard let block = places.block(holding: UInt32(lower)) else { return false }
    cursor.seek(toBlockAt: block)
    while try advance(below: range.upperBound) {
      if words[0] >= range.lowerBound { return true }
    }
    return false
  }

  @inline(__always)
  func advance(below upperBound: UInt32) throws(Failure) -> Bool {
    guard try cursor.advance() else { return false }
    for place in 0..<order { words[place] = map[Int(cursor.words[place])] }
    return words[0] < upperBound
  }

  @inline(__always)
  func precedes(_ other: MappedNGramCursor) -> Bool {
    for place in 0..<order where words[place] != other.words[place] {
      return words[place] < other.words[place]
    }
    return false
  }

  @inline(__always)
  func hasSame(_ other: UnsafePointer<UInt32>) -> Bool {
    for place in 0..<order where words[place] != other[place] { return false }
    return true
  }
}

/// Which of several sorted readers comes next: a binary heap of their numbers.
struct CursorQueue {
  private var heap: [Int] = []

  var first: Int? { heap.first }

  mutating func push(_ cursor: Int, _ precedes: (Int, Int) -> Bool) {
    heap.append(cursor)
    var place = heap.count - 1
    while place > 0, precedes(heap[place], heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// Puts the first reader in its place after it has gone on, or takes it away.
  @inline(__always)
  mutating func replaceFirst(isLeft: Bool, _ precedes: (Int, Int) -> Bool) {
    if !isLeft {
      heap[0] = heap[heap.count - 1]
      heap.removeLast()
    }
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
      guard precedes(heap[child], heap[place]) else { return }
      heap.swapAt(place, child)
      place = child
    }
  }
}
