import LanguageModeling
import Platform

/// Reads the types of a run in their order.
struct RunTypeCursor {
  private var reader: RunSectionReader
  /// The bytes of the present type, and how often it occurs.
  private(set) var type: [UInt8] = []
  private(set) var count: UInt64 = 0
  private var readCount = 0

  init(_ run: RunFile) { reader = RunSectionReader(run, .types) }

  /// Goes to the next type; false if there is none.
  mutating func advance() throws(Failure) -> Bool {
    guard try reader.hasNext() else {
      guard readCount == reader.run.description.typeCount else { throw reader.damaged }
      return false
    }
    let shared = try reader.number()
    guard reader.isAtBlockStart ? shared == 0 : shared <= type.count else { throw reader.damaged }
    let suffix = try reader.bytes(try reader.number())
    // Ascending: the first byte that differs is greater, or there was none.
    let isAscending =
      reader.isAtBlockStart
      ? readCount == 0 || type.lexicographicallyPrecedes(suffix)
      : shared == type.count ? !suffix.isEmpty : suffix.first.map { type[shared] < $0 } ?? false
    guard isAscending else { throw reader.damaged }
    type.removeLast(reader.isAtBlockStart ? type.count : type.count - shared)
    type.append(contentsOf: suffix)
    // Nobody counts what stands for something else in a model.
    guard type.first != UInt8(ascii: "<") || !Vocabulary.specials.contains(type) else { throw reader.damaged }
    count = UInt64(try reader.number())
    readCount += 1
    guard readCount <= reader.run.description.typeCount else { throw reader.damaged }
    return true
  }
}

/// Writes types in their order.
struct RunTypeEncoder {
  private var last: [UInt8] = []
  private(set) var typeCount = 0

  mutating func append(
    _ type: some Collection<UInt8>, count: UInt64, to writer: inout RunWriter
  ) throws(Failure) {
    let type = Array(type)
    var shared = 0
    if !writer.isAtBlockStart {
      while shared < min(last.count, type.count), last[shared] == type[shared] { shared += 1 }
    }
    writer.append(shared)
    writer.append(type.count - shared)
    writer.append(bytes: type[shared...])
    writer.append(count)
    try writer.endEntry()
    last = type
    typeCount += 1
  }
}
