/// Cuts all n-grams into buckets, each a range of them in lexicographic order, by their first word, and by their
/// second too where the first is so frequent that its n-grams would be too much for one bucket.
struct BucketPlan: Sendable {
  let count: Int
  /// By first word: its first bucket.
  private let firstBuckets: [UInt16]
  /// By first word: how many buckets it has.
  private let bucketCounts: [UInt16]
  /// By second word: which part in 65,536 of all tokens comes before it.
  private let fractions: [UInt16]

  /// - Parameters:
  ///   - counts: how often each word occurs; a measure of how many n-grams begin with it.
  ///   - bucketCount: about how many buckets to make, 4096 at most; there are never three times as many.
  init(counts: UnsafeBufferPointer<UInt32>, bucketCount: Int) {
    let total = max(1, counts.reduce(0) { $0 + Int($1) })
    let target = max(1, total / min(4096, max(1, bucketCount)))
    var firstBuckets: [UInt16] = []
    var bucketCounts: [UInt16] = []
    var fractions: [UInt16] = []
    firstBuckets.reserveCapacity(counts.count)
    bucketCounts.reserveCapacity(counts.count)
    fractions.reserveCapacity(counts.count)
    var bucket = 0
    var filled = 0
    var before = 0
    for (word, count) in counts.enumerated() {
      // `<s>` begins as many n-grams as there are sequences; `</s>`, none.
      let weight = word == 1 ? Int(counts[2]) : word == 2 ? 0 : Int(count)
      if filled > 0 && filled + weight > target {
        bucket += 1
        filled = 0
      }
      let own = max(1, weight / target)
      firstBuckets.append(UInt16(bucket))
      bucketCounts.append(UInt16(own))
      if own > 1 {
        bucket += own
        filled = 0
      } else {
        filled += weight
      }
      fractions.append(UInt16(min(65535, before * 65536 / total)))
      before += Int(count)
    }
    self.firstBuckets = firstBuckets
    self.bucketCounts = bucketCounts
    self.fractions = fractions
    self.count = bucket + 1
  }

  @inline(__always)
  func bucket(first: UInt32, second: UInt32) -> Int {
    let own = bucketCounts[Int(first)]
    let start = Int(firstBuckets[Int(first)])
    return own == 1 ? start : start + Int(UInt64(fractions[Int(second)]) * UInt64(own) >> 16)
  }
}

/// What a bucket holds of an n-gram: its key, its probability, and its context's back-off weight.
enum BucketRecord<Key: PackedKey> {
  static var byteCount: Int { MemoryLayout<Key>.size + 8 }

  @inline(__always)
  static func store(_ key: Key, probability: Float, backoff: Float, at room: UnsafeMutableRawPointer) {
    room.storeBytes(of: key, as: Key.self)
    let values = UInt64(probability.bitPattern) << 32 | UInt64(backoff.bitPattern)
    room.storeBytes(of: values, toByteOffset: MemoryLayout<Key>.size, as: UInt64.self)
  }
}
