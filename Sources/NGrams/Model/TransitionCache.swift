import CSystem

/// Remembers what recent words after recent contexts came to: transitions of the automaton that the model is, so that
/// what a text repeats is not searched for again.
///
/// A table of one entry a place, in which the newest entry stays. Context and word are mixed into 64 bits by a
/// bijection, some of which are the place and the rest the tag, so that an entry is never taken for another's.
struct TransitionCache {
  /// A context and a word, mixed.
  typealias Key = UInt64

  private struct Entry {
    /// The key's low bits, moved up; in the low bits the next context's depth, and `usedBit`.
    var tag: UInt64 = 0
    /// The context after the word.
    var node: UInt32 = 0
    /// ln P of the word.
    var logProbability: Float = 0
  }

  /// 16 bytes an entry: the largest table and the records that are searched share the second-level cache.
  private static let log2Capacities = (first: 12, last: 16)
  private static let usedBit: UInt64 = 8
  private static let depthMask: UInt64 = 7

  private var entries: UnsafeMutablePointer<Entry>
  private var log2Capacity: UInt64
  /// How many words were scored since the table was made.
  private var wordCount = 0

  init() {
    log2Capacity = UInt64(Self.log2Capacities.first)
    entries = Self.allocate(log2Capacity)
  }

  private static func allocate(_ log2Capacity: UInt64) -> UnsafeMutablePointer<Entry> {
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: 1 << Int(log2Capacity))
    entries.initialize(repeating: Entry(), count: 1 << Int(log2Capacity))
    return entries
  }

  func deallocate() { entries.deallocate() }

  /// Says that `count` words will be scored: short texts are not worth a long table.
  mutating func prepare(wordCount count: Int) {
    wordCount += count
    guard log2Capacity < Self.log2Capacities.last, wordCount >> Int(log2Capacity) >= 4 else { return }
    entries.deallocate()
    log2Capacity = min(log2Capacity + 2, UInt64(Self.log2Capacities.last))
    entries = Self.allocate(log2Capacity)
  }

  /// - Parameters:
  ///   - node: below 2^31. `depth` is below 8 and `id` below 2^30.
  @inline(__always)
  static func key(node: UInt32, depth: UInt32, id: UInt32) -> Key {
    // Every step can be undone: odd factors, and a shift by half of the bits.
    var key = UInt64(id) &<< 34 | UInt64(depth) &<< 31 | UInt64(node)
    key = key &* 0x9E37_79B9_7F4A_7C15
    key ^= key &>> 32
    return key &* 0xD6E8_FEB8_6659_FD93
  }

  @inline(__always)
  private func entry(_ key: Key) -> UnsafeMutablePointer<Entry> {
    entries + Int(truncatingIfNeeded: key &>> (64 &- log2Capacity))
  }

  @inline(__always)
  private func tag(_ key: Key, depth: UInt32) -> UInt64 {
    key &<< log2Capacity | Self.usedBit | UInt64(depth)
  }

  @inline(__always)
  func prefetch(_ key: Key) { inkling_prefetch(entry(key)) }

  @inline(__always)
  func holds(_ key: Key) -> Bool { entry(key).pointee.tag & ~Self.depthMask == tag(key, depth: 0) }

  /// What was stored last; only after `holds`.
  @inline(__always)
  func value(_ key: Key) -> (logProbability: Float, node: UInt32, depth: UInt32) {
    let entry = entry(key).pointee
    return (entry.logProbability, entry.node, UInt32(truncatingIfNeeded: entry.tag & Self.depthMask))
  }

  @inline(__always)
  func store(_ key: Key, logProbability: Float, node: UInt32, depth: UInt32) {
    entry(key).pointee = Entry(tag: tag(key, depth: depth), node: node, logProbability: logProbability)
  }
}
