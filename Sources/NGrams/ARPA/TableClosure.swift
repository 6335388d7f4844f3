import Platform

/// Adds to a table the prefixes and suffixes that its n-grams lack, as files made by SRILM's pruning do.
///
/// What is added has the probability that backing off gives and the backoff weight 1, so that the model stays the
/// same function.
struct TableClosure {
  private var table: NGramTable
  private let memoryByteCount: Int
  private let temporaryDirectory: String
  private(set) var addedCount = 0

  init(_ table: NGramTable, memoryByteCount: Int, temporaryDirectory: String) {
    self.table = table
    self.memoryByteCount = memoryByteCount
    self.temporaryDirectory = temporaryDirectory
  }

  mutating func close() throws(Failure) -> NGramTable {
    guard table.order > 2 else {
      try checkTwins()
      return table
    }
    try checkTwins()
    // From the top down find what is missing, from the bottom up give it values.
    var missing: [NGramLevel?] = Array(repeating: nil, count: table.order + 1)
    for order in stride(from: table.order, to: 2, by: -1) {
      missing[order - 1] = try missingParts(of: order, missing[order])
    }
    for order in 2..<table.order {
      guard let added = missing[order], added.count > 0 else { continue }
      table.levels[order - 1] = try merged(order, added)
      addedCount += added.count
    }
    return table
  }

  private func checkTwins() throws(Failure) {
    for level in table.levels {
      var cursor = level.makeCursor()
      var last: [UInt32] = []
      while try cursor.advance() {
        let ids = (0..<level.order).map { cursor.id($0) }
        guard ids != last else {
          throw Failure(
            "the n-grams of order \(level.order)", why: "have one twice", remedy: "write the file again")
        }
        last = ids
      }
    }
  }

  /// The prefixes and suffixes of the n-grams of `order`, old and added, that the order below lacks.
  private func missingParts(of order: Int, _ added: NGramLevel?) throws(Failure) -> NGramLevel {
    var parts = NGramSorter(
      order: order - 1, memoryByteCount: memoryByteCount, temporaryDirectory: temporaryDirectory)
    for level in [table.levels[order - 1]] + (added.map { [$0] } ?? []) {
      var cursor = level.makeCursor()
      var last: [UInt32] = []
      while try cursor.advance() {
        let prefix = (0..<order - 1).map { cursor.id($0) }
        if prefix != last { try parts.append(prefix, logProbability: 0, logBackoff: 0) }
        last = prefix
        try parts.append((1..<order).map { cursor.id($0) }, logProbability: 0, logBackoff: 0)
      }
    }
    let wanted = try parts.finish()
    var missing = NGramLevelBuilder(
      order: order - 1, memoryByteCount: memoryByteCount / 4, temporaryDirectory: temporaryDirectory)
    let known = NGramRun(table.levels[order - 2].makeCursor())
    try known.advance()
    var cursor = wanted.makeCursor()
    var last: [UInt32] = []
    while try cursor.advance() {
      let ids = (0..<order - 1).map { cursor.id($0) }
      if ids == last { continue }
      last = ids
      while known.isValid && known.precedes(ids) { try known.advance() }
      if known.isValid && known.equals(ids) { continue }
      try missing.append(ids, logProbability: 0, logBackoff: 0)
    }
    return try missing.finish()
  }

  /// The level of `order` with the missing n-grams at the values of backing off; the order below is whole.
  private func merged(_ order: Int, _ added: NGramLevel) throws(Failure) -> NGramLevel {
    let below = table.levels[order - 2]
    var builder = NGramLevelBuilder(
      order: order, memoryByteCount: memoryByteCount / 4, temporaryDirectory: temporaryDirectory)
    let merger = NGramMerger([table.levels[order - 1], added], bufferByteCount: 1 << 18)
    let addition = NGramRun(added.makeCursor())
    try addition.advance()
    while let run = try merger.next() {
      let ids = (0..<order).map { run.id($0) }
      if addition.isValid && addition.equals(ids) {
        let backoff = try below.values(of: Array(ids.dropLast()))?.logBackoff ?? 0
        let shorter = try below.values(of: Array(ids.dropFirst()))?.logProbability ?? NGramTable.impossible
        try builder.append(ids, logProbability: backoff + shorter, logBackoff: 0)
        try addition.advance()
      } else {
        try builder.append(ids, logProbability: run.logProbability, logBackoff: run.logBackoff)
      }
    }
    return try builder.finish()
  }
}

extension NGramRun {
  fileprivate func precedes(_ ids: [UInt32]) -> Bool {
    for (place, other) in ids.enumerated() where id(place) != other { return id(place) < other }
    return false
  }

  fileprivate func equals(_ ids: [UInt32]) -> Bool {
    for (place, other) in ids.enumerated() where id(place) != other { return false }
    return true
  }
}

extension NGramLevel {
  /// The values of an n-gram, found by bisection.
  func values(of ids: [UInt32]) throws(Failure) -> (logProbability: Float, logBackoff: Float)? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let found = try record(middle)
      if found.prefix(order).elementsEqual(ids) {
        return (Float(bitPattern: found[order]), Float(bitPattern: found[order + 1]))
      }
      if found.prefix(order).lexicographicallyPrecedes(ids) { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  private func record(_ index: Int) throws(Failure) -> [UInt32] {
    let stride = Self.wordsPerRecord(order: order)
    switch storage {
    case .memory(let records): return Array(records.words[index * stride..<(index + 1) * stride])
    case .file(let file):
      var words = [UInt32](repeating: 0, count: stride)
      try file.read(into: &words, atByteOffset: index * stride * 4)
      return words
    }
  }
}
