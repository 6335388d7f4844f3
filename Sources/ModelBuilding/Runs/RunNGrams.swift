import LanguageModeling
import Platform

/// Where the blocks of a run's n-grams are.
struct RunNGramPlaces: Sendable {
  private var byteOffsets: [Int] = []
  /// The first number of each block's first n-gram.
  private var firstWords: [UInt32] = []

  init(_ run: RunFile) throws(Failure) {
    var reader = RunSectionReader(run, .places)
    var byteOffset = 0
    var word = 0
    while try reader.hasNext() {
      byteOffset += try reader.number(below: Int(Int32.max) << 24)
      word += try reader.number(below: Int(UInt32.max))
      guard word <= run.description.typeCount + Vocabulary.specials.count else { throw reader.damaged }
      byteOffsets.append(byteOffset)
      firstWords.append(UInt32(word))
    }
  }

  /// The byte offset of the last block that may hold the first n-gram with at least this first number; nil where there are
  /// no blocks.
  func block(holding word: UInt32) -> Int? {
    var lower = 0
    var upper = firstWords.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if firstWords[middle] < word { lower = middle + 1 } else { upper = middle }
    }
    return byteOffsets.isEmpty ? nil : byteOffsets[max(0, lower - 1)]
  }
}

/// Reads the n-grams of a run in their order.
final class RunNGramCursor {
  private var reader: RunSectionReader
  private let order: Int
  private let idLimit: Int
  /// The N numbers of the present n-gram; zeros between `<s>` and the last.
  let words: UnsafeMutablePointer<UInt32>
  private(set) var count: UInt64 = 0
  /// N-grams read so far.
  private(set) var readCount = 0

  init(_ run: RunFile) {
    reader = RunSectionReader(run, .ngrams)
    order = run.description.options.order
    idLimit = run.description.typeCount + Vocabulary.specials.count
    words = .allocate(capacity: RunFormat.largestOrder)
    words.initialize(repeating: 0, count: RunFormat.largestOrder)
  }

  deinit { words.deallocate() }

  /// Goes to the block at a byte offset.
  func seek(toBlockAt byteOffset: Int) { reader.seek(toBlockAt: byteOffset) }

  /// Goes to the next n-gram; false if there is none.
  func advance() throws(Failure) -> Bool {
    guard try reader.hasNext() else { return false }
    let head = try reader.byte()
    let shared = Int(head & 7)
    guard shared < order, !reader.isAtBlockStart || shared == 0 else { throw reader.damaged }
    let base = reader.isAtBlockStart ? 0 : words[shared]
    var word = Int(base) + (try reader.number(below: idLimit))
    guard word < idLimit, word > base else { throw reader.damaged }
    words[shared] = UInt32(word)
    var isPastStart = false
    for place in 0..<shared where words[place] == 1 { isPastStart = true }
    guard !isPastStart || shared == order - 1 else { throw reader.damaged }
    var place = shared
    while place < order - 1 {
      if words[place] == 1 { isPastStart = true }
      place += 1
      if isPastStart && place < order - 1 {
        words[place] = 0
        continue
      }
      word = try reader.number(below: idLimit)
      words[place] = UInt32(word)
    }
    try check(from: shared)
    count = head & 8 != 0 ? 1 : UInt64(try reader.number())
    guard count > 0 else { throw reader.damaged }
    readCount += 1
    return true
  }

  /// Context words are `<s>` or types; the last word is `</s>` or a type.
  @inline(__always)
  private func check(from start: Int) throws(Failure) {
    for place in start..<order {
      let word = words[place]
      if word >= 3 || (place == order - 1 ? word == 2 : word == 1) { continue }
      // Zeros stand behind `<s>` only.
      guard word == 0, place > 0, place < order - 1, words[place - 1] <= 1 else { throw reader.damaged }
    }
  }
}

/// Writes n-grams in their order, and their places.
struct RunNGramEncoder {
  private let order: Int
  private var last: [UInt32]
  private(set) var ngramCount = 0
  private var places: [(byteOffset: Int, word: UInt32)] = []

  init(order: Int) {
    self.order = order
    last = [UInt32](repeating: 0, count: order)
  }

  @inline(__always)
  mutating func append(
    _ words: UnsafePointer<UInt32>, count: UInt64, to writer: inout RunWriter
  ) throws(Failure) {
    var shared = 0
    if writer.isAtBlockStart {
      places.append((writer.nextBlockOffset, words[0]))
      last[0] = 0
    } else {
      while shared < order - 1, last[shared] == words[shared] { shared += 1 }
    }
    writer.append(byte: UInt8(shared) | (count == 1 ? 8 : 0))
    writer.append(UInt64(words[shared] &- last[shared]))
    var place = shared + 1
    var isPastStart = false
    for before in 0...shared where words[before] == 1 { isPastStart = true }
    while place < order {
      if place == order - 1 || !isPastStart { writer.append(UInt64(words[place])) }
      if words[place] == 1 { isPastStart = true }
      place += 1
    }
    if count != 1 { writer.append(count) }
    for place in shared..<order { last[place] = words[place] }
    ngramCount += 1
    try writer.endEntry()
  }

  /// Writes where the blocks are.
  func writePlaces(to writer: inout RunWriter) throws(Failure) {
    writer.begin(.places)
    var last = (byteOffset: 0, word: UInt32(0))
    for place in places {
      writer.append(place.byteOffset - last.byteOffset)
      writer.append(UInt64(place.word - last.word))
      try writer.endEntry()
      last = place
    }
    try writer.end()
  }
}
