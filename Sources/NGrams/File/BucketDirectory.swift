/// Where the children of a node lie whose keys' positions fall into each of a power of two of equal intervals, so that a search
/// reads one entry and then a few neighbouring keys, where a bisection would miss the cache time and again.
///
/// A node with the children b ..< e, at least 16 of them, has 2^d entries from ⌈b / 8⌉ on, d = ⌊log2(e − b)⌋ − 3. As
/// ⌈b / 8⌉ + ⌊(e − b) / 8⌋ ≤ ⌈e / 8⌉, the entries of no two nodes overlap, and none need to be told where theirs
/// begin. Entry i says how many children have keys in the intervals 0 … i.
struct BucketDirectory {
  /// Nodes with fewer children are bisected: their keys share a line or two of the cache.
  static let leastChildCount: UInt32 = 16
  static let log2ChildrenPerEntry: UInt32 = 3

  let entries: UnsafeRawPointer
  /// 16 or 32 bits.
  let isWide: Bool

  static func entryCount(childCount: Int) -> Int { (childCount + 7) >> Int(log2ChildrenPerEntry) + 1 }

  @inline(__always)
  static func firstEntry(_ begin: UInt32) -> Int { (Int(begin) &+ 7) &>> Int(log2ChildrenPerEntry) }

  /// d, for a node with `count` children.
  @inline(__always)
  static func log2EntryCount(_ count: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: 31 &- count.leadingZeroBitCount) &- log2ChildrenPerEntry
  }

  @inline(__always)
  func entry(_ place: Int) -> UInt32 {
    isWide
      ? UInt32(littleEndian: entries.loadUnaligned(fromByteOffset: place &* 4, as: UInt32.self))
      : UInt32(UInt16(littleEndian: entries.loadUnaligned(fromByteOffset: place &* 2, as: UInt16.self)))
  }

  /// The children of a node, `begin` ..< `end`, that are in the interval `bucket`.
  @inline(__always)
  func range(bucket: UInt32, _ begin: UInt32, _ end: UInt32) -> (begin: UInt32, end: UInt32) {
    let place = Self.firstEntry(begin) &+ Int(bucket)
    let low = bucket == 0 ? 0 : entry(place &- 1)
    let length = end &- begin
    let high = min(entry(place), length)
    return (begin &+ min(low, high), begin &+ high)
  }
}

/// Where a key lies among all that there are, as a fraction of 2^32, rising with the keys. Among a node's children
/// these fractions should be spread evenly, so that each interval of a directory has few of them.
///
/// A rank is about as likely as any other. Ids are in the order of their spelling, in which frequent and rare words
/// come in clumps: theirs is the share of all pairs whose second word comes before, in the file beside each unigram.
enum KeyPosition {
  /// - Parameter count: how many ranks there are.
  @inline(__always)
  static func ofRank(_ rank: UInt32, among count: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: min((UInt64(rank) << 32) / UInt64(max(count, 1)), UInt64(UInt32.max)))
  }

  /// Of all ids.
  static func ofIDs(vocabularyCount: Int, pairs: LevelRecords?) -> [UInt32] {
    var weights = [UInt32](repeating: 1, count: vocabularyCount)
    var total = UInt64(vocabularyCount)
    if let pairs {
      for index in 0..<pairs.count {
        let word = Int(pairs[index][1])
        if word < vocabularyCount { weights[word] &+= 1 }
      }
      total += UInt64(pairs.count)
    }
    var before: UInt64 = 0
    for id in weights.indices {
      let weight = UInt64(weights[id])
      weights[id] = UInt32(truncatingIfNeeded: (before << 32) / total)
      before += weight
    }
    return weights
  }

  /// - Parameter log2EntryCount: 1 … 31.
  @inline(__always)
  static func bucket(_ position: UInt32, log2EntryCount: UInt32) -> UInt32 {
    position &>> (32 &- log2EntryCount)
  }
}

/// Fills the directory of one level; several threads may, each from nodes or parts of nodes of its own.
final class BucketDirectoryBuilder: @unchecked Sendable {
  private let entries: UnsafeMutableRawBufferPointer
  let isWide: Bool

  /// - Parameter greatestChildCount: the most children of a node.
  init(childCount: Int, greatestChildCount: UInt32) {
    isWide = greatestChildCount > UInt32(UInt16.max)
    let byteCount = BucketDirectory.entryCount(childCount: childCount) * (isWide ? 4 : 2)
    entries = .allocate(byteCount: (byteCount + 7) / 8 * 8, alignment: 8)
    entries.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { entries.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(entries) }
  var width: Int { isWide ? 32 : 16 }

  /// Says for the intervals `buckets` of the node that begins at `begin` how many children are in them and before.
  @inline(__always)
  func fill(_ begin: UInt32, _ buckets: Range<UInt32>, _ count: UInt32) {
    let first = BucketDirectory.firstEntry(begin)
    for bucket in buckets {
      let place = first + Int(bucket)
      if isWide {
        entries.storeBytes(of: count.littleEndian, toByteOffset: place * 4, as: UInt32.self)
      } else {
        let narrow = UInt16(truncatingIfNeeded: count)
        entries.storeBytes(of: narrow.littleEndian, toByteOffset: place * 2, as: UInt16.self)
      }
    }
  }
}
