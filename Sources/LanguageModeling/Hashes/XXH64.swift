/// The 64-bit hash of xxHash (Collet, "xxHash fast digest algorithm", specification 0.1.1, section "XXH64"), which
/// `xxhsum -H1` prints: it finds damage, not malice, at the speed of memory.
package enum XXH64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  @inline(__always)
  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotated(lane &+ word &* prime2, 31) &* prime1
  }

  @inline(__always)
  private static func merged(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
    (hash ^ round(0, lane)) &* prime1 &+ prime4
  }

  /// The hash of `bytes` with the given seed.
  ///
  /// - Parameter passed: called every 8 MiB with how many bytes are no longer needed; once it says false the rest is left
  ///   out, and the result means nothing.
  package static func hash(
    _ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0, passed: (Int) -> Bool = { _ in true }
  ) -> UInt64 {
    var hash = seed &+ prime5
    var offset = 0
    guard let base = bytes.baseAddress else { return avalanched(hash) }
    if bytes.count >= 32 {
      var first = seed &+ prime1 &+ prime2
      var second = seed &+ prime2
      var third = seed
      var fourth = seed &- prime1
      while offset &+ 32 <= bytes.count {
        let pause = offset &+ 1 << 23
        while offset &+ 32 <= bytes.count && offset < pause {
          first = round(first, word(base, offset))
          second = round(second, word(base, offset &+ 8))
          third = round(third, word(base, offset &+ 16))
          fourth = round(fourth, word(base, offset &+ 24))
          offset &+= 32
        }
        if offset >= pause && !passed(offset) { return 0 }
      }
      hash = rotated(first, 1) &+ rotated(second, 7) &+ rotated(third, 12) &+ rotated(fourth, 18)
      hash = merged(merged(merged(merged(hash, first), second), third), fourth)
    }
    hash = hash &+ UInt64(bytes.count)
    while offset + 8 <= bytes.count {
      hash = rotated(hash ^ round(0, word(base, offset)), 27) &* prime1 &+ prime4
      offset += 8
    }
    if offset + 4 <= bytes.count {
      let value = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      hash = rotated(hash ^ UInt64(value) &* prime1, 23) &* prime2 &+ prime3
      offset += 4
    }
    while offset < bytes.count {
      hash = rotated(hash ^ UInt64(bytes[offset]) &* prime5, 11) &* prime1
      offset += 1
    }
    return avalanched(hash)
  }

  @inline(__always)
  private static func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  private static func avalanched(_ value: UInt64) -> UInt64 {
    var hash = value
    hash = (hash ^ hash >> 33) &* prime2
    hash = (hash ^ hash >> 29) &* prime3
    return hash ^ hash >> 32
  }

  /// The hash as 16 hexadecimal digits.
  ///
  /// - Parameter passed: as in `hash(_:seed:passed:)`.
  package static func digest(_ bytes: UnsafeRawBufferPointer, passed: (Int) -> Bool = { _ in true }) -> String
  {
    let digits = String(hash(bytes, passed: passed), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The hash as 16 hexadecimal digits.
  package static func digest(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { digest($0) } }
}
