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

  init(_ values: some Collection<Element>) {
    count = values.count
    base = .allocate(capacity: max(1, count))
    _ = UnsafeMutableBufferPointer(start: base, count: count).initialize(from: values)
  }

  deinit { base.deallocate() }

  subscript(index: Int) -> Element {
    @inline(__always) get { base[index] }
    @inline(__always) set { base[index] = newValue }
  }

  func copy() -> Numbers { Numbers(UnsafeBufferPointer(start: base, count: count)) }

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
  /// Bytes.
  private static let longText = 4_096
  private static let (groupCount, digitCount) = (1 << 8, 1 << 12)

  /// - Parameters:
  ///   - columnLimit: where there are more features, those are left out that only one text has.
  ///   - threadCount: that share the work.
  init(
    _ examples: LabelledExamples, features: BagFeatures, columnLimit: Int = .max, threadCount: Int
  ) throws(Failure) {
    let sorted = try Self.sorted(Self.occurrences(examples, features, threadCount), threadCount)
    let occurrences = UnsafeBufferPointer(start: sorted.base, count: sorted.count)
    let (keys, counts) = Self.distinct(occurrences, columnLimit: columnLimit)
    self.keys = HashedKeys(keys)
    columnsOfKeys = Self.byFrequency(counts)
    (rowStarts, columns) = withExtendedLifetime(sorted) { [columnsOfKeys] in
      Self.rows(occurrences, keys, columnsOfKeys, rowCount: examples.examples.count)
    }
  }

  /// The key of every feature of every text, with the text's number in the lower half: lists of some texts each, one behind the
  /// other.
  private static func occurrences(
    _ examples: LabelledExamples, _ features: BagFeatures, _ threadCount: Int
  ) throws(Failure) -> [[UInt64]] {
    let texts = examples.examples
    let places = Places<[UInt64]>(count: (texts.count + rowsPerTask - 1) / rowsPerTask)
    try forEachTask(places.count, threadCount: threadCount) { _, task in
      var found: [UInt64] = []
      for index in task * rowsPerTask..<min((task + 1) * rowsPerTask, texts.count) {
        let text = UInt64(index)
        guard texts[index].words.bytes.count > longText else {
          features.forEach(texts[index].words) { key, _ in found.append(UInt64(key) << 32 | text) }
          continue
        }
        // Of a long text most features come again and again.
        var keys: [UInt32] = []
        features.forEach(texts[index].words) { key, _ in keys.append(key) }
        radixSort(&keys)
        for (place, key) in keys.enumerated() where place == 0 || key != keys[place - 1] {
          found.append(UInt64(key) << 32 | text)
        }
      }
      places[task] = found
    }
    return (0..<places.count).map { places[$0]! }
  }

  /// All of them ascending: by their first bits into groups that fit into a processor's cache, and each of these by the others. Texts
  /// stay in their order.
  private static func sorted(
    _ lists: [[UInt64]], _ threadCount: Int
  ) throws(Failure) -> Numbers<UInt64> {
    var starts = [Int](repeating: 0, count: groupCount + 1)
    for list in lists { for occurrence in list { starts[Int(occurrence >> 56) + 1] += 1 } }
    for group in 0..<groupCount { starts[group + 1] += starts[group] }
    let all = Numbers(starts[groupCount], UInt64(0))
    var next = starts
    for list in lists {
      for occurrence in list {
        let group = Int(occurrence >> 56)
        all[next[group]] = occurrence
        next[group] += 1
      }
    }
    let ends = starts
    try forEachTask(groupCount, threadCount: threadCount) { _, group in
      sort(UnsafeMutableBufferPointer(start: all.base + ends[group], count: ends[group + 1] - ends[group]))
    }
    return all
  }

  /// By the 24 bits of a key that differ within a group.
  private static func sort(_ group: UnsafeMutableBufferPointer<UInt64>) {
    guard group.count > digitCount / 4 else {
      var group = group
      return group.sort()
    }
    let other = Numbers(group.count, UInt64(0))
    defer { withExtendedLifetime(other) {} }
    let starts = Numbers<Int32>(digitCount + 1, 0)
    var (from, to) = (group.baseAddress!, other.base)
    for shift in [UInt64(32), 44] {
      starts.base.update(repeating: 0, count: digitCount + 1)
      for place in 0..<group.count { starts[Int(from[place] >> shift) & (digitCount - 1) + 1] += 1 }
      for digit in 0..<digitCount { starts[digit + 1] += starts[digit] }
      for place in 0..<group.count {
        let digit = Int(from[place] >> shift) & (digitCount - 1)
        to[Int(starts[digit])] = from[place]
        starts[digit] += 1
      }
      swap(&from, &to)
    }
  }

  /// The keys that become columns, ascending, and how many texts have each.
  ///
  /// - Parameter occurrences: ascending.
  private static func distinct(
    _ occurrences: UnsafeBufferPointer<UInt64>, columnLimit: Int
  ) -> (keys: [UInt32], counts: [Int32]) {
    var (keys, counts): ([UInt32], [Int32]) = ([], [])
    forEachDistinct(occurrences) { key, _, isFirst in
      if isFirst {
        keys.append(key)
        counts.append(1)
      } else {
        counts[counts.count - 1] += 1
      }
    }
    if keys.count > columnLimit {
      keys = zip(keys, counts).filter { $1 > 1 }.map(\.0)
      counts.removeAll { $0 == 1 }
    }
    let extra = max(0, keys.count - HashedKeys.countLimit)
    keys.removeLast(extra)
    counts.removeLast(extra)
    return (keys, counts)
  }

  /// Gives every key and text once, and whether the key is a new one.
  @inline(__always)
  private static func forEachDistinct(
    _ occurrences: UnsafeBufferPointer<UInt64>, _ body: (UInt32, _ text: Int, _ isFirst: Bool) -> Void
  ) {
    var last: UInt64?
    for occurrence in occurrences where occurrence != last {
      body(
        UInt32(truncatingIfNeeded: occurrence >> 32), Int(occurrence & 0xFFFF_FFFF),
        last.map { $0 >> 32 != occurrence >> 32 } ?? true)
      last = occurrence
    }
  }

  /// The columns of each text, in the order of their keys.
  private static func rows(
    _ occurrences: UnsafeBufferPointer<UInt64>, _ keys: [UInt32], _ columnsOfKeys: [Int32], rowCount: Int
  ) -> (rowStarts: Numbers<Int>, columns: Numbers<Int32>) {
    let starts = Numbers(rowCount + 1, 0)
    forEachKept(occurrences, keys) { _, text in starts[text + 1] += 1 }
    for row in 0..<rowCount { starts[row + 1] += starts[row] }
    let next = Numbers(starts.array)
    let columns = Numbers(starts[rowCount], Int32(0))
    forEachKept(occurrences, keys) { key, text in
      columns[next[text]] = columnsOfKeys[key]
      next[text] += 1
    }
    return (starts, columns)
  }

  /// Gives every key that is a column, by its place, and text once.
  @inline(__always)
  private static func forEachKept(
    _ occurrences: UnsafeBufferPointer<UInt64>, _ keys: [UInt32], _ body: (_ key: Int, _ text: Int) -> Void
  ) {
    // Of the next key that is a column.
    var place = 0
    var isKept = false
    forEachDistinct(occurrences) { key, text, isFirst in
      if isFirst {
        if isKept { place += 1 }
        isKept = place < keys.count && keys[place] == key
      }
      if isKept { body(place, text) }
    }
  }

  /// Where each key comes, those of most texts first.
  ///
  /// - Parameter counts: of the texts that have each.
  private static func byFrequency(_ counts: [Int32]) -> [Int32] {
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
}
