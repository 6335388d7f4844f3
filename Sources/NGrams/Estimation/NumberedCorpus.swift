import LanguageModeling
import Platform

/// A corpus in the numbering of its vocabulary.
struct NumberedCorpus {
  /// Where the n-grams of the highest order are found.
  enum Content {
    /// The corpus itself.
    case stream(TokenStream)
    /// N-grams that were counted before.
    case counted(CountedCorpus, NewNumbers)
  }

  let content: Content
  let vocabulary: Vocabulary
  /// How often each word occurs, by id; of `</s>`, the number of sequences. Words pruned from the vocabulary come
  /// after all that are in it, so that their n-grams can still be counted.
  let counts: [UInt32]
  let tokenCount: Int
  let sequenceCount: Int
  /// Where KenLM's counts of counts differ from the adjusted counts; of n-grams counted before, known once they are read.
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
    let stream = corpus.stream
    content = .stream(stream)
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
    let numbers = NewNumbers(
      interner.idsInOrderOfBytes(from: Vocabulary.specials.count), counts: oldCounts,
      pruneThreshold: pruneThreshold)
    vocabulary = Vocabulary(types: numbers.kept.lazy.map { Array(interner.bytes(of: $0)) })
    counts = numbers.counts
    try stream.renumber(numbers.map)
    memoryBytes = interner.memoryBytes + counts.count * 4
  }

  /// - Parameter pruneThreshold: as above.
  init(_ corpus: CountedCorpus, pruneThreshold: Int) throws(Failure) {
    try corpus.check()
    let numbers = NewNumbers(
      (UInt32(Vocabulary.specials.count)..<UInt32(corpus.counts.count)).filter { corpus.counts[Int($0)] > 0 },
      counts: corpus.counts, pruneThreshold: pruneThreshold)
    content = .counted(corpus, numbers)
    tokenCount = corpus.tokenCount
    sequenceCount = corpus.sequenceCount
    lastNGrams = []
    let types = corpus.types
    vocabulary = Vocabulary(
      types: numbers.kept.lazy.map { Array(types.bytes(of: $0 - UInt32(Vocabulary.specials.count))) })
    counts = numbers.counts
    memoryBytes = types.memoryBytes + (counts.count + 2 * corpus.counts.count) * 4
  }

  /// The numbers that a corpus's types have in its model.
  struct NewNumbers {
    /// What stands for a type that does not occur.
    static let none = UInt32.max
    /// Old numbers of the types that are in the vocabulary, in the order of their bytes.
    var kept: [UInt32] = []
    /// The new number of each old one, or `none`.
    var map: [UInt32]
    /// By new number.
    var counts: [UInt32]

    /// - Parameters:
    ///   - sorted: old numbers of all types but the special ones, in the order of their bytes.
    ///   - counts: by old number.
    init(_ sorted: [UInt32], counts old: [UInt32], pruneThreshold: Int) {
      let specialCount = Vocabulary.specials.count
      var pruned: [UInt32] = []
      if pruneThreshold > 0 {
        for id in sorted {
          if Int(old[Int(id)]) > pruneThreshold { kept.append(id) } else { pruned.append(id) }
        }
      } else {
        kept = sorted
      }
      map = [UInt32](repeating: Self.none, count: old.count)
      counts = [UInt32](repeating: 0, count: specialCount + sorted.count)
      for id in 0..<specialCount {
        map[id] = UInt32(id)
        counts[id] = old[id]
      }
      for (place, id) in (kept + pruned).enumerated() {
        map[Int(id)] = UInt32(specialCount + place)
        counts[specialCount + place] = old[Int(id)]
      }
    }
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
