import Platform

/// The field of at most 57 bits that begins `bitOffset` bits after `base`. Eight bytes from the field's first byte
/// on must be readable.
@inline(__always)
func loadBits(_ base: UnsafeRawPointer, _ bitOffset: Int, _ mask: UInt64) -> UInt64 {
  let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: bitOffset &>> 3, as: UInt64.self))
  return (word &>> UInt64(truncatingIfNeeded: bitOffset & 7)) & mask
}

/// How many bits numbers up to `value` take; 0 for 0.
func bitWidth(of value: UInt64) -> Int { 64 - value.leadingZeroBitCount }

/// A mask of `width` ones; `width` is at most 63.
@inline(__always)
func lowMask(_ width: Int) -> UInt64 { (1 << UInt64(width)) - 1 }

/// The bytes of a section of `bits` bits: whole words, and one more, so that any field can be read with one load.
func sectionByteCount(bits: Int) -> Int { (bits + 63) / 64 * 8 + 8 }

/// Packs bit fields into memory, from the lowest bit on.
struct BitWriter: ~Copyable {
  private let words: UnsafeMutablePointer<UInt64>
  private let capacity: Int
  private var wordCount = 0
  private var pending: UInt64 = 0
  private var pendingBits = 0

  /// - Parameter bitCapacity: the most bits that will be appended.
  init(bitCapacity: Int) {
    capacity = sectionByteCount(bits: bitCapacity) / 8
    words = .allocate(capacity: capacity)
  }

  deinit { words.deallocate() }

  /// Appends the low `width` (at most 57) bits of `value`, whose other bits are 0.
  @inline(__always)
  mutating func append(_ value: UInt64, width: Int) {
    pending |= value &<< UInt64(truncatingIfNeeded: pendingBits)
    let total = pendingBits &+ width
    if total >= 64 {
      appendWord()
      pending = pendingBits == 0 ? 0 : value &>> UInt64(truncatingIfNeeded: 64 &- pendingBits)
      pendingBits = total &- 64
    } else {
      pendingBits = total
    }
  }

  @inline(__always)
  private mutating func appendWord() {
    precondition(wordCount < capacity)
    words[wordCount] = pending.littleEndian
    wordCount &+= 1
  }

  /// Calls `body` with all that was appended, zeros up to a multiple of 8 bytes, and empties the writer.
  ///
  /// - Parameter isLast: whether the section ends here and its spare word follows.
  mutating func take(
    isLast: Bool, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    if pendingBits > 0 { appendWord() }
    pending = 0
    pendingBits = 0
    if isLast { appendWord() }
    try body(UnsafeRawBufferPointer(start: words, count: wordCount * 8))
    wordCount = 0
  }
}

/// A file that is written at any place, by several threads at once.
final class OutputFile: Sendable {
  private let descriptor: Int32
  private let path: String

  /// Creates the file at `path`, in place of one that is there.
  init(path: String) throws(Failure) {
    self.path = path
    unlink(path)
    descriptor = try createFile(path)
  }

  deinit { close(descriptor) }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Failure) {
    guard writeAll(descriptor, bytes, atByteOffset: offset) else {
      throw Failure.system(path, doing: "write")
    }
  }

  func write<Number>(_ numbers: [Number], at offset: Int) throws(Failure) {
    let outcome: Result<Void, Failure> = numbers.withUnsafeBytes { bytes in
      do throws(Failure) { return .success(try write(bytes, at: offset)) } catch { return .failure(error) }
    }
    try outcome.get()
  }

  func setByteCount(_ count: Int) throws(Failure) {
    guard ftruncate(descriptor, off_t(count)) == 0 else { throw Failure.system(path, doing: "write") }
  }
}
