/// Readings of a part of the text that wait for what a network makes of them.
struct WaitingSlips: Sendable {
  var byteRange: Range<Int>
  var proposals: [SlipProposal]
  /// The lexicon's when the readings were found: their words have other numbers otherwise.
  var numbering: Int
}
