import Platform

/// The n-grams of a back-off model with their values: what estimation and ARPA files give, and the writer of
/// `ngrams.bin` takes.
///
/// The table is closed: with an n-gram w1…wk it holds its prefix w1…w(k−1) and its suffix w2…wk. Order 1 holds
/// every id of the vocabulary once. `<s>` is never predicted; its unigram has the probability 0, written as
/// `NGramTable.impossible`.
public struct NGramTable: Sendable {
  /// `levels[k - 1]` holds the n-grams of order k; never empty.
  public var levels: [NGramLevel]

  public init(levels: [NGramLevel]) { self.levels = levels }

  /// N, the highest order.
  public var order: Int { levels.count }
  /// The number of types, `<unk>`, `<s>` and `</s>` included.
  public var vocabularyCount: Int { levels.first?.count ?? 0 }

  /// ln P of what cannot occur: ARPA files have log10 P = −99 for it.
  public static let impossible: Float = -227.955_93
}

/// All n-grams of one order, in lexicographic order of their ids (w1, …, wk), each once.
public struct NGramLevel: Sendable {
  enum Storage: Sendable {
    case memory(LevelMemory)
    case file(SpillFile)
  }

  /// k, the number of ids in each n-gram.
  public let order: Int
  /// How many n-grams there are.
  public let count: Int
  let storage: Storage

  /// Numbers of 32 bits in a record: k ids, ln P and ln backoff.
  public static func wordsPerRecord(order: Int) -> Int { order + 2 }

  /// A level in memory.
  ///
  /// - Parameter records: record after record; in each k ids, then the bits of two `Float`s: ln P(wk | w1…w(k−1)),
  ///   and ln of the backoff weight of the context w1…wk (0 where nothing follows it, and at the highest order).
  public init(order: Int, records: [UInt32]) {
    precondition(order >= 1 && records.count % Self.wordsPerRecord(order: order) == 0)
    self.order = order
    count = records.count / Self.wordsPerRecord(order: order)
    storage = .memory(LevelMemory(records))
  }

  /// A level in memory that is filled already.
  init(order: Int, memory: LevelMemory) {
    precondition(order >= 1 && memory.words.count % Self.wordsPerRecord(order: order) == 0)
    self.order = order
    count = memory.words.count / Self.wordsPerRecord(order: order)
    storage = .memory(memory)
  }

  /// A level in a file that vanishes with its last reference, records as in memory, in the machine's byte order.
  package init(order: Int, file: SpillFile) {
    self.order = order
    count = file.byteCount / (4 * Self.wordsPerRecord(order: order))
    storage = .file(file)
  }

  /// Reads the level from its first n-gram on; any number of cursors may read at once.
  ///
  /// - Parameter bufferByteCount: memory for reading ahead where the level is in a file.
  public func makeCursor(bufferByteCount: Int = 1 << 18) -> NGramCursor {
    NGramCursor(self, bufferByteCount: bufferByteCount)
  }
}

/// The records of a level, freed with the last reference.
final class LevelMemory: @unchecked Sendable {
  /// Written by whoever made it, before anybody else has it.
  let words: UnsafeMutableBufferPointer<UInt32>

  init(count: Int) { words = .allocate(capacity: count) }

  convenience init(_ records: [UInt32]) {
    self.init(count: records.count)
    _ = words.initialize(from: records)
  }

  deinit { words.deallocate() }
}

/// The records of a level at one address: memory, or a mapped file.
final class LevelRecords: @unchecked Sendable {
  let base: UnsafePointer<UInt32>
  let count: Int
  let stride: Int
  private let memory: LevelMemory?
  private let mapping: SpillMapping?

  init(_ level: NGramLevel) throws(Failure) {
    count = level.count
    stride = NGramLevel.wordsPerRecord(order: level.order)
    switch level.storage {
    case .memory(let memory):
      self.memory = memory
      mapping = nil
      base = UnsafePointer(memory.words.baseAddress ?? Self.nowhere)
    case .file(let file):
      memory = nil
      mapping = try file.map()
      base = mapping?.bytes.baseAddress?.assumingMemoryBound(to: UInt32.self) ?? UnsafePointer(Self.nowhere)
    }
  }

  private static var nowhere: UnsafeMutablePointer<UInt32> { UnsafeMutablePointer(bitPattern: 64)! }

  /// The record `index`, which is below `count`.
  @inline(__always)
  subscript(_ index: Int) -> UnsafePointer<UInt32> { base + index &* stride }

  /// Gives the pages of some records back to the system, which reads them again if need be.
  func releasePages(_ range: Range<Int>) {
    mapping?.releasePages(byteRange: range.lowerBound * stride * 4..<range.upperBound * stride * 4)
  }
}

