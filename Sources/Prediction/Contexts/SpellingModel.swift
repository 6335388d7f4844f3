import Platform

/// How words are spelled: a model of bytes that gives every word a probability, those that nobody has seen included.
///
/// Witten–Bell interpolation (Bell, Cleary and Witten 1990, method C) of the last 0 to 4 bytes over a uniform
/// distribution of the 256 bytes and the end of the word: a distribution over all finite strings of bytes.
struct SpellingModel: Sendable {
  static let orderCount = 5
  /// Stands after the last byte.
  static let end: UInt32 = 256
  /// Bytes after this many are spelled uniformly, so that a literal of a megabyte costs little time.
  static let modelledByteCount = 256

  /// The last four bytes of a word.
  struct History {
    private var bytes: UInt32 = 0
    private var count = 0

    mutating func append(_ byte: UInt8) {
      bytes = bytes << 8 | UInt32(byte)
      count = min(count + 1, 4)
    }

    /// The context's key: distinct for distinct last `order` bytes, the start of the word included.
    func key(order: Int) -> UInt32 {
      if order == 0 { return 0 }
      let used = min(order, count)
      let kept = used == 4 ? bytes : bytes & (1 << UInt32(8 * used) - 1)
      return (kept &* 0x9E37_79B1) ^ UInt32(used) &* 0x85EB_CA6B
    }

    /// Distinct for distinct histories and symbols, and never 0.
    @inline(__always)
    func key(before symbol: UInt32) -> UInt64 {
      1 << 63 | UInt64(symbol) << 40 | UInt64(count) << 32 | UInt64(bytes)
    }
  }

  let contexts: TrainedContexts?

  /// log2 P of spelling exactly this word and ending it.
  func log2Probability(of word: UnsafeRawBufferPointer) -> Double {
    fetch(word)
    var history = History()
    var sum = 0.0
    for byte in word.prefix(Self.modelledByteCount) {
      sum += log2(probability(of: UInt32(byte), after: history))
      history.append(byte)
    }
    if word.count > Self.modelledByteCount { sum -= log2(257) * Double(word.count - Self.modelledByteCount) }
    return sum
      + log2(word.count > Self.modelledByteCount ? 1.0 / 257 : probability(of: Self.end, after: history))
  }

  /// Has the longer contexts of a word's bytes brought from memory together: one by one, each would be waited for.
  private func fetch(_ word: UnsafeRawBufferPointer) {
    if contexts == nil { return }
    for pass in [TrainedContexts.Part.slot, .block] {
      var history = History()
      for byte in word.prefix(Self.modelledByteCount) {
        history.append(byte)
        fetch(pass, after: history)
      }
    }
  }

  /// Asks for a part of the memory that `probability(of:after:)` reads.
  @inline(__always)
  func fetch(_ part: TrainedContexts.Part, after history: History) {
    guard let contexts else { return }
    for order in 2..<Self.orderCount { contexts.fetch(part, order: order, history.key(order: order)) }
  }

  /// P of a word that begins with these bytes.
  func probability(ofBeginning word: [UInt8]) -> Double {
    var history = History()
    var product = 1.0
    for byte in word.prefix(Self.modelledByteCount) {
      product *= probability(of: UInt32(byte), after: history)
      history.append(byte)
    }
    return product
  }

  /// P of the next byte, or the end.
  func probability(of symbol: UInt32, after history: History) -> Double {
    var result = 1.0 / 257
    guard let contexts else { return result }
    for order in 0..<Self.orderCount {
      let successors = contexts.spelling(order: order, history.key(order: order))
      // What nobody has seen, nobody has seen behind anything.
      guard !successors.isEmpty else { break }
      let count = Double(successors.count(of: symbol))
      let distinct = Double(successors.distinct)
      result = (count + distinct * result) / (Double(successors.total) + distinct)
    }
    return result
  }
}
