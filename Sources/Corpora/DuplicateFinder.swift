import Platform

/// Finds files with the same bytes.
struct DuplicateFinder {
  /// Of each content, where it was seen first.
  private var files: [ContentIdentity: [CorpusFile]] = [:]

  /// Whether a file with the same bytes came before. If none did, this one is remembered.
  mutating func isDuplicate(_ bytes: [UInt8], _ identity: ContentIdentity, _ file: CorpusFile) -> Bool {
    for other in files[identity] ?? [] where (try? other.contents(limit: bytes.count)) == bytes {
      return true
    }
    files[identity, default: []].append(file)
    return false
  }
}

/// What tells a file's bytes from all others': 128 bits of hash, and their number. Written down where files are compared
/// that are not at hand at once.
package struct ContentIdentity: Hashable, Sendable {
  package var first: UInt64
  package var second: UInt64
  package var byteCount: Int

  package init(first: UInt64, second: UInt64, byteCount: Int) {
    self.first = first
    self.second = second
    self.byteCount = byteCount
  }

  package init(of bytes: UnsafeRawBufferPointer) {
    var one = ContentHash(seed: 0)
    var other = ContentHash(seed: 0xA5A5_D1CE_0B5E_55ED)
    one.combine(bytes)
    other.combine(bytes)
    self.init(first: one.value, second: other.value, byteCount: bytes.count)
  }
}

/// A fast 64-bit hash of bytes: eight at a time, each step a multiplication whose halves are folded together.
package struct ContentHash {
  package private(set) var value: UInt64

  private static let factor: UInt64 = 0x9FB2_1C65_1E98_DF25

  package init(seed: UInt64) { value = seed ^ 0x243F_6A88_85A3_08D3 }

  package mutating func combine(_ bytes: [UInt8]) { bytes.withUnsafeBytes { combine($0) } }

  package mutating func combine(_ buffer: UnsafeRawBufferPointer) {
    var i = 0
    while i + 8 <= buffer.count {
      mix(UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: i, as: UInt64.self)))
      i += 8
    }
    var rest: UInt64 = 0
    while i < buffer.count {
      rest = rest << 8 | UInt64(buffer[i])
      i += 1
    }
    mix(rest)
    mix(UInt64(buffer.count))
  }

  private mutating func mix(_ word: UInt64) {
    let (high, low) = (value ^ word).multipliedFullWidth(by: Self.factor)
    value = (high ^ low) &+ 0x9E37_79B9_7F4A_7C15
  }
}
