import LanguageModeling
import Lexing

/// Tokens that stand in the wrong order.
extension SlipDetector {
  /// A word and the one before it.
  ///
  /// - Parameter previousBits: the surprisal of the word before.
  func addSwapped(_ base: SlipProposal, previousBits: Double, _ proposals: inout [SlipProposal]) {
    let first = base.span.lowerBound - 1
    guard base.context != .code, first >= 0 else { return }
    let (left, right) = (sequence.id(at: first), sequence.id(at: first + 1))
    let (a, b) = (lexed.token(at: first), lexed.token(at: first + 1))
    guard a.kind == .word, b.kind == .word, a.endOffset + 1 == b.byteOffset, left != right,
      !isWithheld(left), !isWithheld(right)
    else { return }
    // Names stand in either order.
    if words.word(left).startsUpper && base.startsUpper { return }
    // At the beginning of a sentence the capital stays where it is.
    var replacement = [right, left]
    if words.word(left).startsUpper, !words.word(right).startsUpper, beginsSentence(first) {
      guard let lower = words.lowercasedID(left) else { return }
      replacement = [lists.capitalizedID(right, words) ?? right, lower]
    }
    let span = first..<first + 2
    scorer.takeOut(sequence, window(span), countedCount: countedCount)
    let state = scorer.state(sequence, before: first)
    let meant = reading(span, replacement)
    // Most pairs are worse at once the other way round.
    let writtenBits = previousBits + base.surprisalBits
    let swapped = Alignment.exchanged(span, 2)
    guard bits(meant, swapped, count: 1, after: state) < writtenBits - 1,
      bits(meant, swapped, count: 2, after: state) < writtenBits
    else { return }
    let gain =
      bits(reading(span, [left, right]), .written(span), after: state) - bits(meant, swapped, after: state)
    guard gain > 2 else { return }
    var proposal = base
    proposal.kind = .swappedWords
    proposal.span = span
    proposal.replacement = replacement
    proposal.gainBits = gain
    proposal.surprisalBits = max(previousBits, base.surprisalBits)
    if base.isLearned { proposal.isFree = base.isFree && stands(first, apartOn: .left) }
    proposals.append(proposal)
  }
}
