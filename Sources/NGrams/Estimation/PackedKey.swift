/// Several ids side by side in one number, the first in the highest bits, so that comparing numbers compares the
/// ids lexicographically.
protocol PackedKey: BitwiseCopyable, Comparable, Sendable {
  static var bitWidth: Int { get }
  static var zero: Self { get }
  /// This key moved up by `bits`, with `id` in the lowest bits.
  func appending(_ id: UInt32, bits: Int) -> Self
  /// `id` at `shift`, over what is there.
  func inserting(_ id: UInt32, shift: Int) -> Self
  /// The 32 bits from `shift` on.
  func word(shift: Int) -> UInt32
  func shiftedDown(_ bits: Int) -> Self
  /// The number of leading bits equal in both.
  func commonPrefixBits(_ other: Self) -> Int
  var trailingZeroBitCount: Int { get }
}

extension PackedKey where Self: FixedWidthInteger {
  @inline(__always) func appending(_ id: UInt32, bits: Int) -> Self {
    self << Self(truncatingIfNeeded: bits) | Self(truncatingIfNeeded: id)
  }
  @inline(__always) func inserting(_ id: UInt32, shift: Int) -> Self {
    self | (Self(truncatingIfNeeded: id) &<< Self(truncatingIfNeeded: shift))
  }
  @inline(__always) func word(shift: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: self &>> Self(truncatingIfNeeded: shift))
  }
  @inline(__always) func shiftedDown(_ bits: Int) -> Self { self &>> Self(truncatingIfNeeded: bits) }
  @inline(__always) func commonPrefixBits(_ other: Self) -> Int { (self ^ other).leadingZeroBitCount }
}

extension UInt64: PackedKey {}
extension UInt128: PackedKey {}

/// 256 bits: eight ids of 32 bits.
struct UInt256Key: PackedKey {
  var high: UInt128
  var low: UInt128

  static var bitWidth: Int { 256 }
  static var zero: Self { Self(high: 0, low: 0) }

  @inline(__always) static func < (a: Self, b: Self) -> Bool {
    a.high != b.high ? a.high < b.high : a.low < b.low
  }
  @inline(__always) func appending(_ id: UInt32, bits: Int) -> Self {
    let carried = low &>> UInt128(truncatingIfNeeded: 128 - bits)
    return Self(
      high: high &<< UInt128(truncatingIfNeeded: bits) | carried,
      low: low &<< UInt128(truncatingIfNeeded: bits) | UInt128(id))
  }
  @inline(__always) func inserting(_ id: UInt32, shift: Int) -> Self {
    var result = self
    if shift >= 128 {
      result.high |= UInt128(id) &<< UInt128(truncatingIfNeeded: shift - 128)
    } else {
      result.low |= UInt128(id) &<< UInt128(truncatingIfNeeded: shift)
      if shift > 96 { result.high |= UInt128(id) &>> UInt128(truncatingIfNeeded: 128 - shift) }
    }
    return result
  }
  @inline(__always) func word(shift: Int) -> UInt32 {
    if shift >= 128 { return UInt32(truncatingIfNeeded: high &>> UInt128(truncatingIfNeeded: shift - 128)) }
    var result = UInt32(truncatingIfNeeded: low &>> UInt128(truncatingIfNeeded: shift))
    if shift > 96 {
      result |= UInt32(truncatingIfNeeded: high &<< UInt128(truncatingIfNeeded: 128 - shift))
    }
    return result
  }
  @inline(__always) func shiftedDown(_ bits: Int) -> Self {
    // Only ever by one id: 0 < bits ≤ 32.
    Self(
      high: high &>> UInt128(truncatingIfNeeded: bits),
      low: low &>> UInt128(truncatingIfNeeded: bits)
        | high &<< UInt128(truncatingIfNeeded: 128 - bits))
  }
  @inline(__always) func commonPrefixBits(_ other: Self) -> Int {
    high != other.high
      ? (high ^ other.high).leadingZeroBitCount : 128 + (low ^ other.low).leadingZeroBitCount
  }
  @inline(__always) var trailingZeroBitCount: Int {
    low != 0 ? low.trailingZeroBitCount : 128 + high.trailingZeroBitCount
  }
}

/// How ids are packed: each in `idBits` bits.
struct KeyLayout: Sendable {
  /// N, the ids in a full key.
  let order: Int
  let idBits: Int

  var keyBits: Int { order * idBits }
  var idMask: UInt32 { idBits >= 32 ? .max : (1 << UInt32(idBits)) - 1 }

  init(order: Int, vocabularyCount: Int) {
    self.order = order
    idBits = max(2, Int.bitWidth - max(vocabularyCount - 1, 1).leadingZeroBitCount)
  }
}
