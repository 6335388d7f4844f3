import NGrams
import Platform

/// Sorts what occurs, and says how often each occurs: in memory where all of it fits, else as sorted runs in a file without a
/// name, which are merged.
///
///     var sorter = OccurrenceSorter(expectedCount: count, room: room)
///     try sorter.append(occurrence)
///     try sorter.finish { occurrence, count in … }
struct OccurrenceSorter {
  private var values: [UInt64] = []
  /// How many are sorted at once.
  private let limit: Int
  private let temporaryDirectory: String
  private var file: SpillFile?
  /// Where each run lies in the file, in bytes.
  private var runs: [Range<Int>] = []

  /// Of a distinct value in a run: the value's low and high half, and how often it occurs.
  private static let wordsPerRecord = 3
  /// Records that are read or written at once.
  private static let pieceCount = 1 << 10

  /// - Parameters:
  ///   - expectedCount: about how many there will be.
  ///   - room: what the values may take, and as much again to sort them.
  init(expectedCount: Int, room: FittingRoom) {
    limit = max(1 << 10, room.byteCount / MemoryLayout<UInt64>.stride)
    temporaryDirectory = room.temporaryDirectory
    values.reserveCapacity(min(expectedCount, limit))
  }

  @inline(__always)
  mutating func append(_ value: UInt64) throws(Failure) {
    if values.count == limit { try endRun() }
    values.append(value)
  }

  /// Gives each distinct value, the smallest first.
  mutating func finish(
    _ body: (_ value: UInt64, _ count: Int) throws(Failure) -> Void
  ) throws(Failure) {
    guard file != nil else { return try Self.forEachDistinct(&values, body) }
    try endRun()
    values = []
    try merge(body)
  }

  private static func forEachDistinct(
    _ values: inout [UInt64], _ body: (_ value: UInt64, _ count: Int) throws(Failure) -> Void
  ) throws(Failure) {
    radixSort(&values)
    var start = 0
    while start < values.count {
      let value = values[start]
      var end = start + 1
      while end < values.count && values[end] == value { end += 1 }
      try body(value, end - start)
      start = end
    }
  }

  private mutating func endRun() throws(Failure) {
    let spilled: SpillFile
    if let file { spilled = file } else { spilled = try SpillFile(inDirectory: temporaryDirectory) }
    file = spilled
    let start = spilled.byteCount
    var records: [UInt32] = []
    try Self.forEachDistinct(&values) { (value, count) throws(Failure) in
      records += [UInt32(truncatingIfNeeded: value), UInt32(value >> 32), UInt32(count)]
      guard records.count >= Self.pieceCount * Self.wordsPerRecord else { return }
      try spilled.append(records)
      records.removeAll(keepingCapacity: true)
    }
    try spilled.append(records)
    runs.append(start..<spilled.byteCount)
    values.removeAll(keepingCapacity: true)
  }

  /// A run that is read from its beginning to its end.
  private struct RunReader {
    private var wordsPerRecord: Int { OccurrenceSorter.wordsPerRecord }
    private var pieceCount: Int { OccurrenceSorter.pieceCount }
    private let file: SpillFile
    private var left: Range<Int>
    private var records: [UInt32] = []
    private var place = 0
    /// The next value; nil at the end.
    private(set) var value: UInt64?
    private(set) var count = 0

    init(_ file: SpillFile, _ range: Range<Int>) throws(Failure) {
      self.file = file
      left = range
      try advance()
    }

    mutating func advance() throws(Failure) {
      if place == records.count {
        let byteCount = min(left.count, pieceCount * wordsPerRecord * MemoryLayout<UInt32>.stride)
        guard byteCount > 0 else {
          value = nil
          return
        }
        let wordCount = byteCount / MemoryLayout<UInt32>.stride
        if records.count != wordCount { records = [UInt32](repeating: 0, count: wordCount) }
        try file.read(into: &records, atByteOffset: left.lowerBound)
        left = left.lowerBound + byteCount..<left.upperBound
        place = 0
      }
      value = UInt64(records[place + 1]) << 32 | UInt64(records[place])
      count = Int(records[place + 2])
      place += wordsPerRecord
    }
  }

  private func merge(
    _ body: (_ value: UInt64, _ count: Int) throws(Failure) -> Void
  ) throws(Failure) {
    guard let file else { return }
    var readers: [RunReader] = []
    for run in runs { readers.append(try RunReader(file, run)) }
    // Text is cut down to what a bound has room for before its contexts are counted, but for what is held out: there are few runs.
    while true {
      var least: UInt64?
      for reader in readers {
        if let value = reader.value, value <= least ?? .max { least = value }
      }
      guard let smallest = least else { return }
      var count = 0
      for index in readers.indices where readers[index].value == smallest {
        count += readers[index].count
        try readers[index].advance()
      }
      try body(smallest, count)
    }
  }
}
