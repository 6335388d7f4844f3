/// The readings of some tokens, and the places of new words among them that nobody was asked about yet.
struct SlipSearch: Sendable {
  var proposals: [SlipProposal] = []
  var newWords: [Int] = []
}

/// Readings of a part of the text that wait for what a network makes of them.
struct WaitingSlips: Sendable {
  var byteRange: Range<Int>
  var search: SlipSearch
  /// The lexicon's when the readings were found: their words have other numbers otherwise.
  var numbering: Int
}
