import Platform

/// Sorts the n-grams of one order by their ids, in memory or, beyond a bound, in runs that are merged.
struct NGramSorter: ~Copyable {
  private let order: Int
  private let stride: Int
  private let memoryWords: Int
  private let temporaryDirectory: String
  private var records: [UInt32] = []
  private var runs: [NGramLevel] = []

  init(order: Int, memoryByteCount: Int, temporaryDirectory: String) {
    self.order = order
    stride = NGramLevel.wordsPerRecord(order: order)
    // Half for the records, half for sorting them.
    memoryWords = max(memoryByteCount / 8, 1 << 10)
    self.temporaryDirectory = temporaryDirectory
  }

  mutating func append(_ ids: [UInt32], logProbability: Float, logBackoff: Float) throws(Failure) {
    records.append(contentsOf: ids)
    records.append(logProbability.bitPattern)
    records.append(logBackoff.bitPattern)
    if records.count >= memoryWords {
      let file = try SpillFile(inDirectory: temporaryDirectory)
      try file.append(sortedRecords())
      runs.append(NGramLevel(order: order, file: file))
      records.removeAll(keepingCapacity: true)
    }
  }

  private func sortedRecords() -> [UInt32] {
    let (order, stride) = (order, stride)
    var places = (0..<records.count / stride).map { $0 * stride }
    let isAscending = (1..<max(places.count, 1)).allSatisfy { !precedes(places[$0], places[$0 - 1]) }
    if isAscending { return records }
    records.withUnsafeBufferPointer { records in
      places.sort { a, b in
        for place in 0..<order where records[a + place] != records[b + place] {
          return records[a + place] < records[b + place]
        }
        return false
      }
    }
    return [UInt32](unsafeUninitializedCapacity: records.count) { sorted, count in
      for (index, place) in places.enumerated() {
        for offset in 0..<stride {
          sorted.initializeElement(at: index * stride + offset, to: records[place + offset])
        }
      }
      count = records.count
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    for place in 0..<order where records[a + place] != records[b + place] {
      return records[a + place] < records[b + place]
    }
    return false
  }

  /// All n-grams, ascending; twins stay side by side.
  consuming func finish() throws(Failure) -> NGramLevel {
    if runs.isEmpty { return NGramLevel(order: order, records: sortedRecords()) }
    if !records.isEmpty { runs.append(NGramLevel(order: order, records: sortedRecords())) }
    records = []
    let merger = NGramMerger(runs, bufferByteCount: memoryWords * 4 / runs.count)
    var builder = NGramLevelBuilder(
      order: order, memoryByteCount: memoryWords * 2, temporaryDirectory: temporaryDirectory)
    var ids = [UInt32](repeating: 0, count: order)
    while let run = try merger.next() {
      for place in 0..<order { ids[place] = run.id(place) }
      try builder.append(ids, logProbability: run.logProbability, logBackoff: run.logBackoff)
    }
    return try builder.finish()
  }
}

/// Reads several sorted levels of one order as one.
final class NGramMerger {
  private var runs: [NGramRun]
  private var current: NGramRun?

  init(_ levels: [NGramLevel], bufferByteCount: Int) {
    runs = levels.map { NGramRun($0.makeCursor(bufferByteCount: bufferByteCount)) }
  }

  /// The run whose current n-gram is the next one; nil at the end.
  func next() throws(Failure) -> NGramRun? {
    if let current {
      try current.advance()
    } else {
      for run in runs { try run.advance() }
    }
    current = nil
    for run in runs where run.isValid {
      if current == nil || run.precedes(current!) { current = run }
    }
    return current
  }
}

/// A cursor that can be kept in an array.
final class NGramRun {
  private var cursor: NGramCursor

  init(_ cursor: consuming NGramCursor) { self.cursor = cursor }

  var isValid: Bool { cursor.isValid }
  var logProbability: Float { cursor.logProbability }
  var logBackoff: Float { cursor.logBackoff }
  func id(_ place: Int) -> UInt32 { cursor.id(place) }
  func advance() throws(Failure) { _ = try cursor.advance() }

  func precedes(_ other: NGramRun) -> Bool {
    for place in 0..<cursor.order where id(place) != other.id(place) { return id(place) < other.id(place) }
    return false
  }
}
