import CSystem
import NGrams
import Platform

/// Contexts of the training text with what followed them, mapped from `contexts.bin`.
///
/// The file, all numbers little-endian and of 32 bits unless said: 8 bytes `INKCTX01`; the number of sections; a zero;
/// then a section header each: the number of the section's kind, log2 of its slot count, byte offset of the slots
/// (64 bits), byte offset of the pool (64 bits), the pool's count of numbers (64 bits). A slot is the context's key and
/// one more than the place of its block in the pool, 0 for a free slot; a block is the total, the number of distinct
/// successors, then pairs of token and count, the most frequent first. The content is untrusted.
public final class TrainedContexts: Sendable {
  struct Section: Sendable {
    nonisolated(unsafe) let slots: UnsafePointer<UInt32>
    let mask: Int
    nonisolated(unsafe) let pool: UnsafePointer<UInt32>
    let poolCount: Int

    @inline(__always)
    func successors(of key: UInt32) -> Successors {
      var slot = Self.home(key) & mask
      // A damaged file may have no free slot left.
      for _ in 0..<64 {
        let place = Int(slots[2 * slot + 1])
        if place == 0 { return Successors() }
        if slots[2 * slot] == key {
          let offset = place - 1
          guard offset + 2 <= poolCount else { return Successors() }
          let distinct = pool[offset + 1]
          guard offset + 2 + 2 * Int(distinct) <= poolCount, distinct > 0 else { return Successors() }
          return Successors(total: max(pool[offset], 1), distinct: distinct, pairs: pool + offset + 2)
        }
        slot = (slot + 1) & mask
      }
      return Successors()
    }

    /// Asks for the memory that `successors` reads: the slots, and once they are there, the block.
    @inline(__always)
    func fetch(_ part: Part, _ key: UInt32) {
      let slot = slots + 2 * (Self.home(key) & mask)
      switch part {
      case .slot: inkling_prefetch(slot)
      case .block:
        // What is not the key's does no harm.
        let place = Int(slot[1])
        if place > 0, place <= poolCount { inkling_prefetch(pool + (place - 1)) }
      }
    }

    @inline(__always) static func home(_ key: UInt32) -> Int { Int((key &* 0x9E37_79B1) ^ (key >> 15)) }
  }

  /// What a lookup reads, one after the other.
  enum Part { case slot, block }

  /// What keeps the bytes alive.
  private enum Content: Sendable {
    case file(MappedFile)
    case memory(OwnedMemory)
    case temporary(SpillMapping)
  }

  private final class OwnedMemory: Sendable {
    nonisolated(unsafe) private let bytes: UnsafeMutableRawBufferPointer
    init(bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }
    deinit { bytes.deallocate() }
  }

  static let magic: [UInt8] = Array("INKCTX01".utf8)
  private let content: Content
  private let sections: [Section?]
  /// Sections of the words' spelling come after those of the context kinds.
  static let spellingKind = 64
  private static let sectionLimit = 128

  /// The file's name in a model directory.
  public static let fileName = "contexts.bin"

  /// Takes a mapped `contexts.bin`: checks the headers, reads nothing else.
  public convenience init(file: MappedFile) throws(Failure) {
    try self.init(bytes: file.bytes, path: file.path, content: .file(file))
  }

  /// Takes the content of a `contexts.bin` that is in memory.
  package convenience init(bytes: [UInt8]) throws(Failure) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    copy.copyBytes(from: bytes)
    try self.init(
      bytes: UnsafeRawBufferPointer(copy), path: Self.fileName, content: .memory(OwnedMemory(bytes: copy)))
  }

  /// Takes what a temporary file holds.
  convenience init(_ file: SpillFile) throws(Failure) {
    guard let mapping = try file.map() else {
      throw Failure(Self.fileName, why: "is empty", remedy: "train the model again")
    }
    try self.init(bytes: mapping.bytes, path: Self.fileName, content: .temporary(mapping))
  }

  private init(bytes: UnsafeRawBufferPointer, path: String, content: Content) throws(Failure) {
    func damaged(_ why: String) -> Failure {
      Failure(path, why: why, remedy: "train the model again")
    }
    guard bytes.count >= 16, bytes.prefix(8).elementsEqual(Self.magic) else {
      throw damaged("is not a table of contexts")
    }
    // A copy of what may be headers: the file may become another one while they are checked.
    let headers = Array(bytes.prefix(16 + Self.sectionLimit * 32))
    func number<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: Number.Type) -> Number {
      headers.withUnsafeBytes {
        Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
      }
    }
    let count = Int(number(8, UInt32.self))
    guard count <= Self.sectionLimit, headers.count >= 16 + count * 32 else { throw damaged("is cut short") }
    var sections = [Section?](repeating: nil, count: Self.sectionLimit)
    for index in 0..<count {
      let header = 16 + index * 32
      let kind = Int(number(header, UInt32.self))
      let logSlots = Int(number(header + 4, UInt32.self))
      let slotsOffset = number(header + 8, UInt64.self)
      let poolOffset = number(header + 16, UInt64.self)
      let poolCount = number(header + 24, UInt64.self)
      let size = UInt64(bytes.count)
      guard kind < Self.sectionLimit, logSlots < 32, slotsOffset % 4 == 0, poolOffset % 4 == 0,
        slotsOffset <= size, poolOffset <= size, UInt64(8) << UInt64(logSlots) <= size - slotsOffset,
        poolCount <= (size - poolOffset) / 4
      else { throw damaged("has a section outside the file") }
      let base = bytes.baseAddress!
      sections[kind] = Section(
        slots: (base + Int(slotsOffset)).assumingMemoryBound(to: UInt32.self), mask: 1 << logSlots - 1,
        pool: (base + Int(poolOffset)).assumingMemoryBound(to: UInt32.self), poolCount: Int(poolCount))
    }
    self.content = content
    self.sections = sections
  }

  /// What followed a context in the training text.
  @inline(__always)
  func successors(_ kind: ContextKind, _ key: UInt32) -> Successors {
    sections[kind.rawValue]?.successors(of: key) ?? Successors()
  }

  /// The byte that followed the last `order` bytes of a word.
  @inline(__always)
  func spelling(order: Int, _ key: UInt32) -> Successors {
    sections[Self.spellingKind + order]?.successors(of: key) ?? Successors()
  }

  /// Asks for the memory that `successors` reads.
  @inline(__always)
  func fetch(_ part: Part, _ kind: ContextKind, _ key: UInt32) { sections[kind.rawValue]?.fetch(part, key) }

  /// Asks for the memory that `spelling` reads.
  @inline(__always)
  func fetch(_ part: Part, order: Int, _ key: UInt32) {
    sections[Self.spellingKind + order]?.fetch(part, key)
  }

  var hasSpelling: Bool { sections[Self.spellingKind] != nil }
  func has(_ kind: ContextKind) -> Bool { sections[kind.rawValue] != nil }
}
