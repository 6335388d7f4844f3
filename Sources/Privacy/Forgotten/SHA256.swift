/// SHA-256 (FIPS 180-4, section 6.2), for short messages.
enum SHA256 {
  private static let roundConstants: [UInt32] = fractions(cubeRoot: true, count: 64)
  private static let initialState: [UInt32] = fractions(cubeRoot: false, count: 8)

  /// The first 32 bits of the fractional parts of the roots of the first primes (sections 4.2.2 and 5.3.3), in whole
  /// numbers: the greatest r with r² ≤ p · 2⁶⁴, or r³ ≤ p · 2⁹⁶.
  private static func fractions(cubeRoot: Bool, count: Int) -> [UInt32] {
    var result: [UInt32] = []
    var candidate: UInt64 = 2
    while result.count < count {
      defer { candidate += 1 }
      if (2..<candidate).contains(where: { candidate % $0 == 0 }) { continue }
      var root: UInt64 = 0
      for bit in (0..<40).reversed() {
        let larger = root | 1 << UInt64(bit)
        let isWithin =
          cubeRoot
          ? UInt128(larger) * UInt128(larger) * UInt128(larger) <= UInt128(candidate) << 96
          : UInt128(larger) * UInt128(larger) <= UInt128(candidate) << 64
        if isWithin { root = larger }
      }
      result.append(UInt32(truncatingIfNeeded: root))
    }
    return result
  }

  /// The 32 bytes of the digest.
  static func digest(_ message: [UInt8]) -> [UInt8] {
    var padded = message
    padded.append(0x80)
    while padded.count % 64 != 56 { padded.append(0) }
    let bitCount = UInt64(message.count) * 8
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      padded.append(UInt8(truncatingIfNeeded: bitCount >> shift))
    }
    var state = initialState
    var w = [UInt32](repeating: 0, count: 64)
    for block in stride(from: 0, to: padded.count, by: 64) {
      for t in 0..<16 {
        w[t] = padded[block + 4 * t..<block + 4 * t + 4].reduce(0) { $0 << 8 | UInt32($1) }
      }
      for t in 16..<64 {
        let s0 = rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ w[t - 15] >> 3
        let s1 = rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ w[t - 2] >> 10
        w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
      }
      compress(&state, w)
    }
    return state.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
  }

  private static func compress(_ state: inout [UInt32], _ w: [UInt32]) {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for t in 0..<64 {
      let sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      let t1 = h &+ sum1 &+ ((e & f) ^ (~e & g)) &+ roundConstants[t] &+ w[t]
      let sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      let t2 = sum0 &+ ((a & b) ^ (a & c) ^ (b & c))
      (h, g, f, e) = (g, f, e, d &+ t1)
      (d, c, b, a) = (c, b, a, t1 &+ t2)
    }
    for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
  }

  private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word >> count | word << (32 - count)
  }
}
