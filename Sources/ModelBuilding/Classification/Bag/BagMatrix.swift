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

  func update(from other: Numbers) { base.update(from: other.base, count: count) }
  var array: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

/// Which keys each of many texts has, each once: what is counted of them once for all runs.
struct KeyedTexts {
  /// Of each text, ascending.
  let keys: [[UInt32]]

  /// - Parameter threadCount: that share the work.
  init(_ examples: LabelledExamples, features: BagFeatures, threadCount: Int) throws(Failure) {
    let places = Places<[UInt32]>(count: examples.examples.count)
    let grain = 64
    try forEachTask((places.count + grain - 1) / grain, threadCount: threadCount) { _, task in
      for index in task * grain..<min((task + 1) * grain, places.count) {
        var keys: [UInt32] = []
        features.forEach(examples.examples[index].words) { key, _ in keys.append(key) }
        keys.sort()
        var distinct = 0
        for key in keys where distinct == 0 || key != keys[distinct - 1] {
          keys[distinct] = key
          distinct += 1
        }
        keys.removeLast(keys.count - distinct)
        places[index] = keys
      }
    }
    self.keys = (0..<places.count).map { places[$0]! }
  }
}

/// Texts × features, by texts and by features: 1/√k where a text has a feature, k being how many it has.
final class BagMatrix: Sendable {
  let keys: HashedKeys
  let rowCount: Int
  var columnCount: Int { keys.count }
  /// Where each text's features begin in `columns`; one more than there are texts.
  let rowStarts: Numbers<Int>
  let columns: Numbers<Int32>
  /// Of each text.
  let scales: Numbers<Float>
  /// Where each feature's texts begin in `rows`; one more than there are features.
  let columnStarts: Numbers<Int>
  let rows: Numbers<Int32>

  /// - Parameters:
  ///   - rows: of the texts that are learned from.
  ///   - minimumCount: texts that must have a feature for it to be one.
  init(_ texts: KeyedTexts, rows examples: [Int], minimumCount: Int) {
    var all: [UInt32] = []
    all.reserveCapacity(examples.reduce(0) { $0 + texts.keys[$1].count })
    for row in examples { all.append(contentsOf: texts.keys[row]) }
    radixSort(&all)
    var kept: [UInt32] = []
    var start = 0
    while start < all.count {
      var end = start + 1
      while end < all.count && all[end] == all[start] { end += 1 }
      if end - start >= minimumCount { kept.append(all[start]) }
      start = end
    }
    all = []
    if kept.count > HashedKeys.countLimit { kept.removeLast(kept.count - HashedKeys.countLimit) }
    let keys = HashedKeys(kept)
    var starts = [0]
    var columns: [Int32] = []
    var scales: [Float] = []
    for row in examples {
      for key in texts.keys[row] { if let column = keys.row(of: key) { columns.append(column) } }
      scales.append(1 / Float(max(1, columns.count - starts.last!)).squareRoot())
      starts.append(columns.count)
    }
    self.keys = keys
    rowCount = examples.count
    rowStarts = Numbers(starts)
    self.columns = Numbers(columns)
    self.scales = Numbers(scales)
    let columnStarts = Numbers(keys.count + 1, 0)
    for column in columns { columnStarts[Int(column) + 1] += 1 }
    for column in 0..<keys.count { columnStarts[column + 1] += columnStarts[column] }
    let rows = Numbers(columns.count, Int32(0))
    let next = Numbers(columnStarts.array)
    for row in 0..<rowCount {
      for place in starts[row]..<starts[row + 1] {
        let column = Int(columns[place])
        rows[next[column]] = Int32(row)
        next[column] += 1
      }
    }
    self.columnStarts = columnStarts
    self.rows = rows
  }
}