/// One n-gram after the other of a level.
///
///     var cursor = level.makeCursor()
///     while try cursor.advance() { use(cursor.id(0), cursor.logProbability) }
public struct NGramCursor: ~Copyable {
  public let order: Int
  private let level: NGramLevel
  private let stride: Int
  /// The records now in memory: the whole level, or a window of the file.
  private let window: UnsafeMutableBufferPointer<UInt32>
  private let ownsWindow: Bool
  private var windowCount: Int
  /// Where the current record begins in `window`; one stride before the first at the start.
  private var position: Int
  private let windowCapacity: Int
  private var nextByteOffset = 0
  /// How many n-grams have been passed; the current one's index is one less.
  public private(set) var passed = 0

  init(_ level: NGramLevel, bufferByteCount: Int) {
    self.level = level
    order = level.order
    stride = NGramLevel.wordsPerRecord(order: level.order)
    switch level.storage {
    case .memory(let memory):
      window = memory.words
      ownsWindow = false
      windowCount = memory.words.count
      windowCapacity = 0
    case .file:
      windowCapacity = max(1, bufferByteCount / (4 * stride)) * stride
      window = .allocate(capacity: windowCapacity)
      ownsWindow = true
      windowCount = 0
    }
    position = -stride
  }

  deinit { if ownsWindow { window.deallocate() } }

  /// Moves to the next n-gram.
  ///
  /// - Returns: false at the end.
  public mutating func advance() throws(Failure) -> Bool {
    guard passed < level.count else {
      passed = level.count + 1
      return false
    }
    position += stride
    passed += 1
    if position >= windowCount, case .file(let file) = level.storage {
      let count = min(windowCapacity, (level.count - passed + 1) * stride)
      let part = UnsafeMutableBufferPointer(rebasing: window[..<count])
      try file.read(into: UnsafeMutableRawBufferPointer(part), atByteOffset: nextByteOffset)
      windowCount = count
      nextByteOffset += count * 4
      position = 0
    }
    return true
  }

  /// The index of the current n-gram in its level.
  public var index: Int { passed - 1 }
  /// Whether the last call of `advance()` found an n-gram.
  public var isValid: Bool { passed >= 1 && passed <= level.count }

  /// The id at `place` (0 ..< order) of the current n-gram.
  @inline(__always) public func id(_ place: Int) -> UInt32 { word(place) }
  /// ln P of the last id after the others.
  public var logProbability: Float { Float(bitPattern: word(order)) }
  /// ln of the weight with which shorter contexts count where this n-gram is the context.
  public var logBackoff: Float { Float(bitPattern: word(order + 1)) }

  @inline(__always)
  private func word(_ place: Int) -> UInt32 {
    precondition(place >= 0 && place < stride && position >= 0 && position < windowCount)
    return window[position + place]
  }
}

/// Collects a level's records in order, in memory up to a bound, then in a file.
public struct NGramLevelBuilder: ~Copyable {
  public let order: Int
  private var records: [UInt32] = []
  private var file: SpillFile?
  private let memoryWords: Int
  private let temporaryDirectory: String

  /// - Parameters:
  ///   - memoryByteCount: how much of the level may stay in memory.
  ///   - temporaryDirectory: where the file goes that takes the rest.
  public init(order: Int, memoryByteCount: Int = .max, temporaryDirectory: String = "/tmp") {
    self.order = order
    memoryWords = max(memoryByteCount / 4, 1 << 12)
    self.temporaryDirectory = temporaryDirectory
  }

  /// Appends an n-gram, which must follow the one before in lexicographic order.
  public mutating func append(
    _ ids: UnsafeBufferPointer<UInt32>, logProbability: Float, logBackoff: Float
  ) throws(Failure) {
    precondition(ids.count == order)
    records.append(contentsOf: ids)
    records.append(logProbability.bitPattern)
    records.append(logBackoff.bitPattern)
    if records.count >= memoryWords { try spill() }
  }

  /// Appends an n-gram, which must follow the one before in lexicographic order.
  public mutating func append(_ ids: [UInt32], logProbability: Float, logBackoff: Float) throws(Failure) {
    precondition(ids.count == order)
    records.append(contentsOf: ids)
    records.append(logProbability.bitPattern)
    records.append(logBackoff.bitPattern)
    if records.count >= memoryWords { try spill() }
  }

  private mutating func spill() throws(Failure) {
    let target: SpillFile
    if let file { target = file } else { target = try SpillFile(inDirectory: temporaryDirectory) }
    file = target
    try target.append(records)
    records.removeAll(keepingCapacity: true)
  }

  /// The level with all that was appended.
  public consuming func finish() throws(Failure) -> NGramLevel {
    guard file != nil else { return NGramLevel(order: order, records: records) }
    if !records.isEmpty { try spill() }
    return NGramLevel(order: order, file: file!)
  }
}
