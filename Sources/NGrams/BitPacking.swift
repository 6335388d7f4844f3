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

/// Appends bytes and bit fields to a file through a buffer.
struct SectionWriter: ~Copyable {
  private let descriptor: Int32
  private let path: String
  private var buffer: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingBits = 0
  private(set) var byteOffset = 0

  /// Creates or empties the file at `path`.
  init(path: String) throws(Failure) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Failure.system(path, doing: "create") }
    buffer.reserveCapacity(1 << 17)
  }

  deinit { close(descriptor) }

  /// Appends the low `width` (at most 57) bits of `value`, whose other bits are 0.
  @inline(__always)
  mutating func append(_ value: UInt64, width: Int) throws(Failure) {
    pending |= value &<< UInt64(truncatingIfNeeded: pendingBits)
    let total = pendingBits + width
    if total >= 64 {
      appendWord(pending)
      pending = pendingBits == 0 ? 0 : value &>> UInt64(truncatingIfNeeded: 64 - pendingBits)
      pendingBits = total - 64
      if buffer.count >= 1 << 16 { try flush() }
    } else {
      pendingBits = total
    }
  }

  private mutating func appendWord(_ word: UInt64) {
    withUnsafeBytes(of: word.littleEndian) { buffer.append(contentsOf: $0) }
    byteOffset += 8
  }

  /// Appends raw numbers; no bits may be pending.
  mutating func append(_ words: [UInt32]) throws(Failure) {
    for word in words { try append(UInt64(word), width: 32) }
  }

  /// Fills up with zeros to 8 bytes beyond the last bit, aligned to 8 bytes, so that any field can be read with
  /// one load, and begins a section there.
  mutating func endSection() throws(Failure) {
    if pendingBits > 0 { appendWord(pending) }
    pending = 0
    pendingBits = 0
    appendWord(0)
    try flush()
  }

  private mutating func flush() throws(Failure) {
    let outcome: Result<Void, Failure> = buffer.withUnsafeBytes { bytes in
      do throws(Failure) {
        return .success(try writeAll(descriptor, bytes, path: path))
      } catch { return .failure(error) }
    }
    try outcome.get()
    buffer.removeAll(keepingCapacity: true)
  }

  /// Replaces what is at the start of the file, everything being flushed.
  func overwriteStart(_ words: [UInt64]) throws(Failure) {
    let bytes = words.map(\.littleEndian)
    let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == words.count * 8 else { throw Failure.system(path, doing: "write") }
  }
}
