import LanguageModeling
import Platform

/// A corpus in the numbering of its vocabulary.
struct NumberedCorpus {
  let stream: TokenStream
  let vocabulary: Vocabulary
  /// How often each word occurs, by id; of `</s>`, the number of sequences. Words pruned from the vocabulary come
  /// after all that are in it, so that their n-grams can still be counted.
  let counts: [UInt32]
  let tokenCount: Int
  let sequenceCount: Int
  /// Where KenLM's counts of counts differ from the adjusted counts.
  let lastNGrams: [LastNGram]
  /// The bytes held beside the stream.
  let memoryBytes: Int

  /// Ids in the model: those beyond are pruned.
  var vocabularyCount: Int { vocabulary.count }

  /// - Parameters:
  ///   - order: N.
  ///   - pruneThreshold: words that occur at most so often are not in the vocabulary.
  init(_ corpus: consuming CorpusCounter, order: Int, pruneThreshold: Int) throws(Failure) {
    try corpus.endOpenSequence()
    let interner = corpus.interner
    let oldCounts = corpus.counts
    stream = corpus.stream
    tokenCount = corpus.tokenCount
    sequenceCount = corpus.sequenceCount
    try stream.seal()
    guard stream.count < Int(Int32.max) else {
      throw Failure("corpus", why: "more than 2,147 million tokens", remedy: "train on a part of it")
    }
    guard interner.count <= Vocabulary.maximumCount else {
      throw Failure(
        "corpus", why: "more than \(Vocabulary.maximumCount) types", remedy: "train on a part of it")
    }
    lastNGrams = try LastNGram.find(in: stream, newestType: UInt32(max(interner.count, 3) - 1), order: order)
    let specialCount = Vocabulary.specials.count
    let sorted = interner.idsInOrderOfBytes(from: specialCount)
    var kept: [UInt32] = []
    var pruned: [UInt32] = []
    if pruneThreshold > 0 {
      for id in sorted {
        if Int(oldCounts[Int(id)]) > pruneThreshold { kept.append(id) } else { pruned.append(id) }
      }
    } else {
      kept = sorted
    }
    var map = [UInt32](repeating: 0, count: interner.count)
    var counts = [UInt32](repeating: 0, count: interner.count)
    for id in 0..<specialCount {
      map[id] = UInt32(id)
      counts[id] = oldCounts[id]
    }
    for (place, id) in (kept + pruned).enumerated() {
      map[Int(id)] = UInt32(specialCount + place)
      counts[specialCount + place] = oldCounts[Int(id)]
    }
    vocabulary = Vocabulary(types: kept.lazy.map { Array(interner.bytes(of: $0)) })
    self.counts = counts
    try stream.renumber(map)
    memoryBytes = interner.memoryBytes + counts.count * 4
  }
}

extension TypeInterner {
  /// All ids from `first` on, in ascending order of their types' bytes.
  func idsInOrderOfBytes(from first: Int) -> [UInt32] {
    // Eight leading bytes decide nearly always; a type's length decides among those with the same bytes and zeros.
    var entries: [(head: UInt64, id: UInt32)] = []
    entries.reserveCapacity(max(0, count - first))
    for id in first..<max(first, count) {
      let head = withBytes(of: UInt32(id)) { bytes in
        var head: UInt64 = 0
        for place in 0..<8 { head = head << 8 | (place < bytes.count ? UInt64(bytes[place]) : 0) }
        return head
      }
      entries.append((head, UInt32(id)))
    }
    entries.sort { a, b in a.head != b.head ? a.head < b.head : precedes(a.id, b.id) }
    return entries.map(\.id)
  }

  private func precedes(_ a: UInt32, _ b: UInt32) -> Bool {
    withBytes(of: a) { a in
      withBytes(of: b) { b in
        let common = min(a.count, b.count)
        let order = common == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, common)
        return order != 0 ? order < 0 : a.count < b.count
      }
    }
  }
}
