import Platform

/// The bytes of all types by id: in a mapped file where they stand unescaped, else in memory.
final class VocabularyText: Sendable {
  /// Where a type lies: `isDecoded` in the arena, else in the mapped file.
  private nonisolated(unsafe) let base: UnsafeRawBufferPointer
  private nonisolated(unsafe) let arena: UnsafeMutableRawBufferPointer
  /// Byte offset of each type; its highest bit says that the type lies in the arena.
  private let starts: [UInt32]
  private let lengths: [UInt32]
  private let owner: MappedFile?

  private static let arenaBit: UInt32 = 1 << 31

  var count: Int { starts.count }

  /// - Parameter sortedTypes: ascending; equal ones in a row are taken once.
  init(sortedTypes: [[UInt8]]) {
    let all = Vocabulary.specials + sortedTypes
    var starts: [UInt32] = []
    var lengths: [UInt32] = []
    var bytes: [UInt8] = []
    for (place, type) in all.enumerated() {
      if place > Vocabulary.specials.count && type == all[place - 1] { continue }
      starts.append(UInt32(bytes.count) | Self.arenaBit)
      lengths.append(UInt32(type.count))
      bytes += type
    }
    self.starts = starts
    self.lengths = lengths
    arena = Self.copy(bytes)
    base = UnsafeRawBufferPointer(start: nil, count: 0)
    owner = nil
  }

  private static func copy(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
    let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 8)
    arena.copyBytes(from: bytes)
    return arena
  }

  deinit { arena.deallocate() }

  /// Finds the lines of a mapped `vocabulary.txt`; only those with a backslash are decoded.
  init(file: MappedFile) throws(Failure) {
    let bytes = file.bytes
    guard bytes.count < Int(Self.arenaBit) else {
      throw Failure(file.path, why: "is longer than 2 GiB", remedy: "train with a smaller vocabulary")
    }
    var scan = VocabularyScan(bytes: bytes, path: file.path)
    try scan.run()
    starts = scan.starts
    lengths = scan.lengths
    arena = Self.copy(scan.decoded)
    base = bytes
    owner = file
    try checkSpecials(file.path)
    try checkOrder(file.path)
  }

  private func checkSpecials(_ path: String) throws(Failure) {
    for (id, special) in Vocabulary.specials.enumerated() {
      guard id < count, special.elementsEqual(self[id]) else {
        throw Failure(
          "\(path):\(id + 1)", why: "expected \(String(decoding: special, as: UTF8.self))",
          remedy: "train the model again")
      }
    }
  }

  private func checkOrder(_ path: String) throws(Failure) {
    var place = Vocabulary.specials.count + 1
    while place < count {
      guard compare(place - 1, self[place]) < 0 else {
        throw Failure(
          "\(path):\(place + 1)", why: "is out of order", remedy: "train the model again")
      }
      place += 1
    }
  }

  /// The bytes of the type with the id `place`.
  subscript(_ place: Int) -> UnsafeRawBufferPointer {
    let start = starts[place]
    let length = Int(lengths[place])
    if start & Self.arenaBit != 0 {
      let from = Int(start & ~Self.arenaBit)
      return UnsafeRawBufferPointer(rebasing: arena[from..<from + length])
    }
    return UnsafeRawBufferPointer(rebasing: base[Int(start)..<Int(start) + length])
  }

  /// Negative, zero or positive as the type `place` comes before, is, or comes after `type`.
  func compare(_ place: Int, _ type: UnsafeRawBufferPointer) -> Int {
    let own = self[place]
    let common = min(own.count, type.count)
    let order = common == 0 ? 0 : Int(memcmp(own.baseAddress!, type.baseAddress!, common))
    return order != 0 ? order : own.count - type.count
  }

  /// The first ordinary type that is not before `type`; `count` if all are.
  func lowerBound(of type: UnsafeRawBufferPointer) -> Int {
    var low = Vocabulary.specials.count
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if compare(middle, type) < 0 { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The end of the types that begin with `prefix`, given where they begin.
  func upperBound(ofPrefix prefix: UnsafeRawBufferPointer, from start: Int) -> Int {
    var low = start
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let own = self[middle]
      let begins =
        own.count >= prefix.count
        && (prefix.isEmpty || memcmp(own.baseAddress!, prefix.baseAddress!, prefix.count) == 0)
      if begins { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func serialized() -> [UInt8] {
    var result: [UInt8] = []
    for place in 0..<count {
      VocabularyEscapes.append(self[place], to: &result)
      result.append(0x0A)
    }
    return result
  }
}

/// One pass over `vocabulary.txt`.
private struct VocabularyScan {
  let bytes: UnsafeRawBufferPointer
  let path: String
  var starts: [UInt32] = []
  var lengths: [UInt32] = []
  var decoded: [UInt8] = []

  init(bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
    starts.reserveCapacity(bytes.count / 10)
    lengths.reserveCapacity(bytes.count / 10)
  }

  mutating func run() throws(Failure) {
    guard let base = bytes.baseAddress, bytes[bytes.count - 1] == 0x0A else {
      throw Failure(path, why: "ends in the middle of a line", remedy: "train the model again")
    }
    var backslash = nextBackslash(from: 0)
    var offset = 0
    while offset < bytes.count {
      let line = base + offset
      let length = memchr(line, 0x0A, bytes.count - offset)! - UnsafeMutableRawPointer(mutating: line)
      if backslash < offset + length {
        try decode(offset, length)
        backslash = nextBackslash(from: offset + length)
      } else {
        starts.append(UInt32(offset))
        lengths.append(UInt32(length))
      }
      offset += length + 1
    }
    guard starts.count <= Vocabulary.maximumCount else {
      throw Failure(path, why: "has too many lines", remedy: "train with a smaller vocabulary")
    }
  }

  private func nextBackslash(from offset: Int) -> Int {
    guard offset < bytes.count,
      let found = memchr(bytes.baseAddress! + offset, 0x5C, bytes.count - offset)
    else { return .max }
    return UnsafeRawPointer(found) - bytes.baseAddress!
  }

  private mutating func decode(_ offset: Int, _ length: Int) throws(Failure) {
    let from = decoded.count
    guard VocabularyEscapes.decode(bytes[offset..<offset + length], into: &decoded) else {
      throw Failure(
        "\(path):\(starts.count + 1)", why: "has a malformed escape", remedy: "train the model again")
    }
    starts.append(UInt32(from) | 1 << 31)
    lengths.append(UInt32(decoded.count - from))
  }
}
