import Classification
import NGrams
import Platform

/// Numbers in memory that several threads reach at once, each its own part.
final class Numbers<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
  let count: Int

  init(_ count: Int, _ value: Element) {
    self.count = count
    base = .allocate(capacity: max(1, count))
    base.initialize(repeating: value, count: count)
  }

  init(_ values: [Element]) {
    count = values.count
    base = .allocate(capacity: max(1, count))
    values.withUnsafeBufferPointer { buffer in
      if let source = buffer.baseAddress { base.initialize(from: source, count: count) }
    }
  }

  deinit { base.deallocate() }

  subscript(index: Int) -> Element {
    @inline(__always) get { base[index] }
    @inline(__always) set { base[index] = newValue }
  }

  var array: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

/// Texts × features: which features each text has, each once. Made once of all texts; who trains on some of them takes the
/// rows of those.
final class BagMatrix: Sendable {
  let keys: HashedKeys
  /// The column of each key. The features that most texts have come first, so that what a search reaches again and again is close
  /// together.
  let columnsOfKeys: [Int32]
  /// Where each text's features begin in `columns`; one more than there are texts.
  let rowStarts: Numbers<Int>
  let columns: Numbers<Int32>

  var rowCount: Int { rowStarts.count - 1 }
  var columnCount: Int { keys.count }

  private static let rowsPerTask = 64

  /// - Parameters:
  ///   - columnLimit: where there are more features, those are left out that only one text has.
  ///   - threadCount: that share the work.
  init(
    _ examples: LabelledExamples, features: BagFeatures, columnLimit: Int = .max, threadCount: Int
  ) throws(Failure) {
    let texts = try Self.keys(examples, features, threadCount)
    let keys = HashedKeys(Self.distinct(texts, columnLimit: columnLimit))
    var starts = [0]
    starts.reserveCapacity(texts.count + 1)
    for text in texts { starts.append(starts.last! + text.count) }
    let found = Numbers(starts.last!, Int32(-1))
    let places = starts
    try forEachTask((texts.count + Self.rowsPerTask - 1) / Self.rowsPerTask, threadCount: threadCount) {
      _, task in
      for row in task * Self.rowsPerTask..<min((task + 1) * Self.rowsPerTask, texts.count) {
        var place = places[row]
        for key in texts[row] {
          found[place] = keys.row(of: key) ?? -1
          place += 1
        }
      }
    }
    self.keys = keys
    (rowStarts, columns) = Self.withoutGaps(found, starts)
    columnsOfKeys = Self.byFrequency(columns, count: keys.count)
    for place in 0..<columns.count { columns[place] = columnsOfKeys[Int(columns[place])] }
  }

  /// Where each of the numbers comes, the most frequent first.
  private static func byFrequency(_ numbers: Numbers<Int32>, count: Int) -> [Int32] {
    var counts = [Int32](repeating: 0, count: count)
    for place in 0..<numbers.count { counts[Int(numbers[place])] += 1 }
    // All that come more often than this are at one place: they are few.
    let limit: Int32 = 1 << 16
    var starts = [Int32](repeating: 0, count: Int(limit) + 2)
    for number in counts { starts[Int(limit - min(limit, number)) + 1] += 1 }
    for index in 1..<starts.count { starts[index] += starts[index - 1] }
    return counts.map { number in
      let place = Int(limit - min(limit, number))
      defer { starts[place] += 1 }
      return starts[place]
    }
  }

  /// The keys of each text, ascending and each once.
  private static func keys(
    _ examples: LabelledExamples, _ features: BagFeatures, _ threadCount: Int
  ) throws(Failure) -> [[UInt32]] {
    let places = Places<[UInt32]>(count: examples.examples.count)
    try forEachTask((places.count + rowsPerTask - 1) / rowsPerTask, threadCount: threadCount) { _, task in
      for index in task * rowsPerTask..<min((task + 1) * rowsPerTask, places.count) {
        var keys: [UInt32] = []
        keys.reserveCapacity(4 * examples.examples[index].words.bytes.count)
        features.forEach(examples.examples[index].words) { key, _ in keys.append(key) }
        if keys.count > 4_096 { radixSort(&keys) } else { keys.sort() }
        var distinct = 0
        for key in keys where distinct == 0 || key != keys[distinct - 1] {
          keys[distinct] = key
          distinct += 1
        }
        keys.removeLast(keys.count - distinct)
        places[index] = keys
      }
    }
    return (0..<places.count).map { places[$0]! }
  }

  /// The keys of all texts, ascending.
  private static func distinct(_ texts: [[UInt32]], columnLimit: Int) -> [UInt32] {
    var all: [UInt32] = []
    all.reserveCapacity(texts.reduce(0) { $0 + $1.count })
    for text in texts { all.append(contentsOf: text) }
    radixSort(&all)
    func kept(minimumCount: Int) -> [UInt32] {
      var kept: [UInt32] = []
      var start = 0
      while start < all.count {
        var end = start + 1
        while end < all.count && all[end] == all[start] { end += 1 }
        if end - start >= minimumCount { kept.append(all[start]) }
        start = end
      }
      return kept
    }
    var keys = kept(minimumCount: 1)
    if keys.count > columnLimit { keys = kept(minimumCount: 2) }
    if keys.count > HashedKeys.countLimit { keys.removeLast(keys.count - HashedKeys.countLimit) }
    return keys
  }

  private static func withoutGaps(
    _ found: Numbers<Int32>, _ starts: [Int]
  ) -> (rowStarts: Numbers<Int>, columns: Numbers<Int32>) {
    guard (0..<found.count).contains(where: { found[$0] < 0 }) else { return (Numbers(starts), found) }
    let rowStarts = Numbers(starts.count, 0)
    var count = 0
    for row in 0..<starts.count - 1 {
      for place in starts[row]..<starts[row + 1] where found[place] >= 0 {
        found[count] = found[place]
        count += 1
      }
      rowStarts[row + 1] = count
    }
    return (rowStarts, Numbers(Array(UnsafeBufferPointer(start: found.base, count: count))))
  }
}
