import LanguageModeling
import Platform

/// Where n-grams are read from that were counted before.
///
/// Words are numbered as in `CountedCorpus`.
package protocol CountedNGramSource: Sendable {
  /// What it holds in memory for the types, beside `CountedCorpus`.
  var memoryByteCount: Int { get }

  /// Gives all distinct n-grams of order N whose context ends in a word of a range, in ascending order of the context read
  /// backwards, then of the last word. Called on several threads at once.
  ///
  /// - Parameters:
  ///   - words: from 1, `<s>`, on.
  ///   - body: gets N numbers, the N − 1 words before, the nearest first, zeros beyond `<s>`, then the word itself; valid
  ///     during the call only; and how often the n-gram occurs.
  func forEachNGram(
    contextEndingIn words: Range<UInt32>,
    _ body: (_ words: UnsafePointer<UInt32>, _ count: UInt32) throws(Failure) -> Void
  ) throws(Failure)
}

/// A corpus whose n-grams were counted before, in pieces, by anybody: what `NGramEstimator` makes the same model of as of
/// the text.
///
/// Words are numbered: 0 to 2 as in every vocabulary, then the types in ascending order of their bytes.
package struct CountedCorpus: Sendable {
  /// N.
  package var order: Int
  /// By number: the special types, then all others in ascending order of their bytes.
  package var types: TypeInterner
  /// How often each word occurs, by number; of `</s>`, the number of sequences. Types with 0 are not in the corpus.
  package var counts: [UInt32]
  /// For each number, how many types were met before it was; of those that do not occur nothing is asked.
  package var ranks: [UInt32]
  /// All n-grams, those of `excluded` too.
  package var source: any CountedNGramSource
  /// Sequences that the source has counted and that are not in the corpus; nil for none.
  package var excluded: TokenStream?
  package var tokenCount: Int
  package var sequenceCount: Int

  package init(
    order: Int, types: TypeInterner, counts: [UInt32], ranks: [UInt32], source: any CountedNGramSource,
    excluded: TokenStream?, tokenCount: Int, sequenceCount: Int
  ) {
    self.order = order
    self.types = types
    self.counts = counts
    self.ranks = ranks
    self.source = source
    self.excluded = excluded
    self.tokenCount = tokenCount
    self.sequenceCount = sequenceCount
  }

  /// The most occurrences of one n-gram: one bit is taken by a flag.
  package static let largestCount = UInt32(Int32.max)

  func check() throws(Failure) {
    guard counts.count == types.count, ranks.count == counts.count else {
      throw Failure("corpus", why: "not every type has its count", remedy: "count it again")
    }
    try Self.check(occurrences: counts)
  }

  /// Refuses a type that occurs more often than can be counted; no n-gram occurs more often than its words.
  static func check(occurrences: some Sequence<UInt32>) throws(Failure) {
    guard occurrences.allSatisfy({ $0 <= largestCount }) else {
      throw Failure(
        "corpus", why: "a word occurs more than 2,147 million times", remedy: "train on a part of it")
    }
  }

  /// The type that was met last; nil where there is none.
  var newestType: UInt32? {
    (UInt32(Vocabulary.specials.count)..<UInt32(counts.count)).lazy.filter { counts[Int($0)] > 0 }
      .max { ranks[Int($0)] < ranks[Int($1)] }
  }
}

extension NGramEstimator {
  /// Estimates the model of a corpus whose n-grams were counted before.
  ///
  /// The parameters are as in `estimate(_:progress:isCancelled:)`.
  ///
  /// - Throws: `Failure` also where what was counted does not fit itself.
  package func estimate(
    _ corpus: CountedCorpus,
    progress: @escaping @Sendable (EstimationProgress) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(Failure) -> EstimatedNGrams {
    guard corpus.order == options.order else {
      throw Failure(
        "order \(options.order)", why: "n-grams were counted of order \(corpus.order)",
        remedy: "count them again, or estimate a model of their order")
    }
    return try run(
      try NumberedCorpus(corpus, pruneThreshold: options.prune.first ?? 0),
      vocabularyCount: corpus.counts.count, progress, isCancelled)
  }
}
