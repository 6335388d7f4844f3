import LanguageModeling
import Lexing
import NGrams

/// Tokens that were left out.
extension SlipDetector {
  /// So many are looked at where they would stand, those first that what is written follows most often.
  private static let insertionLimit = 20
  /// So many of them are scored with what follows.
  private static let scoredInsertionLimit = 3

  /// How rare a word is behind each of those that may be put in before it.
  struct Succession {
    /// −log2 P behind each.
    let bits: [Float]
    /// Places among them, those first that it follows most often.
    let order: [Int]
  }

  /// A token that may have been left out.
  private struct Expected {
    let id: UInt32
    /// −log2 P of it, and of what is written behind it, by two n-grams; and of it alone.
    let both: Double
    let bits: Double
    let next: NGramModel.State?
  }

  /// - Parameter list: 0 or 1, which of two lists the tokens are.
  private func succession(of token: UInt32, behind tokens: [UInt32], list: Int) -> Succession {
    if let known = memory.successions[list][token] { return known }
    let bits = scorer.bits(of: token, behindEachOf: tokens)
    let made = Succession(bits: bits, order: bits.indices.sorted { (bits[$0], $0) < (bits[$1], $1) })
    memory.successions[list].insert(made, for: token)
    return made
  }

  func addInsertions(_ base: SlipProposal, _ proposals: inout [SlipProposal]) {
    let index = base.span.lowerBound
    let isCode = base.context == .code
    let candidates = isCode ? lists.insertedTokens : lists.insertedWords
    guard !candidates.isEmpty, index > 0 else { return }
    let written = sequence.id(at: index)
    if isWithheld(written) { return }
    let empty = index..<index
    takeOut(window(empty))
    let state = state(before: index)
    // What is put in has to be expected where it would stand, and what is written behind it.
    let succession = succession(of: written, behind: candidates, list: isCode ? 1 : 0)
    let before = sequence.id(at: index - 1)
    let alignment = Alignment.replaced(empty, by: 1)
    let place = trainedPlace(0, alignment)
    var expected: [Expected] = []
    var triedCount = 0
    sequence.ids.withUnsafeBufferPointer { scorer.prepare($0.baseAddress! + index + TokenSequence.reach) }
    for candidate in succession.order where triedCount < Self.insertionLimit {
      let (id, behind) = (candidates[candidate], Double(succession.bits[candidate]))
      // What stands there with certainty would be no better than those that are there; the later are rarer still.
      guard behind < base.surprisalBits + 0.5,
        expected.count < Self.scoredInsertionLimit
          || behind < expected[Self.scoredInsertionLimit - 1].both + 0.001
      else { break }
      guard id != written, id != before else { continue }
      triedCount += 1
      var next = state
      let bits = SlipScorer.bits(scorer.probability(of: id, after: state, next: &next, at: place))
      let both = bits + behind
      guard both < base.surprisalBits + 1 else { continue }
      let rank = expected.firstIndex {
        $0.both == both ? words.precedes(id, $0.id) : both < $0.both
      }
      expected.insert(Expected(id: id, both: both, bits: bits, next: next), at: rank ?? expected.count)
    }
    guard !expected.isEmpty else { return }
    let writtenBits = writtenBits(empty)
    for found in expected.prefix(Self.scoredInsertionLimit) {
      let id = found.id
      let reading = reading(empty, [id])
      var next = found.next
      var meant = found.bits
      // No token makes it better again.
      for place in 1..<reading.count - SlipScorer.contextCount where writtenBits - meant > 1 {
        meant += bits(reading, place, alignment, &next)
      }
      let gain = writtenBits - meant
      guard gain > 1 else { continue }
      var proposal = base
      proposal.kind = isCode ? .missingToken : .missingWord
      proposal.replacement = [id, written]
      proposal.gainBits = gain
      proposals.append(proposal)
    }
  }
}
