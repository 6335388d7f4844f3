/// The ids of short types that were looked up lately: a table of one entry a place, in which the newest stays.
///
/// Types have no NUL bytes, so that their bytes with zeros behind tell them apart.
struct RecentTypes: BitwiseCopyable {
  /// A type of 1 to 16 bytes.
  struct Spelling: BitwiseCopyable {
    /// The bytes, the first in the lowest bits.
    let low: UInt64
    let high: UInt64

    /// Nil for a longer type.
    ///
    /// - Parameters:
    ///   - base: 16 bytes from here must be readable.
    ///   - count: at least 1.
    @inline(__always)
    init?(_ base: UnsafeRawPointer, _ count: Int) {
      guard count <= 16 else { return nil }
      let first = UInt64(littleEndian: base.loadUnaligned(as: UInt64.self))
      let second = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      let isLong = count > 8
      // Shifts are taken modulo 64.
      let unused = UInt64(truncatingIfNeeded: 64 &- 8 &* count)
      low = isLong ? first : first & (~0 &>> unused)
      high = isLong ? second & (~0 &>> unused) : 0
    }
  }

  private struct Entry {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var id: UInt32 = 0
  }

  /// 24 bytes an entry: the table stays in the second-level cache.
  private static let log2Capacity: UInt64 = 12
  private let entries: UnsafeMutablePointer<Entry>

  init() {
    entries = .allocate(capacity: 1 << Int(Self.log2Capacity))
    entries.initialize(repeating: Entry(), count: 1 << Int(Self.log2Capacity))
  }

  func deallocate() { entries.deallocate() }

  @inline(__always)
  private func entry(_ spelling: Spelling) -> UnsafeMutablePointer<Entry> {
    var mixed = (spelling.low ^ (spelling.high &* 0xD6E8_FEB8_6659_FD93)) &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ mixed &>> 29) &* 0xD6E8_FEB8_6659_FD93
    return entries + Int(truncatingIfNeeded: mixed &>> (64 &- Self.log2Capacity))
  }

  @inline(__always)
  func id(of spelling: Spelling) -> UInt32? {
    let entry = entry(spelling)
    return entry.pointee.low == spelling.low && entry.pointee.high == spelling.high ? entry.pointee.id : nil
  }

  @inline(__always)
  func store(_ spelling: Spelling, _ id: UInt32) {
    entry(spelling).pointee = Entry(low: spelling.low, high: spelling.high, id: id)
  }
}
