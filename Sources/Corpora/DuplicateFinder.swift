import Platform

/// Finds files with the same bytes.
struct DuplicateFinder {
  private struct Key: Hashable {
    var hash: UInt64
    var byteCount: Int
  }

  /// Of each content, where it was seen first.
  private var files: [Key: [CorpusFile]] = [:]

  /// Whether a file with the same bytes came before. If none did, this one is remembered.
  mutating func isDuplicate(_ bytes: [UInt8], _ file: CorpusFile) -> Bool {
    var hash = ContentHash(seed: 0)
    hash.combine(bytes)
    let key = Key(hash: hash.value, byteCount: bytes.count)
    for other in files[key] ?? [] where (try? other.contents(limit: bytes.count)) == bytes { return true }
    files[key, default: []].append(file)
    return false
  }
}

/// A fast 64-bit hash of bytes: eight at a time, each step a multiplication whose halves are folded together.
struct ContentHash {
  private(set) var value: UInt64

  private static let factor: UInt64 = 0x9FB2_1C65_1E98_DF25

  init(seed: UInt64) { value = seed ^ 0x243F_6A88_85A3_08D3 }

  mutating func combine(_ bytes: [UInt8]) { bytes.withUnsafeBytes { combine($0) } }

  mutating func combine(_ buffer: UnsafeRawBufferPointer) {
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
