import Platform

extension HiddenMarkovTagger {
  /// Tags above which a chain remembers one tag only: those of order 2 would have more contexts than words to count them.
  static let secondOrderTagLimit = 64

  /// Counts tagged sentences.
  ///
  /// - Parameter order: tags that a tag depends on; nil is 2, or 1 where there are many tags.
  /// - Throws: `Failure` where there are no tags, or too many.
  public init(_ sentences: [TaggedSentence], tags: [String], order: Int? = nil) throws(Failure) {
    guard !tags.isEmpty, sentences.contains(where: { !$0.words.isEmpty }) else {
      throw Failure("tagged text", why: "there is no word in it", remedy: "name files with tagged sentences")
    }
    var transitions = try TransitionEstimation(
      tagCount: tags.count, order: order ?? (tags.count > Self.secondOrderTagLimit ? 1 : 2))
    var emissions = EmissionCounts(tagCount: tags.count)
    for sentence in sentences where !sentence.words.isEmpty {
      precondition(sentence.tags.allSatisfy(tags.indices.contains))
      transitions.count(sentence.tags)
      for (place, word) in sentence.words.enumerated() {
        emissions.add(emissions.number(of: word), tag: sentence.tags[place], isFirst: place == 0)
      }
    }
    self.init(tags: tags, chain: try transitions.chain().chain, emissions: emissions)
  }
}
