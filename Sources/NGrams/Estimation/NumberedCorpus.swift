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
  ///   - threadCount: of those that put the types in order.
  init(
    _ corpus: consuming CorpusCounter, order: Int, pruneThreshold: Int, threadCount: Int
  ) throws(Failure) {
    try corpus.endOpenSequence()
    let types = corpus.types
    let oldCounts = corpus.counts
    let stream = corpus.stream
    content = .stream(stream)
    tokenCount = corpus.tokenCount
    sequenceCount = corpus.sequenceCount
    try stream.seal()
    guard stream.count <= Int(UInt32.max) else {
      throw Failure("corpus", why: "more than 4,294 million tokens", remedy: "train on a part of it")
    }
    try CountedCorpus.check(occurrences: oldCounts)
    try Self.check(typeCount: types.count, byteCount: types.byteCount)
    lastNGrams = try LastNGram.find(in: stream, newestType: UInt32(max(types.count, 3) - 1), order: order)
    let numbers = NewNumbers(
      types.idsInOrderOfBytes(from: Vocabulary.specials.count, threadCount: threadCount), counts: oldCounts,
      pruneThreshold: pruneThreshold)
    vocabulary = Self.vocabulary(numbers, types)
    counts = numbers.counts
    try stream.renumber(numbers.map)
    memoryBytes = types.sharedMemoryBytes + vocabulary.memoryByteCount + counts.count * 4
  }

  private static func check(typeCount: Int, byteCount: Int) throws(Failure) {
    guard typeCount <= Vocabulary.maximumCount else {
      throw Failure(
        "corpus", why: "more than \(Vocabulary.maximumCount) types", remedy: "train on a part of it")
    }
    // A line each in the file.
    guard byteCount + typeCount < Vocabulary.maximumByteCount else {
      throw Failure("corpus", why: "its types have more than 2 GiB", remedy: "train on a part of it")
    }
  }

  private static func vocabulary(_ numbers: NewNumbers, _ types: MetTypes) -> Vocabulary {
    Vocabulary(sortedCount: numbers.kept.count, byteCount: types.byteCount) { append in
      for id in numbers.kept { types.withBytes(of: id) { append($0) } }
    }
  }

  /// - Parameter pruneThreshold: as above.
  init(_ corpus: CountedCorpus, pruneThreshold: Int) throws(Failure) {
    try corpus.check()
    let types = MetTypes(all: corpus.types)
    try Self.check(typeCount: types.count, byteCount: types.byteCount)
    var numbers = NewNumbers(
      (UInt32(Vocabulary.specials.count)..<UInt32(corpus.counts.count)).filter { corpus.counts[Int($0)] > 0 },
      counts: corpus.counts, pruneThreshold: pruneThreshold)
    vocabulary = Self.vocabulary(numbers, types)
    // Nobody asks for them any more.
    numbers.kept = []
    content = .counted(corpus, numbers)
    tokenCount = corpus.tokenCount
    sequenceCount = corpus.sequenceCount
    lastNGrams = []
    counts = numbers.counts
    memoryBytes =
      types.memoryBytes + vocabulary.memoryByteCount + corpus.source.memoryByteCount
      + (counts.count + 3 * corpus.counts.count) * 4
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
      var place = specialCount
      for ids in [kept, pruned] {
        for id in ids {
          map[Int(id)] = UInt32(place)
          counts[place] = old[Int(id)]
          place += 1
        }
      }
    }
  }
}
