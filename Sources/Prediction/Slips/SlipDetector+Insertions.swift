import LanguageModeling
import Lexing

/// Tokens that were left out.
extension SlipDetector {
  /// So many are looked at where they would stand, those first that what is written follows most often.
  private static let insertionLimit = 20

  func addInsertions(_ base: SlipProposal, _ proposals: inout [SlipProposal]) {
    let index = base.span.lowerBound
    let isCode = base.context == .code
    let candidates = isCode ? lists.insertedTokens : lists.insertedWords
    guard !candidates.isEmpty, index > 0 else { return }
    let written = sequence.id(at: index)
    if isWithheld(written) { return }
    let empty = index..<index
    let window = index..<min(index + Self.followingCount, sequence.count)
    scorer.takeOut(sequence, window, countedCount: countedCount)
    let state = scorer.state(sequence, before: index)
    // What is put in has to be expected where it would stand, and what is written behind it.
    var expected: [(id: UInt32, bits: Double)] = []
    let behind = scorer.bits(of: written, behindEachOf: candidates, list: isCode ? 1 : 0)
    let before = sequence.id(at: index - 1)
    let places = candidates.indices.filter {
      Double(behind[$0]) < base.surprisalBits + 0.5 && candidates[$0] != written && candidates[$0] != before
    }.sorted { (behind[$0], $0) < (behind[$1], $1) }.prefix(Self.insertionLimit)
    guard !places.isEmpty else { return }
    sequence.ids.withUnsafeBufferPointer { ids in
      scorer.prepare(ids.baseAddress! + index + TokenSequence.reach)
      for place in places {
        var next = state
        let bits = SlipScorer.bits(
          scorer.probability(
            of: candidates[place], after: state, next: &next, at: trainedPlace(0, .replaced(empty, by: 1))))
        let both = bits + Double(behind[place])
        if both < base.surprisalBits + 1 { expected.append((candidates[place], both)) }
      }
    }
    guard !expected.isEmpty else { return }
    expected.sort { $0.bits == $1.bits ? words.precedes($0.id, $1.id) : $0.bits < $1.bits }
    let writtenBits = bits(reading(empty, []), .written(empty), after: state)
    for (id, _) in expected.prefix(3) {
      let gain = writtenBits - bits(reading(empty, [id]), .replaced(empty, by: 1), after: state)
      guard gain > 1 else { continue }
      var proposal = base
      proposal.kind = isCode ? .missingToken : .missingWord
      proposal.replacement = [id, written]
      proposal.gainBits = gain
      proposals.append(proposal)
    }
  }
}
