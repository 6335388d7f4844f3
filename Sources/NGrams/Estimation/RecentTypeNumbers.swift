/// The numbers of short types that were met lately: a table of one entry a place, in which the newest stays. Most tokens of
/// a text are found here, in the second-level cache, and not in the table of all types.
final class RecentTypeNumbers {
  /// A type of 1 to 16 bytes, told from all others.
  struct Spelling: BitwiseCopyable {
    fileprivate let low: UInt64
    fileprivate let high: UInt64
    fileprivate let count: UInt32

    /// Nil for a longer type, and for an empty one.
    @inline(__always)
    init?(_ type: UnsafeRawBufferPointer) {
      guard let base = type.baseAddress, 1...16 ~= type.count else { return nil }
      let length = type.count
      count = UInt32(truncatingIfNeeded: length)
      if length >= 8 {
        low = base.loadUnaligned(as: UInt64.self)
        high = base.loadUnaligned(fromByteOffset: length &- 8, as: UInt64.self)
      } else if length >= 4 {
        low = UInt64(base.loadUnaligned(as: UInt32.self))
        high = UInt64(base.loadUnaligned(fromByteOffset: length &- 4, as: UInt32.self))
      } else {
        low =
          UInt64(base.load(as: UInt8.self)) | UInt64(base.load(fromByteOffset: length / 2, as: UInt8.self))
          << 8
        high = UInt64(base.load(fromByteOffset: length &- 1, as: UInt8.self))
      }
    }

    @inline(__always)
    fileprivate var place: Int {
      var mixed = (low ^ (high &* 0xD6E8_FEB8_6659_FD93) ^ UInt64(count)) &* 0x9E37_79B9_7F4A_7C15
      mixed = (mixed ^ mixed &>> 29) &* 0xD6E8_FEB8_6659_FD93
      return Int(truncatingIfNeeded: mixed &>> (64 &- RecentTypeNumbers.log2Capacity))
    }
  }

  private struct Entry: BitwiseCopyable {
    var low: UInt64 = 0
    var high: UInt64 = 0
    /// 0 for a free place: no type has it.
    var count: UInt32 = 0
    var number: UInt32 = 0
  }

  fileprivate static let log2Capacity: UInt64 = 13
  private let entries: UnsafeMutablePointer<Entry>

  init() {
    entries = .allocate(capacity: 1 << Int(Self.log2Capacity))
    entries.initialize(repeating: Entry(), count: 1 << Int(Self.log2Capacity))
  }

  deinit { entries.deallocate() }

  /// The number of a type; `make` gives it where it is not known here.
  @inline(__always)
  func number(of spelling: Spelling, _ make: () -> UInt32) -> UInt32 {
    let entry = entries + spelling.place
    if entry.pointee.low == spelling.low && entry.pointee.high == spelling.high
      && entry.pointee.count == spelling.count
    {
      return entry.pointee.number
    }
    let number = make()
    entry.pointee = Entry(low: spelling.low, high: spelling.high, count: spelling.count, number: number)
    return number
  }
}
